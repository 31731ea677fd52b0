"""What can be wrong with the simulated tenant, read from switches; knows nothing of how a call is spoiled."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

SWITCHES: Mapping[str, str] = {
    "latency": "seconds added to every answer",
    "error": "share of calls, 0 to 1, answered with HTTP 500",
    "drop": "share of calls whose connection is cut without an answer",
    "html": "share of calls answered with HTTP 200 and a web page, as a proxy does",
    "throttle": "share of calls answered with HTTP 429",
    "rate": "calls a second that are let through; the rest get HTTP 429",
    "token": "seconds that a token lives",
    "outage": "LENGTH@START: every connection is cut for LENGTH seconds, from START seconds after the start",
}
"""Every switch and what it does, for the command's help and for error messages."""

SHARES = ("drop", "throttle", "error", "html")
"""The switches that take a share of the calls; one call is taken by one at the most."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The switches with their values; 0 and None mean that nothing is wrong."""

    latency: float = 0.0
    error: float = 0.0
    drop: float = 0.0
    html: float = 0.0
    throttle: float = 0.0
    rate: int | None = None
    token: float | None = None
    outage: tuple[float, float] | None = None
    """Length and start."""

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Faults from a text like `latency=0.3,error=0.1,outage=60@30`; raises `ValueError` with a sentence."""
        given = dict(_split(part.strip()) for part in text.split(",") if part.strip())
        faults = cls(
            **{name: _number(name, given.get(name, "0")) for name in ("latency", *SHARES)},
            rate=_rate(given["rate"]) if "rate" in given else None,
            token=_number("token", given["token"]) if "token" in given else None,
            outage=_outage(given["outage"]) if "outage" in given else None,
        )
        if sum(faults.share(name) for name in SHARES) > 1:
            raise ValueError(f"The shares of {', '.join(SHARES)} add up to more than 1 in “{text}”.")
        return faults

    def share(self, name: str) -> float:
        """The share of calls that a switch of `SHARES` takes."""
        return {"drop": self.drop, "throttle": self.throttle, "error": self.error, "html": self.html}[name]

    def taken_by(self, roll: float) -> str | None:
        """The switch of `SHARES`, if any, that takes the call with this roll of 0 to 1."""
        for name in SHARES:
            roll -= self.share(name)
            if roll < 0:
                return name
        return None

    def is_out(self, elapsed: float) -> bool:
        """Whether the outage is on, `elapsed` seconds after the start."""
        if self.outage is None:
            return False
        length, start = self.outage
        return start <= elapsed < start + length


def _split(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    if name not in SWITCHES or not value:
        raise _bad(part, "is no switch with a value")
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


def _outage(text: str) -> tuple[float, float]:
    length, at, start = text.partition("@")
    if not at:
        raise _bad(f"outage={text}", "needs LENGTH@START in seconds")
    return _number("outage", length), _number("outage", start)


def _bad(part: str, why: str) -> ValueError:
    return ValueError(f"“{part}” {why}. The switches are {', '.join(SWITCHES)}.")
