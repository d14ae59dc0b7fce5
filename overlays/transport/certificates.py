"""The trusted certificate authorities, if the application gives no TLS settings."""

from __future__ import annotations

import os
import re
import ssl
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InvalidArgumentError


def default_context() -> ssl.SSLContext:
    """Return Python's default TLS settings, with the authorities of SSL_CERT_FILE, else SSL_CERT_DIR, else certifi.

    The keys of each connection are written to SSLKEYLOGFILE.

    Raises:
        InvalidArgumentError: The value of one of these variables cannot be used.
    """
    key_log = os.environ.get("SSLKEYLOGFILE")
    if key_log and not sys.flags.ignore_environment:  # as Python does
        with _naming("SSLKEYLOGFILE", key_log):
            Path(key_log).open("ab").close()
    if file := os.environ.get("SSL_CERT_FILE"):
        return _trusting("SSL_CERT_FILE", file)
    if folders := os.environ.get("SSL_CERT_DIR"):
        with _naming("SSL_CERT_DIR", folders):
            _check_folders(folders.split(os.pathsep))
        return ssl.create_default_context(capath=folders)
    import certifi  # finding its file takes most of the time

    return _trusting("certifi", certifi.where())


def _trusting(source: str, file: str) -> ssl.SSLContext:
    with _naming(source, file):
        return ssl.create_default_context(cafile=file)


def _check_folders(folders: list[str]) -> None:
    """Raise OSError if there is no certificate: OpenSSL looks for one only when it needs it, and reports nothing."""
    present = [folder for folder in folders if Path(folder).is_dir()]
    certificates = [each for folder in present or folders[:1] for each in Path(folder).iterdir()]
    if not any(re.fullmatch(r"[\da-f]{8}\.\d+", each.name) for each in certificates):
        raise ssl.SSLError


@contextmanager
def _naming(source: str, path: str) -> Generator[None]:
    """Turn an error of the operating system or of OpenSSL into one that names the variable and the reason."""
    try:
        yield
    except OSError as error:
        wrong = "it holds no certificate that can be read" if isinstance(error, ssl.SSLError) else error.strerror
        raise InvalidArgumentError(f"{source}: {path} cannot be used: {wrong}") from error
