"""The arguments of a call, and how the values of parameters are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .description import below, refuse
from .kinds import Kind, Kinds
from .models import Models
from .naming import argument_name

SEPARATORS: Mapping[tuple[str, str, bool], str | None] = {
    ("path", "simple", False): ",",
    ("path", "simple", True): ",",
    ("query", "form", True): None,
    ("query", "form", False): ",",
    ("query", "spaceDelimited", False): " ",
    ("query", "pipeDelimited", False): "|",
    ("header", "simple", False): ",",
    ("header", "simple", True): ",",
    ("cookie", "form", False): ",",
}
"""What stands between the items of an array, by place, `style` and `explode`; None for the name repeated."""

DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


@dataclass(frozen=True)
class Argument:
    """One argument of a call.

    Args:
        place: `path`, `query`, `header`, `cookie` or `body`.
        name: Its name on the wire.
        python_name: Its name in Python.
        kind: What it may be.
        required: Whether it must be given.
        schema: What is said of it.
        separator: What stands between the items of an array; None if they go one by one.
        attribute: The field of the body that it is, by its name in Python.
    """

    place: str
    name: str
    python_name: str
    kind: Kind
    required: bool
    schema: Mapping[str, Any]
    separator: str | None = None
    attribute: str = ""


def parameter(place: str, name: str, pointer: str, node: Mapping[str, Any], kinds: Kinds, models: Models) -> Argument:
    """Return the argument of a parameter."""
    if "schema" not in node:
        raise refuse(pointer, "it has no schema", "say what it may be")
    if place == "header" and name.lower() in ("accept", "content-type", "authorization"):
        raise refuse(pointer, f"OpenAPI ignores a header parameter {name}", "the client sends it by itself")
    schema, here = node["schema"], below(pointer, "schema")
    kind = kinds.of(schema, here)
    style = node.get("style", DEFAULT_STYLES[place])
    explode = node.get("explode", style == "form")
    if (place, style, explode) not in SEPARATORS and (kind.form == "array" or style not in DEFAULT_STYLES.values()):
        raise refuse(
            below(pointer, "style"),
            f"{style} with explode {str(explode).lower()} cannot be written in the {place}",
            f"use {DEFAULT_STYLES[place]}" + (" with explode: false" if place == "cookie" else ""),
        )
    if not is_simple(kind) and not (kind.form == "array" and is_simple(kind.inner[0])):
        raise refuse(here, "a parameter is one value or an array of such", "put what has a structure into the body")
    said = {**models.shown(schema)}
    for key in ("description", "deprecated"):
        # What stands beside the schema is as good as what stands in it.
        if key in node and key not in (schema if isinstance(schema, Mapping) else {}):
            said[key] = node[key]
    return Argument(
        place,
        name,
        argument_name(name),
        kind,
        bool(node.get("required")),
        said,
        SEPARATORS.get((place, style, explode)) if kind.form == "array" else None,
    )


def is_simple(kind: Kind) -> bool:
    """Whether a value can be written as one text."""
    if kind.form == "union":
        return bool(kind.inner) and all(is_simple(each) for each in kind.inner)
    return kind.form not in ("array", "map", "model", "file", "null", "anything")
