"""What a call is made of: its arguments by place, its body, and what a success holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote

from .description import Description, RawOperation, below, refuse
from .kinds import Kind, Kinds, is_text
from .naming import argument_name, method_name, python_name, resource_name
from .security import auth_of

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
    ("cookie", "form", True): ",",
}
"""What stands between the items of an array, by place, `style` and `explode`; None for the name repeated."""

DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")
"""Those that may be repeated (RFC 9110 section 9.2.2); `x-retry-safe` says otherwise."""


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
    """

    form: str
    kind: Kind
    media_type: str
    media_types: list[str]
    required: bool
    encoding: Mapping[str, str]

    @property
    def has_fields(self) -> bool:
        """Whether its fields are arguments of their own."""
        return self.kind.form == "model" and not self.kind.nullable


@dataclass(frozen=True)
class Result:
    """What a success holds: `json`, `text`, `bytes` or `nothing`, and the kind of it."""

    form: str
    kind: Kind


class Call:
    """One operation, as the templates write it."""

    def __init__(self, operation: RawOperation, description: Description, kinds: Kinds) -> None:
        self.operation = operation
        self._description = description
        self._kinds = kinds
        self._check_name()

    def _check_name(self) -> None:
        operation = self.operation
        here, tags = operation.pointer, operation.data.get("tags", [])
        if len(tags) != 1:
            raise refuse(below(here, "tags"), f"it has {len(tags)} tags", "give it one: the resource it belongs to")
        if not operation.data.get("operationId"):
            raise refuse(here, "it has no operationId", "give it one: <tag>.<method>")

    @property
    def id(self) -> str:
        """The operationId."""
        return self.operation.id

    @property
    def path(self) -> str:
        """The path, its fixed parts percent-encoded where a URL needs it (RFC 3986 section 3.3)."""
        parts = re.split(r"(\{[^{}]*\})", self.operation.path)
        return "".join(each if index % 2 else quote(each, safe="/%!$&'()*+,;=:@~") for index, each in enumerate(parts))

    @property
    def method(self) -> str:
        """The method of the resource."""
        return method_name(self.id, self.operation.tag)

    @property
    def resource(self) -> str:
        """The attribute of the client."""
        return resource_name(self.operation.tag)

    @property
    def module(self) -> str:
        """The module under operations/."""
        return python_name(self.id)

    @property
    def retry_safe(self) -> bool:
        """Whether it may be repeated once it may have reached the server."""
        return bool(self.operation.data.get("x-retry-safe", self.operation.method in SAFE_METHODS))

    @cached_property
    def sends_key(self) -> bool:
        """Whether the key goes with it."""
        document = self._description.document
        needs = self.operation.data.get("security", document.get("security", []))
        names = {name for need in needs for name in need}
        return auth_of(document).name in names

    # -- arguments

    @cached_property
    def arguments(self) -> list[Argument]:
        """All of them: those in the path first, then those of the body, and the rest."""
        found = [*self._parameters("path"), *self._body_arguments()]
        found += [each for place in ("query", "header", "cookie") for each in self._parameters(place)]
        taken: dict[str, str] = {}
        for index, each in enumerate(found):
            name = each.python_name
            if name in taken:
                # The same name in two places: the later one says where it goes.
                name = f"{name}_{each.place}"
                found[index] = replace(each, python_name=name)
            if name in taken:
                raise refuse(
                    self.operation.pointer, f"two arguments would be called {name}", "rename one of the parameters"
                )
            taken[name] = each.place
        return found

    def at(self, place: str) -> list[Argument]:
        """Return the arguments whose values go to one place."""
        return [each for each in self.arguments if each.place == place]

    @property
    def named(self) -> list[Argument]:
        """The arguments that are given by name: all but those in the path."""
        return [each for each in self.arguments if each.place != "path"]

    def _parameters(self, place: str) -> Iterator[Argument]:
        for (where, name), (pointer, parameter) in self.operation.parameters.items():
            if where == place and not parameter.get("x-client-header"):
                yield self._parameter(place, name, pointer, parameter)
        if place == "path":
            self._check_path()

    def _check_path(self) -> None:
        in_path, described = set(self.operation.taken), {name for at, name in self.operation.parameters if at == "path"}
        for name in sorted(in_path ^ described):
            raise refuse(
                self.operation.pointer, f"the path and its parameters do not agree on {name!r}", "write it in both"
            )

    def _parameter(self, place: str, name: str, pointer: str, parameter: Mapping[str, Any]) -> Argument:
        if "schema" not in parameter:
            raise refuse(pointer, "it has no schema", "say what it may be")
        if place == "header" and name.lower() in ("accept", "content-type", "authorization"):
            raise refuse(pointer, f"OpenAPI ignores a header parameter {name}", "the client sends it by itself")
        schema, here = parameter["schema"], below(pointer, "schema")
        kind = self._kinds.of(schema, here)
        style = parameter.get("style", DEFAULT_STYLES[place])
        explode = parameter.get("explode", style == "form")
        if (place, style, explode) not in SEPARATORS and (kind.form == "array" or style not in _PLAIN_STYLES):
            raise refuse(
                below(pointer, "style"),
                f"{style} with explode {str(explode).lower()} cannot be written in the {place}",
                f"use {DEFAULT_STYLES[place]}",
            )
        if not _is_simple(kind) and not (kind.form == "array" and _is_simple(kind.inner[0])):
            raise refuse(here, "a parameter is one value or an array of such", "put what has a structure into the body")
        said = {**self._kinds.shown(schema)}
        for key in ("description", "deprecated"):
            # What stands beside the schema is as good as what stands in it.
            if key in parameter and key not in (schema if isinstance(schema, Mapping) else {}):
                said[key] = parameter[key]
        return Argument(
            place,
            name,
            argument_name(name),
            kind,
            bool(parameter.get("required")),
            said,
            SEPARATORS.get((place, style, explode)) if kind.form == "array" else None,
        )

    # -- the body

    @cached_property
    def body(self) -> Body | None:
        """The request body."""
        if "requestBody" not in self.operation.data:
            return None
        here, node = self._description.located(
            self.operation.data["requestBody"], below(self.operation.pointer, "requestBody")
        )
        bodies = [
            self._body(media_type, each, below(here, "content", media_type), bool(node.get("required")))
            for media_type, each in node["content"].items()
        ]
        if not bodies:
            raise refuse(here, "it has no media type", "say one")
        first = bodies[0]
        if any((each.form, each.kind) != (first.form, first.kind) for each in bodies) and any(
            each.kind != first.kind or not first.has_fields for each in bodies
        ):
            raise refuse(
                below(here, "content"),
                "a client sends one kind of body, and here are several",
                "leave the one that it is to send, or give all the same schema",
            )
        return replace(first, media_types=[each.media_type for each in bodies])

    def _body(self, media_type: str, node: Mapping[str, Any], pointer: str, required: bool) -> Body:
        bare = media_type.partition(";")[0].strip().lower()
        here = below(pointer, "schema")
        kind = self._kinds.of(node.get("schema"), here)
        form = {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart"}.get(bare)
        if form is None:
            form = "json" if is_json(bare) else "text" if is_text(bare) else "raw"
        encoding = self._encoding(node, form, kind, pointer)
        if form in ("form", "multipart"):
            self._check_fields(form, kind, encoding, here)
        elif form == "json" and self._kinds.bytes_in(kind):
            raise refuse(here, "JSON cannot hold bytes", "use multipart/form-data, or text in base64")
        elif form == "text" and kind.form not in ("string", "anything"):
            raise refuse(here, f"a body of {bare} is a text", "give it type: string")
        elif form == "raw" and kind.form not in ("file", "anything", "string"):
            raise refuse(here, f"a body of {bare} is bytes", "give it type: string, format: binary")
        if form == "text":
            kind = Kind("string", limits=kind.limits)
        return Body(form, Kind("file") if form == "raw" else kind, media_type, [], required, encoding)

    def _encoding(self, node: Mapping[str, Any], form: str, kind: Kind, pointer: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, each in node.get("encoding", {}).items():
            here = below(pointer, "encoding", name)
            if form != "multipart" or kind.form != "model":
                raise refuse(here, "only the parts of multipart/form-data have an encoding", "leave it out")
            if name not in {prop.name for prop in self._kinds.model(kind.name).properties}:
                raise refuse(here, f"there is no property {name!r}", "describe it in the schema")
            if "," not in each.get("contentType", ",") and "*" not in each["contentType"]:
                found[name] = each["contentType"]
        return found

    def _check_fields(self, form: str, kind: Kind, encoding: Mapping[str, str], pointer: str) -> None:
        if kind.form != "model" or kind.nullable:
            raise refuse(pointer, "a form is an object with fields", "give it properties")
        for prop in self._kinds.model(kind.name).properties:
            inner = prop.kind.inner[0] if prop.kind.form == "array" else prop.kind
            in_parts = form == "multipart" and (inner.form == "file" or is_json(encoding.get(prop.name, "+json")))
            if not _is_simple(inner) and not in_parts:
                raise refuse(
                    prop.pointer,
                    f"a field of {'a form' if form == 'form' else 'this media type'} is one value or an array of such",
                    "use multipart/form-data, or send it as JSON",
                )

    def _body_arguments(self) -> Iterator[Argument]:
        if self.body is None:
            return
        if not self.body.has_fields:
            node = self._description.resolve(self.operation.data["requestBody"])
            said = {**self._kinds.shown(node["content"][self.body.media_type].get("schema"))}
            if "description" in node:
                said["description"] = node["description"]
            said.setdefault("description", "The body.")
            said.pop("default", None)
            yield Argument("body", "", "body", self.body.kind, self.body.required, said)
            return
        for prop in self._kinds.model(self.body.kind.name).properties:
            if not prop.read_only:
                required = prop.required and self.body.required
                name = argument_name(prop.name)
                yield Argument("body", prop.name, name, prop.kind, required, prop.schema, attribute=prop.python_name)

    # -- the result

    @cached_property
    def successes(self) -> dict[int | str, Result]:
        """What each success holds, by status; `2XX` for every one that is not named."""
        found: dict[int | str, Result] = {}
        for status, response in self.operation.data["responses"].items():
            text = str(status).upper()
            if text.startswith("2"):
                here, node = self._description.located(response, below(self.operation.pointer, "responses", status))
                found[int(text) if text.isdigit() else text] = self._success(node, here)
        if not found:
            raise refuse(
                below(self.operation.pointer, "responses"), "it names no success", "describe the 2xx that is one"
            )
        if len({"bytes" if each.form == "bytes" else "other" for each in found.values()}) > 1:
            raise refuse(
                below(self.operation.pointer, "responses"),
                "bytes and other results cannot come from one method",
                "leave the one that a caller is to get",
            )
        return found

    @property
    def results(self) -> list[Result]:
        """The different results, in the order of the description."""
        return list({repr(each): each for each in self.successes.values()}.values())

    @property
    def is_binary(self) -> bool:
        """Whether a success is bytes."""
        return all(each.form == "bytes" for each in self.results)

    @cached_property
    def accept(self) -> str:
        """The media types asked for."""
        found = [
            media_type
            for response in self._success_responses()
            for media_type in list(response.get("content", {}))[: None if not self.is_binary else 1]
        ]
        return ", ".join(dict.fromkeys(found)) or "*/*"

    def _success_responses(self) -> Iterator[Mapping[str, Any]]:
        for status, response in self.operation.data["responses"].items():
            if str(status).startswith("2"):
                yield self._description.resolve(response)

    @property
    def returns(self) -> str:
        """What the description says of the success."""
        return " ".join(str(each.get("description", "")) for each in self._success_responses())

    def _success(self, response: Mapping[str, Any], pointer: str) -> Result:
        content = response.get("content", {})
        if not content:
            return Result("nothing", Kind("null"))
        if self.operation.method == "HEAD":
            raise refuse(below(pointer, "content"), "a response to HEAD has no body", "leave it out")
        here = below(pointer, "content")
        found = [self._content(media_type, each, below(here, media_type)) for media_type, each in content.items()]
        if any(each != found[0] for each in found):
            raise refuse(
                here,
                "a method returns one kind of body, and here are several",
                "leave the media type that the client is to ask for",
            )
        return found[0]

    def _content(self, media_type: str, node: Mapping[str, Any], pointer: str) -> Result:
        bare = media_type.partition(";")[0].strip().lower()
        here = below(pointer, "schema")
        kind = self._kinds.of(node.get("schema"), here)
        if is_json(bare):
            if self._kinds.bytes_in(kind):
                raise refuse(here, "JSON cannot hold bytes", "name the media type of the bytes")
            return Result("json", kind)
        if is_text(bare) and kind.form != "file":
            if kind.form not in ("string", "anything"):
                raise refuse(here, f"a body of {bare} is a text", "give it type: string")
            return Result("text", Kind("string"))
        if kind.form not in ("file", "anything", "string"):
            raise refuse(here, f"a body of {bare} is bytes", "give it type: string, format: binary")
        return Result("bytes", Kind("file"))


_PLAIN_STYLES = set(DEFAULT_STYLES.values())


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON (RFC 6839 section 3.1)."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare == "application/json" or bare.endswith("+json")


def _is_simple(kind: Kind) -> bool:
    """Whether a value can be written as one text."""
    if kind.form == "union":
        return bool(kind.inner) and all(_is_simple(each) for each in kind.inner)
    return kind.form not in ("array", "map", "model", "file", "null", "anything")
