"""Stores that earlier versions wrote open with everything that was in them."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contract.names import (
    IN_OLD_STORES,
    SENTENCE_IN_OLD_STORES,
    VERDICT_IN_OLD_STORES,
    Exit,
    Field,
    Printed,
    Screen,
    Term,
    jobs,
)
from tests.contract.program import User
from tests.contract.window import rows
from tests.support.terminal import Terminal

DATA = Path(__file__).parent / "data"
STORES = sorted(one.stem for one in DATA.glob("schema-*.sqlite3"))


def today(job: dict[str, Any]) -> dict[str, Any]:
    """A job as an earlier version listed it, by the names of today; without what time alone changes."""
    named = {IN_OLD_STORES.get(name, name): value for name, value in job.items() if name != Field.IS_STALE}
    verdict, sentence = named[Field.VERDICT], named[Field.SENTENCE]
    return {
        **named,
        Field.VERDICT: VERDICT_IN_OLD_STORES.get(verdict, verdict),
        Field.SENTENCE: SENTENCE_IN_OLD_STORES.get(sentence, sentence),
    }


@pytest.mark.parametrize("version", STORES)
def test_an_old_store_holds_the_same_jobs(new_user: User, version: str) -> None:
    new_user.data.mkdir()
    shutil.copy(DATA / f"{version}.sqlite3", new_user.store)
    before = json.loads((DATA / f"{version}.ls.json").read_text(encoding="utf-8"))["jobs"]
    listed = new_user.run("ls", "--json")
    assert (listed.status, listed.err) == (Exit.OK, "")
    after = {one[Field.JOB_ID]: one for one in listed.jobs}
    assert len(after) == len(before) > 10
    for job in before:
        wanted = today(job)
        assert {name: after[job["job_id"]][name] for name in wanted} == wanted
    stale = {one[Field.JOB_ID] for one in listed.jobs if one[Field.IS_STALE]}
    assert stale
    assert {*new_user.run("ls", "--json", "--filter", Term.IS_STALE).ids} == stale
    answered = next(one for one in before if one["is_final"])
    shown = new_user.run("show", answered["job_id"], "--json").json
    assert shown[Field.ANSWER][Field.BODY]["status"] == answered["status"]
    assert len(shown[Field.HISTORY]) >= 2


EXPORTS = sorted(one.stem for one in DATA.glob("export-*.json"))


@pytest.mark.parametrize("version", EXPORTS)
def test_an_old_export_is_imported_completely(new_user: User, version: str) -> None:
    exported = json.loads((DATA / f"{version}.json").read_text(encoding="utf-8"))["jobs"]
    taken = new_user.run("import", str(DATA / f"{version}.json"))
    assert (taken.status, taken.out) == (Exit.OK, f"{Printed.IMPORTED.format(jobs(len(exported)), 0, 0)}.\n")
    listed = {one[Field.JOB_ID]: one for one in new_user.run("ls", "--json").jobs}
    assert len(listed) == len(exported) > 10
    for job in exported:
        found = listed[job["given"]]
        assert (found[Field.LABEL], found[Field.TAGS], found[Field.NOTE]) == (job["label"], job["tags"], job["note"])
        sentence = SENTENCE_IN_OLD_STORES.get(job["sentence"], job["sentence"])
        assert found[Field.SENTENCE] == sentence or sentence is None
    answered = next(job for job in exported if "answer" in job)
    shown = new_user.run("show", answered["given"], "--json").json
    assert shown[Field.ANSWER][Field.BODY] == json.loads(answered["answer"]["body"])
    assert len(shown[Field.HISTORY]) == len(answered["timeline"])


def is_listed(window: Terminal, job: Mapping[str, str]) -> bool:
    """Whether the list has the job's row: the beginnings of its label, if it has one, and of its id."""
    label, given = job["label"][:6], job["job_id"][:8]
    return any(label in row and given in row for row in rows(window))


@pytest.mark.slow
def test_order_filter_and_divider_of_an_older_version_are_kept(new_user: User) -> None:
    new_user.data.mkdir()
    shutil.copy(DATA / "schema-1.sqlite3", new_user.store)
    old = {"sort": "label", "filter": "CS-441", "divider_beside": 0.4, "divider_below": 0.5}
    (new_user.data / "screen.json").write_text(json.dumps(old), encoding="utf-8")
    before = json.loads((DATA / "schema-1.ls.json").read_text(encoding="utf-8"))["jobs"]
    user = User(new_user.home, {"ZUORA_BASE_URL": "http://127.0.0.1:9", "ZUORA_BEARER_TOKEN": "sentinel-token"})
    with user.window() as window:
        window.wait_for(Screen.UNREACHABLE)
        shown = [job["label"] for job in before if is_listed(window, job)]
        assert shown == [job["label"] for job in before if job["label"].startswith("CS-441")]


@pytest.mark.slow
@pytest.mark.parametrize("version", STORES)
def test_an_old_store_is_shown_in_the_monitor(new_user: User, version: str) -> None:
    new_user.data.mkdir()
    shutil.copy(DATA / f"{version}.sqlite3", new_user.store)
    before = json.loads((DATA / f"{version}.ls.json").read_text(encoding="utf-8"))["jobs"]
    user = User(new_user.home, {"ZUORA_BASE_URL": "http://127.0.0.1:9", "ZUORA_BEARER_TOKEN": "sentinel-token"})
    with user.window() as window:
        window.wait_for(f"{Screen.LIST}{len(before)} ")
        window.wait_for(Screen.UNREACHABLE)
        assert all(is_listed(window, job) for job in before)
