"""The OpenAPI description as it was written: reading the file, and finding one's way in it."""

from __future__ import annotations

import copy
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from lmnt_server.documents import DocumentError, read

T = TypeVar("T")

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Failure(Exception):  # noqa: N818  # what a person reads is the text
    """The run stops; the text says why and what to do."""

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> Failure:
        """Return the failure of a description that holds these problems."""
        lines = sorted({str(problem) for problem in problems})
        return cls("the description holds what cannot be generated:\n  " + "\n  ".join(lines))


@dataclass(frozen=True)
class Problem:
    """What cannot be generated: the JSON pointer (RFC 6901) of the place, the reason, and what to do."""

    pointer: str
    reason: str
    hint: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.reason}; {self.hint}"


def refuse(pointer: str, reason: str, hint: str) -> Failure:
    """Return the failure of a description that holds one problem."""
    return Failure.of([Problem(pointer, reason, hint)])


def below(pointer: str, *steps: object) -> str:
    """Return the JSON pointer of what is further in."""
    return pointer + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def load(path: Path) -> dict[str, Any]:
    """Read a file of YAML 1.2 or JSON, with the server's reader."""
    try:
        return read(path)
    except DocumentError as error:
        raise Failure(str(error)) from error


def load_description(path: Path) -> dict[str, Any]:
    """Read a description as OpenAPI 3.1; refuses one that is no valid OpenAPI."""
    document = load(path)
    version = str(document.get("openapi", ""))
    validators = {"3.0.": OpenAPIV30SpecValidator, "3.1.": OpenAPIV31SpecValidator}
    validator = validators.get(version[:4])
    if validator is None:
        raise refuse("/openapi", f"{version!r} is no version that can be read", "write the description in OpenAPI 3.1")
    try:
        error = _with_deep_stack(lambda: next(iter(validator(cast("Any", document)).iter_errors()), None))
    except Exception as problem:  # the validator follows references before it checks them, and raises what it meets
        raise Failure(f"{path.name} is no valid OpenAPI: {problem}") from problem
    if error is not None:
        place, message = below("", *error.absolute_path) or "/", error.message.splitlines()[0]
        raise Failure(f"{path.name} is no valid OpenAPI at {place}: {message}")
    if version.startswith("3.0."):
        upgrade(document)
    return document


def _with_deep_stack(function: Callable[[], T]) -> T:
    """Call a function that calls itself for each reference of a chain, which may lead through all schemas."""
    limit, size = sys.getrecursionlimit(), threading.stack_size(512 << 20)
    sys.setrecursionlimit(200_000)
    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(function).result()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)


def upgrade(node: Any) -> None:
    """Write the three keywords that OpenAPI 3.0 has and 3.1 has not as 3.1 writes them, in place."""
    if isinstance(node, list):
        for each in node:
            upgrade(each)
    if not isinstance(node, dict):
        return
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(node.get(exclusive), bool) and node.pop(exclusive):
            node[exclusive] = node.pop(limit)
    if isinstance(node.get("nullable"), bool) and node.pop("nullable"):
        if "type" in node:
            node["type"] = [node["type"], "null"]
        if isinstance(node.get("enum"), list) and None not in node["enum"]:
            node["enum"].append(None)
        if "type" not in node:
            inner = copy.copy(node)
            node.clear()
            node["oneOf"] = [inner, {"type": "null"}]
            # What is said of the place where the value stands, not of the value.
            node |= {key: inner[key] for key in ("description", "readOnly", "writeOnly", "deprecated") if key in inner}
    for each in list(node.values()):
        upgrade(each)


@dataclass(frozen=True)
class RawOperation:
    """An operation as the description has it, references to its parts followed."""

    pointer: str
    path: str
    method: str
    data: Mapping[str, Any]
    parameters: Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]]
    """By place and name: the pointer and the parameter."""
    taken: Mapping[str, list[str]]
    """By path parameter: the values that would make it the path of another operation."""

    @property
    def id(self) -> str:
        """The operationId."""
        return str(self.data["operationId"])

    @property
    def tag(self) -> str:
        """The one tag."""
        return str(self.data["tags"][0])


class Description:
    """The document as a whole."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a $ref."""
        while "$ref" in node:
            node = self.at(node["$ref"])
        return node

    def at(self, reference: str) -> Any:
        """Return what a reference within the document names."""
        target: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        return target

    def located(self, node: Mapping[str, Any], pointer: str) -> tuple[str, Mapping[str, Any]]:
        """Follow a $ref; return the pointer of what it names, and that."""
        while "$ref" in node:
            pointer, node = node["$ref"].removeprefix("#"), self.at(node["$ref"])
        return pointer, node

    @cached_property
    def operations(self) -> dict[str, RawOperation]:
        """The operations by operationId."""
        found: dict[str, RawOperation] = {}
        for operation in self._operations():
            if operation.id in found:
                raise refuse(
                    below(operation.pointer, "operationId"),
                    f"{operation.id!r} stands at {found[operation.id].pointer} too",
                    "an operationId names one operation",
                )
            found[operation.id] = operation
        return found

    def _operations(self) -> Iterator[RawOperation]:
        paths = {path: item for path, item in self.document.get("paths", {}).items() if not path.startswith("x-")}
        fixed: dict[str, list[str]] = {}
        for path in paths:
            head, _, tail = path.rpartition("/")
            if "{" not in tail:
                fixed.setdefault(head, []).append(tail)
        for path, item in paths.items():
            head, _, tail = path.rpartition("/")
            for method in METHODS:
                if method not in item:
                    continue
                data = item[method]
                pointer = below("", "paths", path, method)
                parameters: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
                for owner, listed in ((below("", "paths", path), item), (pointer, data)):
                    for index, each in enumerate(listed.get("parameters", [])):
                        place, parameter = self.located(each, below(owner, "parameters", index))
                        parameters[(parameter["in"], parameter["name"])] = (place, parameter)
                yield RawOperation(
                    pointer=pointer,
                    path=path,
                    method=method.upper(),
                    data=data,
                    parameters=parameters,
                    taken={
                        name: fixed.get(head, []) if tail == f"{{{name}}}" else []
                        for name in re.findall(r"\{([^{}]+)\}", path)
                    },
                )

    @property
    def error_status(self) -> dict[str, int]:
        """The HTTP status of each error type, from x-status."""
        return {
            key: status
            for each in self.schemas.values()
            if isinstance(each, Mapping)
            for key, status in each.get("x-status", {}).items()
        }
