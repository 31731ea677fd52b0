"""What was looked at, how it stands, and what a person can do about it; printed as lines or as JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from zjobtui.domain.text import clean, shorten
from zjobtui.headless.saying import OK, SOME_REFUSED

SCHEMA = 1
"""The version of the JSON's form; it grows when a field changes its meaning or goes."""


class State(Enum):
    """How something stands; the sign goes before it."""

    FINE = "✓"
    ATTENTION = "!"
    WRONG = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `about` names the part it belongs to, `advice` what to do where something is to be done."""

    about: str
    check: str
    state: State
    text: str
    advice: str = ""


def judged(
    about: str, check: str, text: str, advice: str, *, is_fine: bool, otherwise: State = State.ATTENTION
) -> Finding:
    """A finding that is fine, or else comes with advice."""
    return Finding(about, check, State.FINE if is_fine else otherwise, text, "" if is_fine else advice)


def report(findings: Sequence[Finding], *, as_json: bool) -> int:
    """Prints findings, each as it comes, and gives the exit status: 1 where something is wrong."""
    is_wrong = any(one.state is State.WRONG for one in findings)
    if as_json:
        print(json.dumps({"schema": SCHEMA, "ok": not is_wrong, "findings": list(map(_record, findings))}))
    else:
        print("\n".join(_lines(findings)))
    return SOME_REFUSED if is_wrong else OK


def _record(one: Finding) -> dict[str, str]:
    texts = {"about": one.about, "check": one.check, "text": one.text, "advice": one.advice}
    return {"state": one.state.name.lower(), **{name: clean(text) for name, text in texts.items()}}


def _lines(findings: Iterable[Finding]) -> Iterator[str]:
    about = ""
    for one in findings:
        if one.about != about:
            about = one.about
            yield clean(about)
        yield f"  {one.state.value} {one.check:<12} {shorten(clean(one.text), 600)}"
        if one.advice:
            yield f"    {'':<12} → {clean(one.advice)}"
