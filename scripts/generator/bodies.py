"""The body of a request: what it holds, and in which of the ways a body can be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .description import Description, RawOperation
from .kinds import Kind, Kinds
from .media_types import bare, is_json, is_text
from .models import Models, Property
from .parameters import is_simple
from .report import Failure, below, refuse

FORMS = ("json", "multipart", "form", "text", "raw")
"""Of several kinds of body the first of these is sent."""


@dataclass(frozen=True)
class Body:
    """A request body.

    Args:
        form: `json`, `form`, `multipart`, `text` or `raw`.
        kind: What it holds.
        media_type: Its media type; the first, where several are allowed.
        media_types: All that are allowed.
        required: Whether there is always one.
        encoding: The media types of parts, by name.
        described_as: The media type as the description has it.
    """

    form: str
    kind: Kind
    media_type: str
    media_types: list[str]
    required: bool
    encoding: Mapping[str, str]
    described_as: str

    @property
    def has_fields(self) -> bool:
        """Whether its fields are arguments of their own."""
        return self.kind.form == "model" and not self.kind.nullable


class Bodies:
    """The bodies of a description's requests."""

    def __init__(self, description: Description, kinds: Kinds, models: Models) -> None:
        self._description = description
        self._kinds = kinds
        self._report = description.report
        self._models = models

    def of(self, operation: RawOperation) -> Body | None:
        """Return the body of an operation's requests."""
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
        return self._chosen(bodies, here)

    def _chosen(self, bodies: list[Body], pointer: str) -> Body:
        """Return the body to send; the others are told."""
        # The same fields can be written in several ways, of which the first is taken; bytes can be of several types.
        first = bodies[0]
        if any(each.kind != first.kind for each in bodies) or not first.has_fields:
            first = min(bodies, key=lambda each: FORMS.index(each.form))
        alike = [each for each in bodies if each.form == first.form and each.kind == first.kind]
        for each in bodies:
            if each not in alike and (each.kind != first.kind or not first.has_fields):
                means = f"it is sent as {first.media_type}"
                self._report.tell(
                    below(pointer, "content", each.described_as), f"a body may be {each.media_type} too", means
                )
        listed = bodies if first.has_fields else alike
        return replace(first, media_types=[each.media_type for each in listed])

    def _body(self, media_type: str, node: Mapping[str, Any], pointer: str, required: bool) -> Body:
        here = below(pointer, "schema")
        kind = self._kinds.of(node.get("schema"), here)
        form = {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart"}.get(bare(media_type))
        said = media_type
        if form is None and "*" in media_type and kind.form not in ("file", "anything", "string"):
            media_type = "application/json"  # frameworks write `*/*` for what has a structure
        if form is None:
            form = "json" if is_json(media_type) else "text" if is_text(media_type) else "raw"
        encoding = self._encoding(node, form, kind, pointer)
        if form in ("form", "multipart"):
            self._check_fields(form, kind, encoding, here)
        elif form == "json" and self._models.bytes_in(kind):
            raise refuse(here, "JSON cannot hold bytes", "use multipart/form-data, or text in base64")
        elif form == "text" and kind.form not in ("string", "anything"):
            self._report.tell(here, f"a schema of {bare(media_type)}", "the body is a text that the caller makes")
        elif form == "raw" and kind.form not in ("file", "anything", "string"):
            self._report.tell(here, f"a schema of {bare(media_type)}", "the body is bytes that the caller makes")
        if form == "text":
            kind = Kind("string", limits=kind.limits if kind.form == "string" else {})
        return Body(form, Kind("file") if form == "raw" else kind, media_type, [], required, encoding, said)

    def _encoding(self, node: Mapping[str, Any], form: str, kind: Kind, pointer: str) -> dict[str, str]:
        found: dict[str, str] = {}
        properties = (
            {prop.name: prop for prop in self._models.model(kind.name).properties} if kind.form == "model" else {}
        )
        for name, each in node.get("encoding", {}).items():
            here = below(pointer, "encoding", name)
            if form not in ("form", "multipart") or name not in properties:
                self._report.tell(here, "an encoding of what is no field of a form", "it is ignored")
                continue
            self._check_style(each, properties[name], here)
            if form == "multipart" and "," not in each.get("contentType", ",") and "*" not in each["contentType"]:
                found[name] = each["contentType"]
            elif form == "form" and "contentType" in each:
                self._report.tell(here, "a media type of a field of a form", "the field is written as text")
        return found

    def _check_style(self, encoding: Mapping[str, Any], prop: Property, pointer: str) -> None:
        """Refuse a field that is written in another way than by repeating its name."""
        style = encoding.get("style", "form")
        is_usual = style == "form" and encoding.get("explode", True)
        if not is_usual and not is_simple(prop.kind):
            raise refuse(
                below(pointer, "style"),
                f"the field {prop.name!r} is written in the style {style}, and a form repeats the name of a field",
                "leave the style out",
            )

    def _check_fields(self, form: str, kind: Kind, encoding: Mapping[str, str], pointer: str) -> None:
        if kind.form != "model" or kind.nullable:
            raise refuse(pointer, "a form is an object with fields", "give it properties")
        for prop in self._models.model(kind.name).properties:
            inner = prop.kind.inner[0] if prop.kind.form == "array" else prop.kind
            in_parts = form == "multipart" and (inner.form == "file" or is_json(encoding.get(prop.name, "+json")))
            if not is_simple(inner) and not in_parts:
                raise refuse(
                    prop.pointer,
                    f"a field of {'a form' if form == 'form' else 'this media type'} is one value or an array of such",
                    "use multipart/form-data, or send it as JSON",
                )
