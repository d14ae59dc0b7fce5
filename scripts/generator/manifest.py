"""The manifest of a package, for programs: each operation, its call, its arguments and its results."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .calls import Call
from .kind import Form, Kind
from .parameters import Argument
from .rendering import Package
from .resources import LeftOutCall


class Manifest:
    """The manifest of a package."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._types: Any = package.env.get_template("types.jinja").make_module()

    def json(self) -> str:
        """Return it as JSON."""
        settings = self._package.settings
        found = {
            "package": settings.package,
            "version": settings.version,
            "client": settings.client,
            "operations": [self._operation(call) for call in self._package.calls],
            "left_out": [_left_out(call) for call in self._package.left_out],
        }
        return json.dumps(found, indent=2, ensure_ascii=False) + "\n"

    def _operation(self, call: Call) -> dict[str, Any]:
        is_stream = call.series is not None and call.flag is None
        return {
            **_named(call),
            "arguments": [self._argument(each) for each in call.arguments],
            "media_types": call.body.media_types if call.body else [],
            "result": _shown(self._types.item_type(call.series) if is_stream else self._types.returned(call)),
            "stream": "bytes" if call.is_binary else "items" if is_stream else None,
            "stream_flag": call.flag.name if call.series and call.flag else None,
            "told": [
                {"pointer": each.pointer, "found": each.found, "means": each.means}
                for each in self._package.report.told
                if any(each.pointer == place or each.pointer.startswith(f"{place}/") for place in self._places(call))
            ],
        }

    def _argument(self, argument: Argument) -> dict[str, Any]:
        return {
            "name": argument.name,
            "in": argument.place,
            "python_name": argument.python_name,
            "required": argument.required,
            "type": _shown(self._types.annotation(argument.kind, "write")),
        }

    def _places(self, call: Call) -> set[str]:
        """Return the pointers of an operation and of all that it refers to."""
        found = {call.operation.pointer, *(pointer for pointer, _ in call.operation.parameters.values())}
        resolve = self._package.description.located
        data = call.operation.data
        nodes = [each for status, each in data["responses"].items() if not status.startswith("x-")]
        nodes += [data["requestBody"]] if "requestBody" in data else []
        found |= {resolve(node, call.operation.pointer)[0] for node in nodes}
        kinds = [each.kind for each in call.arguments] + [each.kind for each in call.results]
        kinds += call.series.kinds if call.series else []
        kinds += [call.body.kind] if call.body else []
        names: set[str] = set()
        while kinds:
            for kind in _within(kinds.pop()):
                if kind.name and kind.name not in names:
                    names.add(kind.name)
                    kinds += self._inside(kind)
        return found | {self._package.kinds.located(name)[0] for name in names}

    def _inside(self, kind: Kind) -> list[Kind]:
        if kind.form != Form.MODEL:
            return [*self._package.kinds.components[kind.name].inner]
        model = self._package.models.model(kind.name)
        return [*(each.kind for each in model.properties), *([model.rest] if model.rest else [])]


def _within(kind: Kind) -> Iterator[Kind]:
    yield kind
    for each in kind.inner:
        yield from _within(each)


def _named(call: Call | LeftOutCall) -> dict[str, str]:
    operation = call.operation
    name = f"{operation.name.resource}.{operation.name.method}"
    return {"id": operation.id, "method": operation.method, "path": operation.path, "call": name}


def _left_out(call: LeftOutCall) -> dict[str, str]:
    return {**_named(call), "reason": call.reason}


def _shown(annotation: str) -> str:
    """Return a type as people write it: generated modules import others under private names."""
    return re.sub(
        r"\b_(?:(datetime|uuid)\.|(?:model|results|sequences)\.)",
        lambda found: f"{found[1]}." if found[1] else "",
        annotation,
    )
