"""Scripts that choose the behaviour for each request: values, sequences and functions."""

from collections.abc import Callable, Sequence

from tests.support.answers import Answer, not_found, processing, signed_out, token
from tests.support.behaviours import Behaviour
from tests.support.wire import Request

TOKEN_PATH = "/oauth/token"
JOBS_PATH = "/v1/async-jobs/"

Decide = Callable[[Request], Behaviour | None]
"""The behaviour for a request; None leaves it to the next script, at last to `good_day`."""

Script = Behaviour | Sequence[Behaviour] | Decide | None
"""One behaviour for all requests; several in turn, then the default; or a function, which also gets token requests."""


def good_day(request: Request) -> Behaviour:
    """Return a token for every request, and a running job for every job."""
    if request.path == TOKEN_PATH:
        return token()
    is_job = request.method == "GET" and request.path.startswith(JOBS_PATH)
    return processing() if is_job else not_found()


def decider(script: Script) -> Decide:
    """Return the script as a function; values and sequences apply to all paths."""
    if script is None or isinstance(script, Behaviour):
        return lambda _request: script
    if callable(script):
        return script
    turns = iter(script)
    return lambda _request: next(turns, None)


def for_tokens(script: Script) -> Decide:
    """Apply a script to token requests only."""
    decide = decider(script)
    return lambda request: decide(request) if request.path == TOKEN_PATH else None


def for_jobs(script: Script) -> Decide:
    """Apply a script to all requests but token requests."""
    decide = decider(script)
    return lambda request: None if request.path == TOKEN_PATH else decide(request)


def first_of(*scripts: Script) -> Decide:
    """Use the first script that returns a behaviour."""
    deciders = [script if callable(script) else for_jobs(script) for script in scripts]

    return lambda request: next((found for decide in deciders if (found := decide(request)) is not None), None)


def every_nth(number: int, behaviour: Behaviour) -> Decide:
    """Use the behaviour for each nth request of the server, the default for the others."""
    return lambda request: behaviour if request.number % number == 0 else None


def every_nth_connection(number: int, behaviour: Behaviour) -> Decide:
    """Use the behaviour for all requests of each nth connection."""
    return lambda request: behaviour if request.connection % number == 0 else None


def when_kept_alive(behaviour: Behaviour) -> Decide:
    """Use the behaviour for all but the first request on a connection, like a server that has closed it."""
    return lambda request: behaviour if request.of_connection > 1 else None


class TokenDesk:
    """A script that issues tokens, and returns 401 for requests without a valid one.

    `life` is how long a token is in force, in seconds; `claimed` is what `expires_in` says instead.
    """

    def __init__(self, life: float = 3599, claimed: float | None = None) -> None:
        self._life = life
        self._claimed = life if claimed is None else claimed
        self._ends: dict[str, float] = {}

    @property
    def issued(self) -> int:
        """Number of tokens issued so far."""
        return len(self._ends)

    def revoke(self) -> None:
        """Revoke all tokens issued so far."""
        self._ends = dict.fromkeys(self._ends, 0.0)

    def __call__(self, request: Request) -> Answer | None:
        if request.path == TOKEN_PATH:
            text = f"token-{self.issued + 1}"
            self._ends[text] = request.time + self._life
            return token(text, self._claimed)
        return None if request.time < self._ends.get(request.bearer, 0.0) else signed_out()
