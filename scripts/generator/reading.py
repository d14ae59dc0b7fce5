"""Normalizing a description to one OpenAPI 3.1 document: from several files, older versions, with invalid parts.

The result has every keyword in a place and of a type that the tables of `keywords` allow, and refers only to its own
components. Removed parts are in the report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from referencing.exceptions import Unresolvable

from .extensions import EXTENSIONS, misplaced
from .files import Files
from .keywords import MAPS_WITH_EXTENSIONS, SHAPES, TABLES, Use
from .naming import GENERIC, class_name, free_attribute, free_name, is_annotation
from .report import Failure, Report, below, refuse

SECTIONS = {
    "schema": "schemas",
    "parameter": "parameters",
    "response": "responses",
    "requestBody": "requestBodies",
    "header": "headers",
    "securityScheme": "securitySchemes",
}
"""The section of the components for referenced objects, by their table."""

INLINE = ("pathItem", "operation", "webhook", "callback", "message", "mediaType", "encoding")
"""The tables of objects that are copied in place of a reference; one to an operation is not standard, but in use."""

CONVERTER = "convert it to OpenAPI 3 first, with swagger2openapi for example"


def load_description(
    path: Path, report: Report | None = None, overlays: Iterable[Path] = (), *, allow_remote: bool = False
) -> dict[str, Any]:
    """Read a description; raises Failure if it is broken.

    Args:
        path: Its file.
        report: The report.
        overlays: The overlay documents to apply.
        allow_remote: Whether references may be fetched from the network.
    """
    report = report or Report()
    files = Files(report, allow_remote=allow_remote)
    document = files.read(path)
    if overlays := list(overlays):
        from .overlay_documents import apply_overlays  # with a library that few runs need

        apply_overlays(document, path, overlays, report)
    return Reader(document, path, report, files).document()


@dataclass(frozen=True)
class _Place:
    """The place of an object: the pointer to show, and the base URIs of references in it.

    The first base is its own name (`$id`, `$self`), the last the file: many files have a name, but refer to other files
    relative to their path.
    """

    pointer: str
    bases: tuple[str, ...]

    def below(self, *steps: object) -> _Place:
        return replace(self, pointer=below(self.pointer, *steps))

    def called(self, name: object) -> _Place:
        """Return the place with the name that the object has, if it has one."""
        return replace(self, bases=(urljoin(self.bases[0], name), *self.bases)) if isinstance(name, str) else self


class Reader:
    """Reads one description.

    Args:
        document: The content of the file.
        path: The path of the file, to which references are relative.
        report: The report.
    """

    def __init__(self, document: dict[str, Any], path: Path, report: Report, files: Files | None = None) -> None:
        self._source = document
        self._report = report
        self._files = files or Files(report)
        self._uri = path.absolute().as_uri()
        self._folder = path.absolute().parent.as_uri() + "/"
        self._files.add(self._uri, document)
        self._root = _Place("", (self._uri,)).called(document.get("$self"))
        self._is_30 = str(document.get("openapi")).startswith("3.0")
        self._followed: list[int] = []
        self._result: dict[str, Any] = {}
        self._named: dict[tuple[str, int], str] = {}
        """By section and identity of the source object: its component."""
        self._kept: list[Any] = []
        self._targets: dict[tuple[str, tuple[str, ...]], tuple[Any, _Place]] = {}
        self._pending: list[tuple[str, str, Any, _Place]] = []

    def document(self) -> dict[str, Any]:
        """Return the document."""
        self._check_version()
        self._name_components()
        self._result = self._object(self._source, "document", self._root)
        self._complete()
        while self._pending:
            section, name, node, place = self._pending.pop()
            table = next(key for key, value in SECTIONS.items() if value == section)
            found = self._object(node, table, place)
            self._section(section)[name] = {} if found is None else found
        return self._result

    def _check_version(self) -> None:
        if "swagger" in self._source:
            raise refuse("/swagger", f"this is Swagger {self._source['swagger']}", CONVERTER)
        version = self._source.get("openapi")
        if not re.match(r"3\.[0-2](\.|$)", str(version)):
            raise refuse(
                "/openapi", f"{version!r} is no version that can be read", "write the description in OpenAPI 3.1"
            )

    def _section(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._result.setdefault("components", {}).setdefault(name, {})
        return found

    def _name_components(self) -> None:
        """Name each component of the description; no two schemas get the same name in Python."""
        components = self._source.get("components")
        self._taken: set[str] = set()
        for section in SECTIONS.values():
            listed = components.get(section) if isinstance(components, Mapping) else None
            for name, node in listed.items() if isinstance(listed, Mapping) else ():
                key = free_name(name, self._taken) if section == "schemas" else name
                self._named.setdefault((section, id(node)), key)
                if section == "schemas":
                    self._report.moved[key] = below("", "components", section, name)

    def _complete(self) -> None:
        """Add required parts that are missing."""
        info = self._result.setdefault("info", {})
        if "title" not in info or "version" not in info:
            self._tell("/info", "the title or the version is missing", "nothing is sent otherwise for that")
        info.setdefault("title", "An API")
        info.setdefault("version", "")

    def _tell(self, pointer: str, found: str, means: str = "it is ignored") -> None:
        self._report.tell(pointer, found, means)

    def _object(self, node: Any, table: str, place: _Place) -> Any:
        """Return an object with the keywords of its table; None if it is not an object."""
        if table == "schema" and node is True:
            return {}
        if not isinstance(node, Mapping):
            self._tell(place.pointer, f"{_short(node)} is no object")
            return None
        if isinstance(node.get("$ref"), str) and (table in SECTIONS or table in INLINE):
            return self._reference(node, table, place)
        if table == "schema":
            place = place.called(node.get("$id"))
        return self._fields(node, table, place)

    def _fields(self, node: Mapping[str, Any], table: str, place: _Place) -> Any:
        if table == "mediaType" and "x-oai-itemSchema" in node:  # before OpenAPI had a keyword for it
            node = {"itemSchema" if key == "x-oai-itemSchema" else key: value for key, value in node.items()}
        found: dict[str, Any] = {}
        for key, value in node.items():
            use = TABLES[table].get(key) or TABLES[table].get("*")
            here = below(place.pointer, key)
            if key.startswith("x-") and use is None:
                extension = EXTENSIONS.get(table, {}).get(key)
                if extension is None and (problem := misplaced(key, table)):
                    self._tell(here, problem)
                if extension is None or extension.allows(value):
                    found[key] = value
                    continue
                means = "it is ignored" if extension.otherwise is None else f"it is taken for {extension.otherwise}"
                self._tell(here, f"{_short(value)} is not {extension.words}", means)
                found |= {} if extension.otherwise is None else {key: extension.otherwise}
            elif use is None:
                self._tell(here, f"{key!r} is no keyword of this place")
            elif use.means:
                if not _is_vacuous(key, value):
                    self._tell(here, use.why, use.means)
            elif use.child:
                self._children(found, table, key, use, value, place.below(key))
            elif use.why or SHAPES[use.shape][1](value):
                found[key] = value
            else:
                self._tell(here, f"{_short(value)} is not {SHAPES[use.shape][0]}")
        mend = _MENDERS.get(table)
        return mend(self, found, place) if mend else found

    def _children(self, found: dict[str, Any], table: str, key: str, use: Use, value: Any, place: _Place) -> None:
        if use.shape == "one":
            each = value if key in _CLOSING and isinstance(value, bool) else self._child(value, use, place)
            if each is not None:
                found[key] = each
        elif use.shape == "list" and isinstance(value, list):
            listed = [each for each in value if not (key == "allOf" and _is_nullable_alone(each))]
            if len(listed) < len(value):
                found["nullable"] = True
            items = [self._child(each, use, place.below(index)) for index, each in enumerate(value) if each in listed]
            found[key] = [each for each in items if each is not None]
        elif use.shape == "map" and isinstance(value, Mapping):
            result: dict[str, Any] = {}
            for step, each in value.items():
                if f"{table}.{key}" in MAPS_WITH_EXTENSIONS and step.startswith("x-"):
                    result[step] = each
                    continue
                child = self._child(each, use, place.below(step))
                if child is None and table == "components":
                    child = {}  # it may be the target of a reference
                if child is not None:
                    is_schema = table == "components" and use.child == "schema"
                    name = self._named.get(("schemas", id(each))) if is_schema else None
                    result[name or step] = child
            found[key] = result
        else:
            self._tell(place.pointer, f"{_short(value)} is no {'list' if use.shape == 'list' else 'map'}")

    def _child(self, node: Any, use: Use, place: _Place) -> Any:
        if use.child == "schema" and node is False:
            self._tell(place.pointer, "nothing can be given here", "a value of any kind is passed on as it is")
            return {}
        return self._object(node, use.child, place)

    def _reference(self, node: Mapping[str, Any], table: str, place: _Place) -> Any:
        """Return the replacement of a reference: a copy of the target, or a reference to a component."""
        reference = node["$ref"]
        try:
            target, there = self._target(reference, place)
        except Failure as failure:
            self._report.leave_out(below(place.pointer, "$ref"), place.pointer, failure)
            return {} if table in SECTIONS else None
        if table in INLINE:
            if id(target) in self._followed:
                back = refuse(
                    below(place.pointer, "$ref"), f"{reference!r} leads back to itself", "write what it means"
                )
                self._report.leave_out(below(place.pointer, "$ref"), place.pointer, back)
                return None
            siblings = {key: value for key, value in node.items() if key != "$ref"}
            self._followed.append(id(target))
            found = self._object({**target, **siblings} if isinstance(target, Mapping) else target, table, there)
            self._followed.pop()
            return found
        section = SECTIONS[table]
        name = self._named.get((section, id(target)))
        if name is None:
            name = self._hoisted(section, target, reference, there)
        pointer = f"#/components/{section}/{name.replace('~', '~0').replace('/', '~1')}"
        if table != "schema":
            return {"$ref": pointer}
        siblings = {key: value for key, value in node.items() if key not in ("$ref", "nullable")}
        if self._is_30:
            for key in [key for key in siblings if not is_annotation(key)]:
                self._tell(below(place.pointer, key), "OpenAPI 3.0 ignores what stands beside a reference")
                del siblings[key]
        result: dict[str, Any] = {"$ref": pointer, **self._fields(siblings, table, place)}
        return _nullable({**result, "nullable": True}) if node.get("nullable") is True else result

    def _target(self, reference: str, place: _Place) -> tuple[Any, _Place]:
        """Return what a reference names, and where it stands."""
        if (key := (reference, place.bases)) not in self._targets:
            self._targets[key] = self._found(reference, place)
        return self._targets[key]

    def _found(self, reference: str, place: _Place) -> tuple[Any, _Place]:
        failure: Failure | None = None
        for fetches, base in product((False, True), place.bases):
            try:
                uri, fragment = urldefrag(urljoin(base, reference))
                contents = self._files.lookup(base, reference, fetches=fetches)
            except (Unresolvable, ValueError, TypeError, LookupError):  # the last two of what has nothing within
                continue
            except Failure as error:
                failure = error
                continue
            shown = uri.removeprefix(self._folder) + "#" if uri not in (self._uri, self._root.bases[0]) else ""
            return contents, _Place(shown + unquote(fragment), (uri,)).called(self._files.name_of(uri))
        if failure is None:
            is_remote = re.match(r"https?://\w", reference)
            reason = "is at another place of the network" if is_remote else "leads nowhere"
            hint = (
                "download it and refer to the file, or permit it with --allow-remote"
                if is_remote
                else "write where it is"
            )
            failure = refuse(below(place.pointer, "$ref"), f"{reference!r} {reason}", hint)
        raise failure

    def _hoisted(self, section: str, target: Any, reference: str, place: _Place) -> str:
        """Move the target of a reference to the components; return its name there."""
        words = [step for step in re.split(r"[/#]", place.pointer) if step not in GENERIC]
        last = re.sub(r"\.(ya?ml|json)$", "", words[-1] if words else reference, flags=re.IGNORECASE)
        name = last.replace("~1", " ").replace("~0", " ")
        if section == "schemas":
            name = free_name(class_name(name), self._taken)
            self._report.moved[name] = place.pointer
        else:
            taken = self._section(section).keys() | {each for (key, _), each in self._named.items() if key == section}
            name = free_attribute(name, taken)
        self._named[(section, id(target))] = name
        self._kept.append(target)  # identified by id(), so it must stay alive
        self._pending.append((section, name, target, place))
        return name

    def mend_schema(self, schema: dict[str, Any], place: _Place) -> dict[str, Any]:
        """Convert keywords of OpenAPI 3.0 to 3.1."""
        for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and limit in schema:
                schema[exclusive] = schema.pop(limit)
        if isinstance(said := schema.get("discriminator"), Mapping):
            if "propertyName" not in said:
                self._tell(below(place.pointer, "discriminator"), "it names no property")
                del schema["discriminator"]
            else:
                schema["discriminator"] = self._discriminator(said, place.below("discriminator"))
        return _nullable(schema) if "nullable" in schema else schema

    def _discriminator(self, said: Mapping[str, Any], place: _Place) -> dict[str, Any]:
        """Return a discriminator that refers to components."""
        mapping = {
            value: self._named_in_discriminator(target, place.below("mapping", value))
            for value, target in said.get("mapping", {}).items()
        }
        found = {
            "propertyName": said["propertyName"],
            "mapping": {value: name for value, name in mapping.items() if name},
        }
        if "defaultMapping" in said:
            found["defaultMapping"] = self._named_in_discriminator(
                said["defaultMapping"], place.below("defaultMapping")
            )
        return found

    def _named_in_discriminator(self, target: str, place: _Place) -> str:
        """Return the reference to the component of a mapping's value, which is a name or a reference."""
        schemas = self._source.get("components", {}).get("schemas", {})
        is_name = re.fullmatch(r"[\w.-]+", target) and target in schemas
        written = f"#/components/schemas/{target}" if is_name else target
        try:
            contents, there = self._target(written, replace(place, bases=self._root.bases) if is_name else place)
        except Failure:
            self._tell(place.pointer, f"{target!r} is no schema")
            return ""
        name = self._named.get(("schemas", id(contents))) or self._hoisted("schemas", contents, written, there)
        return f"#/components/schemas/{name.replace('~', '~0').replace('/', '~1')}"

    def mend_parameter(self, node: dict[str, Any], place: _Place) -> dict[str, Any] | None:
        """Drop a parameter that cannot be sent."""
        if "name" not in node or node.get("in") not in ("path", "query", "header", "cookie", "querystring"):
            self._tell(place.pointer, "a parameter without a name, or without a place")
            return None
        return node

    def mend_operation(self, node: dict[str, Any], place: _Place) -> dict[str, Any]:
        """Give an operation responses, if it has none."""
        if "responses" not in node:
            self._tell(place.pointer, "it names no response", "a success returns None")
            node["responses"] = {}
        return node

    def mend_body(self, node: dict[str, Any], place: _Place) -> dict[str, Any] | None:
        """Drop a body without a media type."""
        if not node.get("content"):
            self._tell(place.pointer, "a request body of no media type", "no body is sent")
            return None
        return node

    def mend_server(self, node: dict[str, Any], place: _Place) -> dict[str, Any] | None:
        """Drop a server without a URL, and variables without a default."""
        if "url" not in node:
            self._tell(place.pointer, "a server without a URL")
            return None
        return node


_CLOSING = ("additionalProperties", "items")
"""Keywords that forbid anything else with `false`."""


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Convert `nullable` to a type."""
    if not schema.pop("nullable"):
        return schema
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*types, *(["null"] if "null" not in types else [])]
    if {"type", "enum"} & schema.keys() and not {"$ref", "allOf", "oneOf", "anyOf"} & schema.keys():
        return schema
    # Annotations of the place, not of the value.
    kept: dict[str, Any] = {
        key: schema[key] for key in ("description", "readOnly", "writeOnly", "deprecated") if key in schema
    }
    return kept | {"oneOf": [schema, {"type": "null"}]}


def _is_nullable_alone(part: Any) -> bool:
    """Whether a part of an allOf only says that the value may be null, as is often written beside a `$ref`."""
    is_nullable = isinstance(part, Mapping) and part.get("nullable") is True
    return is_nullable and all(key == "nullable" or is_annotation(key) for key in part)


_MENDERS: Mapping[str, Callable[[Reader, dict[str, Any], _Place], Any]] = {
    "schema": Reader.mend_schema,
    "parameter": Reader.mend_parameter,
    "operation": Reader.mend_operation,
    "requestBody": Reader.mend_body,
    "server": Reader.mend_server,
}


def _is_vacuous(key: str, value: Any) -> bool:
    """Whether a told keyword has no effect here."""
    return value in ({}, []) or (value is False and key.startswith("allow"))


def _short(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
