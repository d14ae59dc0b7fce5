"""The rows of the table of operations, as the command line reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .table import ROWS


class Argument(NamedTuple):
    """An argument of an operation.

    Args:
        option: Its name as an option.
        name: Its name in Python.
        wire_name: Its name in the description.
        is_positional: Whether it may be given without its name: it is a part of the path.
        required: Whether it has to be given.
        kind: How a text becomes a value: see `parameters`.
        choices: The texts that it may be; empty if those are not all.
        help: What it is for.
    """

    option: str
    name: str
    wire_name: str
    is_positional: bool
    required: bool
    kind: str
    choices: tuple[str, ...]
    help: str


class Row(NamedTuple):
    """An operation.

    Args:
        path: The words that call it.
        id: The operationId.
        resource: The attribute of the client.
        method: The method of the resource.
        summary: What it does, in one sentence.
        about: What else there is to know.
        gives: `bytes`, `items` one after the other, `pages`, or nothing for a value.
        has_stream: Whether the method has an argument that asks for a stream and is not in the description.
        arguments: Its arguments.
        examples: Two lines that call it.
    """

    path: tuple[str, ...]
    id: str
    resource: str
    method: str
    summary: str
    about: str
    gives: str
    has_stream: bool
    arguments: tuple[Argument, ...]
    examples: tuple[str, ...]


def rows() -> Iterator[Row]:
    """Yield the rows, whose arguments are not read yet."""
    return map(Row._make, ROWS)


def row(id: str) -> Row:
    """Return the row of an operation."""
    found = next(each for each in rows() if each.id == id)
    return found._replace(arguments=tuple(map(Argument._make, found.arguments)))
