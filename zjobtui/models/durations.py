"""Durations as the user writes them: 90s, 10m, 1h30m, 14 days."""

import re

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
PART = r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smhd])"

_SPAN = re.compile(rf"(?:{PART})+")
_WORD = re.compile(r"(?<=[0-9])\s*(second|sec|minute|min|hour|day)s?\b")


def parse_duration(text: str) -> float | None:
    """Return the seconds of a duration such as `90s`, `1h30m`, `2d` or `14 days`; None if it is not one."""
    short = re.sub(r"\s", "", _WORD.sub(lambda match: match[1][0], text.strip().casefold()))
    if not _SPAN.fullmatch(short):
        return None
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(PART, short))
