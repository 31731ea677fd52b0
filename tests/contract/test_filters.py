"""Every term of a filter, typed into the monitor, and the jobs that it leaves."""

import json
import re
from functools import partial
from pathlib import Path

import pytest

from tests.contract.conftest import LABEL, NOTE, TAG, Known
from tests.contract.manual import codes, table
from tests.contract.names import IN_FILTER, Exit, Field, Key, Manual, Printed, Screen, Term, Verdict
from tests.contract.program import User
from tests.contract.window import press, title
from tests.support.terminal import Terminal


def matching(known: Known) -> dict[str, int]:
    """Filters with the number of jobs that match, of the six: 2 done, and one each of the other verdicts."""
    done = next(one for one in known.listed.jobs if one[Field.JOB_ID] == known.more)
    failed = next(one for one in known.listed.jobs if one[Field.JOB_ID] == known.failed)
    return {
        LABEL.split()[1]: 1,
        f'"{NOTE[:9]}"': 1,
        done[Field.ORDER]: 1,
        **{f"{Term.STATUS}{word}": 2 if verdict is Verdict.DONE else 1 for verdict, word in IN_FILTER.items()},
        f"{Term.STATUS}failed,attention": 2,
        f"!{Term.STATUS}failed": 5,
        f"{Term.STATUS}completed": 3,
        f"{Term.ORDER}{done[Field.ORDER]}": 1,
        f"{Term.ACCOUNT}{done[Field.ACCOUNT]}": 1,
        f"{Term.ID}{known.more[:10]}": 1,
        f"{Term.LABEL}cs-": 1,
        f"{Term.BATCH}added": 4,
        f"{Term.BATCH}nothing": 0,
        f"{Term.TAG}{TAG}": 1,
        f"{Term.TENANT}env": 6,
        f"!{Term.TENANT}env": 0,
        f"{Term.CODE}{failed[Field.ERROR_CODE][-2:]}": 1,
        f'{Term.REASON}"{failed[Field.WHY]}"': 1,
        f"{Term.ALIKE}00000000": 0,
        f"{Term.NOTE}call": 1,
        f"{Term.SUBSCRIPTION}{done[Field.SUBSCRIPTIONS][0]}": 1,
        f"{Term.INVOICE}{done[Field.INVOICES][0]}": 1,
        f"{Term.INVOICE}none": 0,
        Term.IS_OVERDUE: 0,
        f"{Term.TYPE}order": 3,
        f"{Term.TYPE}preview": 0,
        f"{Term.AGE}<1h": 6,
        f"{Term.AGE}>10m": 0,
        f"{Term.ENDED}<1h": 4,
        f"{Term.ENDED}>1h": 0,
        Term.IS_STALE: 0,
        Term.IS_LABELLED: 1,
        Term.IS_FINAL: 4,
        f"!{Term.IS_FINAL} {Term.STATUS}unknown": 1,
    }


@pytest.mark.slow
def test_every_term_selects_the_matching_jobs(user: User, known: Known) -> None:
    with user.window() as window:
        window.wait_for(Screen.POLLING)
        press(window, Key.FILTER)
        for text, count in matching(known).items():
            wanted = f"{'6' if count == 6 else f'{count} of 6'} · {Screen.FILTER.format(text)}"
            window.send(b"\x15" + text.encode())  # ctrl+u, and the text as fast as a terminal sends it
            window.wait_for(partial(is_titled, window, f"{Screen.LIST}{wanted}"))


def is_titled(window: Terminal, beginning: str, _: str) -> bool:
    """Whether the title of the list begins so."""
    return title(window).startswith(beginning)


def test_unread_jobs_are_found(user: User, known: Known) -> None:
    running = known.ids[Verdict.RUNNING]
    assert user.run("ls", "--json", "--filter", Term.IS_UNREAD).ids == [one for one in known.all if one != running]


@pytest.mark.parametrize(("term", "value"), [(Term.STATUS, "foo"), (Term.TENANT, "other"), (Term.TYPE, "xyz")])
def test_a_value_that_no_job_can_have_is_reported(user: User, known: Known, term: str, value: str) -> None:
    listed = user.run("ls", "--filter", f"{term}{value}")
    assert (listed.status, listed.out) == (Exit.USAGE, "")
    assert Printed.NOT_VALID.format(value, term.rstrip(":"), term) in listed.err
    assert known.all


def test_failures_are_grouped_by_reason(user: User, known: Known) -> None:
    listed = user.run("ls", "--by", "reason", "--json")
    groups = json.loads(listed.out)[Field.GROUPS]
    assert [group[Field.COUNT] for group in groups] == [1, 1]
    (failed,) = (group for group in groups if group[Field.ERROR_CODE])
    job = next(job for job in known.listed.jobs if job[Field.JOB_ID] == known.failed)
    names = (Field.ERROR_CODE, Field.ERROR_CATEGORY, Field.IS_TRANSIENT)
    assert [failed[name] for name in names] == [job[name] for name in names]
    assert [one[Field.JOB_ID] for one in failed[Field.JOBS]] == [known.failed]
    assert job[Field.ERROR_CATEGORY] == job[Field.WHY]


def test_every_term_of_the_manual_is_used_here() -> None:
    used = {getattr(Term, name) for name in re.findall(r"Term\.([A-Z_]+)", Path(__file__).read_text(encoding="utf-8"))}
    named = {code for row in table(Manual.TERMS) for code in codes(row[0]) if re.match(r"\w+[:<>]", code)}
    assert len(named) > 10
    for code in named:
        assert any(code == term or code.startswith(term) for term in used), code
