"""The result of a sign-in check as sentences."""

from zjobtui.formatting.times import duration
from zjobtui.models.health import Checkup
from zjobtui.models.problem import Problem, ProblemKind

_REMEDIES = {
    ProblemKind.UNREACHABLE: "Check the host name, the network and the proxy.",
    ProblemKind.TIMED_OUT: "Check the network and the proxy, then try again.",
    ProblemKind.THROTTLED: "Wait a minute, then try again.",
    ProblemKind.SERVER_ERROR: "Zuora had an internal error; try again later.",
    ProblemKind.UNAVAILABLE: "Zuora, or a gateway in front of it, is not available; try again later.",
    ProblemKind.UNREADABLE: "The response is not from Zuora; a proxy or network may require a sign-in. Check the host.",
    ProblemKind.SIGNED_OUT: "Check client id, secret and host; an OAuth client belongs to one tenant only.",
}


def remedy(problem: Problem) -> str:
    """Return what the user can do about a problem of a check that they have just started."""
    return _REMEDIES.get(problem.kind, problem.kind.meaning)


def checkup_sentence(checkup: Checkup) -> str:
    """Return who is signed in, or what went wrong and what to do."""
    if checkup.no_secret:
        return checkup.no_secret
    if checkup.sign_in_problem is not None:
        problem = checkup.sign_in_problem
        is_refused = problem.kind is ProblemKind.SIGNED_OUT and problem.detail  # its title says the same as "failed"
        return f"Sign-in failed: {problem.detail if is_refused else problem}. {remedy(problem)}"
    if checkup.call_problem is not None:
        return f"Signed in, but polling a job failed: {checkup.call_problem}. {remedy(checkup.call_problem)}"
    life = f" Token valid for {duration(checkup.life)}." if checkup.life else ""
    return f"Signed in{f': {checkup.who}' if checkup.who else ''}.{life}"


def skew_text(skew: float) -> str:
    """Return by how much the host's clock differs from this machine's; the host gives its time in whole seconds."""
    if abs(skew) < 2:
        return "the host's clock and this machine's agree"
    return f"this machine's clock is {duration(abs(skew))} {'behind' if skew > 0 else 'ahead of'} the host's"
