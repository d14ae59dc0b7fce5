"""The page of an HTTP API, from its description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from lmnt_server.documents import read

ROOT: Final = Path(__file__).parents[2]

METHODS: Final = ("get", "put", "post", "delete", "patch")


def page(description: str) -> str:
    """Return the page of a description of `openapi/`."""
    return "\n".join(_Page(read(ROOT / "openapi" / description)).lines()) + "\n"


class _Page:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def lines(self) -> Iterator[str]:
        info = self._document["info"]
        yield f"# {info['title']}, version {info['version']}\n"
        yield _text(info["description"]) + "\n"
        for tag in self._document["tags"]:
            yield f"## {tag['name']}\n\n{_text(tag['description'])}\n"
            for path, item in self._document["paths"].items():
                for method in METHODS:
                    if tag["name"] in (operation := item.get(method, {})).get("tags", ()):
                        parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                        yield from self._operation(method, path, operation, parameters)
        for session in self._document.get("x-websocket", {}).values():
            yield f"## WebSocket `{session['path']}`\n\n{_text(session['summary'])} {_text(session['description'])}\n"
            for direction, says in (("send", "The client sends"), ("receive", "The server sends")):
                yield f"{says} {self._kind({'$ref': session[direction]})}.\n"
        yield "## Schemas\n"
        for name, schema in self._document["components"]["schemas"].items():
            yield from self._schema(name, schema)

    def _operation(
        self, method: str, path: str, operation: Mapping[str, Any], parameters: Sequence[Any]
    ) -> Iterator[str]:
        says = f"{_text(operation['summary'])} {_text(operation.get('description', ''))}"
        yield f"### `{method.upper()} {path}`\n\n{says}\n"
        found = [self._resolved(each) for each in parameters]
        if found:
            yield from _table(
                ("Parameter", "In", "Type", "What it is"),
                ((_name(p["name"], p.get("required")), p["in"], self._kind(p["schema"]), self._says(p)) for p in found),
            )
        for media, body in operation.get("requestBody", {}).get("content", {}).items():
            yield f"Body: `{media}`, {self._kind(body['schema'])}.\n"
        yield from _table(
            ("Status", "What it is", "Body"),
            ((status, *self._response(self._resolved(answer))) for status, answer in operation["responses"].items()),
        )

    def _response(self, answer: Mapping[str, Any]) -> tuple[str, str]:
        content = answer.get("content", {})
        kinds = dict.fromkeys(self._kind(body.get("schema") or body.get("itemSchema")) for body in content.values())
        return _text(answer["description"]), f"{', '.join(f'`{media}`' for media in content)}: {' or '.join(kinds)}"

    def _schema(self, name: str, schema: Mapping[str, Any]) -> Iterator[str]:
        yield f"### {name} {{ #{name.lower()} }}\n"
        says = self._says(schema)
        kind = self._kind(schema)
        yield f"{says} {kind[:1].upper()}{kind[1:]}.\n" if kind != "object" else f"{says}\n"
        required = schema.get("required", ())
        if fields := schema.get("properties"):
            yield from _table(
                ("Field", "Type", "What it is"),
                ((_name(key, key in required), self._kind(each), self._says(each)) for key, each in fields.items()),
            )

    def _says(self, of: Mapping[str, Any]) -> str:
        schema = of.get("schema", {})
        text = _text(of.get("description") or schema.get("description") or "")
        default = of.get("default", schema.get("default"))
        return text if default is None else f"{text} By default `{default}`.".strip()

    def _kind(self, schema: Mapping[str, Any]) -> str:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        if "const" in schema:
            return f"`{schema['const']}`"
        if "enum" in schema:
            return "one of " + ", ".join(f"`{each}`" for each in schema["enum"])
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                return " or ".join(self._kind(each) for each in schema[key])
        kind = schema.get("type", "any value")
        named = " or ".join(kind) if isinstance(kind, list) else str(kind)
        if "items" in schema:
            return f"{named} of {self._kind(schema['items'])}"
        limits = (("minimum", "at least"), ("maximum", "at most"), ("minLength", "at least"), ("maxLength", "at most"))
        said = [f"{word} {schema[key]}" for key, word in limits if key in schema]
        return f"{named}, {', '.join(said)}" if said else named

    def _resolved(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in found:
            place: Any = self._document
            for part in found["$ref"].removeprefix("#/").split("/"):
                place = place[part]
            found = place
        return found


def _name(name: str, required: Any) -> str:
    return f"`{name}`, required" if required else f"`{name}`"


def _text(text: str) -> str:
    return " ".join(text.split())


def _table(headings: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield "| --- " * len(headings) + "|"
    for row in rows:
        yield f"| {' | '.join(_status(cell).replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _status(text: str) -> str:
    """Return a status with its phrase, and any other text as it is."""
    return f"{text} {HTTPStatus(int(text)).phrase}" if text.isdigit() and len(text) == 3 else text
