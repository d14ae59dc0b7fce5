"""Everything that is public in a package, and what its annotations say at run time."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from functools import cached_property
from types import FunctionType, ModuleType

import attrs
from pydantic import TypeAdapter


class Walk:
    """Asks for the types of all that is public: by its name, as a member of a class, or as what a method returns.

    Args:
        package: The package, whatever its name.
    """

    def __init__(self, package: ModuleType) -> None:
        self.package = package
        self.asked: dict[str, object] = {}
        self.problems: list[str] = []
        self._module(package, package.__name__)

    def _module(self, module: ModuleType, path: str) -> None:
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, ModuleType):
                self._module(value, f"{path}.{name}")
                continue
            self._value(value, f"{path}.{name}")
            if module.__name__.endswith((".models", ".types")):
                self._ask(f"{path}.{name} for pydantic", lambda: TypeAdapter(value).json_schema())  # noqa: B023  # called at once

    def _value(self, value: object, path: str) -> None:
        if isinstance(value, FunctionType):
            self._function(value, path)
        elif inspect.isclass(value) and self._is_ours(value) and value not in self.asked.values():
            self.asked[path] = value
            self._ask(path, lambda: typing.get_type_hints(value))
            if inspect.isfunction(value.__init__):  # a class made of a builtin may have no signature
                self._ask(path, lambda: inspect.signature(value, eval_str=True))
            if attrs.has(value):
                self._ask(path, lambda: attrs.resolve_types(value))
            for name, member in self._members(value):
                for function in functions_of(member):
                    self._function(function, f"{path}.{name}")

    def _function(self, function: FunctionType, path: str) -> None:
        self.asked[path] = function
        self._ask(path, lambda: inspect.signature(function, eval_str=True))
        returned = self._ask(path, lambda: typing.get_type_hints(function).get("return"))
        for each in (returned, *typing.get_args(returned)):
            kind = typing.get_origin(each) or each
            self._value(kind, f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', '')}")

    def _members(self, kind: type) -> Iterator[tuple[str, object]]:
        for owner in filter(self._is_ours, kind.__mro__):
            for name, member in vars(owner).items():
                if not name.startswith("_") or name.startswith("__"):
                    yield name, member

    def _is_ours(self, kind: type) -> bool:
        return f"{kind.__module__}.".startswith(f"{self.package.__name__}.")

    def _ask(self, path: str, question: Callable[[], object]) -> object:
        try:
            return question()
        except Exception as error:
            self.problems.append(f"{path}: {type(error).__name__}: {error}")
            return None


def functions_of(member: object) -> list[FunctionType]:
    """Return the functions behind what a class has under a name."""
    if isinstance(member, property):
        found = [member.fget, member.fset]
    elif isinstance(member, cached_property):
        found = [member.func]
    else:
        found = [getattr(member, "__func__", member)]
    return [each for each in found if isinstance(each, FunctionType)]
