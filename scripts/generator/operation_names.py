"""The name of each operation in Python, `client.<resource>.<method>`, by one rule.

A name of `names` in generator.yaml comes first. Else

* the resource is the first tag; without one, the first fixed part of the path that is neither `api` nor a version;
* the method is the operationId in snake case, without the tag and a dot before it, or the path and the HTTP method
  after it, as FastAPI has them; without one, the HTTP method and the parts of the path, as `get_users_by_id`;
* of operations that would have the same name, all but those with a name of `names` are called by the HTTP method and
  the path. No name depends on the order of the description, or on operations with other names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .naming import method_name, python_name, resource_name
from .path_templates import PathTemplate
from .report import Failure


@dataclass(frozen=True)
class Written:
    """The parts of an operation that make its name."""

    method: str
    path: str
    data: Mapping[str, Any]

    @property
    def said_id(self) -> str:
        """The operationId; empty if there is none."""
        return str(self.data.get("operationId", "")).strip()

    @property
    def own_id(self) -> str:
        """The operationId without the suffix that FastAPI adds."""
        added = re.sub(r"\W", "_", self.path) + f"_{self.method.lower()}"
        return self.said_id.removesuffix(added) or self.said_id

    @property
    def tag(self) -> str:
        """The first tag that can be a name, else a part of the path."""
        tags = [each for each in self.data.get("tags", []) if _has_name(each)]
        return tags[0] if tags else next(filter(_is_telling, self._parts), "root")

    @property
    def _parts(self) -> list[str]:
        return [part for part in PathTemplate(self.path).path.split("/") if part and "{" not in part]

    @property
    def by_path(self) -> str:
        """Its name without an operationId."""
        words = [self.method.lower()]
        path = re.sub(r"([?&])[^?&=]+=\{", r"\1{", self.path)  # `?lat={lat}` says the name twice
        for part in filter(None, path.split("/")):
            fixed, *names = re.split(r"\{([^{}]*)\}", part)
            words += [fixed] + ["by " + each if index % 2 == 0 else each for index, each in enumerate(names)]
        return " ".join(words)


@dataclass(frozen=True)
class Name:
    """The names of an operation.

    Args:
        id: The operationId; `<resource>.<method>` if that is missing or not unique.
        tag: The tag.
        resource: The attribute of the client.
        method: The method of the resource.
        module: The module under operations/.
    """

    id: str
    tag: str
    resource: str
    method: str
    module: str


def operation_names(operations: Sequence[Written], chosen: Mapping[str, str]) -> list[Name]:
    """Return the name of each operation."""
    ids = Counter(each.said_id for each in operations)
    places = [_place(each, chosen) for each in operations]
    for by_path in (True, False):
        clashes = {place for place, count in Counter(places).items() if count > 1}
        seen: Counter[tuple[str, str]] = Counter()
        for index, each in enumerate(operations):
            if (place := places[index]) not in clashes or _chosen(each, chosen):
                continue
            seen[place] += 1
            if by_path:
                places[index] = (place[0], method_name(each.by_path, ""))
            elif seen[place] > 1:  # paths that differ only in characters that names cannot have
                places[index] = (place[0], f"{place[1]}_{seen[place]}")
    found: list[Name] = []
    modules: set[str] = set()
    for each, (resource, method) in zip(operations, places, strict=True):
        is_own = bool(each.said_id) and ids[each.said_id] == 1
        id_ = each.said_id if is_own else f"{resource}.{method}"
        module = python_name(id_)
        if module in modules:
            module = python_name(f"{resource}.{method}")
        while module in modules:
            module += "_"
        modules.add(module)
        found.append(Name(id_, each.tag, resource, method, module))
    if unknown := chosen.keys() - {key for each in operations for key in _keys(each)}:
        raise Failure(f"generator.yaml: names: {sorted(unknown)[0]!r} is no operation; write its id, or METHOD /path")
    return found


def _keys(operation: Written) -> tuple[str, str]:
    return (operation.said_id, f"{operation.method} {operation.path}")


def _chosen(operation: Written, chosen: Mapping[str, str]) -> str:
    return next((chosen[key] for key in reversed(_keys(operation)) if key in chosen), "")


def _place(operation: Written, chosen: Mapping[str, str]) -> tuple[str, str]:
    if said := _chosen(operation, chosen):
        resource, _, method = said.partition(".")
        if (resource_name(resource), method_name(method, "")) != (resource, method):
            raise Failure(f"generator.yaml: names: {said!r} is not <resource>.<method> in snake case")
        return resource, method
    tag = operation.tag
    named = operation.own_id if _has_name(operation.own_id.removeprefix(f"{tag}.")) else ""
    return resource_name(tag), method_name(named or operation.by_path, tag)


def _has_name(text: str) -> bool:
    """Whether a text can be a name: it has a letter or a digit that Python allows."""
    return bool(re.search(r"\w", text)) and python_name(text) not in ("field_", "")


def _is_telling(part: str) -> bool:
    return part.lower() != "api" and not re.fullmatch(r"v\d+([.\w]*)?", part) and _has_name(part)
