"""The command line of a package as data: a row for each operation, and the commands that are written by hand."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import settings as places
from .calls import Call
from .first_call import sample
from .kind import Form, Kind
from .models import Models
from .naming import free_attribute
from .parameters import Argument
from .report import below, refuse
from .resources import Resource
from .writing import default_of, first_sentence

if TYPE_CHECKING:
    from .settings import Settings

ROOM = "command/"
BY_HAND = f"{ROOM}commands/"
"""Where the overlays are that are a command each."""

COMMON = {"all", "base-url", "debug", "help", "input", "json", "max-retries", "output", "stream", "timeout"}
"""The options of every command: an argument of such a name has its place before it."""

_LONGEST = 40
"""Characters of the values that an option may have; more of them are told in its help."""


class Option(NamedTuple):
    """An argument of an operation as an option, in the order of `command.rows.Argument`."""

    option: str
    name: str
    wire_name: str
    is_positional: bool
    required: bool
    kind: str
    choices: tuple[str, ...]
    help: str


class Row(NamedTuple):
    """An operation as a command, in the order of `command.rows.Row`."""

    path: tuple[str, ...]
    id: str
    resource: str
    method: str
    summary: str
    about: str
    gives: str
    has_stream: bool
    arguments: tuple[Option, ...]
    examples: tuple[str, ...]


def by_hand(settings: Settings) -> dict[str, str]:
    """Return the commands that are written by hand, and what each is for: the first line of its module."""
    found: dict[str, str] = {}
    for overlay in settings.overlays:
        name = overlay.removeprefix(BY_HAND).removesuffix(".py")
        if overlay.startswith(BY_HAND) and name != "__init__":
            text = (places.ROOT / "overlays" / overlay).read_text(encoding="utf-8")
            found[name] = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    return found


def groups(resources: Mapping[str, Resource], taken: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the name of each resource on the command line, and what it is for."""
    found: dict[str, tuple[str, str]] = {}
    for name, resource in resources.items():
        # A resource called `doctor` is beside the command of this name.
        words = f"{_dashed(name)}-group" if _dashed(name) in taken else _dashed(name)
        found[name] = words, first_sentence(resource.about) or f"{resource.tag}."
    return found


def rows(
    program: str,
    calls: Sequence[Call],
    named: Mapping[str, tuple[str, str]],
    taken: Collection[str],
    models: Models,
) -> list[Row]:
    """Return the row of each operation that has a command; raises Failure for two of one name.

    Args:
        program: The name of the command.
        calls: The operations.
        named: What `groups` returns.
        taken: Commands whose place no operation takes.
        models: The models, for examples.
    """
    said = [(call, call.operation.data.get("x-command")) for call in calls]
    paths = {
        call.id: tuple(words.split()) if words else (named[call.resource][0], _dashed(call.method))
        for call, words in said
        if words is not False
    }
    groups = {path[:1] for path in paths.values() if len(path) > 1}
    found: list[Row] = []
    for call, words in said:
        if (path := paths.pop(call.id, None)) is None:
            continue
        if path in paths.values() or path in groups or path[0] in taken:
            here = below(call.operation.pointer, "x-command") if words else call.operation.pointer
            raise refuse(here, f"another command is `{' '.join(path)}` already", "name one of them with x-command")
        found.append(_row(program, path, call, models))
    return found


def _row(program: str, path: tuple[str, ...], call: Call, models: Models) -> Row:
    data = call.operation.data
    options: list[Option] = []
    for each in call.arguments:
        options.append(_option(each, {one.option for one in options}))
    return Row(
        path,
        call.id,
        call.resource,
        call.method,
        _plain(data.get("summary") or first_sentence(data.get("description")) or call.id),
        _plain(data.get("description", "")),
        "bytes"
        if call.is_binary and not call.series
        else "items"
        if call.series and not call.flag
        else "pages"
        if call.paging
        else "",
        bool(call.flag and not call.flag.is_own),
        tuple(options),
        tuple(_examples(program, path, call, options, models)),
    )


def _option(argument: Argument, taken: set[str]) -> Option:
    name = _dashed(argument.python_name)
    name = f"{argument.place}-{name}" if name in COMMON or f"no-{name}" in taken or name.startswith("no-") else name
    choices = tuple(str(each) for each in _values(argument.kind))
    told = f" One of {', '.join(choices)}." if len("|".join(choices)) > _LONGEST else ""
    told += default_of(argument.schema)
    return Option(
        free_attribute(name, taken),
        argument.python_name,
        argument.name or argument.python_name,
        argument.place == "path",
        argument.required,
        _kind(argument.kind),
        choices,
        (_plain(argument.schema.get("description", "")) + told).strip(),
    )


_FORMATS = {
    Form.UUID: "uuid",
    Form.MOMENT: "moment",
    Form.DAY: "day",
    Form.CLOCK: "clock",
    Form.DURATION: "duration",
    Form.DECIMAL: "decimal",
    Form.OCTETS: "octets",
    Form.STRING: "text",
    Form.INTEGER: "integer",
    Form.NUMBER: "number",
    Form.BOOLEAN: "boolean",
    Form.FILE: "file",
}
_LOOSE = (Form.UNION, Form.ANYTHING, Form.CONST, Form.VALUES, Form.CHOICE, Form.NULL)
"""What is JSON if the text is JSON, and else the text."""


def _kind(kind: Kind) -> str:
    """Return how a text becomes a value, as `command.parameters` knows it."""
    if kind.form == Form.ARRAY and not kind.places:
        inner = _kind(kind.inner[0])
        return f"*{inner}" if not inner.startswith(("*", "json")) else "json"
    if kind.form == Form.MODEL:
        return f"json:{kind.name}"
    if kind.form == Form.CHOICE and _values(kind):
        return "text"
    return _FORMATS.get(kind.form) or ("loose" if kind.form in _LOOSE else "json")


def _values(kind: Kind) -> Sequence[Any]:
    """Return the texts that an argument may be, if those are all that it may be."""
    kind = kind.inner[0] if kind.form == Form.ARRAY and not kind.places else kind
    known = kind.values if kind.form == Form.CHOICE else ()
    return known if all(isinstance(each, str) for each in known) else ()


def _examples(
    program: str, path: tuple[str, ...], call: Call, options: Sequence[Option], models: Models
) -> Iterator[str]:
    """Yield two lines: the shortest call, and one with more."""
    pairs = list(zip(call.arguments, options, strict=True))
    is_binary = call.is_binary and not call.series
    words = [program, *path]
    for each, option in pairs:
        if option.is_positional:
            value = sample(each, call, models, as_json=True)
            words.append(",".join(map(_shown, value)) if option.kind.startswith("*") else _shown(value))
    for each, option in pairs:
        if option.required and not option.is_positional:
            words += _given(each, option, call, models)
    simple = [pair for pair in pairs if not pair[1].required and pair[1].kind not in ("file", "*file", "json")]
    if simple and call.operation.method in ("PUT", "PATCH"):  # to change nothing is no example
        words += _given(*simple.pop(0), call, models)
    yield " ".join([*words, *(["-o", f"{path[-1]}.bin"] if is_binary else [])])
    more = [word for each, option in simple[:1] for word in _given(each, option, call, models)]
    yield " ".join([*words, *more, *(["-o", "-"] if is_binary else ["--json"])])


def _given(argument: Argument, option: Option, call: Call, models: Models) -> Iterator[str]:
    if option.kind == "boolean":
        yield f"--{option.option}"
        return
    value = sample(argument, call, models, as_json=True)
    for each in value if option.kind.startswith("*") and isinstance(value, list) else [value]:
        yield f"--{option.option}"
        yield "FILE" if isinstance(each, bytes) else _shown(each)


def _shown(value: Any) -> str:
    """Return a value as a word of a shell."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return shlex.quote(text)


def _dashed(name: str) -> str:
    return name.strip("_").replace("_", "-")


def _plain(text: object) -> str:
    """Return a text of the description as paragraphs of one line each."""
    printable = re.sub(r"[^\n\t -~\xa0-\U0010ffff]|[\u2028-\u202e\u2066-\u2069]", "", str(text or ""))
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n[ \t]*\n", printable.strip()))
