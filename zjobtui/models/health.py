"""Result of a health check: one sign-in and one call about a job that does not exist."""

from msgspec import Struct

from zjobtui.models.observation import Call
from zjobtui.models.problem import Problem


class Checkup(Struct, frozen=True, kw_only=True):
    """The result; parts that were not reached are None or empty.

    `no_secret` says why the credentials could not be obtained, `sign_in_problem` why there is no token, `call_problem`
    why the call did not find out about the job. `life` is the token's lifetime in seconds, `who` its owner according to
    its response, `skew` by how many seconds the host's clock is ahead, `requests` how many were sent.
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
        """Whether the host accepts the credentials and responds about jobs."""
        return (
            not self.no_secret and self.sign_in_problem is None and self.call_problem is None and self.call is not None
        )
