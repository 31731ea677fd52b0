"""`add` with the files in `cases`: ids in encodings, and credentials and other ids in the form of one."""

import json
from pathlib import Path

import pytest

from tests.support.running import run

CASES = sorted((Path(__file__).parent / "cases").iterdir())
A, B, C = "622638b100b62fb49212a73044c4ac46", "b36cd3a7a074f02b2b870a58cab148e7", "36aaecb7aaa2d97d15bd0dc3c26b8699"
UUID = "1bc24f31-5d7b-48d3-a202-45bfe73bdceb"
NO_JOBS = ("6d151216ef504f65b8ff6e9e9e8356d3", "5a1b0000-1111-4222-8333-944455566677", "11111111-2222-3333-4444-5555")

SEVERAL = {
    "ids-bom-crlf": [A, B],
    "ids-endash-uuid": [UUID],
    "ids-gha": [A, B],
    "ids-html-entity": [A, B],
    "ids-jira-table": [A, B],
    "ids-json-string-newlines": [A, B],
    "ids-json-string-tabs": [A, B],
    "ids-python-repr-lines": [A, B, C],
    "ids-slack": [A, B, C],
    "ids-upper": [A.upper(), UUID.upper()],
    "ids-wrapped-at-80": [],
}
"""The ids in each file that has others than the first one alone."""


def watched() -> list[str]:
    return [one["job_id"] for one in json.loads(run("ls", "--json").stdout)["jobs"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_exactly_the_job_ids_of_a_text_are_added(case: Path) -> None:
    expected = SEVERAL.get(case.name.split(".")[0], [A])
    result = run("add", "--file", str(case))
    assert watched() == expected
    assert result.exit_code == (0 if expected else 2)
    for secret in NO_JOBS:
        assert secret not in result.output + run("export").stdout


def test_an_id_that_a_line_end_breaks_is_offered_and_not_joined() -> None:
    result = run("add", "-", stdin=f"{A[:15]}\n{A[15:]} done, {B}")
    assert (result.exit_code, result.stdout) == (1, "1 job added, 0 known, 1 refused.\n")
    assert f"622638b1… is split by a line break; if it is one job id, add it with: zjobtui add {A}\n" in result.stderr
    assert watched() == [B]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_a_file_in_another_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_bytes(f"jobId,Status\r\n{A},Failed\r\n{UUID},Läuft\r\n".encode(encoding))
    assert run("add", "--file", str(path)).exit_code == 0
    assert watched() == [A, UUID]
