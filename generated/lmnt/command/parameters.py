"""The arguments of an operation as options, and how a text becomes a value.

The kinds are `text`, `integer`, `number`, `boolean`, `file`, the formats of `values.formats`, `json` with the name of a
model behind a colon if it is one, and `loose`, which is JSON if the text is, and else the text. With `*` before it, it
is an option that may be given several times, for a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import click

from .common import option
from .inputs import parse_json, read
from .rows import Argument, Row

if TYPE_CHECKING:
    ParamType: TypeAlias = click.ParamType[Any]
else:
    ParamType = click.ParamType  # in older versions it takes no type

_SHOWN = {
    "text": "TEXT",
    "integer": "INTEGER",
    "number": "NUMBER",
    "file": "FILE",
    "octets": "BASE64",
    "loose": "VALUE",
}
_LONGEST = 40
"""Characters of the values of an option in its help; the generator tells more of them in the text."""


class Value(ParamType):
    """The values of a kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind.lstrip("*")
        self.name = _SHOWN.get(self.kind, self.kind.partition(":")[0]).lower()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value of a text; raises BadParameter."""
        if not isinstance(value, str):
            return value
        from ..values.codec import MismatchError

        try:
            return _of_text(self.kind, value)
        except click.UsageError as error:
            self.fail(error.message, param, ctx)
        except (ValueError, MismatchError) as error:
            self.fail(str(error), param, ctx)


def _of_text(kind: str, text: str) -> object:
    if kind == "file" and text == "-":
        return read("-")
    if kind in ("integer", "number"):
        return int(text) if kind == "integer" else float(text)
    if kind == "boolean" or kind.startswith("json"):
        return of_json(kind, parse_json(text))
    if kind != "loose":
        return of_json(kind, text)
    try:
        return parse_json(text)
    except click.UsageError:
        if text.startswith("@"):
            raise
        return text


def of_json(kind: str, value: object) -> Any:
    """Return what the client takes for a value of JSON; raises MismatchError."""
    kind, _, model = kind.partition(":")
    if value is None:
        return None
    if kind.startswith("*") and isinstance(value, list):
        return [of_json(kind[1:], each) for each in cast("list[object]", value)]
    if kind == "file" and isinstance(value, str):
        from pathlib import Path

        return Path(value)
    if model:
        from .. import models
        from ..values.model import reader_of

        return reader_of(getattr(models, model))(value)
    from ..values import formats

    codec = getattr(formats, kind, None) if isinstance(value, str) else None
    return value if codec is None else codec.read(value)


def options_of(row: Row, but: Sequence[str] = ()) -> list[click.Parameter]:
    """Return the options of an operation.

    Args:
        row: The operation.
        but: The names of arguments that are no options.
    """
    return [_option(each) for each in row.arguments if each.name not in but]


def _option(argument: Argument) -> click.Parameter:
    told = f"{argument.help} [required]".strip() if argument.required else argument.help
    names = f"--{argument.option}", argument.name
    if argument.kind == "boolean":
        return option(f"--{argument.option}/--no-{argument.option}", argument.name, default=None, help=told)
    kind: ParamType = click.Choice(argument.choices) if argument.choices else Value(argument.kind)
    metavar = "TEXT" if len("|".join(argument.choices)) > _LONGEST else None
    return option(*names, type=kind, metavar=metavar, multiple=argument.kind.startswith("*"), default=None, help=told)
