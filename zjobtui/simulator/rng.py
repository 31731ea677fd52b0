"""Every random choice of the simulated tenant, drawn from hashes so that nothing depends on the order of asking."""

import hashlib
from math import log
from random import Random

MEDIAN = 20.0
"""Seconds: "under 20 s" is what one public team reports as typical for its asynchronous orders."""
STUCK = 1800.0
"""Seconds that a stuck job runs at the least."""


def dice(seed: int, *names: str | int) -> Random:
    """Dice of their own for whatever `names` name: the same names throw the same numbers."""
    return Random(_digest(seed, *names))


def job_id(seed: int, *names: str | int) -> str:
    """32 lowercase hexadecimal digits without dashes, as every real job id is."""
    return _digest(seed, "job", *names)[:32]


def long_id(seed: int, *names: str | int) -> str:
    """An object id as Zuora makes them: 32 hexadecimal digits that open with `8ad0`."""
    return "8ad0" + _digest(seed, "object", *names)[:28]


def uuid(seed: int, *names: str | int) -> str:
    """36 characters in the shape of a UUID."""
    text = _digest(seed, "uuid", *names)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def duration(throw: Random) -> float:
    """Seconds that a job runs: log-normal, one in twelve stretched by a Pareto tail, one in a hundred stuck."""
    roll = throw.random()
    if roll < 0.01:
        return STUCK + throw.expovariate(1 / 3600)
    seconds = throw.lognormvariate(log(MEDIAN), 0.8)
    return seconds * throw.paretovariate(1.1) if roll < 1 / 12 else seconds


def _digest(seed: int, *names: str | int) -> str:
    return hashlib.sha256("/".join(map(str, (seed, *names))).encode()).hexdigest()
