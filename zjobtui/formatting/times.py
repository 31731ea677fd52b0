"""Ages, durations and moments in as few characters as a person needs."""

from datetime import UTC, datetime, tzinfo


def age(seconds: float) -> str:
    """How long ago, coarsely: `now`, `20s`, `4m`, `3h`, `2d`; within the first minute in steps of ten seconds."""
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


def duration(seconds: float) -> str:
    """How long something took: `0.4s`, `34s`, `4m 29s`, `1h 02m`, `3d 4h`."""
    seconds = max(0.0, seconds)
    if seconds < 10:
        return f"{seconds:.1f}s"
    if seconds < 60:
        return f"{int(seconds)}s"
    if seconds < 3_600:
        return f"{int(seconds // 60)}m {int(seconds % 60):02}s"
    if seconds < 86_400:
        return f"{int(seconds // 3_600)}h {int(seconds % 3_600 // 60):02}m"
    return f"{int(seconds // 86_400)}d {int(seconds % 86_400 // 3_600)}h"


def moment(
    at: float, now: float, zone: tzinfo | None = None, *, beside: float | None = None, to_minute: bool = False
) -> str:
    """A time of day and its zone, with the date when it is not today's: `14:02:31 CET`, `Nov 22 14:02:31 CET`.

    The zone is the machine's own unless another one is given; its name is the one in force at that moment. Where the
    moment `beside` stands near it with the same name, the name is not said again.
    """
    when, today = _local(at, zone), _local(now, zone)
    name = "" if beside is not None and _local(beside, zone).tzname() == when.tzname() else " %Z"
    date = "" if when.date() == today.date() else "%b %d " if when.year == today.year else "%Y-%m-%d "
    return when.strftime(f"{date}{'%H:%M' if to_minute else '%H:%M:%S'}{name}")


def _local(at: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at, zone).astimezone(zone)


def stamp(at: float) -> str:
    """A moment for machines and support tickets: `2026-11-23T14:02:31Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
