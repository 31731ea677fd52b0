"""A window of an earlier version: opens a store, waits for a line on standard input, then saves one of everything.

Run by the interpreter with that version on its path; prints what it did. With a second argument it writes the
statements that SQLite executed after the line to that file.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support.building import NOW, done, job, watch
from zjobtui.storage.store import open_store

read_report = import_module("zjobtui.zuora.wire").read_report  # where that version has it
store: Any
watches: Any  # of that version, with the names that its methods have there
store, watches = open_store(Path(sys.argv[1]), read_report)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


say("open", len(watches), store.is_read_only)
sys.stdin.readline()
statements: list[str] = []
if sys.argv[2:]:
    store._connection.set_trace_callback(statements.append)
news = store.news()
if news is not None:
    watches = watches.merged(news.watches, news.removed)


def save(change: Any) -> Any:  # noqa: ANN401 - a class of that version
    store.apply(change)
    return change.watchlist


watches = save(watches.add([watch(1, label="landed"), watch(2)]))
watches = save(watches.label([job(1)], "by the landed version", NOW + 1))
watches = save(watches.tag([job(1)], ("landed",)))
watches = save(watches.note([job(1)], "still saved"))
watches = save(watches.fold([(job(1), done(NOW + 2), 5.0)]))
watches = save(watches.acknowledge([job(1)], NOW + 3))
watches = save(watches.remove([job(2)], NOW + 4))
say("go over", store.go_over())
say("held", store.hold("poll", "landed", NOW, 10.0), store.held_by("poll"), store.count_calls("env", 20_000, 3))
store.let_go("poll", "landed")
say("read", len(store.recall([job(2)])), len(store.watched([job(1)])), len(store.timeline(job(1))), store.survey().jobs)
say("saved", len(watches))
store._connection.set_trace_callback(None)
store.close()
if sys.argv[2:]:
    Path(sys.argv[2]).write_text("".join(f"{one};\n" for one in statements), encoding="utf-8")
