"""Durations as the user writes them (90s, 10m, 1h30m, 14 days), and as the program does (12s, 1m04s, 2h05m)."""

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


def format_duration(seconds: float) -> str:
    """Return a duration in whole seconds and at most two units: `12s`, `4m29s`, `1h02m`, `3d04h`."""
    whole = max(0, int(seconds))
    if whole < UNITS["m"]:
        return f"{whole}s"
    if whole < UNITS["h"]:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < UNITS["d"]:
        return f"{whole // 3_600}h{whole % 3_600 // 60:02}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3_600:02}h"
