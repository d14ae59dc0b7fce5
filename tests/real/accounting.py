"""What becomes of each operation, parameter, body, response and schema of a description: one of three outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from generator.naming import class_name
from generator.rendering import Package
from generator.resources import LeftOutCall

from .described import Described, Node, Written


class Accounting:
    """Finds what a package makes of each thing in a description as it was written."""

    def __init__(self, package: Package, path: Path) -> None:
        self._described = Described(path)
        self._calls = {(call.operation.method, call.operation.path): call for call in package.calls}
        self._left_out: dict[tuple[str, str], LeftOutCall] = {call.key: call for call in package.left_out}
        self._told = {each.pointer for each in package.report.told}
        self._told |= {problem.pointer for each in package.report.left_out for problem in each.problems}
        self._told |= {each.pointer for each in package.report.left_out}
        self._origins = {package.kinds.located(class_name(name))[0] for name in package.description.schemas}
        self._root = path.resolve()

    def counts(self) -> Counter[tuple[str, str]]:
        """Return how many of each kind of thing have each outcome."""
        return Counter((kind, outcome) for kind, outcome, _ in self.outcomes())

    def lost(self) -> list[str]:
        """Return what is accounted for as nothing."""
        return [f"{kind} {pointer}" for kind, outcome, pointer in self.outcomes() if not outcome]

    def outcomes(self) -> Iterator[tuple[str, str, str]]:
        """Yield each thing: its kind, its outcome, and its pointer."""
        for key, written in self._described.operations.items():
            left_out = key in self._left_out
            outcome = "left out" if left_out else "expressed" if key in self._calls else ""
            yield "operation", outcome, written.node.pointer
            if left_out:  # and so is all within
                yield from (("parameter", "left out", each.pointer) for each in written.parameters.values())
                yield from (("body", "left out", each.pointer) for each in filter(None, [written.body]))
                yield from (("response", "left out", each.pointer) for each in written.responses.values())
            elif key in self._calls:
                yield from self._within(key, written)
        schemas = self._described.root.get("components") or {}
        for name in schemas.get("schemas") or {}:
            node = self._described.root.at("components", "schemas", name)
            yield "schema", self._outcome(node, is_there=node.pointer in self._origins), node.pointer

    def _within(self, key: tuple[str, str], written: Written) -> Iterator[tuple[str, str, str]]:
        call = self._calls[key]
        arguments = {(each.place, each.name) for each in call.arguments}
        for (place, name), node in written.parameters.items():
            keys = [key for key, shown in written.behind.items() if shown == name]
            is_there = (place.replace("string", ""), name) in arguments or any(
                ("query", key) in arguments for key in keys
            )
            yield "parameter", self._outcome(node, is_there=is_there), node.pointer
        if written.body is not None:
            yield "body", self._outcome(written.body, is_there=call.body is not None), written.body.pointer
        for status, node in written.responses.items():
            yield "response", self._outcome(node, is_there=self._is_read(key, status)), node.pointer

    def _is_read(self, key: tuple[str, str], status: str) -> bool:
        """Whether a response is what a success holds, or raises the error of its status."""
        named = {str(each).upper() for each in self._calls[key].successes}
        return status.upper() in named or status[0] != "2" or self._calls[key].series is not None

    def _outcome(self, node: Node, *, is_there: bool) -> str:
        """Return the outcome: what is in the package may be told in part."""
        file = "" if node.file == self._root else f"{node.file.name}#"
        pointer = file + node.pointer
        if any(each == pointer or each.startswith(f"{pointer}/") for each in self._told):
            return "told"
        return "expressed" if is_there else ""
