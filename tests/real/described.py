"""A description as it was written, and what it says must arrive.

It shares no code with the kit, so that a mistake of the one is none of the other's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import httpx
import jsonschema_rs
import yaml

from .samples import contradicts

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
IGNORED_HEADERS = ("accept", "content-type", "authorization")
"""A parameter that is such a header is ignored (OpenAPI 3.1, section 4.8.12)."""


class CoreLoader(yaml.CSafeLoader):
    """YAML 1.2's core schema in place of 1.1's."""

    yaml_implicit_resolvers: Mapping[str, Any] = {}

    def texts_first(self, node: yaml.MappingNode) -> dict[str, Any]:
        """Read a map, whose keys are texts."""
        return {str(self.construct_scalar(key)): self.construct_object(value, deep=True) for key, value in node.value}


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)
CoreLoader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))
CoreLoader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))
CoreLoader.add_constructor("tag:yaml.org,2002:map", CoreLoader.texts_first)


@dataclass(frozen=True)
class Node:
    """A part of a description: what it holds, its file, and its JSON pointer there."""

    value: Any
    file: Path
    pointer: str

    def __contains__(self, key: object) -> bool:
        return isinstance(self.value, Mapping) and key in self.value

    def at(self, *steps: Any) -> Node:
        """Return what is further in."""
        value, pointer = self.value, self.pointer
        for step in steps:
            value = value[step]
            pointer += "/" + str(step).replace("~", "~0").replace("/", "~1")
        return Node(value, self.file, pointer)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key."""
        return self.value.get(key, default) if isinstance(self.value, Mapping) else default


@dataclass(frozen=True)
class Written:
    """One operation as it was written."""

    method: str
    path: str
    node: Node
    parameters: Mapping[tuple[str, str], Node]
    body: Node | None
    responses: Mapping[str, Node]
    servers: list[Any]

    @property
    def behind(self) -> dict[str, str]:
        """The names of the templates that stand behind `?` in the path, by the name that each is sent with."""
        query = re.sub(
            r"\{[?&](.*)\}", lambda found: "?" + "&".join(f"{n}={{{n}}}" for n in found[1].split(",")), self.path
        )
        return {unquote(key): name for key, name in re.findall(r"[?&]([^=&]+)=\{([^{}]*)\}", query.partition("#")[0])}


class Described:
    """A description in one file, or in several."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._files: dict[Path, Any] = {}
        self.root = Node(self._file(self._path), self._path, "")

    def _file(self, path: Path) -> Any:
        if path not in self._files:
            text = path.read_text(encoding="utf-8-sig")
            try:
                self._files[path] = json.loads(text)
            except ValueError:
                self._files[path] = yaml.load(text, CoreLoader)  # it derives from the safe loader
        return self._files[path]

    def follow(self, node: Node) -> Node:
        """Follow a reference, and what it leads to."""
        for _ in range(20):
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            file, _, pointer = reference.partition("#")
            where = (node.file.parent / unquote(file)).resolve() if file else node.file
            found = Node(self._file(where), where, "")
            for step in unquote(pointer).split("/")[1:]:
                name = step.replace("~1", "/").replace("~0", "~")
                found = found.at(int(name) if isinstance(found.value, list) else name)
            node = found
        raise LookupError(node.pointer)

    @cached_property
    def operations(self) -> dict[tuple[str, str], Written]:
        """The operations, by method and path."""
        return {(each.method, each.path): each for each in self._operations()}

    def _operations(self) -> Iterator[Written]:
        paths = self.root.get("paths") or {}
        for path in paths:
            if path.startswith("x-"):
                continue
            written = self.root.at("paths", path)
            item = self.follow(written)
            found = [(each.upper(), item.at(each)) for each in METHODS if each in item]
            found += [(each.upper(), written.at(each)) for each in METHODS if each in written and each not in item]
            if "additionalOperations" in item:
                found += [(each, item.at("additionalOperations", each)) for each in item.value["additionalOperations"]]
            for method, unfollowed in found:
                node = self.follow(unfollowed)
                parameters: dict[tuple[str, str], Node] = {}
                for owner in (item, node):
                    for index in range(len(owner.get("parameters") or [])):
                        each = self.follow(owner.at("parameters", index))
                        if "name" in each and "in" in each:
                            parameters[each.value["in"], each.value["name"]] = each
                responses = node.get("responses") or {}
                yield Written(
                    method,
                    path,
                    node,
                    parameters,
                    self.follow(node.at("requestBody")) if node.get("requestBody") else None,
                    {
                        str(status): self.follow(node.at("responses", status))
                        for status in responses
                        if not str(status).startswith("x-")
                    },
                    node.get("servers") or item.get("servers") or self.root.get("servers") or [],
                )

    def allows(self, schema: Node, value: Any) -> bool:
        """Whether a validator of JSON Schema finds nothing wrong in what a request holds."""
        where = f"{schema.file.as_uri()}#{quote(schema.pointer)}"
        try:
            validator = jsonschema_rs.Draft202012Validator(
                {"$ref": where}, validate_formats=False, registry=self._registry
            )
        except (ValueError, jsonschema_rs.ReferencingError):
            return True  # what is no JSON Schema allows nothing and forbids nothing
        errors = [error for error in validator.iter_errors(value) if not contradicts(error)]
        # A property that only responses have may be required.
        return all(getattr(error.kind, "property", None) in self._read_only for error in errors)

    @cached_property
    def _read_only(self) -> set[str]:
        """The names of properties that only responses have, wherever they are described."""
        found: set[str] = set()

        def walk(node: Node) -> None:
            listed = node.get("properties")
            for name in listed if isinstance(listed, Mapping) else ():
                with suppress(LookupError, TypeError):
                    if "readOnly" in json.dumps(self.follow(node.at("properties", name)).value, default=str):
                        found.add(name)
            value = node.value
            for step in value if isinstance(value, Mapping) else range(len(value)) if isinstance(value, list) else ():
                walk(node.at(step))

        for file, value in self._files.items():
            walk(Node(value, file, ""))
        return found

    @cached_property
    def _registry(self) -> Any:
        for each in list(self._files):
            self._open_all(each, self._files[each])
        return jsonschema_rs.Registry(
            [(each.as_uri(), _modern(value)) for each, value in self._files.items()],
            draft=jsonschema_rs.Draft202012,
        )

    def _open_all(self, path: Path, value: Any) -> None:
        if isinstance(value, Mapping):
            reference = value.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                other = (path.parent / unquote(reference.partition("#")[0])).resolve()
                if other.is_file() and other not in self._files:
                    self._open_all(other, self._file(other))
        for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
            self._open_all(path, each)


def _modern(value: Any) -> Any:
    """Return what OpenAPI 3.0 says in the words of JSON Schema; people write it in 3.1 too."""
    if isinstance(value, list):
        return [_modern(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    found = {key: _modern(each) for key, each in value.items()}
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(found.get(exclusive), bool) and found.pop(exclusive) and limit in found:
            found[exclusive] = found.pop(limit)
    if found.pop("nullable", None) is True:
        return {"anyOf": [found, {"type": "null"}]} if found else {}
    return found


# How each style writes a value, as OpenAPI and RFC 6570 say it.


def text_of(value: Any) -> str:
    """Return a single value as a URL has it."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def joined(value: Any, between: str, *, pairs: str | None = None) -> str:
    """Return the parts of a value with something between them; `pairs` stands between a name and its value."""
    if isinstance(value, Mapping):
        inner = between if pairs is None else pairs
        return between.join(f"{key}{inner}{text_of(each)}" for key, each in value.items() if each is not None)
    items = value if isinstance(value, list) else [value]
    return between.join(map(text_of, items))


def in_path(name: str, value: Any, style: str, *, explode: bool) -> str:
    """Return a path parameter, not encoded."""
    if style == "label":
        return "." + joined(value, "." if explode else ",", pairs="=" if explode else None)
    if style != "matrix":
        return joined(value, ",", pairs="=" if explode else None)
    if not explode or not isinstance(value, list | Mapping):
        return f";{name}={joined(value, ',')}"
    pairs = value.items() if isinstance(value, Mapping) else [(name, each) for each in value]
    return "".join(f";{key}={text_of(each)}" for key, each in pairs)


def in_query(name: str, value: Any, style: str, *, explode: bool) -> list[tuple[str, str]]:
    """Return a query parameter, or a field of a form."""
    if not isinstance(value, list | Mapping):
        return [(name, text_of(value))]
    if style == "deepObject" and isinstance(value, list):
        return [(f"{name}[]", text_of(each)) for each in value]
    if style == "deepObject" and isinstance(value, Mapping):
        return [pair for key, each in value.items() for pair in in_query(f"{name}[{key}]", each, style, explode=True)]
    if explode:
        pairs = value.items() if isinstance(value, Mapping) else [(name, each) for each in value]
        return [(key, text_of(each)) for key, each in pairs if each is not None]
    between = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(style, ",")
    return [(name, joined(value, between))] if value else []


def has_structure(value: Any) -> bool:
    """Whether an array or an object holds others: no style says how these are written."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(isinstance(each, list | Mapping) for each in inner)


def same_text(one: str, other: str) -> bool:
    """Whether two texts say the same: a number and a time may be written in several ways."""

    def plain(text: str) -> str:
        text = text.replace("+00:00", "Z")
        return re.sub(r"(?<![\w.])-?\d+\.0(?![\w.])", lambda found: found[0][:-2], text)

    return plain(one) == plain(other)


class Arrived:
    """Compares a request with an operation, and the values that the caller gave by place and name."""

    def __init__(self, description: Described, written: Written, given: Mapping[tuple[str, str], Any]) -> None:
        self._description = description
        self._written = written
        self._given = given

    def problems(self, request: httpx.Request, body: Any, *, has_body: bool) -> Iterator[str]:
        """Yield what is not as described."""
        if request.method != self._written.method.upper():  # httpx has no others
            yield f"method {request.method}"
        yield from self._path(request)
        yield from self._query(request)
        yield from self._fields(request)
        is_needed = self._written.body is not None and self._written.body.get("required")
        if has_body and (request.content or is_needed or body):
            yield from self._body(request, body)
        elif request.content:
            yield f"a body that nobody gave: {request.content[:80]!r}"

    def _style(self, place: str, name: str) -> tuple[str, bool]:
        shown = self._written.behind.get(name, "") if place == "query" else ""
        if shown and ("path", shown) in self._written.parameters:
            return "form", False  # one text
        node = self._written.parameters.get((place, name))
        usual = "form" if place in ("query", "cookie") else "simple"
        style = node.get("style", usual) if node else usual
        explode = node.get("explode") if node else None
        return style, style in ("form", "cookie") if explode is None else explode

    def _is_document(self, place: str, name: str) -> bool:
        node = self._written.parameters.get((place, name))
        return node is not None and "content" in node

    def _path(self, request: httpx.Request) -> Iterator[str]:
        raw = request.url.raw_path.decode("ascii").partition("?")[0]
        parts = re.split(r"\{([^{}]*)\}", re.split(r"\{?[?&#]", self._written.path)[0])
        pattern = "".join("([^/]*?)" if index % 2 else re.escape(unquote(part)) for index, part in enumerate(parts))
        before = "" if request.url.host == "localhost" else "(?:/.*)?"  # the path of another server
        found = re.fullmatch(before + pattern, unquote(raw.replace("%2F", "\0")))
        if not found:
            yield f"path {raw}"
            return
        for name, encoded in zip(parts[1::2], found.groups(), strict=True):
            text = encoded.replace("\0", "/")
            value = self._given.get(("path", name), _NOT_GIVEN)
            if value is _NOT_GIVEN or has_structure(value):
                continue
            style, explode = self._style("path", name)
            expected = (
                json.dumps(value) if self._is_document("path", name) else in_path(name, value, style, explode=explode)
            )
            if self._is_document("path", name) and _is_document_of(text, value):
                continue
            if not same_text(text, expected):
                yield f"path parameter {name} is {text!r}, not {expected!r}"

    def _query(self, request: httpx.Request) -> Iterator[str]:
        pairs = parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True)
        left = [*pairs]
        for (place, name), value in self._given.items():
            if place not in ("query", "querystring"):
                continue
            if value is None:
                continue
            if self._is_document(place, name):
                texts = [each for each in left if each[0] == name]
                whole = unquote(request.url.query.decode("ascii"))
                if place == "querystring" and whole.startswith(("{", "[")):
                    if not same(json.loads(whole), value):
                        yield f"the query is {whole}, not JSON of {value}"
                    left = []
                elif place == "querystring" and not isinstance(value, Mapping):
                    yield from self._taken(left, [(text_of(value), "")], name)
                elif place == "querystring":
                    content = self._written.parameters[place, name].at("content")
                    yield from self._form(left, value, content.at(next(iter(content.value))))
                    left = []
                elif len(texts) != 1 or not _is_document_of(texts[0][1], value):
                    yield f"query parameter {name} is {texts}, not JSON"
                left = [each for each in left if each not in texts]
                continue
            style, explode = self._style(place, name)
            if has_structure(value):
                left = [each for each in left if each[0].partition("[")[0].partition(".")[0] != name]
                continue
            yield from self._taken(left, in_query(name, value, style, explode=explode), name)
        keys = {
            key.get("name")
            for key in (self._description.root.get("components") or {}).get("securitySchemes", {}).values()
        }
        fixed = self._fixed_query()
        if left := [each for each in left if each[0] not in keys and each not in fixed]:
            yield f"the query has {left} too"
        if left := [each for each in fixed if each not in pairs]:
            yield f"the query has no {left}"

    def _fixed_query(self) -> list[tuple[str, str]]:
        pairs = parse_qsl(urlsplit(self._written.path).query, keep_blank_values=True)
        return [(key, text) for key, text in pairs if "{" not in text]

    @staticmethod
    def _taken(left: list[tuple[str, str]], expected: list[tuple[str, str]], name: str) -> Iterator[str]:
        for key, text in expected:
            found = next((each for each in left if each[0] == key and same_text(each[1], text)), None)
            if found is None:
                yield f"query parameter {name}: no {key}={text} in {left}"[:300]
            else:
                left.remove(found)

    def _fields(self, request: httpx.Request) -> Iterator[str]:
        crumbs = dict(each.partition("=")[::2] for each in request.headers.get("cookie", "").split("; ") if each)
        for (place, name), value in self._given.items():
            if place not in ("header", "cookie") or has_structure(value) or value is None:
                continue
            found = request.headers.get(name) if place == "header" else crumbs.get(name)
            _, explode = self._style(place, name)
            expected = joined(value, ",", pairs="=" if explode else None)
            if place == "header" and name.lower() in IGNORED_HEADERS:
                continue
            if self._is_document(place, name):
                if found is None or not _is_document_of(unquote(found), value):
                    yield f"{place} {name} is {found!r}, not JSON of {value}"
            elif place == "cookie" and isinstance(value, list | Mapping) and explode:
                continue
            elif found is None or not same_text(unquote(found), unquote(expected)):
                yield f"{place} {name} is {found!r}, not {expected!r}"

    def _body(self, request: httpx.Request, body: Any) -> Iterator[str]:
        assert self._written.body is not None
        content = self._written.body.get("content") or {}
        said = request.headers.get("content-type", "")
        bare = said.partition(";")[0].strip().lower()
        names = [each for each in content if _covers(each, bare)]
        if not names:
            yield f"media type {said!r}, none of {list(content)}"
            return
        name = min(names, key=lambda each: "*" in each)
        media = self._written.body.at("content", name)
        if isinstance(body, bytes):
            if request.content != body:
                yield f"body {request.content[:80]!r}, given {body!r}"
        elif bare.rpartition("/")[2].removeprefix("x-") in _LINES and isinstance(body, list):
            sent = [json.loads(each) for each in request.content.decode().replace("\x1e", "").splitlines()]
            if not same(sent, body):
                yield f"lines {json.dumps(sent)[:150]}, given {json.dumps(body)[:150]}"
        elif bare.endswith("json"):
            yield from self._json(request, body, media)
        elif bare == "application/x-www-form-urlencoded" and isinstance(body, Mapping):
            yield from self._form(parse_qsl(request.content.decode(), keep_blank_values=True), body, media)
        elif bare == "multipart/form-data" and isinstance(body, Mapping):
            yield from self._multipart(request, body, said, media)

    def _json(self, request: httpx.Request, body: Any, media: Node) -> Iterator[str]:
        sent = json.loads(request.content) if request.content else None
        if not same(sent, body):
            yield f"body {json.dumps(sent)[:150]}, given {json.dumps(body)[:150]}"
        elif "schema" in media and not self._description.allows(media.at("schema"), sent):
            yield "the body is not what the schema says"

    def _form(self, left: list[tuple[str, str]], body: Mapping[str, Any], media: Node) -> Iterator[str]:
        for name, value in body.items():
            said = (media.get("encoding") or {}).get(name, {})
            style = said.get("style", "form")
            is_styled = bool(said.keys() & {"style", "explode", "allowReserved"})
            if has_structure(value) or (isinstance(value, Mapping) and not is_styled):
                left = [each for each in left if each[0].partition("[")[0] != name]
                continue
            if value is not None:
                explode = said.get("explode", style == "form")
                yield from self._taken(left, in_query(name, value, style, explode=explode), name)
        if left:
            yield f"the form has {left} too"

    def _multipart(self, request: httpx.Request, body: Mapping[str, Any], said: str, media: Node) -> Iterator[str]:
        message: Any = message_from_bytes(b"content-type: " + said.encode() + b"\r\n\r\n" + request.content)
        parts = [(part.get_param("name", header="content-disposition"), part) for part in message.get_payload()]
        plain = dict(body)
        files = {key for key, part in parts if part.get_payload(decode=True) == b"bytes"}
        # OpenAPI 3.0 has styles for the other kind of form alone; whoever writes `explode` means it all the same.
        is_30 = str(self._description.root.get("openapi")).startswith("3.0")
        for name, encoding in (media.get("encoding") or {}).items():
            is_usual = encoding.get("style", "form") == "form" and "explode" not in encoding
            is_styled = name in body and name not in files and not (is_usual and (is_30 or "style" not in encoding))
            if is_styled and isinstance(body[name], list | Mapping):
                style = encoding.get("style", "form")
                pairs = in_query(name, plain.pop(name), style, explode=encoding.get("explode", style == "form"))
                texts = [(key, part.get_payload(decode=True).decode()) for key, part in parts]
                yield from self._taken(texts, pairs, name)
                parts = [each for each in parts if each[0] not in dict(pairs)]
        for name, value in plain.items():
            items = value if isinstance(value, list) else [value]
            found = [part.get_payload(decode=True) for key, part in parts if key == name]
            if value is None:
                continue
            if not found and items:
                yield f"no part {name!r}"
            elif len(found) == len(items):
                for text, item in zip(found, items, strict=True):
                    is_file = text == b"bytes"
                    if not is_file and not same_text(text.decode(), text_of(item)) and not _is_json(text, item):
                        yield f"part {name!r} is {text[:60]!r}, not {text_of(item)[:60]!r}"
            elif not any(_is_json(text, value) for text in found):
                yield f"{len(found)} parts {name!r} for {len(items)} values"
        if strangers := {key for key, _ in parts} - body.keys():
            yield f"the form has {strangers} too"


_NOT_GIVEN = object()
_LINES = ("jsonl", "jsonlines", "ndjson", "json-seq")
"""The media types of JSON values one after the other."""


def _is_document_of(text: str, value: Any) -> bool:
    """Whether a text is a value in a parameter with `content`: JSON, or the text itself."""
    return _is_json(text, value) or text == text_of(value)


def _is_json(text: bytes | str, value: Any) -> bool:
    try:
        return same(json.loads(text), value)
    except ValueError:
        return False


def _covers(described: str, sent: str) -> bool:
    """Whether a media type, or a range of such, covers another."""
    pattern = re.escape(described.partition(";")[0].strip().lower()).replace(r"\*", ".*")
    return re.fullmatch(pattern, sent) is not None


def same(one: Any, other: Any) -> bool:
    """Whether two values of JSON say the same: a time may be written in several ways."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("+00:00", "Z") == other.replace("+00:00", "Z")
    return bool(one == other)
