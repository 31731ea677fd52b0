"""The printed table fits the terminal, and shows what tells the jobs apart."""

import pytest

from tests.support.building import NOW, PROCESSING, done, job, seen, watch, watchlist
from zjobtui.formatting.table import job_table
from zjobtui.models.text_width import cells

LISTED = tuple(
    watchlist(
        watch(1, label="Renewals Nov", tags=("acme", "q4")),
        watch(2, label="Renewals 続き", tenant="eu-prod"),
        watch(3),
    )
    .apply_observations([(job(1), seen(PROCESSING, NOW + 50), 5.0), (job(1), done(NOW + 60), 5.0)])
    .watchlist
)


@pytest.mark.parametrize("width", [8, 20, 40, 60, 80, 100, 120, 300])
def test_no_line_is_wider_than_the_terminal_and_the_columns_stand_below_their_titles(width: int) -> None:
    heading, *rows = job_table(LISTED, NOW + 120, width)
    assert max(map(cells, (heading, *rows))) <= width
    assert [row[:6] for row in rows] == ["✓ done", "◌ runn", "◌ runn"][: len(rows)]
    if width >= 40:
        place = heading.index("JOB")
        assert [row[place : place + 8] for row in rows] == ["00000001", "00000002", "00000003"]


def test_at_80_columns_label_tenant_and_time_are_there_and_with_room_everything_is() -> None:
    heading, first, *_ = job_table(LISTED, NOW + 120, 80)
    assert heading.split() == ["STATUS", "JOB", "LABEL", "TENANT", "ORDER", "TAGS", "TIME", "WHY"]
    assert "Renewal" in first
    wide = job_table(LISTED, NOW + 120, 300)[1]
    assert all(text in wide for text in (job(1).id.given, "Renewals Nov", "acme, q4", "ended 1m ago"))


def test_columns_that_no_job_fills_and_the_only_tenant_are_left_out() -> None:
    heading, row = job_table([watch(1)], NOW, 120, {job(1): "signed out"})
    assert heading.split() == ["STATUS", "JOB", "TIME", "WHY"]
    assert row.endswith("just added  signed out")


def test_a_reason_is_cut_unless_it_must_be_whole() -> None:
    reason = {job(1): "the proxy cannot be reached: " + "no route to host, " * 8}
    (_, cut), (_, whole) = (job_table([watch(1)], NOW, 80, reason, is_why_whole=flag) for flag in (False, True))
    assert cells(cut) <= 80 < cells(whole)
    assert whole.endswith(reason[job(1)].rstrip())
