"""What is read from files and from standard input."""

from __future__ import annotations

import codecs
import sys

import click

MOST = 64 * 1024 * 1024
"""Bytes that are read at most: a device may never end."""

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""The encoding of a text that begins with a mark, as editors of Windows write it."""


def read(source: str) -> bytes:
    """Return the content of a file, of standard input if it is `-`; raises UsageError."""
    try:
        if source != "-":
            with open(source, "rb") as file:  # noqa: PTH123  # pathlib takes long to import
                content = file.read(MOST + 1)
        elif sys.stdin is None:
            raise click.UsageError("standard input is closed")
        else:
            content = sys.stdin.buffer.read(MOST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"cannot read {_called(source)}: {reason}") from error
    if len(content) > MOST:
        raise click.UsageError(f"{_called(source)} is longer than {MOST // 2**20} MiB")
    return content


def read_text(source: str) -> str:
    """Return the text of a file, of standard input if it is `-`; raises UsageError."""
    content = read(source)
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise click.UsageError(
            f"{_called(source)} is no text in UTF-8: {error.reason} at byte {error.start}"
        ) from error
    if "\0" in text:
        raise click.UsageError(f"{_called(source)} is no text: it has zero bytes")
    return text


def parse_json(text: str) -> object:
    """Return a value from JSON, or from a file with JSON if it begins with `@`; raises UsageError."""
    import json

    source = _called(text[1:]) if text.startswith("@") else "the value"
    try:
        return json.loads(read_text(text[1:]) if text.startswith("@") else text, parse_constant=_refuse)
    except RecursionError:
        raise click.UsageError(f"{source} has too many values in each other") from None
    except ValueError as error:
        raise click.UsageError(f"{source} is no JSON: {error}") from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _called(source: str) -> str:
    return "standard input" if source == "-" else source
