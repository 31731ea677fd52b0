from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.building import apply_observations, done, failed, job, job_id, watch, watchlist
from zjobtui.formatting.symbols import GLYPHS, WORDS, counts, money, plural, quantity, short_id
from zjobtui.models.verdict import VerdictKind


@pytest.mark.parametrize("signs", [GLYPHS, WORDS])
def test_every_verdict_has_its_own_glyph(signs: dict[VerdictKind, str]) -> None:
    assert set(signs) == set(VerdictKind)
    assert len(set(signs.values())) == len(VerdictKind)


def test_words_fit_a_column() -> None:
    assert max(map(len, WORDS.values())) <= 10


@given(st.integers(min_value=9, max_value=40))
def test_a_short_id_keeps_its_first_eight_digits(width: int) -> None:
    given_id = job_id(0x1BC24F31).given
    short = short_id(given_id, width)
    assert short.startswith("1bc24f31")
    assert len(short) == min(width, 32)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "–"),
        (Decimal(0), "0.00"),
        (Decimal(300), "300.00"),
        (Decimal("-5.0"), "-5.00"),
        (Decimal("1250.5"), "1,250.50"),
        (Decimal("0.125"), "0.125"),
        (Decimal("1E+6"), "1,000,000.00"),
    ],
)
def test_an_amount_of_money_has_separators_and_currency(amount: Decimal | None, text: str) -> None:
    assert money(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(None, "–"), (Decimal("1.00"), "1"), (Decimal("2.50"), "2.5"), (Decimal("1E+3"), "1000")]
)
def test_a_quantity_is_as_short_as_it_can_be(amount: Decimal | None, text: str) -> None:
    assert quantity(amount) == text


def test_jobs_are_counted_by_verdict_including_zeros() -> None:
    watches = apply_observations(
        watchlist(watch(1), watch(2), watch(3)), [(job(1), done(), 5.0), (job(2), failed(), 5.0)]
    ).watchlist
    assert counts(watches) == {
        VerdictKind.FAILED: 1,
        VerdictKind.ATTENTION: 0,
        VerdictKind.UNKNOWN: 0,
        VerdictKind.RUNNING: 1,
        VerdictKind.DONE: 1,
    }


def test_one_is_singular() -> None:
    assert [plural(number, "job") for number in (0, 1, 10_000)] == ["0 jobs", "1 job", "10,000 jobs"]
