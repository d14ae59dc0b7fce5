"""A server made of a description: it checks each request against it and answers with its examples.

It shares no code with the generator, so that the two can disagree.
"""

from __future__ import annotations

import base64
import email.parser
import email.policy
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

KEY = "key:of-the-mock"
REQUEST_ID = "req_of_the_mock"
BINARY = bytes(range(256)) * 20

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def key_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the key of the server as the arguments of its client."""
    schemes = document.get("components", {}).get("securitySchemes", {}).values()
    if any(each.get("scheme") == "basic" for each in schemes):
        return dict(zip(("username", "password"), KEY.split(":"), strict=True))
    return {"api_key": KEY} if schemes else {}


@dataclass
class Seen:
    """A request, decoded as the description says."""

    operation: str
    target: str
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    cookie: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    files: dict[str, list[tuple[str | None, str, bytes]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Mock:
    """The server; a context manager. `seen` holds the requests, oldest first."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.seen: list[Seen] = []
        self.statuses: list[int] = []
        """The statuses of the next answers; the first success that is described when it is empty."""
        resource: Resource[Any] = DRAFT202012.create_resource(_for_requests(document))
        self._registry: Registry[Any] = Registry[Any]().with_resource("urn:mock", resource)
        mock = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # headers and body in one packet

            def _answer(self) -> None:
                mock.answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        for method in METHODS:
            setattr(Handler, f"do_{method.upper()}", Handler._answer)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Mock:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # -- the description

    def resolve(self, node: Any) -> Any:
        while isinstance(node, Mapping) and "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def errors(self, schema: Any, value: object) -> list[str]:
        schema = _absolute(_for_requests(schema))
        found = Draft202012Validator(
            schema, registry=self._registry, format_checker=Draft202012Validator.FORMAT_CHECKER
        ).iter_errors(value)
        return [f"{'/'.join(map(str, each.absolute_path))}: {each.message}" for each in found]

    def accepted(self, schema: Any, candidates: list[Any]) -> Any:
        """Return the first candidate that a schema accepts, else the first."""
        return next((each for each in candidates if not self.errors(schema, each)), candidates[0])

    def _operation(self, method: str, path: str) -> tuple[str, Any, Any, dict[str, str]] | None:
        for template, item in sorted(self.document["paths"].items(), key=lambda each: "{" in each[0]):
            pattern = re.sub(r"\\\{([^{}]+)\\\}", r"([^/]+)", re.escape(quote(template, safe="/{}!$&'()*+,;=:@")))
            found = re.fullmatch(pattern, path)
            if found and method in item:
                names = re.findall(r"\{([^{}]+)\}", template)
                return template, item, item[method], dict(zip(names, found.groups(), strict=True))
        return None

    # -- one request

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = handler.headers.get("content-length")
        content = handler.rfile.read(int(length)) if length else b""
        method, (path, query) = handler.command.lower(), urlsplit(handler.path)[2:4]
        found = self._operation(method, path)
        if found is None:
            self.seen.append(Seen("", handler.path, problems=[f"no operation at {method} {path}"]))
            _send(
                handler, 404, "application/json", json.dumps({"message": f"no operation at {method} {path}"}).encode()
            )
            return
        _, item, operation, in_path = found
        headers = {name.lower(): value for name, value in handler.headers.items()}
        seen = Seen(operation["operationId"], handler.path, headers=headers)
        self._parameters(seen, item, operation, in_path, query)
        self._key(seen, operation, query)
        self._body(seen, operation, content)
        self.seen.append(seen)
        if seen.problems:
            body = {"error": {"type": "invalid", "message": "; ".join(seen.problems)}}
            _send(handler, 400, "application/json", json.dumps(body).encode())
            return
        self._succeed(handler, operation)

    def _parameters(self, seen: Seen, item: Any, operation: Any, in_path: dict[str, str], query: str) -> None:
        given = [self.resolve(each) for each in [*item.get("parameters", []), *operation.get("parameters", [])]]
        described = {(each["in"], each["name"]): each for each in given}
        pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
        cookies = SimpleCookie(seen.headers.get("cookie", ""))
        for (place, name), parameter in described.items():
            schema = parameter.get("schema", {})
            style = parameter.get("style", {"query": "form", "cookie": "form"}.get(place, "simple"))
            explode = parameter.get("explode", style == "form")
            if place == "query":
                raw = [value for key, value in pairs if unquote(key) == name]
                separator = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}[style]
                texts = [unquote(each) for each in (raw if explode else [p for v in raw for p in v.split(separator)])]
            elif place == "path":
                texts = [unquote(each) for each in in_path[name].replace("%2C", ",").split(",")]
            elif place == "header":
                texts = seen.headers[name.lower()].split(",") if name.lower() in seen.headers else []
            else:
                texts = [unquote(each) for each in cookies[name].value.split(",")] if name in cookies else []
            if not texts:
                if parameter.get("required"):
                    seen.problems.append(f"the {place} parameter {name} is missing")
                continue
            value = self.accepted(
                schema, [*_scalars(",".join(texts) if place != "query" else texts[0]), *_lists(texts)]
            )
            getattr(seen, place)[name] = value
            seen.problems += [f"{place} {name}: {each}" for each in self.errors(schema, value)]
        known = {name for place, name in described if place == "query"}
        known |= {each["name"] for each in self._schemes() if each.get("in") == "query"}
        seen.problems += [f"unknown query parameter {key}" for key, _ in pairs if unquote(key) not in known]

    def _schemes(self) -> list[Any]:
        return list(self.document.get("components", {}).get("securitySchemes", {}).values())

    def _key(self, seen: Seen, operation: Any, query: str) -> None:
        """Note whether the key is where the description has it, and nowhere if it is not wanted."""
        for scheme in self._schemes():
            where = scheme.get("in", scheme.get("scheme"))
            name = scheme.get("name", "")
            given = {
                "header": lambda name=name: seen.headers.get(name.lower()),
                "query": lambda name=name: dict(parse_qsl(query)).get(name),
                "cookie": lambda name=name: (
                    SimpleCookie(seen.headers.get("cookie", ""))[name].value
                    if name in SimpleCookie(seen.headers.get("cookie", ""))
                    else None
                ),
                "bearer": lambda: seen.headers.get("authorization", "").removeprefix("Bearer ") or None,
                "basic": lambda: (
                    base64.b64decode(seen.headers.get("authorization", "").removeprefix("Basic ")).decode() or None
                ),
            }[where]()
            wanted = KEY if operation.get("security", self.document.get("security")) else None
            if given != wanted:
                seen.problems.append(f"the key is {given!r}, not {wanted!r}")

    def _body(self, seen: Seen, operation: Any, content: bytes) -> None:
        described = self.resolve(operation.get("requestBody"))
        given = seen.headers.get("content-type", "")
        if described is None or not given:
            if content or (described or {}).get("required"):
                seen.problems.append(f"a body of {len(content)} bytes and type {given!r}")
            return
        bare = given.partition(";")[0].strip().lower()
        media = next((each for name, each in described["content"].items() if name.partition(";")[0] == bare), None)
        if media is None:
            seen.problems.append(f"a body of {bare}, which is not described")
            return
        schema = media.get("schema", {})
        if bare.endswith("json"):
            seen.body = json.loads(content)
        elif bare == "application/x-www-form-urlencoded":
            seen.body = self._fields(schema, [(n, v) for n, v in parse_qsl(content.decode(), keep_blank_values=True)])
        elif bare == "multipart/form-data":
            seen.body = self._fields(schema, list(self._form(seen, given, content)))
        elif bare.startswith("text/"):
            seen.body = content.decode()
        else:
            seen.body = content
            return
        seen.problems += [f"body: {each}" for each in self.errors(schema, seen.body)]

    def _form(self, seen: Seen, content_type: str, content: bytes) -> Iterator[tuple[str, Any]]:
        parser = email.parser.BytesParser(policy=email.policy.HTTP)
        for part in parser.parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + content).iter_parts():
            name = str(part.get_param("name", header="content-disposition"))
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            if part.get_content_type() == "application/json":
                yield name, json.loads(payload)
            elif (file := part.get_filename()) is not None:
                seen.files.setdefault(name, []).append((file, part.get_content_type(), payload))
                yield name, "<bytes>"
            else:
                yield name, payload.decode()

    def _fields(self, schema: Any, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        properties: dict[str, Any] = self.properties(schema)
        found: dict[str, list[Any]] = {}
        for name, value in pairs:
            found.setdefault(name, []).append(value)
        return {
            name: self.accepted(properties.get(name, {}), [*_scalars(values[0]), *_lists(values)])
            if len(values) == 1
            else self.accepted(properties.get(name, {}), _lists(values))
            for name, values in found.items()
        }

    def properties(self, schema: Any) -> dict[str, Any]:
        schema = self.resolve(schema)
        found: dict[str, Any] = {}
        for part in schema.get("allOf", []):
            found |= self.properties(part)
        return found | schema.get("properties", {})

    def _succeed(self, handler: BaseHTTPRequestHandler, operation: Any) -> None:
        responses = {str(status): self.resolve(each) for status, each in operation["responses"].items()}
        first = next(each for each in responses if each.startswith("2"))
        status = str(self.statuses.pop(0)) if self.statuses else first
        response = responses.get(status) or responses.get("2XX") or responses.get("default")
        number = 200 if status == "2XX" else int(status)
        content = response.get("content", {}) if response else {}
        if not content:
            _send(handler, number, "", b"")
            return
        media_type, media = next(iter(content.items()))
        if media_type.partition(";")[0].endswith("json"):
            body = json.dumps(self.example(media)).encode()
        elif media_type.startswith("text/"):
            charset = media_type.partition("charset=")[2] or "utf-8"
            body = str(self.example(media)).encode(charset)
        else:
            body = BINARY
        _send(handler, number, media_type, body, chunked=bool(operation.get("x-streaming")))

    def example(self, media: Any) -> Any:
        """Return an example of a body: the one described, else one that the schema allows."""
        if "example" in media:
            return media["example"]
        if "examples" in media:
            return next(iter(media["examples"].values()))["value"]
        return self.sample(media.get("schema", {}))

    def sample(self, schema: Any, depth: int = 0) -> Any:
        """Return a value that a schema allows."""
        schema = self.resolve(schema)
        for key in ("example", "default", "const"):
            if key in schema:
                return schema[key]
        for key in ("examples", "enum"):
            if key in schema:
                return schema[key][0]
        for key in ("oneOf", "anyOf"):
            if key in schema:
                return self.sample(schema[key][0], depth + 1)
        if "allOf" in schema and not self.properties(schema):
            return self.sample(schema["allOf"][0], depth + 1)
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if self.properties(schema) or kind == "object":
            wanted = {
                name
                for part in [schema, *map(self.resolve, schema.get("allOf", []))]
                for name in part.get("required", [])
            }
            properties = self.properties(schema)
            return {
                name: self.sample(each, depth + 1) for name, each in properties.items() if depth < 4 or name in wanted
            }
        if kind == "array":
            return [self.sample(schema.get("items", {}), depth + 1)] if depth < 6 else []
        formats = {
            "date": "2026-02-28",
            "date-time": "2026-02-28T12:00:00Z",
            "uuid": "0b0e0c4e-8e0b-4f0e-9d5c-6f2f4d1f8a01",
        }
        text = formats.get(schema.get("format", ""), "text")
        return {"string": text, "integer": 1, "number": 1.5, "boolean": True, "null": None}.get(kind, {"any": 1})


def _for_requests(node: Any) -> Any:
    """Return a description in which what only a response holds is wrong, and required nowhere."""
    if isinstance(node, list):
        return [_for_requests(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    copy = {key: _for_requests(value) for key, value in node.items()}
    properties = node.get("properties")
    if isinstance(properties, Mapping):
        hidden = {name for name, each in properties.items() if isinstance(each, Mapping) and each.get("readOnly")}
        copy["properties"] |= dict.fromkeys(hidden, False)
        if isinstance(node.get("required"), list):
            copy["required"] = [name for name in node["required"] if name not in hidden]
    return copy


def _absolute(schema: Any) -> Any:
    """Return a schema whose references are followed from anywhere."""
    if isinstance(schema, list):
        return [_absolute(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: f"urn:mock{value}" if key == "$ref" and isinstance(value, str) else _absolute(value)
        for key, value in schema.items()
        if key not in ("discriminator", "example", "examples", "default")
    }


def _scalars(text: Any) -> list[Any]:
    """Return what a text may stand for."""
    if not isinstance(text, str):
        return [text]
    found: list[Any] = [text]
    for kind in (int, float):
        try:
            found.append(kind(text))
        except ValueError:
            continue
    return [*found, {"true": True, "false": False}[text]] if text in ("true", "false") else found


def _lists(texts: list[Any]) -> list[Any]:
    """Return what several texts may stand for."""
    columns = [_scalars(text) for text in texts]
    return [[column[min(index, len(column) - 1)] for column in columns] for index in range(max(map(len, columns)))]


def _send(handler: BaseHTTPRequestHandler, status: int, media_type: str, body: bytes, *, chunked: bool = False) -> None:
    handler.send_response(status)
    handler.send_header("x-request-id", REQUEST_ID)
    handler.send_header("request-id", REQUEST_ID)
    if media_type:
        handler.send_header("content-type", media_type)
    if chunked:
        handler.send_header("transfer-encoding", "chunked")
    elif status != 204:
        handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    if handler.command == "HEAD" or status == 204:
        return
    if not chunked:
        handler.wfile.write(body)
        return
    for start in range(0, len(body), 1000):
        piece = body[start : start + 1000]
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    handler.wfile.write(b"0\r\n\r\n")
