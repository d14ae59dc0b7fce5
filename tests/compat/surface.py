"""Prints what an application can name in the package `lmnt` of this environment, one fact a line.

lmnt.Lmnt                             a name
lmnt.Lmnt.copy                        a method, a property, an attribute or a field
lmnt.Lmnt.copy(timeout)               a keyword of it
lmnt.Lmnt.copy(timeout=NOT_GIVEN)     and its default
lmnt.Lmnt.get(1: path)                an argument that can be given by its place
lmnt.NotFoundError < lmnt.APIError    what is caught by what
lmnt.DEFAULT_MAX_RETRIES == 2         a constant
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType

import lmnt

PUBLIC_MODULES = ("lmnt", "lmnt.types", "lmnt.resources", "lmnt.resources.sessions")
UNLISTED = {
    "lmnt": ["APIResponse", "AsyncAPIResponse", "resources"],
    "lmnt.resources.sessions": [
        "AsyncSessionsResource",
        "SpeechSession",
        "SpeechSessionAudio",
        "SpeechSessionError",
        "SpeechSessionFlushComplete",
        "SpeechSessionReady",
        "SpeechSessionResetComplete",
        "SpeechSessionResponse",
        "SpeechSessionTimestamps",
        "UnexpectedMessageError",
    ],
}
PYDANTIC = ("dict", "json", "copy", "model_copy", "model_construct", "model_dump", "model_dump_json", "model_extra")
PYDANTIC += ("model_fields", "model_fields_set", "model_json_schema", "model_validate", "model_validate_json")
"""What applications may call of pydantic's on the models of the official package."""

SESSION = ("api_key", "voice", "format", "language", "return_timestamps", "sample_rate")
SESSION += ("url", "websocket", "nonce", "request_id")
"""What the official package gives a session when it makes one, and nowhere says so."""

ANSWERS = ("APIResponse", "BinaryAPIResponse", "StreamedBinaryAPIResponse")


def main() -> None:
    """Print the facts, sorted."""
    facts = {fact for name in PUBLIC_MODULES for fact in of_module(name)} | set(of_answers()) | set(modules())
    print("\n".join(sorted(facts)))


def modules() -> Iterator[str]:
    """The modules whose names are public, in the packages that applications import from, and what each is there for."""
    for package in (lmnt.types, lmnt.resources):
        prefix = f"{package.__name__}."
        known = {found.name for found in pkgutil.iter_modules(package.__path__)}
        known |= {name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix)}
        for name in known:
            yield f"module {prefix}{name}"
            module = importlib.import_module(f"{prefix}{name}")
            names = getattr(module, "__all__", None) or [each for each in dir(module) if each[0].isupper()]
            yield from (f"{prefix}{name}.{each}" for each in names)


def of_module(name: str) -> Iterator[str]:
    module = importlib.import_module(name)
    names = [*getattr(module, "__all__", ()), *UNLISTED.get(name, ())]
    if name == "lmnt.types":
        names = [each for each in dir(module) if each[0].isupper() and each != "TYPE_CHECKING"]
    for each in names:
        yield f"{name}.{each}"
        value = getattr(module, each)
        if each.startswith("DEFAULT_"):
            yield f"{name}.{each} == {value!r}"
        if not isinstance(value, ModuleType):
            yield from of_value(f"{name}.{each}", value)


def of_answers() -> Iterator[str]:
    """The classes of responses, which have no public name but those two."""
    module = importlib.import_module(lmnt.APIResponse.__mro__[0].__module__)
    if module is lmnt:  # the official package says that its classes were made where they are exported
        module = importlib.import_module("lmnt._response")
    for name in ANSWERS:
        for prefix in ("", "Async"):
            yield from of_class(f"{prefix}{name}", getattr(module, f"{prefix}{name}"), constructor=False)


def of_value(path: str, value: object) -> Iterator[str]:
    if inspect.isclass(value):
        yield from of_class(path, value, constructor=True)
    elif inspect.isroutine(value):
        yield from of_callable(path, value)


def of_class(path: str, kind: type, *, constructor: bool) -> Iterator[str]:
    if hasattr(kind, "__total__"):  # a TypedDict of typing or of typing_extensions
        yield from (f"{path}[{key}]" for key in kind.__annotations__)
        return
    base = lmnt.BaseModel
    if issubclass(kind, base) and kind is not base:
        yield from (f"{path}.{name}" for name in fields(kind))
        return
    if kind in vars(importlib.import_module("httpx")).values() or kind.__module__ in ("builtins", "types", "typing"):
        return
    if issubclass(kind, Exception):
        yield from (f"{path} < lmnt.{name}" for name in lmnt.__all__ if is_above(getattr(lmnt, name), kind))
    if constructor and kind is not base:
        yield from of_callable(path, kind)
    if kind.__name__.endswith("SpeechSession"):
        yield from (f"{path}.{name}" for name in SESSION if has(kind, name))
    for name in members(kind):
        yield f"{path}.{name}"
        member = inspect.getattr_static(kind, name, None)
        if isinstance(member, (staticmethod, classmethod)):
            member = getattr(kind, name)
        is_pydantic_s = kind is base and name in PYDANTIC
        if (inspect.isfunction(member) or inspect.ismethod(member)) and not is_pydantic_s:
            yield from of_callable(f"{path}.{name}", member)


def is_above(value: object, kind: type) -> bool:
    return inspect.isclass(value) and issubclass(value, Exception) and issubclass(kind, value) and value is not kind


def fields(kind: type) -> list[str]:
    if hasattr(kind, "__attrs_attrs__"):
        known = [each.name for each in kind.__attrs_attrs__ if each.init]
    elif hasattr(kind, "__dataclass_fields__"):
        known = list(kind.__dataclass_fields__)
    else:
        known = list(kind.model_fields)
    return sorted({*known, *(["request_id"] if hasattr(kind, "request_id") else [])})


def members(kind: type) -> list[str]:
    httpx = importlib.import_module("httpx")
    inherited = {*dir(object), *dir(Exception)}
    for parent in (httpx.Client, httpx.AsyncClient):
        inherited |= set(dir(parent)) if issubclass(kind, parent) else set()
    if issubclass(kind, lmnt.BaseModel):
        inherited |= {name for parent in kind.__mro__ if is_pydantic(parent) for name in dir(parent)} - {*PYDANTIC}
    names = {*dir(kind)} | {name for parent in kind.__mro__ for name in vars(parent).get("__annotations__", ())}
    if issubclass(kind, Exception):
        with contextlib.suppress(TypeError):  # then it says what it has in its annotations
            names |= set(vars(kind()))
    return sorted(name for name in names - inherited if not name.startswith("_"))


def has(kind: type, name: str) -> bool:
    return hasattr(kind, name) or name in kind.__init__.__code__.co_names


def is_pydantic(kind: type) -> bool:
    return kind.__module__.startswith("pydantic")


def of_callable(path: str, function: object) -> Iterator[str]:
    try:
        signature = inspect.signature(function)
    except ValueError:
        return
    place = 0
    for name, parameter in signature.parameters.items():
        if name == "self" or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        yield f"{path}({name})"
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            place += 1
            yield f"{path}({place}: {name})"
        if parameter.default is not parameter.empty:
            yield f"{path}({name}={text(parameter.default)})"


def text(default: object) -> str:
    return "omit" if isinstance(default, lmnt.Omit) and type(default) is lmnt.Omit else repr(default)


if __name__ == "__main__":
    main()
