"""The certificates that a server's is checked against, where the application gives no TLS settings."""

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

    The keys of each connection are written where SSLKEYLOGFILE says.

    Raises:
        InvalidArgumentError: What one of these variables says cannot be used.
    """
    key_log = os.environ.get("SSLKEYLOGFILE")
    if key_log and not sys.flags.ignore_environment:  # as Python has it
        with _naming("SSLKEYLOGFILE", key_log):
            Path(key_log).open("ab").close()
    if file := os.environ.get("SSL_CERT_FILE"):
        return _trusting("SSL_CERT_FILE", file)
    if folders := os.environ.get("SSL_CERT_DIR"):
        with _naming("SSL_CERT_DIR", folders):
            _check_folders(folders.split(os.pathsep))
        return ssl.create_default_context(capath=folders)
    import certifi  # of which most of the time goes into finding its file

    return _trusting("certifi", certifi.where())


def _trusting(source: str, file: str) -> ssl.SSLContext:
    with _naming(source, file):
        return ssl.create_default_context(cafile=file)


def _check_folders(folders: list[str]) -> None:
    """Raise OSError unless there is a certificate: OpenSSL looks only when it needs one, and says nothing of it."""
    present = [folder for folder in folders if Path(folder).is_dir()]
    certificates = [each for folder in present or folders[:1] for each in Path(folder).iterdir()]
    if not any(re.fullmatch(r"[\da-f]{8}\.\d+", each.name) for each in certificates):
        raise ssl.SSLError


@contextmanager
def _naming(source: str, path: str) -> Generator[None]:
    """Say which variable led to an error of the operating system's or of OpenSSL's, and what is wrong."""
    try:
        yield
    except OSError as error:
        wrong = "it holds no certificate that can be read" if isinstance(error, ssl.SSLError) else error.strerror
        raise InvalidArgumentError(f"{source}: {path} cannot be used: {wrong}") from error
