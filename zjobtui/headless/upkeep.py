"""Prints what the store holds, and makes it small."""

from zjobtui.headless.saying import OK
from zjobtui.storage.store import Store
from zjobtui.wording.signs import plural


def tell(store: Store, now: float, *, is_to_compact: bool) -> int:
    """Prints the figures of the store, after it was compacted where that is asked for."""
    before = store.survey()
    if is_to_compact:
        store.compact(now)
    now_is = store.survey()
    print(now_is.path)
    print(f"{_size(now_is.size)}, of which {_size(now_is.unused)} hold nothing; format {now_is.version}")
    print(f"{plural(now_is.jobs, 'job')} watched, {now_is.archived:,} archived, {now_is.removed:,} removed")
    print(f"{plural(now_is.answers, 'answer')}, {now_is.entries:,} timeline entries")
    if is_to_compact:
        print(f"Compacted from {_size(before.size)}.")
    return OK


def _size(size: int) -> str:
    if size < 1_000_000:
        return f"{size / 1000:,.0f} kB"
    return f"{size / 1_000_000:,.1f} MB"
