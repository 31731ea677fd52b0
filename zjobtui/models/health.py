"""What one sign-in and one call about a job that nobody has told of a tenant."""

from dataclasses import dataclass

from zjobtui.models.observation import Call
from zjobtui.models.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """Each part is None or empty where it was not come to.

    `no_secret` says why the credentials could not be had, `refused` why there is no token, `missed` why the call
    brought no word of a job. `life` is the token's in seconds, `who` what its reply says of its bearer, `skew` by how
    many seconds the host's clock is ahead of this machine's, `requests` how many were sent.
    """

    no_secret: str = ""
    sign_in_problem: Problem | None = None
    call_problem: Problem | None = None
    life: float | None = None
    who: str = ""
    skew: float | None = None
    call: Call | None = None
    requests: int = 0

    @property
    def is_fine(self) -> bool:
        """Whether the host knows the credentials and answers for jobs."""
        return (
            not self.no_secret and self.sign_in_problem is None and self.call_problem is None and self.call is not None
        )
