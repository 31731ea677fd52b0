"""What printing commands say alike: exit statuses, complaints, and which jobs a person means."""

import sys
from collections.abc import Sequence

from zjobtui.domain.text import clean, shorten
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist

OK, SOME_REFUSED, USAGE = 0, 1, 2
"""Exit statuses: done; done in part, what was refused is named; nothing done."""


def find(watchlist: Watchlist, text: str) -> list[Watch]:
    """The watches that a person means: by whole id, by label, or by the first six or more digits of the id."""
    wanted = text.strip()
    key = wanted.replace("-", "").lower()
    exact = [watch for watch in watchlist if watch.job.id.key == key or (watch.label and watch.label == wanted)]
    if exact or len(key) < 6:
        return exact
    return [watch for watch in watchlist if watch.job.id.key.startswith(key)]


def not_one(text: str, found: Sequence[Watch]) -> str:
    """A sentence for a person whose words do not mean one job."""
    shown = shorten(clean(text), 60)
    if found:
        return f"“{shown}” means {len(found)} jobs; give more of the id."
    return f"“{shown}” is not on the watchlist."


def complain(sentence: str) -> None:
    """Tells on standard error what is not what was asked for."""
    print(sentence, file=sys.stderr)
