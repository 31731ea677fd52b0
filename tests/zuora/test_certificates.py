"""Certificates and key log that the environment names: each fault is one sentence, before any call."""

import os
import ssl
from pathlib import Path

import pytest

from tests.faults.certificates import CERTIFICATE
from zjobtui.zuora.certificates import tls_faults
from zjobtui.zuora.proxy import InvalidRouteError, find_route

HOST = "https://rest.zuora.invalid"


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, str]:
    """Paths by what is wrong with them."""
    (tmp_path / "text.pem").write_text("not a certificate\n")
    (tmp_path / "der.cer").write_bytes(ssl.PEM_cert_to_DER_cert(_certificate()))
    (tmp_path / "empty.pem").touch()
    broken = _certificate().replace("M", "!", 3)
    (tmp_path / "broken.pem").write_text(broken)
    (tmp_path / "secret.pem").write_text(_certificate())
    (tmp_path / "secret.pem").chmod(0)
    os.mkfifo(tmp_path / "pipe")
    return {
        "missing": str(tmp_path / "missing.pem"),
        "missing folder": str(tmp_path / "missing" / "file"),
        "folder": str(tmp_path),
        "text": str(tmp_path / "text.pem"),
        "DER": str(tmp_path / "der.cer"),
        "empty": str(tmp_path / "empty.pem"),
        "broken": str(tmp_path / "broken.pem"),
        "secret": str(tmp_path / "secret.pem"),
        "pipe": str(tmp_path / "pipe"),
        "too long": str(tmp_path / ("x" * 300)),
        "below a file": str(tmp_path / "text.pem" / "x"),
    }


def _certificate() -> str:
    text = CERTIFICATE.read_text()
    return text[text.index("-----BEGIN CERTIFICATE-----") :].partition("-----END CERTIFICATE-----")[0] + (
        "-----END CERTIFICATE-----\n"
    )


IS_ROOT = os.geteuid() == 0


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("missing", "does not exist"),
        ("missing folder", "does not exist"),
        ("folder", "is a folder, not a file"),
        ("text", "contains no certificate in PEM format"),
        ("DER", "contains no certificate in PEM format"),
        ("empty", "contains no certificate in PEM format"),
        ("broken", "contains no certificate in PEM format"),
        pytest.param("secret", "cannot be read: permission denied", marks=pytest.mark.skipif(IS_ROOT, reason="root")),
        ("pipe", "is not a regular file"),
        ("too long", "cannot be read: File name too long"),
        ("below a file", "cannot be read: Not a directory"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_named(path: str, fault: str, paths: dict[str, str]) -> None:
    assert [*tls_faults({"SSL_CERT_FILE": paths[path]})] == [
        f"SSL_CERT_FILE: {paths[path][:99]}{fault_end(paths[path])} {fault}"
    ]


def fault_end(path: str) -> str:
    return "…" if len(path) > 100 else path[99:]


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("missing folder", "cannot be created: its folder does not exist"),
        ("folder", "is a folder, not a file"),
        ("pipe", "is not a regular file"),
        pytest.param(
            "secret", "cannot be written: permission denied", marks=pytest.mark.skipif(IS_ROOT, reason="root")
        ),
    ],
)
def test_a_key_log_that_cannot_be_written_is_named(path: str, fault: str, paths: dict[str, str]) -> None:
    (sentence,) = tls_faults({"SSLKEYLOGFILE": paths[path]})
    assert sentence.startswith("SSLKEYLOGFILE: ")
    assert sentence.endswith(fault)


def test_readable_files_are_not_reported(tmp_path: Path, paths: dict[str, str]) -> None:
    fine = {"SSL_CERT_FILE": str(CERTIFICATE), "SSL_CERT_DIR": paths["missing"], "SSLKEYLOGFILE": str(tmp_path / "new")}
    assert [*tls_faults(fine)] == []
    assert [*tls_faults({"SSL_CERT_DIR": f"{paths['missing']}:{tmp_path}"})] == []
    assert [*tls_faults({"SSL_CERT_FILE": "", "SSL_CERT_DIR": "", "SSLKEYLOGFILE": ""})] == []
    assert not (tmp_path / "new").exists()


def test_a_folder_of_certificates_that_is_missing_is_named(paths: dict[str, str]) -> None:
    (sentence,) = tls_faults({"SSL_CERT_DIR": paths["missing"]})
    assert sentence.startswith("SSL_CERT_DIR: ")


def test_a_host_without_tls_needs_no_certificates(paths: dict[str, str]) -> None:
    environ = {"SSL_CERT_FILE": paths["missing"], "SSLKEYLOGFILE": paths["folder"]}
    assert find_route("http://127.0.0.1:1", {"SSL_CERT_FILE": paths["missing"]}).certificates == ()
    with pytest.raises(InvalidRouteError, match=r"SSL_CERT_FILE: .* does not exist; SSLKEYLOGFILE: .* is a folder"):
        find_route(HOST, environ)
