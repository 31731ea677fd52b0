"""What a sign-in told, in sentences."""

from zjobtui.formatting.times import duration
from zjobtui.models.health import Checkup
from zjobtui.models.problem import Problem, ProblemKind

_MENDED_BY = {
    ProblemKind.UNREACHABLE: "Check the host's name, the network and the proxy.",
    ProblemKind.TIMED_OUT: "Check the network and the proxy, and try again.",
    ProblemKind.THROTTLED: "Wait a minute, and try again.",
    ProblemKind.SERVER_ERROR: "Zuora failed inside; try again later.",
    ProblemKind.UNREADABLE: "What came back is no answer of Zuora's, perhaps a proxy's page; check the host.",
    ProblemKind.SIGNED_OUT: "Check client id, secret and host; an OAuth client belongs to one tenant only.",
}


def remedy(problem: Problem) -> str:
    """What a person can do who has just tried."""
    return _MENDED_BY.get(problem.kind, problem.kind.meaning)


def checkup_sentence(checkup: Checkup) -> str:
    """Who one is, or what went wrong."""
    if checkup.no_secret:
        return checkup.no_secret
    problem = checkup.sign_in_problem or checkup.call_problem
    if problem is not None:
        lead = "Not signed in" if checkup.sign_in_problem else "Signed in, but jobs cannot be asked about"
        return f"{lead}: {problem}. {remedy(problem)}"
    life = f" The token lives {duration(checkup.life)}." if checkup.life else ""
    return f"Signed in{f', for {checkup.who}' if checkup.who else ''}.{life}"


def skew_text(skew: float) -> str:
    """By how much the host's clock differs from this machine's; its header has whole seconds."""
    if abs(skew) < 2:
        return "the host's clock and this one agree"
    return f"this machine's clock is {duration(abs(skew))} {'behind' if skew > 0 else 'ahead of'} the host's"
