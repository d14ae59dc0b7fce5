"""Reads the annotations and values of one package: their meaning, independent of spelling."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import griffe

from .expressions import Expression, Member, arguments_of, constant, members_of, path_of
from .terms import NONE, OBJECT, PRIVATE, Term, Type, class_name, runtime_class, substituted, variable

# Say something of the name that has the type, and nothing of the type.
QUALIFIERS = {"dataclasses.InitVar"} | {
    f"typing.{name}" for name in ("Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly")
}
VARIABLES = {f"typing.{name}": name for name in ("TypeVar", "ParamSpec", "TypeVarTuple")}
# Calls that define a class or a type: to the caller the whole call is what the name is.
DEFINITIONS = {
    *VARIABLES,
    "collections.namedtuple",
    *(f"typing.{name}" for name in ("NamedTuple", "NewType", "TypedDict", "TypeAliasType")),
    *(f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")),
}
PLUMBING = ("builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC")
"""Bases that a caller never asks for."""


@dataclass(frozen=True)
class Parameter:
    """A type parameter of a class.

    Args:
        kind: What it stands for: `TypeVar`, `ParamSpec`, `TypeVarTuple`.
        variance: `invariant`, `covariant`, `contravariant`; `inferred` where the type checker finds it.
        bound: What it may be.
        default: What it is where nothing is said.
    """

    kind: str
    variance: str
    bound: Type
    default: Type | None


@dataclass
class Scope:
    """Where an annotation stands.

    Args:
        member: What has the annotation, or the class or module around it.
        owner: The class that `Self` is.
        variables: What each type variable is, by its path.
        mentions: The aliases that the annotation names, by path; filled while it is read.
    """

    member: Member
    owner: Type = frozenset()
    variables: dict[str, Term] = field(default_factory=dict)
    mentions: set[str] = field(default_factory=set)


class Reader:
    """Reads the annotations of one package.

    Args:
        package: The package, as griffe has it.
        public: The name that callers know each class and alias by, by its path.
    """

    def __init__(self, package: Member, public: Mapping[str, str]) -> None:
        self.package = package
        self.public = public
        self.classes: dict[str, Member] = {}
        self._found: dict[str, Member | None] = {}
        self._aliases: dict[str, bool] = {}
        self._variables: dict[str, dict[str, Term]] = {}
        self._ancestors: dict[str, list[str]] = {}
        self._open: list[str] = []

    # What names stand for

    def find(self, path: str) -> Member | None:
        """Return what a path of the package names, wherever it is defined in it."""
        if path not in self._found:
            self._found[path] = None
            if path.startswith(f"{self.package.path}."):
                with suppress(KeyError, griffe.AliasResolutionError, griffe.CyclicAliasError):
                    member = self.package[path.removeprefix(f"{self.package.path}.")]
                    self._found[path] = member.final_target if member.is_alias else member
        return self._found[path]

    def target(self, member: Member) -> Member:
        """Return the class or function that an attribute is another name of, else the attribute itself."""
        if not member.is_attribute or member.annotation is not None:
            return member
        if not isinstance(member.value, (griffe.ExprName, griffe.ExprAttribute)):
            return member
        found = self.find(path_of(member.value))
        names = found is not None and (found.is_function or (found.is_class and member.parent.is_module))
        return found if names else member

    def is_alias(self, member: Member) -> bool:
        """Whether a name stands for a type."""
        if member.is_type_alias:
            return True
        if not member.is_attribute or not member.parent.is_module or member.value is None:
            return False
        if member.path not in self._aliases:
            self._aliases[member.path] = False  # a name may stand for itself, as in `str = str`
            self._aliases[member.path] = self._stands_for_type(member)
        return self._aliases[member.path]

    def _stands_for_type(self, member: Member) -> bool:
        if member.annotation is not None:
            return path_of(member.annotation) == "typing.TypeAlias"
        if isinstance(member.value, griffe.ExprBinOp):
            return member.value.operator == "|"
        names = isinstance(member.value, (griffe.ExprName, griffe.ExprAttribute, griffe.ExprSubscript))
        return names and self._is_type(path_of(member.value))

    def _is_type(self, path: str) -> bool:
        member = self.find(path)
        if member is not None:
            return bool(member.is_class) or self.is_alias(member)
        # A class of another distribution is known by its spelling (PEP 8).
        is_outer = re.search(r"\.[A-Z]\w*[a-z]\w*$", path) is not None and not path.startswith(f"{self.package.path}.")
        return path.startswith("typing.") or runtime_class(path) is not None or is_outer

    def term(self, member: Member) -> Term:
        """Return a class as a type without arguments."""
        name = self.public.get(member.path) or PRIVATE + member.name
        self.classes[name] = member
        return Term(name)

    # What annotations mean

    def scope(self, member: Member) -> Scope:
        """Return where the annotations of a function or an attribute stand."""
        parent = member.parent
        if parent is None or not parent.is_class:
            return Scope(member)
        return Scope(member, frozenset({self.term(parent)}), self._class_variables(parent))

    def type(self, expression: Expression, scope: Scope) -> Type:
        """Return what an annotation means."""
        if isinstance(expression, str):
            return self._constant(expression, scope)
        if isinstance(expression, griffe.ExprBinOp) and expression.operator == "|":
            return self.type(expression.left, scope) | self.type(expression.right, scope)
        if isinstance(expression, griffe.ExprSubscript):
            inner = expression.slice
            arguments = list(inner.elements) if isinstance(inner, griffe.ExprTuple) else [inner]
            return self._named(path_of(expression), arguments, scope)
        if isinstance(expression, (griffe.ExprName, griffe.ExprAttribute)):
            return self._named(path_of(expression), [], scope)
        if isinstance(expression, (griffe.ExprTuple, griffe.ExprList)):
            return frozenset({Term("parameters", tuple(self.type(each, scope) for each in expression.elements))})
        return frozenset({Term(str(expression))})

    def _constant(self, text: str, scope: Scope) -> Type:
        value = constant(text)
        if value is None or not isinstance(value[0], str):
            return NONE if value == (None,) else frozenset({Term("..." if value == (...,) else text)})
        try:  # an annotation within quotes
            parsed = ast.parse(value[0].strip(), mode="eval").body
        except SyntaxError:
            return frozenset({Term(value[0])})
        parent = scope.member if scope.member.is_class or scope.member.is_module else scope.member.parent
        return self.type(griffe.get_annotation(parsed, parent=parent), scope)

    def _named(self, path: str, arguments: list[Any], scope: Scope) -> Type:
        match path:
            case "typing.Literal":
                return frozenset(part for each in arguments for part in self._literal(each, scope))
            case "typing.Optional" if arguments:
                return self.type(arguments[0], scope) | NONE
            case "typing.Union":
                return frozenset(part for each in arguments for part in self.type(each, scope))
            case "typing.Callable" | "collections.abc.Callable" if len(arguments) == 2:
                return frozenset({Term("Callable", tuple(self.type(each, scope) for each in arguments))})
            case "typing.Self":
                return frozenset({Term("Self", (scope.owner,))})
            case _ if path in QUALIFIERS:
                return self.type(arguments[0], scope) if arguments else OBJECT
        if (found := self._variable(path, scope)) is not None:
            return frozenset({found})
        given = tuple(self.type(each, scope) for each in arguments)
        member = self.find(path)
        if member is None:
            outer = runtime_class(path)
            return frozenset({Term(class_name(outer) if outer else path, given)})
        if member.is_class:
            return frozenset({Term(self.term(member).name, given)})
        # What an annotation names is a type, whatever it is spelt like.
        if self.is_alias(member) or (
            member.is_attribute and isinstance(member.value, griffe.ExprName | griffe.ExprAttribute)
        ):
            scope.mentions.add(member.path)
            if member.path not in self._open:  # an alias may speak of itself
                meant, names = self.alias(member, scope.mentions)
                return substituted(meant, dict(zip(names, given, strict=False)))
        return frozenset({Term(self.public.get(member.path, member.name), given)})

    def alias(self, member: Member, mentions: set[str] | None = None) -> tuple[Type, list[str]]:
        """Return what an alias stands for, and its variables in their order."""
        inner = Scope(member.parent, mentions=set() if mentions is None else mentions)
        for number, each in enumerate(member.type_parameters):
            inner.variables[f"{member.path}[{each.name}]"] = variable(number)
        self._open.append(member.path)
        meant = self.type(member.value, inner)
        self._open.pop()
        return meant, [each.name for each in inner.variables.values()]

    def _literal(self, value: Any, scope: Scope) -> Iterable[Term]:
        found = constant(value)
        if found is not None:
            return NONE if found == (None,) else [Term("Literal", value=repr(found[0]))]
        member = self.find(path_of(value))
        if member is not None and self.is_alias(member):  # Literal[Other, "more"]
            return self.type(value, scope)
        of = member.parent if member is not None else None
        return [Term("Literal", (frozenset({self.term(of)}),) if of is not None and of.is_class else (), str(value))]

    # Type variables

    def _variable(self, path: str, scope: Scope) -> Term | None:
        if path not in scope.variables and (defined := self._definition(path)) is not None:
            number = sum("function" in each.name for each in scope.variables.values())
            scope.variables[path] = variable(number)  # its bound may speak of it
            scope.variables[path] = variable(number, self._bound(defined, scope))
        return scope.variables.get(path)

    def _definition(self, path: str) -> Any:
        """Return what defines a type variable: a call of TypeVar, or a parameter in brackets."""
        owner, bracket, name = path.removesuffix("]").rpartition("[")
        member = self.find(owner if bracket else path)
        if member is None:
            return None
        if bracket:
            return next((each for each in member.type_parameters if each.name == name), None)
        return member.value if member.is_attribute and path_of(member.value) in VARIABLES else None

    def _bound(self, defined: Any, scope: Scope) -> Type:
        if isinstance(defined, griffe.TypeParameter):
            allowed: list[Any] = list(defined.constraints or ()) or [defined.bound]
        else:
            positional, named = arguments_of(defined)
            allowed = positional[1:] or [named.get("bound")]
        return OBJECT if allowed == [None] else frozenset(part for each in allowed for part in self.type(each, scope))

    def _class_variables(self, member: Member) -> dict[str, Term]:
        if member.path not in self._variables:
            paths = self._variable_paths(member)
            scope = Scope(member, variables={path: variable(n, of="class") for n, path in enumerate(paths)})
            bounds = [self._bound(self._definition(path), scope) for path in paths]
            self._variables[member.path] = {path: variable(n, bounds[n], of="class") for n, path in enumerate(paths)}
        return dict(self._variables[member.path])

    def _variable_paths(self, member: Member) -> list[str]:
        if len(member.type_parameters):
            return [f"{member.path}[{each.name}]" for each in member.type_parameters]
        bases = [each for each in member.bases if isinstance(each, griffe.ExprSubscript)]
        stated = [each for each in bases if path_of(each) in ("typing.Generic", "typing.Protocol")]
        inner = (base.slice for base in stated or bases if isinstance(base.slice, griffe.Expr))
        paths = dict.fromkeys(
            path_of(part) for each in inner for part in each.iterate() if isinstance(part, griffe.ExprName)
        )
        return [path for path in paths if self._definition(path) is not None]

    def parameters(self, member: Member) -> list[Parameter]:
        """Return the type parameters of a class."""
        terms = self._class_variables(member)
        return [
            self._parameter(self._definition(path), term, Scope(member, variables=terms))
            for path, term in terms.items()
        ]

    def _parameter(self, defined: Any, term: Term, scope: Scope) -> Parameter:
        if isinstance(defined, griffe.TypeParameter):
            kinds = {"type-var": "TypeVar", "param-spec": "ParamSpec", "type-var-tuple": "TypeVarTuple"}
            kind, variance, default = kinds[defined.kind.value], "inferred", defined.default
        else:
            _, named = arguments_of(defined)
            words = {"covariant": "covariant", "contravariant": "contravariant", "infer_variance": "inferred"}
            kind, default = VARIABLES[path_of(defined)], named.get("default")
            variance = next((word for key, word in words.items() if named.get(key) == "True"), "invariant")
        return Parameter(kind, variance, term.arguments[0], None if default is None else self.type(default, scope))

    # Classes

    def bases(self, member: Member) -> list[Term]:
        """Return the base classes as types."""
        scope = Scope(member, variables=self._class_variables(member))
        return [term for base in member.bases for term in self.type(base, scope)]

    def ancestors(self, member: Member) -> list[str]:
        """Return the classes that a class is one of, as callers know them, the nearest first."""
        if member.path in self._ancestors:
            return self._ancestors[member.path]
        found: dict[str, None] = {}
        for base in self.bases(member):
            inner, outer = self.classes.get(base.name), runtime_class(base.name)
            if inner is not None:
                found |= dict.fromkeys([base.name, *self.ancestors(inner)])
            else:
                found |= dict.fromkeys(map(class_name, outer.__mro__) if outer else [base.name])
        named = [name for name in found if name not in PLUMBING and not name.startswith(PRIVATE)]
        return self._ancestors.setdefault(member.path, named)

    def above(self, name: str) -> list[str]:
        """Return the classes that the class of this name is one of."""
        if name in self.classes:
            return self.ancestors(self.classes[name])
        outer = runtime_class(name)
        return list(map(class_name, outer.__mro__[1:])) if outer else []

    def is_enumeration(self, member: Member) -> bool:
        """Whether a class is an enumeration."""
        return "enum.Enum" in self.ancestors(member)

    # Values

    def value(self, expression: Expression) -> str | None:
        """Return a value as text: that of a constant of the package in place of its name, and 10 for 1_0."""
        if expression is None:
            return None
        if isinstance(expression, (griffe.ExprName, griffe.ExprAttribute)):
            member = self.find(path_of(expression))
            if member is not None and member.is_attribute and (found := constant(member.value)) is not None:
                return repr(found[0])
        found = constant(expression)
        return str(expression) if found is None else repr(found[0])

    def annotated(self, member: Member, scope: Scope) -> Type | None:
        """Return the type of an attribute, which its value may tell; None if nothing does."""
        annotation, value = member.annotation, member.value
        if annotation is not None and (
            path_of(annotation) not in QUALIFIERS or isinstance(annotation, griffe.ExprSubscript)
        ):
            return self.type(annotation, scope)
        if (found := constant(value)) is not None:
            return NONE if found == (None,) else frozenset({Term(class_name(type(found[0])))})
        if isinstance(value, griffe.ExprCall) and path_of(value) not in DEFINITIONS:
            called = self.find(path_of(value))
            if called is not None and called.is_function:
                return None if called.returns is None else _unsolved(self.type(called.returns, self.scope(called)))
            return self._named(path_of(value), [], scope) if self._is_type(path_of(value)) else None
        init = members_of(member.parent).get("__init__") if member.parent.is_class else None
        if isinstance(value, griffe.ExprName) and init is not None and init.is_function:  # self.name = name
            stated = next((each.annotation for each in init.parameters if each.name == value.name), None)
            return None if stated is None else self.type(stated, scope)
        return None


def _unsolved(found: Type) -> Type:
    """Return what a call gives; functions that it makes of others take what is not known here."""
    anything = frozenset({Term("...")})
    known = {
        each
        for each in found
        if each.name != "Callable" or any(part.name == "parameters" for part in each.arguments[0])
    }
    return frozenset(known | {Term("Callable", (anything, *each.arguments[1:])) for each in found - known})
