"""The printed table fits the terminal, and shows what distinguishes the jobs."""

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, PROCESSING, apply_observations, done, job, seen, watch, watchlist
from zjobtui.formatting import table
from zjobtui.formatting.table import job_table
from zjobtui.models.duration_stats import TypicalTimes
from zjobtui.models.text_width import cells

TENANTS = ("eu-prod", "eu-preprod", "eu-prod")

LISTED = tuple(
    apply_observations(
        watchlist(
            watch(1, label="Renewals Nov", tags=("acme", "q4"), batch="renewals Q4"),
            watch(2, label="Renewals 続き", tenant="eu-prod"),
            watch(3),
        ),
        [(job(1), seen(PROCESSING, NOW + 50), 5.0), (job(1), done(NOW + 60), 5.0)],
    ).watchlist
)
FIRST, *OTHERS = LISTED
assert FIRST.digest is not None
NUMBERED = replace(
    FIRST.digest, why="O-00005577 · 4 subscriptions", order_number="O-00005577", account_number="A00000218"
)
LISTED = (replace(FIRST, digest=NUMBERED), *OTHERS)


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
    assert heading.split() == ["STATUS", "JOB", "LABEL", "TENANT", "TIME", "WHY"]
    assert "Renewal" in first
    wide = job_table(LISTED, NOW + 120, 300)[1]
    for text in (job(1).id.given, "Renewals Nov", "acme, q4", "renewals Q4", "O-00005577", "A00000218", "ended 1m ago"):
        assert wide.count(text) == 1


def test_tenants_are_distinguishable_and_numbers_are_complete_or_left_out() -> None:
    pairs = zip(LISTED, TENANTS, strict=True)
    watches = [replace(one, job=replace(one.job, tenant=name), label="Renewals Nov") for one, name in pairs]
    for width in range(64, 200):
        heading, *rows = job_table(watches, NOW + 120, width, known_tenants=("eu-prod", "eu-preprod", "eu-prototype"))
        place = heading.index("TENANT")
        assert [row[place:].split()[0] for row in rows] in [[*TENANTS], ["eu-prod", "eu-pre…", "eu-prod"]]
        for title, number in (("ORDER", "O-00005577"), ("ACCOUNT", "A00000218")):
            assert title not in heading or rows[0][heading.index(title) :].startswith(number)


def test_a_running_job_shows_how_far_it_is_unless_it_is_stale() -> None:
    running = watchlist(watch(1, added_at=NOW))
    seen_running = apply_observations(running, [(job(1), seen(PROCESSING, NOW + 34), 5.0)]).observed[-1].watch
    typical = {"env": TypicalTimes(50.0, 100.0)}
    heading, row = job_table([seen_running], NOW + 35, 120, typical=typical)
    assert heading.endswith("WHY")
    assert row.endswith("30s of about 50s")
    assert "WHY" not in job_table([seen_running], NOW + 5_000, 120, typical=typical)[0]


def test_columns_that_no_job_fills_and_the_only_tenant_are_left_out() -> None:
    heading, row = job_table([watch(1)], NOW, 120, {job(1): "signed out"})
    assert heading.split() == ["STATUS", "JOB", "TIME", "WHY"]
    assert row.endswith("just added  signed out")


def test_a_reason_is_cut_unless_it_is_required_in_full() -> None:
    reason = {job(1): "the proxy cannot be reached: " + "no route to host, " * 8}
    (_, cut), (_, whole) = (job_table([watch(1)], NOW, 80, reason, is_why_whole=flag) for flag in (False, True))
    assert cells(cut) <= 80 < cells(whole)
    assert whole.endswith(reason[job(1)].rstrip())


def test_a_column_without_a_priority_comes_last_and_is_widened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_ADDITIONAL", ())
    monkeypatch.setattr(table, "_WIDENED", ())
    one = watch(1, label="renewal", tags=("a rather long tag", "another one"))
    assert "a rather long tag, another one" in job_table([one], NOW, 120)[1]
    assert "TAGS" not in job_table([one], NOW, 40)[0]
