"""The OpenAPI description, as far as a server needs it: its operations and its schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from .documents import DocumentError, read

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The fields of a Path Item Object that are operations (OpenAPI 3.1, section 4.8.9)."""

_LIST_SEPARATORS: Final[Mapping[str, str]] = {
    "form": ",",
    "simple": ",",
    "spaceDelimited": " ",
    "pipeDelimited": "|",
}
"""What stands between the values of an array in one text (OpenAPI 3.1, section 4.8.12.3)."""

_URI: Final = "urn:lmnt-server:description"


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation: where it stands in a request and the pointer to its schema.

    `separator` stands between the values of an array; None for one that is repeated instead.
    """

    name: str
    location: str
    required: bool
    schema: str
    separator: str | None


@dataclass(frozen=True)
class Operation:
    """One operation: what names it, where it is called, and what it takes.

    `bodies` maps each media type of the request body to the pointer to its schema; it is empty for an operation that
    takes no body. `is_open` says whether it may be called without a key.
    """

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    bodies: Mapping[str, str]
    is_open: bool


@dataclass(frozen=True)
class Socket:
    """A kind of WebSocket session: what names it, where it is called, and pointers to the schemas of its messages."""

    id: str
    path: str
    send: str
    receive: str


class Schema:
    """A schema of the description (JSON Schema 2020-12)."""

    def __init__(self, validator: Any) -> None:
        # Any: the stubs of jsonschema leave its types partly unknown.
        self._validator = validator

    def errors(self, value: Any) -> Iterator[ValidationError]:
        """Yield what is wrong with a value."""
        yield from self._validator.iter_errors(value)

    def accepts(self, value: Any) -> bool:
        """Return whether a value is right."""
        return next(self.errors(value), None) is None


class Description:
    """An OpenAPI 3.1 document, given as what its YAML or JSON stands for."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        resource: Resource[Any] = DRAFT202012.create_resource(document)
        self._registry: Registry[Any] = Registry[Any]().with_resource(_URI, resource)
        self._schemas: dict[str, Schema] = {}

    def at(self, pointer: str) -> Any:
        """Return what a JSON pointer (RFC 6901, with the leading `#`) of the document stands for.

        Raises:
            KeyError: if nothing is there.
        """
        node: Any = self.document
        for part in pointer.removeprefix("#/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            node = _child(node, key)
        return node

    def located(self, pointer: str) -> tuple[str, Mapping[str, Any]]:
        """Return what a pointer stands for, references followed, and the pointer to that."""
        node = self.at(pointer)
        while "$ref" in node:
            pointer = node["$ref"]
            node = self.at(pointer)
        return pointer, node

    def schema(self, pointer: str) -> Schema:
        """Return the schema at a pointer."""
        if pointer not in self._schemas:
            validator = Draft202012Validator({"$ref": _URI + pointer}, registry=self._registry)
            self._schemas[pointer] = Schema(validator)
        return self._schemas[pointer]

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation, in the order of the document."""
        return tuple(
            self._operation(path, method)
            for path, item in cast("dict[str, dict[str, Any]]", self.document["paths"]).items()
            for method in METHODS
            if method in item
        )

    @cached_property
    def sockets(self) -> tuple[Socket, ...]:
        """Every WebSocket session, from the extension `x-websocket`."""
        found = cast("dict[str, dict[str, str]]", self.document.get("x-websocket", {}))
        return tuple(Socket(id, each["path"], each["send"], each["receive"]) for id, each in found.items())

    @cached_property
    def status_of_error(self) -> Mapping[str, int]:
        """The HTTP status of each error type, from `x-status` of the schema ErrorType."""
        return cast("dict[str, int]", self.at("#/components/schemas/ErrorType")["x-status"])

    def _operation(self, path: str, method: str) -> Operation:
        where = f"#/paths/{escaped(path)}/{method}"
        operation: dict[str, Any] = self.at(where)
        shared = self._parameters(f"#/paths/{escaped(path)}")
        own = self._parameters(where)
        # An operation's parameter takes the place of the path's of the same name and location.
        parameters = {(each.name, each.location): each for each in (*shared, *own)}
        body = where + "/requestBody"
        content: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
        return Operation(
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            parameters=tuple(parameters.values()),
            bodies={media: f"{body}/content/{escaped(media)}/schema" for media in content},
            is_open={} in operation.get("security", self.document.get("security", [])),
        )

    def _parameters(self, where: str) -> list[Parameter]:
        found: list[Parameter] = []
        for index in range(len(self.at(where).get("parameters", ()))):
            pointer, node = self.located(f"{where}/parameters/{index}")
            style = node.get("style", "form" if node["in"] in ("query", "cookie") else "simple")
            separator = None if node.get("explode", style == "form") else _LIST_SEPARATORS[style]
            required = node.get("required", False)
            found.append(Parameter(node["name"], node["in"], required, pointer + "/schema", separator))
        return found


def _child(node: dict[str, Any] | list[Any], key: str) -> Any:
    return node[int(key)] if isinstance(node, list) else node[key]


def escaped(part: str) -> str:
    """Return a key as a part of a JSON pointer in a URI fragment, where braces may not stand."""
    return part.replace("~", "~0").replace("/", "~1")


def lmnt() -> Description:
    """Return the description of the LMNT API; see `_described`."""
    return _described("lmnt.yaml")


def audio() -> Description:
    """Return the description of the API of OpenAI-compatible servers; see `_described`."""
    return _described("speech.yaml")


@cache
def _described(name: str) -> Description:
    """Return a description: the one inside an installed package, else the one of the checkout.

    Raises:
        DocumentError: if there is neither, or it cannot be read.
    """
    package = Path(__file__).parent
    candidates = (package / name, package.parents[1] / "openapi" / name)
    for path in candidates:
        if path.is_file():
            return Description(read(path))
    raise DocumentError(f"the API description {name} is at none of {', '.join(map(str, candidates))}")
