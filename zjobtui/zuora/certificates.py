"""Files of the environment that TLS uses: certificates and a key log, checked since OpenSSL ignores their faults."""

import os
import ssl
from collections.abc import Iterator, Mapping
from stat import S_ISDIR, S_ISREG

from zjobtui.models.text import clean, shorten

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that OpenSSL reads instead of the system's trust store."""

KEY_LOG = "SSLKEYLOGFILE"
"""The variable that names the file to which Python writes the keys of its connections."""


def tls_faults(environ: Mapping[str, str], *, is_secure: bool = True) -> Iterator[str]:
    """Yield a phrase for each of these variables that cannot be used: `SSL_CERT_FILE: /x does not exist`.

    OpenSSL says nothing about a bundle that it cannot read, and then accepts no certificate. Certificates matter only
    if the connection `is_secure`; with a key log that cannot be opened, aiohttp cannot even be imported.
    """
    bundle, folders, key_log = (environ.get(name, "") for name in (*CERTIFICATES, KEY_LOG))
    if not is_secure:
        bundle = folders = ""
    if bundle and (fault := _bundle_fault(bundle)):
        yield f"SSL_CERT_FILE: {_shown(bundle)} {fault}"
    if folders and not bundle and not any(_is_folder(folder) for folder in folders.split(os.pathsep)):
        yield f"SSL_CERT_DIR: {_shown(folders)} is not a folder with certificates"
    if key_log and (fault := _key_log_fault(key_log)):
        yield f"{KEY_LOG}: {_shown(key_log)} {fault}"


def _bundle_fault(path: str) -> str:
    if fault := _file_fault(path):
        return fault
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except PermissionError:
        return "cannot be read: permission denied"
    except ssl.SSLError:
        return "contains no certificate in PEM format"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return ""


def _key_log_fault(path: str) -> str:
    folder = os.path.dirname(path) or "."  # noqa: PTH120 - as below
    if not os.path.lexists(path):
        if not _is_folder(folder):
            return "cannot be created: its folder does not exist"
        return "" if os.access(folder, os.W_OK | os.X_OK) else "cannot be created: permission denied"
    return _file_fault(path) or ("" if os.access(path, os.W_OK) else "cannot be written: permission denied")


def _file_fault(path: str) -> str:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - a path that is not valid is a fault, too
    except FileNotFoundError:
        return "does not exist"
    except PermissionError:
        return "cannot be read: permission denied"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', '') or 'the path is not valid'}"
    if S_ISDIR(mode):
        return "is a folder, not a file"
    return "" if S_ISREG(mode) else "is not a regular file"


def _is_folder(path: str) -> bool:
    try:
        return S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116 - as above
    except (OSError, ValueError):
        return False


def _shown(path: str) -> str:
    return shorten(clean(path), 100)
