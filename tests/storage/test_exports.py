import os
import stat
from pathlib import Path
from typing import Self

import pytest
from msgspec.structs import replace

from tests.support.building import watch
from zjobtui.storage.exports import export_name, write_export

AT = 1_795_442_400.0
ONE, OTHER = watch(1), watch(2)


@pytest.mark.parametrize(
    ("watches", "name"),
    [
        ([replace(ONE, label="CS-4390")], "env-CS-4390-2026-11-23-140000Z"),
        ([replace(ONE, label="../../etc/passwd\x1b[31m")], "env-etc-passwd-31m-2026-11-23-140000Z"),
        ([replace(ONE, label="Ä öl")], "env-Ä-öl-2026-11-23-140000Z"),
        ([replace(ONE, label="...")], f"env-{ONE.job.id.given[:8]}-2026-11-23-140000Z"),
        ([ONE], f"env-{ONE.job.id.given[:8]}-2026-11-23-140000Z"),
        ([ONE, OTHER], "env-2-jobs-2026-11-23-140000Z"),
        ([ONE, replace(OTHER, job=replace(OTHER.job, tenant="eu"))], "env-eu-2-jobs-2026-11-23-140000Z"),
        ([], "screen-2026-11-23-140000Z"),
    ],
)
def test_a_file_name_has_tenant_job_and_date_and_is_safe(watches: list[object], name: str) -> None:
    assert export_name(watches, AT) == name  # type: ignore[arg-type]


def test_a_long_label_does_not_make_a_long_file_name() -> None:
    assert len(export_name([replace(ONE, label="x" * 2_000)], AT)) < 80


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_file_and_folder_are_private(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        path = write_export(tmp_path / "data" / "exports", "env", ".csv", "text ✗")
    finally:
        os.umask(before)
    assert path.read_text(encoding="utf-8") == "text ✗"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nothing_is_overwritten_and_no_link_followed(tmp_path: Path) -> None:
    (tmp_path / "env.csv").write_text("first", encoding="utf-8")
    (tmp_path / "env-2.csv").symlink_to(tmp_path / "elsewhere")
    assert write_export(tmp_path, "env", ".csv", "third") == tmp_path / "env-3.csv"
    assert (tmp_path / "env.csv").read_text(encoding="utf-8") == "first"
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_cannot_be_written_completely_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, handle: int, *_: object, **__: object) -> None:
            self.handle = handle

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            os.close(self.handle)

        def write(self, _text: str) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", Full)
    with pytest.raises(OSError, match="No space"):
        write_export(tmp_path, "env", ".csv", "text")
    assert list(tmp_path.iterdir()) == []
