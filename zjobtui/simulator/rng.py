"""Random numbers and ids from hashes of a seed and names, so that they do not depend on the order of calls."""

import hashlib
from math import log
from random import Random

MEDIAN = 20.0
"""Seconds; one public team reports "under 20 s" as typical for its asynchronous orders."""
STUCK = 1800.0
"""Least seconds that a stuck job runs."""


def seeded(seed: int, *names: str | int) -> Random:
    """Return a generator that is seeded by these names: the same names give the same numbers."""
    return Random(_digest(seed, *names))


def job_id(seed: int, *names: str | int) -> str:
    """Return 32 lowercase hexadecimal digits without dashes, as in every real job id."""
    return _digest(seed, "job", *names)[:32]


def long_id(seed: int, *names: str | int) -> str:
    """Return an object id as Zuora makes them: 32 hexadecimal digits that begin with `8ad0`."""
    return "8ad0" + _digest(seed, "object", *names)[:28]


def uuid(seed: int, *names: str | int) -> str:
    """Return 36 characters in the format of a UUID."""
    text = _digest(seed, "uuid", *names)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def duration(random: Random) -> float:
    """Return how long a job runs in seconds: log-normal, one in 12 with a Pareto tail, one in 100 stuck."""
    roll = random.random()
    if roll < 0.01:
        return STUCK + random.expovariate(1 / 3600)
    seconds = random.lognormvariate(log(MEDIAN), 0.8)
    return seconds * random.paretovariate(1.1) if roll < 1 / 12 else seconds


def _digest(seed: int, *names: str | int) -> str:
    return hashlib.sha256("/".join(map(str, (seed, *names))).encode()).hexdigest()
