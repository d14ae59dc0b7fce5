"""Loads a package, with what griffe reads over."""

from __future__ import annotations

import ast
import logging
from pathlib import Path
from typing import Any

import griffe

from .expressions import Member, path_of
from .fields import POSITIONAL, fields, flavour, is_named_tuple

PROPERTIES = {"property": {"property"}, "functools.cached_property": {"property", "cached"}}
"""What griffe calls the attribute that each of these makes of a method."""

# Labels for what griffe reads over: the decorator that means it.
LABELS = {
    "typing.final": "final",
    "typing.runtime_checkable": "checked at run time",
    "warnings.deprecated": "deprecated",
    "typing.deprecated": "deprecated",
    "contextlib.contextmanager": "context manager",
    "contextlib.asynccontextmanager": "async context",
}


def load(folder: Path, package: str) -> Member:
    """Load a package from the folder that it is in; nothing of it is run."""
    logging.getLogger("griffe").setLevel(logging.ERROR)  # what it cannot resolve is in other distributions
    extensions = griffe.load_extensions(Fields)
    return griffe.load(
        package, search_paths=[folder], allow_inspection=False, resolve_aliases=True, extensions=extensions
    )


class Fields(griffe.Extension):
    """Gives classes that are made of fields their `__init__`, and keeps what griffe reads over.

    That is properties made by a decorator of the package, the decorators in LABELS, which functions are generators, and
    overloads with nothing behind them, as protocols have.
    """

    def on_instance(self, *, node: object, obj: Member, agent: Any, **_: object) -> None:
        """Label what has decorators."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for each in node.decorator_list:
                decorator = griffe.get_expression(each, parent=agent.current)
                if label := LABELS.get(path_of(decorator)):
                    obj.labels.add(label)
        if isinstance(node, ast.AsyncFunctionDef) and _yields(node.body):
            obj.labels.add("generator")

    def on_class_members(self, *, cls: Member, **_: object) -> None:
        """Make a method of overloads that have none."""
        for name, overloads in cls.overloads.items():
            if overloads and name not in cls.members:
                first = overloads[0]
                method = griffe.Function(name, parameters=first.parameters, returns=first.returns, parent=cls)
                method.labels, method.overloads = first.labels, overloads
                cls.set_member(name, method)

    def on_package(self, *, pkg: Member, **_: object) -> None:
        """Make each `__init__`; arguments of it that are no attributes are taken out after that."""
        waiting = [pkg]
        for member in waiting:
            inner = (each for each in member.members.values() if not each.is_alias)
            waiting += [each for each in inner if each.is_module or each.is_class]
        for member in waiting:
            functions = [each for each in member.members.values() if not each.is_alias and each.is_function]
            for each in functions if member.is_class else ():
                if found := [labels for one in each.decorators if (labels := _property(path_of(one.value), pkg))]:
                    _turn_into_property(each, found[0])
        for member in waiting:
            made = flavour(member) if member.is_class else None
            if (made is not None and made.init) or is_named_tuple(member):
                _add_init(member)
        for member in waiting:
            arguments = [name for name, each in member.members.items() if not each.is_alias and _is_init_var(each)]
            for name in arguments:
                member.del_member(name)


def _property(path: str, package: Member) -> set[str]:
    """Return the labels of what a decorator makes, if it is a property or a name or a kind of one in the package."""
    while path not in PROPERTIES:
        try:
            member = package[path.removeprefix(f"{package.path}.")]
            member = member.final_target if member.is_alias else member
        except (KeyError, griffe.AliasResolutionError, griffe.CyclicAliasError):
            return set()
        wider = member.bases if member.is_class else [member.value] if member.is_attribute else []
        if not wider or path == path_of(wider[0]):
            return set()
        path = path_of(wider[0])
    return PROPERTIES[path]


def _turn_into_property(function: Member, labels: set[str]) -> None:
    found = griffe.Attribute(function.name, annotation=function.returns, lineno=function.lineno)
    found.labels |= function.labels | labels
    function.parent.set_member(function.name, found)


def _add_init(member: Member) -> None:
    if "__init__" in member.members:
        return
    parameters = griffe.Parameters(griffe.Parameter("self", kind=POSITIONAL), *fields(member))
    init = griffe.Function("__init__", lineno=0, parameters=parameters, returns="None", parent=member)
    member.set_member("__init__", init)


def _is_init_var(member: Member) -> bool:
    return member.is_attribute and member.parent.is_class and path_of(member.annotation) == "dataclasses.InitVar"


def _yields(body: list[ast.stmt]) -> bool:
    """Whether a function yields, itself and not in a function in it."""
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)
    return False
