"""The tenant's jobs while it runs: those it began with and those posted since; the one owner of what changes."""

import re
from collections.abc import Mapping

from zjobtui.simulator.answers import Body
from zjobtui.simulator.outcomes import Outcome
from zjobtui.simulator.replies import phase_reply
from zjobtui.simulator.world import Asked, Life, Phase, World

_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Jobs:
    """Finds jobs by id, takes new ones, and keeps every answer encoded once made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._posted: dict[str, Life] = {}
        self._bodies: dict[tuple[str, Phase], Body] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that the world began with, then the posted ones in order."""
        return (*self._world.job_ids, *self._posted)

    def post(self, at: float, asked: Asked, shares: Mapping[Outcome, int]) -> str:
        """Starts a job, `at` seconds after the world's start; returns its id."""
        life = self._world.posted(len(self._posted), at, asked, shares)
        self._posted[life.id] = life
        return life.id

    def body(self, given: str, elapsed: float) -> Body | None:
        """The answer about a job, its id with or without dashes; None for an id that the tenant never had."""
        if not _ID.fullmatch(given):
            return None
        job_id = given.replace("-", "").lower()
        life = self._world.life(job_id) or self._posted.get(job_id)
        return None if life is None else self._encoded(life, life.phase(elapsed))

    def _encoded(self, life: Life, phase: Phase) -> Body:
        key = (life.id, phase)
        if key not in self._bodies:
            self._bodies[key] = Body.of(phase_reply(life, phase))
        return self._bodies[key]
