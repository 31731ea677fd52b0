"""Who decides how the server behaves: values, sequences and functions of the request, one after the other."""

from collections.abc import Callable, Sequence

from tests.support.answers import Answer, not_found, processing, signed_out, token
from tests.support.behaviours import Behaviour
from tests.support.wire import Request

TOKEN_PATH = "/oauth/token"
JOBS_PATH = "/v1/async-jobs/"

Decide = Callable[[Request], Behaviour | None]
"""The behaviour for a request; None leaves it to whoever comes next, in the end to what Zuora does on a good day."""

Script = Behaviour | Sequence[Behaviour] | Decide | None
"""One behaviour for ever; or several in turn, then the default; or a function. Only a function sees token requests."""


def good_day(request: Request) -> Behaviour:
    """A token for whoever asks, and no job is ever done."""
    if request.path == TOKEN_PATH:
        return token()
    is_job = request.method == "GET" and request.path.startswith(JOBS_PATH)
    return processing() if is_job else not_found()


def decider(script: Script) -> Decide:
    """The script as a function; for values and sequences that function knows nothing about paths."""
    if script is None or isinstance(script, Behaviour):
        return lambda _request: script
    if callable(script):
        return script
    turns = iter(script)
    return lambda _request: next(turns, None)


def for_tokens(script: Script) -> Decide:
    """Decides on token requests only."""
    decide = decider(script)
    return lambda request: decide(request) if request.path == TOKEN_PATH else None


def for_jobs(script: Script) -> Decide:
    """Decides on everything but token requests."""
    decide = decider(script)
    return lambda request: None if request.path == TOKEN_PATH else decide(request)


def first_of(*scripts: Script) -> Decide:
    """The first of the scripts that has something to say."""
    deciders = [script if callable(script) else for_jobs(script) for script in scripts]

    return lambda request: next((found for decide in deciders if (found := decide(request)) is not None), None)


def every_nth(number: int, behaviour: Behaviour) -> Decide:
    """The behaviour for each nth request of the server, the default for the others."""
    return lambda request: behaviour if request.number % number == 0 else None


def every_nth_connection(number: int, behaviour: Behaviour) -> Decide:
    """The behaviour for all requests of each nth connection."""
    return lambda request: behaviour if request.connection % number == 0 else None


def when_kept_alive(behaviour: Behaviour) -> Decide:
    """The behaviour for every request on a connection that has brought one before, as of a server that gave it up."""
    return lambda request: behaviour if request.of_connection > 1 else None


class TokenDesk:
    """A script that gives out tokens and answers 401 to whoever comes without one that is in force.

    `life` is how long a token is in force, in seconds; `claimed` is what `expires_in` says instead.
    """

    def __init__(self, life: float = 3599, claimed: float | None = None) -> None:
        self._life = life
        self._claimed = life if claimed is None else claimed
        self._ends: dict[str, float] = {}

    @property
    def issued(self) -> int:
        """Tokens given out so far."""
        return len(self._ends)

    def revoke(self) -> None:
        """No token given out so far is in force any longer."""
        self._ends = dict.fromkeys(self._ends, 0.0)

    def __call__(self, request: Request) -> Answer | None:
        if request.path == TOKEN_PATH:
            text = f"token-{self.issued + 1}"
            self._ends[text] = request.time + self._life
            return token(text, self._claimed)
        return None if request.time < self._ends.get(request.bearer, 0.0) else signed_out()
