"""A stored response or timeline that is damaged costs the user that one text, and nothing else."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.storage.opening import added, observed, opened
from tests.support.building import NOW, done, job_id, watch
from tests.support.running import run
from zjobtui.config.paths import store_path
from zjobtui.storage.row_checks import check_rows

DAMAGED, WHOLE = 1, 2
SET = {
    "call": "UPDATE reports SET call = ? WHERE position = 1",
    "body": "UPDATE reports SET body = ? WHERE position = 1",
    "text": "UPDATE reports SET body = CAST(? AS TEXT) WHERE position = 1",
    "at": "UPDATE reports SET at = ? WHERE position = 1",
}
DAMAGES: dict[str, tuple[str, object]] = {
    "a call that is not JSON": ("call", "{"),
    "a call that is a list": ("call", "[]"),
    "a call that is nested without end": ("call", "[" * 90_000),
    "a call whose latency is text": ("call", '{"latency": "soon"}'),
    "a call whose latency is not a number": ("call", '{"latency": NaN}'),
    "a call whose HTTP status is a list": ("call", '{"http_status": []}'),
    "a body that is not text": ("body", b"\xff"),
    "a body that is not UTF-8": ("text", b"\xff"),
    "a body that is NULL": ("body", None),
    "a time that is text": ("at", "soon"),
    "a time without end": ("at", float("inf")),
}
OF_OLDER_RULES = "UPDATE meta SET value = value - 1 WHERE name = 'digest_version'"


@pytest.fixture
def _filled() -> None:
    with opened(store_path()) as (store, _):
        watches = added(store, watch(DAMAGED, label="damaged"), watch(WHOLE, label="whole"))
        observed(store, watches, done(NOW + 1))


def spoil(column: str, value: object) -> None:
    """Damage one row; NULL is written where the schema forbids it, as a damaged page may have it."""
    with closing(sqlite3.connect(store_path())) as connection:
        (schema,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'reports'").fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        set_schema = "UPDATE sqlite_master SET sql = ? WHERE name = 'reports'"
        connection.execute(set_schema, (schema.replace("body TEXT NOT NULL", "body TEXT"),))
        connection.commit()
        with closing(sqlite3.connect(store_path())) as other:
            other.execute(SET[column], (value,))
            other.execute(OF_OLDER_RULES)
            other.commit()
        connection.execute(set_schema, (schema,))
        connection.commit()


def content_check() -> str:
    """What `doctor` says of the content of the store."""
    findings = json.loads(run("doctor", "--offline", "--json").stdout)["findings"]
    (text,) = [one["text"] for one in findings if one["check"] == "content"]
    return str(text)


@pytest.mark.usefixtures("_filled")
@pytest.mark.parametrize(("column", "value"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_response_does_not_block_commands_after_an_upgrade(column: str, value: object) -> None:
    spoil(column, value)
    listed = run("ls", "--json")
    assert (listed.exit_code, listed.stderr) == (0, "")
    assert [(one["label"], one["verdict"]) for one in json.loads(listed.stdout)["jobs"]] == [
        ("damaged", "done"),
        ("whole", "done"),
    ]
    with closing(sqlite3.connect(store_path())) as connection:
        connection.row_factory = sqlite3.Row
        with pytest.raises((ValueError, sqlite3.Error)):
            check_rows(connection)


@pytest.mark.usefixtures("_filled")
def test_other_data_is_shown_and_exported_and_doctor_repairs_the_store() -> None:
    spoil(*DAMAGES["a body that is not text"])
    shown = run("show", "damaged", "--json")
    assert json.loads(shown.stdout)["label"] == "damaged"
    assert "zjobtui doctor --repair" in shown.stderr
    exported = run("export", "--results")
    assert [(one["label"], "answer" in one) for one in json.loads(exported.stdout)["jobs"]] == [
        ("damaged", False),
        ("whole", True),
    ]
    assert content_check().startswith("damaged (")
    assert "is kept as" in run("doctor", "--offline", "--repair").stderr
    assert content_check() == "not damaged"
    assert [one["label"] for one in json.loads(run("ls", "--json").stdout)["jobs"]] == ["damaged", "whole"]
    assert run("show", "damaged").stderr == ""


@pytest.mark.usefixtures("_filled")
def test_doctor_names_the_job_of_a_damaged_row() -> None:
    spoil(*DAMAGES["a call that is not JSON"])
    assert content_check().startswith(f"damaged (job {job_id(DAMAGED).given}: a response cannot be read, Expecting")


@pytest.mark.usefixtures("_filled")
def test_an_import_restores_a_damaged_response() -> None:
    exported = run("export", "--results").stdout
    spoil(*DAMAGES["a call that is not JSON"])
    imported = run("import", "-", stdin=exported)
    assert (imported.exit_code, imported.stdout) == (0, "0 jobs new, 1 merged, 1 known.\n")
    assert run("show", "damaged").stderr == ""
    assert content_check() == "not damaged"


@pytest.mark.usefixtures("_filled")
def test_a_damaged_response_does_not_block_commands_in_a_real_process() -> None:
    spoil(*DAMAGES["a call that is not JSON"])
    listed = subprocess.run(
        [sys.executable, "-m", "zjobtui", "ls"], env=os.environ, capture_output=True, text=True, check=False
    )
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "damaged" in listed.stdout
    assert "whole" in listed.stdout
