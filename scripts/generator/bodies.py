"""Request bodies: their content, and how it is encoded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .description import Description, RawOperation
from .kind import Form, Kind
from .kinds import Kinds
from .media_types import bare, is_json, is_sequential, is_text
from .models import Models, Property
from .naming import free_attribute, python_name
from .parameters import has_style, is_simple, query_style
from .report import Failure, below, refuse
from .writing import plain_text

FORMS = ("json", "multipart", "form", "items", "text", "raw")
"""The forms of bodies; if several are allowed, the first of these is sent."""


ARGUMENTS = {
    "json": "body_json",
    "multipart": "body_multipart",
    "form": "body_form",
    "items": "body_items",
    "text": "body_text",
    "raw": "body_bytes",
}
"""The argument names of alternative bodies, by form."""


@dataclass(frozen=True)
class Encoding:
    """How a form field is encoded: the media type of its part, its style as code, the headers of its part."""

    media_type: str = ""
    style: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Body:
    """A request body.

    Args:
        form: `json`, `form`, `multipart`, `items` for a series of JSON values, `text` or `raw`.
        kind: The kind of its content.
        media_type: Its media type; the first, if several are allowed.
        media_types: All allowed media types.
        required: Whether the body is required.
        encoding: The encodings of fields, by name, if not the default.
        described_as: The media type in the description.
        others: Alternative bodies, each with an argument of its own.
        may_be_empty: Whether it may have no fields at all, and is needed: it is what is sent of nothing.
    """

    form: str
    kind: Kind
    media_type: str
    media_types: list[str]
    required: bool
    encoding: Mapping[str, Encoding]
    described_as: str
    others: Mapping[str, Body] = field(default_factory=dict[str, "Body"])
    may_be_empty: bool = False

    @property
    def needs_forms(self) -> bool:
        """Whether it needs the overlay `values/forms.py`."""
        is_whole_form = self.form == "multipart" and not self.has_fields
        return bool(self.others or self.encoding) or self.form == "form" or is_whole_form

    @property
    def has_fields(self) -> bool:
        """Whether its fields are arguments of their own."""
        return self.kind.form == Form.MODEL and not self.kind.nullable


class Bodies:
    """The bodies of a description's requests."""

    def __init__(self, description: Description, kinds: Kinds, models: Models) -> None:
        self._description = description
        self._kinds = kinds
        self._report = description.report
        self._models = models

    def of(self, operation: RawOperation) -> Body | None:
        """Return the request body of an operation."""
        if "requestBody" not in operation.data:
            return None
        here, node = self._description.located(operation.data["requestBody"], below(operation.pointer, "requestBody"))
        bodies: list[Body] = []
        failures: list[Failure] = []
        for media_type, each in node.get("content", {}).items():
            pointer = below(here, "content", media_type)
            try:
                bodies.append(self._body(media_type, each, pointer, bool(node.get("required"))))
            except Failure as failure:
                failures.append(failure)
        if not bodies and failures:
            raise Failure.of(each for failed in failures for each in failed.problems)
        if not bodies:
            return None
        for problem in failures:
            self._report.tell_failure(problem, "the body is sent as another media type")
        return self._chosen(bodies)

    def _chosen(self, bodies: list[Body]) -> Body:
        """Return the default body, and the alternatives."""
        # If the same fields have several media types, the first is used; bytes may have any of their types.
        first = bodies[0]
        if any(each.kind != first.kind for each in bodies) or not first.has_fields:
            first = min(bodies, key=lambda each: FORMS.index(each.form))
        same = [each for each in bodies if each.kind == first.kind and (each.form == first.form or first.has_fields)]
        others: dict[str, list[Body]] = {}
        for each in bodies:
            if each not in same:
                others.setdefault(
                    f"{each.form} {each.kind}" if each.form in ("raw", "json") else each.media_type, []
                ).append(each)
        apart = [replace(each[0], media_types=[one.media_type for one in each]) for each in others.values()]
        may_be_empty = first.required and first.form in ("json", "form") and first.has_fields
        if may_be_empty:
            fields = self._models.model(first.kind.name).properties
            may_be_empty = not any(each.required and not each.read_only for each in fields)
        types = [each.media_type for each in same]
        return replace(first, media_types=types, others=_named(apart), may_be_empty=may_be_empty)

    def _body(self, media_type: str, node: Mapping[str, Any], pointer: str, required: bool) -> Body:
        here = below(pointer, "itemSchema" if "itemSchema" in node else "schema")
        kind = self._kinds.of(node.get("itemSchema", node.get("schema")), here)
        if "itemSchema" in node:
            kind = Kind(Form.ARRAY, inner=(kind,))
        form = {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart"}.get(bare(media_type))
        said = media_type
        if form is None and "*" in media_type and kind.form not in (Form.FILE, Form.ANYTHING, Form.STRING):
            media_type = "application/json"  # frameworks write `*/*` for what has a structure
        media_type = "text/plain" if bare(media_type) == "text/*" else media_type
        if is_sequential(media_type) and kind.form == Form.ARRAY and bare(media_type) != "text/event-stream":
            form = "items"
        if form is None:
            form = "json" if is_json(media_type) else "text" if is_text(media_type) else "raw"
        if form == "form" and kind.form == Form.STRING:
            form = "text"  # which the caller encodes
        encoding = self._encoding(node, form, kind, pointer)
        if form in ("form", "multipart"):
            kind = replace(self._with_fields(kind, here), nullable=False)
            self._check_fields(form, kind, encoding)
        elif form == "text" and kind.form not in (Form.STRING, Form.ANYTHING):
            self._report.tell(here, f"a schema of {bare(media_type)}", "the body is a text that the caller makes")
        elif form == "raw" and kind.form not in (Form.FILE, Form.ANYTHING, Form.STRING):
            self._report.tell(here, f"a schema of {bare(media_type)}", "the body is bytes that the caller makes")
        if form == "text":
            kind = Kind(Form.STRING, limits=kind.limits if kind.form == Form.STRING else {})
        return Body(form, Kind(Form.FILE) if form == "raw" else kind, media_type, [], required, encoding, said)

    def _encoding(self, node: Mapping[str, Any], form: str, kind: Kind, pointer: str) -> dict[str, Encoding]:
        found: dict[str, Encoding] = {}
        properties = (
            {prop.name: prop for prop in self._models.model(kind.name).properties} if kind.form == Form.MODEL else {}
        )
        for name, each in node.get("encoding", {}).items():
            here = below(pointer, "encoding", name)
            if form not in ("form", "multipart") or name not in properties:
                self._report.tell(here, "an encoding of what is no field of a form", "it is ignored")
                continue
            said = each.get("contentType", "")
            media_type = said if "," not in said and "*" not in said else ""
            if media_type and not re.fullmatch(r"[\w.+-]+/[\w.+-]+(;[\x20-\x7e]*)?", media_type, re.ASCII):
                self._report.tell(below(here, "contentType"), f"{media_type!r} is no media type", "it is ignored")
                media_type = ""
            if form == "form" and media_type and not is_json(media_type) and not is_text(media_type):
                self._report.tell(here, "a media type of a field of a form", "the field is written as text")
            style = self._style(form, each, properties[name], here)
            headers = self._headers(each.get("headers", {}), below(here, "headers")) if form == "multipart" else {}
            if (media_type and form == "multipart") or style or headers:
                found[name] = Encoding(media_type, style, headers)
        return found

    def _style(self, form: str, encoding: Mapping[str, Any], prop: Property, pointer: str) -> str:
        """Return the parameter style of a field, as code; empty if it is encoded by its media type."""
        is_usual = encoding.get("style", "form") == "form" and encoding.get("explode", True)
        # OpenAPI 3.0 has no styles for multipart, and frameworks write `style: form`, and no more, beside every field.
        is_30 = str(self._description.document.get("openapi")).startswith("3.0")
        is_meant = form == "form" or (prop.kind.form in (Form.MODEL, Form.MAP) and (not is_30 or "explode" in encoding))
        is_styled = is_meant and has_style(prop.kind, self._models)
        if not {"style", "explode", "allowReserved"} & encoding.keys() or (is_usual and not is_styled):
            return ""
        return query_style(encoding, prop.kind, self._models, pointer)

    def _headers(self, described: Mapping[str, Any], pointer: str) -> dict[str, str]:
        """Return the headers of a part that have a constant value; the others are reported as told."""
        found: dict[str, str] = {}
        for name, each in described.items():
            here, header = self._description.located(each, below(pointer, name))
            schema = header.get("schema", {})
            values = [schema["const"]] if "const" in schema else schema.get("enum", [])
            if name.lower() == "content-type":
                continue  # OpenAPI ignores it
            text = plain_text(values[0]) if len(values) == 1 else ""
            # RFC 9110 sections 5.1 and 5.5: a token, and a value without line ends.
            if re.fullmatch(r"[!#$%&'*+.^_`|~\w-]+", name, re.ASCII) and re.fullmatch(r"[\x21-\x7e][\x20-\x7e]*", text):
                found[name] = text
            else:
                means = "the caller gives it: a file's tuple can hold headers"
                self._report.tell(here, "a header of a part of a body", means)
        return found

    def _with_fields(self, kind: Kind, pointer: str) -> Kind:
        """Return the kind of a form: an object, of any fields where its schema says of none."""
        is_union = kind.form == Form.UNION and all(each.takes_mappings or each.form == Form.MAP for each in kind.inner)
        if is_union or kind.form in (Form.MODEL, Form.MAP):
            return kind
        if kind.form != Form.ANYTHING:
            self._report.tell(pointer, "a form that is no object with fields", "its fields are what the caller gives")
        return Kind(Form.MAP, inner=(Kind(Form.ANYTHING),))

    def _check_fields(self, form: str, kind: Kind, encoding: Mapping[str, Encoding]) -> None:
        members = kind.inner if kind.form == Form.UNION else (kind,)
        for prop in (
            prop for each in members if each.form == Form.MODEL for prop in self._models.model(each.name).properties
        ):
            said = encoding.get(prop.name, Encoding())
            if prop.read_only or said.style or (form == "multipart" and _is_file(prop.kind)):
                continue
            inner = prop.kind.inner[0] if prop.kind.form == Form.ARRAY else prop.kind
            if self._models.bytes_in(inner):
                raise refuse(prop.pointer, "a form of texts cannot hold bytes", "use multipart/form-data")
            is_text = is_simple(inner) or (inner.form == Form.ANYTHING and not inner.lost)
            if not is_text and said.media_type and not is_json(said.media_type):
                raise refuse(
                    prop.pointer,
                    f"a field of {bare(said.media_type)} that is more than one value cannot be written",
                    "make its media type JSON, or its schema a text",
                )


def _is_file(kind: Kind) -> bool:
    """Whether a field is a file, or an array of files."""
    return (
        kind.form == Form.FILE
        or kind.is_file_or_text
        or kind.lost == "bytes"
        or (kind.form in (Form.ARRAY, Form.UNION) and all(map(_is_file, kind.inner)))
    )


def _named(bodies: list[Body]) -> dict[str, Body]:
    """Return bodies by argument name, made of the form, or of the media type if two have the same form."""
    forms = Counter(each.form for each in bodies)
    found: dict[str, Body] = {}
    for each in bodies:
        subtype = bare(each.media_type).rpartition("/")[2].removeprefix("vnd.").removeprefix("x-")
        name = ARGUMENTS[each.form] if forms[each.form] == 1 else f"body_{python_name(subtype)}"
        found[free_attribute(name, found)] = each
    return found
