"""Durations as the user writes them (90s, 10m, 1h30m, 14 days), and as the program does (12s, 1m04s, 2h05m)."""

import re
from math import ceil

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


def format_rounded(seconds: float) -> str:
    """Return a rounded duration as `format_duration` does, but whole minutes alone: `50s`, `1m40s`, `7m`, `2h05m`."""
    return format_duration(seconds).removesuffix("00s")


def stepped(seconds: float) -> str:
    """Return an age that changes every 10 s below two minutes, then every minute: `<10s`, `1m10s`, `7m`, `2h05m`."""
    seconds = max(0.0, seconds)
    if seconds < 10:
        return "<10s"
    if seconds < 120:
        return format_rounded(seconds // 10 * 10)
    return format_rounded(seconds // 60 * 60)


def about(seconds: float, *, is_limit: bool = False) -> str:
    """Return a typical time, rounded (up, if it is a limit) to 5 s below two minutes, then to minutes."""
    round_to = ceil if is_limit else round
    if seconds < 10:
        return f"{max(1, round_to(seconds))}s"
    step = 5 if seconds < 120 else 60
    return format_rounded(round_to(seconds / step) * step)
