"""The arguments of a call, and the styles of parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .kind import OPEN, Form, Kind
from .kinds import Kinds
from .media_types import bare, is_json
from .models import Models
from .naming import argument_name
from .report import below, refuse

ITEMS: Mapping[tuple[str, bool], str] = {
    ("form", True): "",
    ("form", False): '_styles.joined(",")',
    ("spaceDelimited", False): '_styles.joined(" ")',
    ("pipeDelimited", False): '_styles.joined("|")',
    # Exploded these equal `form`.
    ("spaceDelimited", True): "",
    ("pipeDelimited", True): "",
}
"""What writes an array in the query, by `style` and `explode`; empty if the name is repeated, as by default."""

FIELDS: Mapping[tuple[str, bool], str] = {
    ("form", True): "_styles.fields",
    ("form", False): '_styles.listed(",")',
    ("spaceDelimited", False): '_styles.listed(" ")',
    ("pipeDelimited", False): '_styles.listed("|")',
    ("deepObject", True): "_styles.deep_object",
    ("deepObject", False): "_styles.deep_object",  # independent of `explode`
}
"""The function that writes an object in the query, by `style` and `explode`."""

PATH_RESERVED = "!$&'()*+,;=:@"
"""The reserved characters that a path segment may contain (RFC 3986 section 3.3)."""

BRACKETS = "the standard leaves it open; it is in brackets: a[b][c]=1, a[]=1 of an array, a[0][b]=1 of objects"

DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}

STYLES = {"path": ("simple", "label", "matrix"), "header": ("simple",)}
"""The styles by place, for values written as one text."""


@dataclass(frozen=True)
class Argument:
    """One argument of a call.

    Args:
        place: `path`, `query`, `header`, `cookie` or `body`.
        name: Its name on the wire.
        python_name: Its name in Python.
        kind: Its kind.
        required: Whether it is required.
        schema: Its schema.
        style: Its style as code, if not the default.
        attribute: The Python name of the body's field, if it is one.
    """

    place: str
    name: str
    python_name: str
    kind: Kind
    required: bool
    schema: Mapping[str, Any]
    style: str = ""
    attribute: str = ""


def parameter(place: str, name: str, pointer: str, node: Mapping[str, Any], kinds: Kinds, models: Models) -> Argument:
    """Return the argument of a parameter."""
    if place == "header" and not re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", name):
        raise refuse(below(pointer, "name"), f"{name!r} is no header name (RFC 9110 section 5.1)", "write its name")
    if place == "cookie" and not re.fullmatch(r"[!-:<>-~]+", name):
        raise refuse(
            below(pointer, "name"), f"{name!r} is no name of a cookie (RFC 6265 section 4.1.1)", "write its name"
        )
    schema, here = node.get("schema"), below(pointer, "schema")
    media_type = next(iter(node.get("content", {})), "")
    if schema is None and media_type:
        schema, here = node["content"][media_type].get("schema", {}), below(pointer, "content", media_type, "schema")
    if schema is None:
        kinds.tell(pointer, "a parameter of no schema", "it may be anything that is one value")
        schema = {}
    kind = kinds.of(schema, here)
    style = (
        _of_content(place, media_type, node["content"][media_type], kind, models, pointer)
        if media_type
        else query_style(node, kind, models, pointer)
        if place == "query"
        else _style(place, node, kind, models, pointer)
    )
    said = {**models.shown(schema)}
    for key in ("description", "deprecated"):
        # Annotations beside the schema count like those in it.
        if key in node and key not in (schema if isinstance(schema, Mapping) else {}):
            said[key] = node[key]
    place = "query" if place == "querystring" else place
    required = place == "path" or bool(node.get("required", node.get("in") == "path"))
    return Argument(place, name, argument_name(name), kind, required, said, style)


_CONTENT = {
    "query": {"json": "_styles.as_json", "text": ""},
    "querystring": {"json": "_styles.whole(_styles.as_json)", "text": "_styles.whole(_styles.repeated)"},
    **{place: {"json": '("json", False)', "text": ""} for place in ("path", "header", "cookie")},
}
"""The styles of parameters with `content`, as code."""


def _of_content(place: str, media_type: str, node: Mapping[str, Any], kind: Kind, models: Models, pointer: str) -> str:
    """Return the style of a parameter with `content`."""
    here = below(pointer, "content", media_type)
    if place == "querystring" and bare(media_type) == "application/x-www-form-urlencoded":
        if kind.form not in (Form.MODEL, Form.MAP) or models.bytes_in(kind):
            raise refuse(here, "the whole query is a form of what has no fields, or holds bytes", "describe its parts")
        return _of_form(node.get("encoding", {}), kind, models, here)
    form = "json" if is_json(media_type) else "text" if _is_one_text(kind) else ""
    if not form or models.bytes_in(kind):
        raise refuse(here, f"a parameter of {bare(media_type)} cannot be written", "give it a schema, or make it JSON")
    return _CONTENT[place][form]


def _of_form(encoding: Mapping[str, Any], kind: Kind, models: Models, pointer: str) -> str:
    """Return the style of a form that is the whole query, its fields as their encodings say."""
    fields = {each.name: each.kind for each in models.model(kind.name).properties} if kind.form == Form.MODEL else {}
    styles: list[str] = []
    for name, each in encoding.items():
        here = below(pointer, "encoding", name)
        if name not in fields:
            models.tell(here, "an encoding of what is no field of a form", "it is ignored")
        elif each.keys() & {"style", "explode", "allowReserved"}:
            style = query_style(each, fields[name], models, here)
            styles += [f"{name!r}: {style}"] if style else []
    return f"_styles.form({{{', '.join(styles)}}})"


def query_style(node: Mapping[str, Any], kind: Kind, models: Models, pointer: str) -> str:
    """Return the style of a value in the query or in a form, as code; empty for the default."""
    found = _style("query", node, kind, models, pointer)
    return f"_styles.reserved({found or '_styles.repeated'})" if node.get("allowReserved") else found


def _style(place: str, node: Mapping[str, Any], kind: Kind, models: Models, pointer: str) -> str:
    """Return the style of a value, as code; empty for the default."""
    usual = DEFAULT_STYLES.get(place, "")
    style = node.get("style", usual)
    explode = node.get("explode", style in ("form", "cookie"))
    is_text, has_fields = _is_text(kind), _has_plain_fields(kind, models)
    is_deep = place == "query" and style == "deepObject" and not has_fields and not is_simple(kind)
    if place == "query" and style == "deepObject" and is_simple(kind):
        models.tell(below(pointer, "style"), "deepObject for what is no object", "it is written as one value")
        style, explode = "form", True
    if is_deep and not models.bytes_in(kind):
        models.tell(below(pointer, "style"), "deepObject for an array, or for an object that holds others", BRACKETS)
        return FIELDS["deepObject", True]
    if place == "query" and node.get("in") == "path" and node.get("style", "simple") == "simple":
        # A template behind `?` of the path is one text, as it is in the path itself.
        style, explode = ("simple", True) if has_fields and node.get("explode") else ("form", False)
    if place == "query" and (style, explode) == ("form", True) and _has_plain_fields(kind, models, _is_text):
        return FIELDS[style, explode]
    if place == "query" and has_fields and (style, explode) in FIELDS:
        return FIELDS[style, explode]
    if place == "query" and is_text and (style, explode) in ITEMS:
        is_single = kind.form != Form.UNION and _is_one_text(kind)
        return "" if is_single else ITEMS[style, explode]
    if style in STYLES.get(place, ()) and (is_text or has_fields):
        if place == "path" and node.get("allowReserved"):
            return repr((style, explode, PATH_RESERVED))
        return "" if style == usual and is_text else f"({style!r}, {explode})"
    if place == "cookie" and style == "cookie" and explode and (is_text or has_fields):
        return '("cookie", True)'
    if place == "cookie" and style in ("form", "cookie") and is_text and (is_simple(kind) or not explode):
        return ""
    if place == "cookie" and style in ("form", "cookie") and has_fields and not explode:
        return '("simple", False)'
    if not is_text and not has_fields:
        raise refuse(
            below(pointer, "schema"),
            "a parameter is one value, an array of such, or an object of such",
            "put what has more structure into the body, or make it JSON with `content`",
        )
    what = "an object" if has_fields else "an array" if kind.form == Form.ARRAY else "a value"
    raise refuse(
        below(pointer, "style"),
        f"{style} with explode {str(explode).lower()} is no way to write {what} in the {place}",
        f"use {usual or 'another place'}" + (" with explode: false" if place == "cookie" else ""),
    )


def is_simple(kind: Kind) -> bool:
    """Whether a value can be written as one text."""
    if kind.form == Form.UNION:
        return bool(kind.inner) and all(is_simple(each) for each in kind.inner)
    return kind.form not in (Form.ARRAY, Form.MAP, Form.MODEL, Form.FILE, Form.NULL, Form.ANYTHING)


def _is_text(kind: Kind) -> bool:
    """Whether a value can be written as one text, or as several."""
    if kind.form == Form.UNION:
        return bool(kind.inner) and all(_is_text(each) for each in kind.inner)
    if kind.form == Form.ANYTHING:
        return not kind.lost
    return is_simple(kind) or (kind.form == Form.ARRAY and _is_one_text(kind.inner[0]))


def _is_one_text(kind: Kind) -> bool:
    return is_simple(kind) or (kind.form == Form.ANYTHING and not kind.lost)


def has_style(kind: Kind, models: Models) -> bool:
    """Whether a value can be written in some style."""
    return _is_text(kind) or _has_plain_fields(kind, models)


def _has_plain_fields(kind: Kind, models: Models, fits: Callable[[Kind], bool] = _is_one_text) -> bool:
    """Whether a value is an object whose fields can each be written as one text, or in another way."""
    if kind.form == Form.MAP:
        return fits(kind.inner[0])
    if kind.form != Form.MODEL:
        return False
    model = models.model(kind.name)
    return all(fits(prop.kind) for prop in model.properties) and (model.rest in (None, OPEN) or fits(model.rest))
