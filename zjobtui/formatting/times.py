"""Ages, durations and times of day as short text."""

import os
import re
import time
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path

from zjobtui.models.durations import format_duration

_ZONE_FOLDERS = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")
_ZONE_RULE = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?\d")


def age(seconds: float) -> str:
    """Return how long ago something was in one unit, rounded down: `now` (below 10 s), `20s`, `4m`, `3h`, `2d`."""
    seconds = max(0.0, seconds)
    if seconds < 10:
        return "now"
    if seconds < 60:
        return f"{int(seconds // 10) * 10}s"
    if seconds < 3_600:
        return f"{int(seconds // 60)}m"
    if seconds < 86_400:
        return f"{int(seconds // 3_600)}h"
    return f"{int(seconds // 86_400)}d"


def ago(seconds: float) -> str:
    """Return how long ago something was, in words: `just now` (below 10 s), `20s ago`, `4m ago`."""
    text = age(seconds)
    return "just now" if text == "now" else f"{text} ago"


def duration(seconds: float) -> str:
    """Return how long something took in at most two units: `0.4s`, `34s`, `4m29s`, `1h02m`, `3d04h`."""
    tenths = round(max(0.0, seconds), 1)
    return f"{tenths:.1f}s" if tenths < 10 else format_duration(max(10.0, seconds))


def moment(
    at: float, now: float, zone: tzinfo | None = None, *, beside: float | None = None, to_minute: bool = False
) -> str:
    """Return a time of day with its zone, and the date unless it is today's: `14:02:31 CET`, `Nov 22 14:02:31 CET`.

    `zone` defaults to that of the machine; its name is the one in force at that time. The name is left out if the
    time `beside`, which is shown next to this one, has the same.
    """
    local, today = _local(at, zone), _local(now, zone)
    name = "" if beside is not None and _local(beside, zone).tzname() == local.tzname() else " %Z"
    date = "" if local.date() == today.date() else "%b %d " if local.year == today.year else "%Y-%m-%d "
    return local.strftime(f"{date}{'%H:%M' if to_minute else '%H:%M:%S'}{name}")


def _local(at: float, zone: tzinfo | None) -> datetime:
    zone = zone or (UTC if unknown_zone() else None)
    return datetime.fromtimestamp(at, zone).astimezone(zone)


def unknown_zone() -> str:
    """Return the value of `TZ` if the system does not know this time zone, else "".

    The C library then uses UTC, but with the first letters of the value as its name: “Mars” for “Mars/Phobos”.
    """
    if time.timezone or time.daylight:
        return ""
    value = os.environ.get("TZ", "")
    return "" if _is_zone(value.removeprefix(":")) and time.tzname[0] else value


@lru_cache(maxsize=8)
def _is_zone(name: str) -> bool:
    """Return whether this is empty (UTC), a rule such as `CET-1CEST`, or the name of a file with a time zone."""
    if name in {"", "UTC", "GMT"} or _ZONE_RULE.match(name):
        return True
    folders = (os.environ.get("TZDIR", ""), *_ZONE_FOLDERS)
    try:
        return any(Path(folder, name).is_file() for folder in folders if folder)
    except OSError:
        return False


def stamp(at: float) -> str:
    """Return a time in UTC for programs and support tickets: `2026-11-23T14:02:31Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
