"""Counts of jobs by verdict, also by tenant, whatever changes."""

from tests.support.building import NOW, done, failed, job, watch, watchlist
from zjobtui.formatting.symbols import counts
from zjobtui.models.watchlist import Watchlist
from zjobtui.ui.list_presenter import JobCounts


def assert_right(counted: JobCounts, current: Watchlist) -> None:
    assert counted.all == counts(current)
    for tenant in {each.job.tenant for each in current}:
        assert counted.of(tenant) == counts(each for each in current if each.job.tenant == tenant)


def test_counts_follow_jobs_that_end_come_and_go() -> None:
    current = watchlist(watch(1), watch(2), watch(3))
    counted = JobCounts(current)
    assert_right(counted, current)
    counted.has_new_ends = False
    for change in (done(NOW + 1), failed(NOW + 2)):
        current = current.apply_observation(job(1), change, 5.0).watchlist
        counted.update(current)
        assert_right(counted, current)
    assert counted.has_new_ends
    current = current.remove([job(1)], NOW).watchlist
    counted.update(current)
    assert_right(counted, current)
    counted.has_new_ends = False
    current = watchlist(watch(2), watch(9))
    counted.update(current)
    assert_right(counted, current)
    assert counted.has_new_ends


def test_a_tenant_without_jobs_has_zeros() -> None:
    assert set(JobCounts(watchlist(watch(1))).of("elsewhere").values()) == {0}
