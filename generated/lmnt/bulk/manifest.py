"""A manifest: lines of JSON or CSV, each of which is a text and how it is spoken.

What is wrong with one line is a problem of that line; the others are read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast, get_args

from ..errors import InvalidArgumentError
from ..models.sample_rate import SampleRate
from ..models.speech_format import SpeechFormat
from ..streams.downloads import path_of
from ..values.files import reason_of
from .names import key_of, name_of, problem_of


@dataclass(frozen=True)
class Line:
    """A line of a manifest."""

    number: int
    """The number of its first line in the file, from 1."""

    id: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What `generate` is given."""

    out: str = ""
    """Where the audio goes, within the folder for all of them."""

    problem: str | None = None
    """Why it cannot be spoken."""

    @property
    def text(self) -> str:
        """The text to speak."""
        found = self.arguments.get("text")
        return found if isinstance(found, str) else ""

    @property
    def digest(self) -> str:
        """A digest of what is asked for, and of where it goes."""
        content = json.dumps([self.out, self.arguments], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def _text(value: object) -> object:
    return value if isinstance(value, str) and value else None


def _name(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)


def _format(value: object) -> object:
    return value if value in get_args(SpeechFormat) else None


def _number(value: object) -> object:
    try:
        found = float(cast("str", value)) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and not isinstance(value, bool) else None


def _rate(value: object) -> object:
    found = _number(value)
    return int(cast("float", found)) if found in get_args(SampleRate) else None


FIELDS: Mapping[str, tuple[Callable[[object], object], str]] = {
    "id": (_name, "a text"),
    "text": (_text, "a text"),
    "voice": (_text, "the id of a voice"),
    "format": (_format, f"one of {', '.join(get_args(SpeechFormat))}"),
    "language": (_text, "a language, such as en"),
    "out": (_text, "a path"),
    "model": (_text, "the name of a model"),
    "sample_rate": (_rate, f"one of {', '.join(map(str, get_args(SampleRate)))}"),
    "temperature": (_number, "a number"),
    "top_p": (_number, "a number"),
}
"""What a line may hold: a function that returns a value, or None if it is another, and what it has to be."""

EXTENSIONS: Mapping[str, str] = {
    "aac": "aac",
    "mp3": "mp3",
    "ulaw": "wav",
    "wav": "wav",
    "webm": "webm",
    "pcm_s16le": "pcm",
    "pcm_f32le": "pcm",
}
DEFAULT_FORMAT = "mp3"

LONGEST = 5000
"""Characters of a text that one request takes."""


def read(path: str | os.PathLike[str], defaults: Mapping[str, object]) -> list[Line]:
    """Return the lines of a manifest; those that are empty are passed over.

    Args:
        path: The file: JSON Lines (`.jsonl`, `.ndjson`), CSV (`.csv`) or CSV with tabs (`.tsv`), in UTF-8.
        defaults: Values for the lines that have none.

    Raises:
        InvalidArgumentError: The file cannot be read, or it cannot be told where its lines begin and end.
    """
    name = str(path_of(path))
    reader = _READERS.get(os.path.splitext(name)[1].lower())  # noqa: PTH122  # a path may be bytes
    if reader is None:
        raise InvalidArgumentError(f"a manifest is a file called {', '.join(_READERS)}; got {name!r}")
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # the same
            content = file.read().removeprefix(b"\xef\xbb\xbf")
    except (OSError, ValueError) as error:
        raise InvalidArgumentError(f"cannot read {name!r}: {reason_of(error)}") from error
    return list(_distinct(_line(number, found, defaults) for number, found in reader(content)))


Found = tuple[int, Mapping[str, object] | str]
"""The number of a line, and its values, or why it has none."""


def _json_lines(content: bytes) -> Iterator[Found]:
    for number, text in enumerate(content.split(b"\n"), 1):
        if text.strip():
            try:
                found = cast("object", json.loads(text.decode()))
            except (ValueError, RecursionError) as error:
                yield number, f"this is no JSON in UTF-8: {error}"
            else:
                yield (
                    number,
                    cast("Mapping[str, object]", found) if isinstance(found, dict) else "this is no JSON object",
                )


def _separated(delimiter: str, content: bytes) -> Iterator[Found]:
    try:
        text = io.StringIO(content.decode(), newline="")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise InvalidArgumentError(f"line {number} of the manifest is no UTF-8: save it as UTF-8") from error
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    begin = 1
    try:
        for row in rows:
            number, begin = begin, rows.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = _header(row)
            elif len(row) > len(header):
                yield (
                    number,
                    f"there are {len(row)} values in {len(header)} columns: put texts with commas in quotes",
                )
            else:
                yield number, {name: cell for name, cell in zip(header, row, strict=False) if cell}
    except csv.Error as error:
        raise InvalidArgumentError(
            f"line {begin} of the manifest is no CSV, so what follows cannot be told apart: {error}; use JSON Lines"
        ) from error


def _header(row: list[str]) -> list[str]:
    names = [name.strip() for name in row]
    if unknown := [name for name in names if name not in FIELDS]:
        raise InvalidArgumentError(
            f"the manifest has a column {unknown[0]!r}; its first line has to name the columns, of {', '.join(FIELDS)}"
        )
    if len({*names}) < len(names):
        raise InvalidArgumentError("the manifest has two columns of the same name")
    return names


_READERS: Mapping[str, Callable[[bytes], Iterator[Found]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".csv": lambda content: _separated(",", content),
    ".tsv": lambda content: _separated("\t", content),
}


def _line(number: int, found: Mapping[str, object] | str, defaults: Mapping[str, object]) -> Line:
    if isinstance(found, str):
        return Line(number, problem=found)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in {**defaults, **{name: value for name, value in found.items() if value is not None}}.items():
        if name not in FIELDS:
            problems.append(f"{name!r:.60} is no field of a line; there are {', '.join(FIELDS)}")
        elif (read_ := FIELDS[name][0](value)) is None:
            problems.append(f"{name} has to be {FIELDS[name][1]}; got {value!r:.60}")
        else:
            values[name] = read_
    values.setdefault("format", DEFAULT_FORMAT)
    id_, out = values.pop("id", None), values.pop("out", None)
    problems += [
        f"it has no {name}"
        for name in ("id", "text", "voice")
        if name not in (values | {"id": id_}) or (name == "id" and id_ is None)
    ]
    if not problems:
        problems += [
            f"{name} has half a character (a lone surrogate)"
            for name in ("text", "voice", "language", "model")
            if not _is_whole(values.get(name, ""))
        ]
        if not values["text"].strip():
            problems.append("its text is empty")
        out = out or name_of(cast("str", id_), EXTENSIONS[values["format"]])
        if (wrong := problem_of(out)) is not None:
            problems.append(wrong)
    return Line(number, id_, values, out or "", problems[0] if problems else None)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _distinct(lines: Iterator[Line]) -> Iterator[Line]:
    """Yield the lines; what has the id or the file of a line before it has a problem."""
    ids: dict[str, int] = {}
    outs: dict[str, int] = {}
    for line in lines:
        if line.id is None or line.problem:
            yield line
            continue
        key = key_of(line.out)
        problem = None
        if line.id in ids:
            problem = f"line {ids[line.id]} has the id {line.id!r}, too"
        elif key in outs:
            problem = f"line {outs[key]} is written to {line.out!r}, too"
        ids.setdefault(line.id, line.number)
        outs.setdefault(key, line.number)
        yield replace(line, problem=problem) if problem else line
