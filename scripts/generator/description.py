"""The OpenAPI description as one document: references and operations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lmnt_server.documents import DocumentError, read

from .naming import operations_of
from .operation_names import Name, Written, operation_names
from .path_templates import PathTemplate
from .report import Failure, Report, below
from .security import Security


def load(path: Path) -> dict[str, Any]:
    """Read a file of YAML 1.2 or JSON, with the server's reader."""
    try:
        return read(path)
    except DocumentError as error:
        raise Failure(str(error)) from error


@dataclass(frozen=True)
class RawOperation:
    """An operation of the description, with references to its parts resolved."""

    pointer: str
    path: str
    method: str
    data: Mapping[str, Any]
    parameters: Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]]
    """The pointer and the parameter, by place and name; that of a template behind `?` is one of the query."""
    taken: Mapping[str, list[str]]
    """By path parameter: the values that would make the path that of another operation."""

    name: Name

    @property
    def id(self) -> str:
        """The operationId, or the id made in its place."""
        return self.name.id


class Description:
    """The document as a whole."""

    def __init__(self, document: dict[str, Any], report: Report, names: Mapping[str, str]) -> None:
        self.document = document
        self.report = report
        self.schemas: dict[str, Any]
        self._names = names
        self.security = Security(document, report)
        self.schemas = document.setdefault("components", {}).setdefault("schemas", {})

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a $ref."""
        return self.located(node, "")[1]

    def at(self, reference: str) -> Any:
        """Return the target of a reference within the document; an empty object if it could not be read."""
        target: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            target = target.get(step.replace("~1", "/").replace("~0", "~"), {})
        return target

    def located(self, node: Mapping[str, Any], pointer: str) -> tuple[str, Mapping[str, Any]]:
        """Follow a $ref; return the pointer and the target; nothing if it is circular."""
        seen: set[str] = set()
        while "$ref" in node:
            pointer = node["$ref"].removeprefix("#")
            node = {} if pointer in seen else self.at(node["$ref"])
            seen.add(pointer)
        return pointer, node

    @cached_property
    def operations(self) -> list[RawOperation]:
        """The operations, in the order of the description."""
        paths = {path: item for path, item in self.document.get("paths", {}).items() if not path.startswith("x-")}
        fixed: dict[str, list[str]] = {}
        for path in paths:
            head, _, tail = PathTemplate(path).path.rpartition("/")
            if "{" not in tail:
                fixed.setdefault(head, []).append(tail)
        found = [
            (path, item, Written(method, path, data), pointer)
            for path, item in paths.items()
            for method, data, pointer in operations_of(item, below("", "paths", path))
        ]
        names = operation_names([written for _, _, written, _ in found], self._names)
        ids = Counter(written.said_id for _, _, written, _ in found)
        for _, _, written, pointer in found:
            if written.said_id and ids[written.said_id] > 1:
                means = f"each of its {ids[written.said_id]} operations is named by its path"
                self.report.tell(below(pointer, "operationId"), f"{written.said_id!r} stands more than once", means)
        return [
            RawOperation(
                pointer=pointer,
                path=path,
                method=written.method,
                data=written.data,
                parameters=self._placed(
                    path, pointer, self._parameters(((below("", "paths", path), item), (pointer, written.data)))
                ),
                taken=_taken(PathTemplate(path), fixed),
                name=name,
            )
            for (path, item, written, pointer), name in zip(found, names, strict=True)
        ]

    def _parameters(
        self, owners: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> dict[tuple[str, str], tuple[str, Mapping[str, Any]]]:
        found: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
        for owner, listed in owners:
            for index, each in enumerate(listed.get("parameters", [])):
                place, parameter = self.located(each, below(owner, "parameters", index))
                if parameter:
                    found[(parameter["in"], parameter["name"])] = (place, parameter)
        return found

    def _placed(
        self, path: str, pointer: str, found: dict[tuple[str, str], tuple[str, Mapping[str, Any]]]
    ) -> dict[tuple[str, str], tuple[str, Mapping[str, Any]]]:
        """Return the parameters of an operation, those that its path has behind `?` among those of the query."""
        template = PathTemplate(path)
        moved: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
        for key, name in template.queried:
            described = found.get(("path", name)) or found.get(("query", name))
            if described is None:
                self.report.tell(pointer, f"nothing describes {name!r} of the path", "it is a text")
                described = pointer, {"name": name, "in": "path", "schema": {"type": "string"}}
            moved["query", key] = described
        shown = {("query", key) for key, _ in template.constants} | moved.keys()
        shown |= {(place, name) for _, name in template.queried for place in ("path", "query")}
        shown -= {("path", name) for name in template.names}
        for (place, name), described in found.items():
            if (place, name) in shown and described not in moved.values():
                self.report.tell(described[0], f"the path has {name!r} already", "it is sent as it stands there")
        return {**{where: each for where, each in found.items() if where not in shown}, **moved}

    @property
    def error_status(self) -> dict[str, int]:
        """The HTTP status of each error type, from x-status."""
        return {
            key: status
            for each in self.schemas.values()
            if isinstance(each, Mapping)
            for key, status in each.get("x-status", {}).items()
        }


def _taken(template: PathTemplate, fixed: Mapping[str, list[str]]) -> dict[str, list[str]]:
    head, _, tail = template.path.rpartition("/")
    return {name: fixed.get(head, []) if tail == f"{{{name}}}" else [] for name in template.names}
