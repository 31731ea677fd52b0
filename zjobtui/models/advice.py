"""Advice: what a failure is called, what happened, what the user can do, and whether another try can succeed."""

from functools import lru_cache

from msgspec import Struct

from zjobtui.models.advice_rules import RULES
from zjobtui.models.digest import Digest
from zjobtui.models.reason import Reason
from zjobtui.models.verdict import VerdictKind

TEXT_LIMIT = 500
"""Characters of a message that are compared; a pattern never sees more."""

CODE_LIMIT = 80
"""Characters of a code, which can be a word."""


class Advice(Struct, frozen=True):
    """A title in a few words, what happened, and what to do.

    `is_transient` is whether the same order can succeed if it is submitted again: True, False if something must change
    first or the order exists already, None if that is not known.
    """

    title: str
    meaning: str
    action: str
    is_transient: bool | None

    @property
    def text(self) -> str:
        """What happened and what to do, as sentences."""
        return " ".join(part for part in (self.meaning, self.action) if part)


NO_ADVICE = Advice("", "", "", None)
"""For a job that needs none."""


def advise(digest: Digest | None) -> Advice:
    """Return the advice for a job by its digest; `NO_ADVICE` if it neither failed nor needs attention."""
    if digest is None or digest.verdict.kind not in {VerdictKind.FAILED, VerdictKind.ATTENTION}:
        return NO_ADVICE
    reason = Reason(digest.code, digest.message)
    return advise_reason(reason, is_completed=digest.status == "Completed")


@lru_cache(maxsize=256)
def advise_reason(reason: Reason, *, is_completed: bool = False) -> Advice:
    """Return the advice for one reason; if the job completed, it never says to submit the order again."""
    text = f"{reason.message[:TEXT_LIMIT]} [{reason.code[:CODE_LIMIT]}]".casefold()
    rule = next(rule for rule in RULES if rule.matches(text, reason.category))
    if not is_completed:
        return Advice(rule.title, rule.meaning, rule.action or rule.completed, rule.is_transient)
    return Advice(rule.title, rule.meaning, rule.completed, False if rule.is_transient is False else None)
