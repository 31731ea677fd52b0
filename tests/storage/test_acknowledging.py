from pathlib import Path

from tests.support.building import NOW, apply_observations, done, job, watch, watchlist
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report


def test_read_jobs_stay_read_after_a_restart_and_in_the_other_window(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.sqlite3"
    with open_store(path, read_report)[0] as ours, open_store(path, read_report)[0] as theirs:
        added = watchlist().add([watch(1), watch(2)])
        observed = apply_observations(added.watchlist, [(job(1), done(NOW + 1), 5.0), (job(2), done(NOW + 1), 5.0)])
        looked = observed.watchlist.mark_read([job(1)], NOW + 2)
        for change in (added, observed):
            ours.apply(change)
        theirs.read_changes()
        ours.apply(looked)
        news = theirs.read_changes()
    assert news is not None
    assert observed.watchlist.merged(news.watches, news.removed, NOW + 99) == looked.watchlist
    reopened, kept = open_store(path, read_report)
    reopened.close()
    assert kept == looked.watchlist
    assert [one.is_unread for one in kept] == [False, True]
