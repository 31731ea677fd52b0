"""The switches that make the simulated tenant fail, and how their text is parsed."""

import math
from collections.abc import Mapping

from msgspec import Struct

SWITCHES: Mapping[str, str] = {
    "latency": "seconds added to every response",
    "error": "share of calls, 0 to 1, that get HTTP 500",
    "drop": "share of calls whose connection is closed without a response",
    "html": "share of calls that get HTTP 200 and a web page, as from a proxy",
    "throttle": "share of calls that get HTTP 429",
    "rate": "calls a second that are accepted; the others get HTTP 429",
    "token": "seconds that a token is valid",
    "off": "KIND whose feature is off, such as credit-memos; several with +",
    "forbidden": "KIND that the user is not allowed to read, such as invoices; several with +",
    "outage": "LENGTH@START: every connection is closed for LENGTH seconds, from START seconds after the start",
}
"""Every switch and what it does; error messages list their names."""

KINDS = ("orders", "subscriptions", "order-line-items", "invoices", "payments", "credit-memos", "accounts")
"""The kinds of objects that can be read, as their paths name them: `/v1/orders/{key}`."""

SHARES = ("drop", "throttle", "error", "html")
"""The switches that apply to a share of the calls; at most one applies to a call."""


class Faults(Struct, frozen=True):
    """The values of the switches; 0 and None mean no fault."""

    latency: float = 0.0
    error: float = 0.0
    drop: float = 0.0
    html: float = 0.0
    throttle: float = 0.0
    rate: int | None = None
    token: float | None = None
    outage: tuple[float, float] | None = None
    """Length and start in seconds."""
    off: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Parse a text like `latency=0.3,error=0.1,outage=60@30`; raise `ValueError` with a sentence."""
        values = dict(_split(part.strip()) for part in text.split(",") if part.strip())
        faults = cls(
            **{name: _number(name, values.get(name, "0")) for name in ("latency", *SHARES)},
            rate=_rate(values["rate"]) if "rate" in values else None,
            token=_number("token", values["token"]) if "token" in values else None,
            outage=_outage(values["outage"]) if "outage" in values else None,
            off=_kinds("off", values.get("off", "")),
            forbidden=_kinds("forbidden", values.get("forbidden", "")),
        )
        if sum(faults.share(name) for name in SHARES) > 1:
            raise ValueError(f"The shares of {', '.join(SHARES)} add up to more than 1 in “{text}”.")
        return faults

    def share(self, name: str) -> float:
        """Return the share of calls of a switch in `SHARES`."""
        return {"drop": self.drop, "throttle": self.throttle, "error": self.error, "html": self.html}[name]

    def pick_fault(self, roll: float) -> str | None:
        """Return the switch of `SHARES` that applies to the call with this random number from 0 to 1, if any."""
        for name in SHARES:
            roll -= self.share(name)
            if roll < 0:
                return name
        return None

    def in_outage(self, elapsed: float) -> bool:
        """Return whether there is an outage `elapsed` seconds after the start."""
        if self.outage is None:
            return False
        length, start = self.outage
        return start <= elapsed < start + length


def _split(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    if name not in SWITCHES or not value:
        raise _bad(part, "is not a valid switch with a value")
    return name, value


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    most = 1.0 if name in SHARES else math.inf
    if not 0 <= number <= most or math.isinf(number):
        wanted = "a share from 0 to 1" if name in SHARES else "a number of seconds"
        raise _bad(f"{name}={text}", f"needs {wanted}")
    return number


def _rate(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise _bad(f"rate={text}", "needs a whole number of calls a second, 1 or more")
    return int(text)


def _kinds(name: str, text: str) -> frozenset[str]:
    kinds = frozenset(filter(None, text.split("+")))
    if unknown := ", ".join(sorted(kinds - set(KINDS))):
        raise _bad(f"{name}={text}", f"names {unknown}, which is not a valid KIND; valid ones are {', '.join(KINDS)}")
    return kinds


def _outage(text: str) -> tuple[float, float]:
    length, at, start = text.partition("@")
    if not at:
        raise _bad(f"outage={text}", "needs LENGTH@START in seconds")
    return _number("outage", length), _number("outage", start)


def _bad(part: str, why: str) -> ValueError:
    return ValueError(f"“{part}” {why}. The switches are {', '.join(SWITCHES)}.")
