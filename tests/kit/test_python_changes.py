# ruff: noqa: E501  # a table with a row on each line
"""Every kind of change that Python has for a caller, what is told of it, and what is told of its reverse."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from .conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from comparison import surface
from comparison.change import joined
from comparison.package import Surface
from comparison.signatures import BREAKAGES
from comparison.traits import TRAITS, traits

pytestmark = pytest.mark.once(last=True)  # some rows are of 3.12

HEADER = """
from __future__ import annotations
import abc, collections, contextlib, dataclasses, enum, functools, typing, warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Concatenate, Final, Generic, Literal, NamedTuple, NewType, NotRequired, Optional, ParamSpec
from typing import Protocol, Required, Self, TypeAlias, TypedDict, TypeVar, Union, Unpack
from typing import final, overload, runtime_checkable
import attr, attrs, httpx, typing_extensions
T = TypeVar("T")
"""

# The kind of change, what changed, the source before and after, what is told of it, and what of the way back.
Row = tuple[str, str, str, str, list[str], list[str]]

ROWS: list[Row] = [
    ("arguments", "removed", "def f(a: int, b: int = 0) -> None: ...", "def f(a: int) -> None: ...", ["BREAKING `f` takes no `b` any more"], ["ADDITION `f` takes `b`, which is new"]),
    ("arguments", "renamed", "def f(a: int) -> None: ...", "def f(b: int) -> None: ...", ["BREAKING `f` needs `b`, which is new", "BREAKING `f` takes no `a` any more"], ["BREAKING `f` needs `a`, which is new", "BREAKING `f` takes no `b` any more"]),
    ("arguments", "renamed, with no name to give", "def f(a: int, /) -> None: ...", "def f(b: int, /) -> None: ...", [], []),
    ("arguments", "reordered", "def f(a: int, b: int) -> None: ...", "def f(b: int, a: int) -> None: ...", ["BREAKING `f` takes `a` at another position", "BREAKING `f` takes `b` at another position"], ["BREAKING `f` takes `a` at another position", "BREAKING `f` takes `b` at another position"]),
    ("arguments", "reordered by name alone", "def f(*, a: int, b: int) -> None: ...", "def f(*, b: int, a: int) -> None: ...", [], []),
    ("arguments", "new and needed", "def f() -> None: ...", "def f(a: int) -> None: ...", ["BREAKING `f` needs `a`, which is new"], ["BREAKING `f` takes no `a` any more"]),
    ("arguments", "new in the middle", "def f(a: int, b: int) -> None: ...", "def f(a: int, c: int = 0, b: int = 0) -> None: ...", ["BREAKING `f` takes `b` at another position", "ADDITION `f` does not need `b` any more", "ADDITION `f` takes `c`, which is new"], ["BREAKING `f` needs `b`", "BREAKING `f` takes `b` at another position", "BREAKING `f` takes no `c` any more"]),
    ("arguments", "new before the rest", "def f(*rest: int) -> None: ...", "def f(a: int = 0, *rest: int) -> None: ...", ["BREAKING `f` takes `a` before `*rest`"], ["BREAKING `f` takes no `a` any more"]),
    ("arguments", "the rest of those by position", "def f(*rest: int) -> None: ...", "def f() -> None: ...", ["BREAKING `f` takes no `*rest` any more"], ["ADDITION `f` takes `*rest`, which is new"]),
    ("arguments", "the rest of those by name", "def f(**rest: int) -> None: ...", "def f() -> None: ...", ["BREAKING `f` takes no `**rest` any more"], ["ADDITION `f` takes `**rest`, which is new"]),
    ("arguments", "the rest under another name", "def f(*a: int, **b: int) -> None: ...", "def f(*c: int, **d: int) -> None: ...", [], []),
    ("arguments", "the rest takes less", "def f(*a: object, **b: int) -> None: ...", "def f(*a: int, **b: bool) -> None: ...", ["BREAKING `f` takes `**b: bool`, was `int`", "BREAKING `f` takes `*a: int`, was `object`"], ["ADDITION `f` takes `**b: int`, was `bool`", "ADDITION `f` takes `*a: object`, was `int`"]),
    ("arguments", "taken by the rest", "def f(*, a: int = 0) -> None: ...", "def f(**a: int) -> None: ...", ["ADDITION `f` takes `**a`, which is new"], ["BREAKING `f` takes no `**a` any more", "ADDITION `f` takes `a`, which is new"]),
    ("arguments", "self is none", "class C:\n    def m(self, a: int) -> None: ...", "class C:\n    def m(this, a: int) -> None: ...", [], []),
    ("arguments", "of the constructor", "class C:\n    def __init__(self) -> None: ...", "class C:\n    def __init__(self, a: int) -> None: ...", ["BREAKING `C.__init__` needs `a`, which is new"], ["BREAKING `C.__init__` takes no `a` any more"]),
    ("arguments", "of a constructor that was not written", "class C: ...", "class C:\n    def __init__(self, a: int) -> None: ...", ["BREAKING `C.__init__` needs `a`, which is new"], ["BREAKING `C.__init__` takes no `a` any more"]),
    ("arguments", "of a constructor that is inherited", "class _B:\n    def __init__(self, a: int) -> None: ...\nclass C(_B): ...", "class _B:\n    def __init__(self, a: int) -> None: ...\nclass C(_B):\n    def __init__(self, a: int, b: int) -> None: ...", ["BREAKING `C.__init__` needs `b`, which is new"], ["BREAKING `C.__init__` takes no `b` any more"]),
    ("arguments", "of __new__", "class C:\n    def __new__(cls, a: int) -> Self: ...", "class C:\n    def __new__(cls, a: int, b: int) -> Self: ...", ["BREAKING `C.__init__` needs `b`, which is new"], ["BREAKING `C.__init__` takes no `b` any more"]),
    ("arguments", "keys of a TypedDict", "class _K(TypedDict, total=False):\n    a: int\ndef f(**given: Unpack[_K]) -> None: ...", "class _K(TypedDict, total=False):\n    a: Required[int]\ndef f(**given: Unpack[_K]) -> None: ...", ["BREAKING `f` needs `a`"], ["ADDITION `f` does not need `a` any more"]),
    ("types of arguments", "narrowed", "def f(a: int | str) -> None: ...", "def f(a: int) -> None: ...", ["BREAKING `f` takes `a: int`, was `int | str`"], ["ADDITION `f` takes `a: int | str`, was `int`"]),
    ("types of arguments", "another", "def f(a: int) -> None: ...", "def f(a: str) -> None: ...", ["BREAKING `f` takes `a: str`, was `int`"], ["BREAKING `f` takes `a: int`, was `str`"]),
    ("types of arguments", "spelt otherwise", "def f(a: Optional[int], b: Union[int, 'str'], c: 'list[int]', d: typing.List[int], e: Literal[1, 2]) -> None: ...", "def f(a: None | int, b: str | int, c: list[int], d: list[int], e: Literal[2] | Literal[1]) -> None: ...", [], []),
    ("types of arguments", "a list for a sequence", "def f(a: Sequence[int]) -> None: ...", "def f(a: list[int]) -> None: ...", ["BREAKING `f` takes `a: list[int]`, was `Sequence[int]`"], ["ADDITION `f` takes `a: Sequence[int]`, was `list[int]`"]),
    ("types of arguments", "a text for a sequence of texts", "def f(a: Sequence[str]) -> None: ...", "def f(a: str) -> None: ...", ["BREAKING `f` takes `a: str`, was `Sequence[str]`"], ["ADDITION `f` takes `a: Sequence[str]`, was `str`"]),
    ("types of arguments", "an int for a float", "def f(a: float) -> None: ...", "def f(a: int) -> None: ...", ["BREAKING `f` takes `a: int`, was `float`"], ["ADDITION `f` takes `a: float`, was `int`"]),
    ("types of arguments", "a bool for an int", "def f(a: int) -> None: ...", "def f(a: bool) -> None: ...", ["BREAKING `f` takes `a: bool`, was `int`"], ["ADDITION `f` takes `a: int`, was `bool`"]),
    ("types of arguments", "in a list", "def f(a: list[float]) -> None: ...", "def f(a: list[int]) -> None: ...", ["BREAKING `f` takes `a: list[int]`, was `list[float]`"], ["BREAKING `f` takes `a: list[float]`, was `list[int]`"]),
    ("types of arguments", "in a sequence", "def f(a: Sequence[float]) -> None: ...", "def f(a: Sequence[int]) -> None: ...", ["BREAKING `f` takes `a: Sequence[int]`, was `Sequence[float]`"], ["ADDITION `f` takes `a: Sequence[float]`, was `Sequence[int]`"]),
    ("types of arguments", "in a tuple", "def f(a: tuple[float, ...]) -> None: ...", "def f(a: tuple[int, int]) -> None: ...", ["BREAKING `f` takes `a: tuple[int, int]`, was `tuple[float, ...]`"], ["ADDITION `f` takes `a: tuple[float, ...]`, was `tuple[int, int]`"]),
    ("types of arguments", "what a callback is given", "def f(a: Callable[[int], object]) -> None: ...", "def f(a: Callable[[float], object]) -> None: ...", ["BREAKING `f` takes `a: Callable[[float], object]`, was `Callable[[int], object]`"], ["ADDITION `f` takes `a: Callable[[int], object]`, was `Callable[[float], object]`"]),
    ("types of arguments", "what a callback gives", "def f(a: Callable[[], float]) -> None: ...", "def f(a: Callable[[], int]) -> None: ...", ["BREAKING `f` takes `a: Callable[[], int]`, was `Callable[[], float]`"], ["ADDITION `f` takes `a: Callable[[], float]`, was `Callable[[], int]`"]),
    ("types of arguments", "how many a callback is given", "def f(a: Callable[..., object]) -> None: ...", "def f(a: Callable[[int], object]) -> None: ...", ["BREAKING `f` takes `a: Callable[[int], object]`, was `Callable[..., object]`"], ["ADDITION `f` takes `a: Callable[..., object]`, was `Callable[[int], object]`"]),
    ("types of arguments", "a class for its base", "class A: ...\nclass B(A): ...\ndef f(a: A) -> None: ...", "class A: ...\nclass B(A): ...\ndef f(a: B) -> None: ...", ["BREAKING `f` takes `a: B`, was `A`"], ["ADDITION `f` takes `a: A`, was `B`"]),
    ("types of arguments", "a class for a protocol that it has all of", "class P(Protocol):\n    def m(self) -> None: ...\nclass A:\n    def m(self) -> None: ...\ndef f(a: P) -> None: ...", "class P(Protocol):\n    def m(self) -> None: ...\nclass A:\n    def m(self) -> None: ...\ndef f(a: A) -> None: ...", ["BREAKING `f` takes `a: A`, was `P`"], ["ADDITION `f` takes `a: P`, was `A`"]),
    ("types of arguments", "anything", "def f(a: object) -> None: ...", "def f(a: int) -> None: ...", ["BREAKING `f` takes `a: int`, was `object`"], ["ADDITION `f` takes `a: object`, was `int`"]),
    ("types of arguments", "not stated", "def f(a) -> None: ...", "def f(a: int) -> None: ...", ["NOTE `f` takes `a: int`, was not stated"], ["NOTE `f` does not state `int` any more"]),
    ("types of arguments", "an alias that nobody knows", "_A = int | str\ndef f(a: _A) -> None: ...", "_A = int\ndef f(a: _A) -> None: ...", ["BREAKING `f` takes `a: int`, was `int | str`"], ["ADDITION `f` takes `a: int | str`, was `int`"]),
    ("types of arguments", "an alias within quotes", "X: TypeAlias = 'Mapping[str, int] | None'\ndef f(a: X) -> None: ...", "X: TypeAlias = 'Mapping[str, int]'\ndef f(a: X) -> None: ...", ["BREAKING `X` is no `None` any more"], ["ADDITION `X` may be `None`"]),
    ("types of arguments", "an alias of an alias", "_A = int | str\nX = _A | None\ndef f(a: X) -> None: ...", "_A = int\nX = _A | None\ndef f(a: X) -> None: ...", ["BREAKING `X` is no `str` any more"], ["ADDITION `X` may be `str`"]),
    ("types of arguments", "an alias with a variable", "T = TypeVar('T')\n_A = list[T] | T\ndef f(a: _A[int]) -> None: ...", "T = TypeVar('T')\n_A = list[T]\ndef f(a: _A[int]) -> None: ...", ["BREAKING `f` takes `a: list[int]`, was `int | list[int]`"], ["ADDITION `f` takes `a: int | list[int]`, was `list[int]`"]),
    ("types of arguments", "an alias that speaks of itself", "X: TypeAlias = 'int | list[X]'\ndef f(a: X) -> None: ...", "X: TypeAlias = 'list[X]'\ndef f(a: X) -> None: ...", ["BREAKING `X` is no `int` any more"], ["ADDITION `X` may be `int`"]),
    ("types of arguments", "a new type", "N = NewType('N', int)\ndef f(a: int) -> None: ...", "N = NewType('N', int)\ndef f(a: N) -> None: ...", ["BREAKING `f` takes `a: N`, was `int`"], ["BREAKING `f` takes `a: int`, was `N`"]),
    ("defaults", "lost", "def f(a: int = 0) -> None: ...", "def f(a: int) -> None: ...", ["BREAKING `f` needs `a`"], ["ADDITION `f` does not need `a` any more"]),
    ("defaults", "another", "def f(a: int = 1) -> None: ...", "def f(a: int = 2) -> None: ...", ["BREAKING `f` has the default 2 for `a`, was 1"], ["BREAKING `f` has the default 1 for `a`, was 2"]),
    ("defaults", "spelt otherwise", "def f(a: int = 1_000, b: str = 'x') -> None: ...", 'def f(a: int = 1000, b: str = "x") -> None: ...', [], []),
    ("defaults", "a constant in its place", "def f(a: int = 5) -> None: ...", "_D = 5\ndef f(a: int = _D) -> None: ...", [], []),
    ("defaults", "a constant that changed", "_D = 5\ndef f(a: int = _D) -> None: ...", "_D = 6\ndef f(a: int = _D) -> None: ...", ["BREAKING `f` has the default 6 for `a`, was 5"], ["BREAKING `f` has the default 5 for `a`, was 6"]),
    ("kinds of arguments", "by name alone", "def f(a: int) -> None: ...", "def f(*, a: int) -> None: ...", ["BREAKING `f` takes `a` as keyword-only, was positional or keyword"], ["ADDITION `f` takes `a` as positional or keyword, was keyword-only"]),
    ("kinds of arguments", "by position alone", "def f(a: int) -> None: ...", "def f(a: int, /) -> None: ...", ["BREAKING `f` takes `a` as positional-only, was positional or keyword"], ["ADDITION `f` takes `a` as positional or keyword, was positional-only"]),
    ("returns", "wider", "def f() -> int: ...", "def f() -> int | None: ...", ["BREAKING `f` returns `int | None`, was `int`"], ["NOTE `f` returns `int`, was `int | None`"]),
    ("returns", "another", "def f() -> int: ...", "def f() -> str: ...", ["BREAKING `f` returns `str`, was `int`"], ["BREAKING `f` returns `int`, was `str`"]),
    ("returns", "a sequence for a list", "def f() -> list[int]: ...", "def f() -> Sequence[int]: ...", ["BREAKING `f` returns `Sequence[int]`, was `list[int]`"], ["NOTE `f` returns `list[int]`, was `Sequence[int]`"]),
    ("returns", "anything", "def f() -> int: ...", "def f() -> Any: ...", ["BREAKING `f` returns `Any`, was `int`"], ["NOTE `f` returns `int`, was `Any`"]),
    ("returns", "not stated", "def f() -> int: ...", "def f(): ...", ["NOTE `f` does not state `int` any more"], ["NOTE `f` returns `int`, was not stated"]),
    ("returns", "what can be awaited", "def f() -> Awaitable[int]: ...", "def f() -> Coroutine[Any, Any, int]: ...", ["NOTE `f` returns `Coroutine[Any, Any, int]`, was `Awaitable[int]`"], ["BREAKING `f` returns `Awaitable[int]`, was `Coroutine[Any, Any, int]`"]),
    ("returns", "itself", "class C:\n    def m(self) -> Self: ...", "class C:\n    def m(self) -> 'C': ...", ["BREAKING `C.m` returns `'C'`, was `Self`"], ["NOTE `C.m` returns `Self`, was `'C'`"]),
    ("returns", "an iterator for a list", "def f() -> list[int]: ...", "def f() -> Iterator[int]: ...", ["BREAKING `f` returns `Iterator[int]`, was `list[int]`"], ["BREAKING `f` returns `list[int]`, was `Iterator[int]`"]),
    ("returns", "what has no name", "class _R:\n    def close(self) -> None: ...\ndef f() -> _R: ...", "class _R:\n    def shut(self) -> None: ...\ndef f() -> _R: ...", ["BREAKING `f().close` was removed", "ADDITION `f().shut` is new"], ["BREAKING `f().shut` was removed", "ADDITION `f().close` is new"]),
    ("returns", "what has no name has another", "class _R:\n    def close(self) -> None: ...\ndef f() -> _R: ...", "class _S:\n    def close(self) -> None: ...\ndef f() -> _S: ...", [], []),
    ("returns", "what has no name gets one", "class _R:\n    def close(self) -> None: ...\ndef f() -> _R: ...", "class R:\n    def close(self) -> None: ...\n_R = R\ndef f() -> R: ...", ["ADDITION `R` is new"], ["BREAKING `R` was removed"]),
    ("returns", "what has no name instead of nothing", "def f() -> None: ...", "class _R:\n    def close(self) -> None: ...\ndef f() -> _R: ...", ["BREAKING `f` returns `_R`, was `None`"], ["BREAKING `f` returns `None`, was `_R`"]),
    ("returns", "an iterator of its own", "def f() -> Iterator[int]: ...", "class _I:\n    def __iter__(self) -> Self: ...\n    def __next__(self) -> int: ...\ndef f() -> _I: ...", ["NOTE `f` returns `_I`, was `Iterator[int]`"], ["BREAKING `f` returns `Iterator[int]`, was `_I`"]),
    ("returns", "of a constructor", "class C:\n    def __init__(self, a: int) -> None: ...", "class C:\n    def __new__(cls, a: int) -> Self: ...", [], []),
    ("returns", "what a decorator makes of functions", "P = ParamSpec('P')\ndef _g(a: Callable[P, int]) -> Callable[P, int]: ...\nclass C:\n    def __init__(self) -> None:\n        self.m = _g(int)", "P = ParamSpec('P')\ndef _g(a: Callable[Concatenate[Any, P], int]) -> Callable[Concatenate[Any, P], int]: ...\nclass C:\n    def __init__(self) -> None:\n        self.m = _g(int)", [], []),
    ("returns", "a class of another distribution under a name of ours", "_URL = httpx.URL\ndef f() -> _URL: ...", "def f() -> httpx.URL: ...", [], []),
    ("returns", "what another function gives", "def _g(a: object) -> int: ...\nclass C:\n    def __init__(self) -> None:\n        self.m = _g(1)", "def _g(a: object) -> str: ...\nclass C:\n    def __init__(self) -> None:\n        self.m = _g(1)", ["BREAKING `C.m` is `str`, was `int`"], ["BREAKING `C.m` is `int`, was `str`"]),
    ("returns", "of a property", "class C:\n    @property\n    def a(self) -> int: ...", "class C:\n    @property\n    def a(self) -> int | None: ...", ["BREAKING `C.a` is `int | None`, was `int`"], ["NOTE `C.a` is `int`, was `int | None`"]),
    ("returns", "of a function that gives functions", "def f() -> Callable[[int], int]: ...", "def f() -> Callable[[str], int]: ...", ["BREAKING `f` returns `Callable[[str], int]`, was `Callable[[int], int]`"], ["BREAKING `f` returns `Callable[[int], int]`, was `Callable[[str], int]`"]),
    ("async", "a function", "def f() -> int: ...", "async def f() -> int: ...", ["BREAKING `f` is `async`: it has to be awaited"], ["BREAKING `f` is not `async` any more"]),
    ("async", "a method", "class C:\n    def m(self) -> int: ...", "class C:\n    async def m(self) -> int: ...", ["BREAKING `C.m` is `async`: it has to be awaited"], ["BREAKING `C.m` is not `async` any more"]),
    ("async", "a generator", "async def f() -> AsyncIterator[int]:\n    yield 1", "async def f() -> AsyncIterator[int]:\n    return g()", ["BREAKING `f` is `async`: it has to be awaited"], ["BREAKING `f` is not `async` any more"]),
    ("async", "a generator and what gives one", "async def f() -> AsyncIterator[int]:\n    yield 1", "def f() -> AsyncIterator[int]: ...", [], []),
    ("async", "a generator within it", "async def f() -> int:\n    def g() -> Iterator[int]:\n        yield 1\n    return 1", "async def f() -> int:\n    return 1", [], []),
    ("async", "a context manager", "@contextlib.contextmanager\ndef f() -> Iterator[int]:\n    yield 1", "@contextlib.asynccontextmanager\nasync def f() -> AsyncIterator[int]:\n    yield 1", ["BREAKING `f` is an asynchronous context manager", "BREAKING `f` is no context manager any more", "BREAKING `f` returns `AsyncIterator[int]`, was `Iterator[int]`"], ["BREAKING `f` is a context manager", "BREAKING `f` is no asynchronous context manager any more", "BREAKING `f` returns `Iterator[int]`, was `AsyncIterator[int]`"]),
    ("async", "iteration", "class C:\n    def __iter__(self) -> Iterator[int]: ...", "class C:\n    def __aiter__(self) -> AsyncIterator[int]: ...", ["BREAKING `C.__iter__` was removed", "ADDITION `C.__aiter__` is new"], ["BREAKING `C.__aiter__` was removed", "ADDITION `C.__iter__` is new"]),
    ("async", "the context of an object", "class C:\n    def __enter__(self) -> Self: ...\n    def __exit__(self, *exc: object) -> None: ...", "class C: ...", ["BREAKING `C.__enter__` was removed", "BREAKING `C.__exit__` was removed"], ["ADDITION `C.__enter__` is new", "ADDITION `C.__exit__` is new"]),
    ("async", "an iterator and what gives one", "class C:\n    def m(self) -> Iterator[int]: ...", "class C:\n    async def m(self) -> Iterator[int]: ...", ["BREAKING `C.m` is `async`: it has to be awaited"], ["BREAKING `C.m` is not `async` any more"]),
    ("bases", "another exception", "class E(ValueError): ...", "class E(TypeError): ...", ["BREAKING `E` is no `ValueError` any more", "ADDITION `E` is a `TypeError` too"], ["BREAKING `E` is no `TypeError` any more", "ADDITION `E` is a `ValueError` too"]),
    ("bases", "a nearer exception", "class E(Exception): ...", "class E(ValueError): ...", ["ADDITION `E` is a `ValueError` too"], ["BREAKING `E` is no `ValueError` any more"]),
    ("bases", "one of two", "class E(ValueError, KeyError): ...", "class E(ValueError): ...", ["BREAKING `E` is no `KeyError` any more"], ["ADDITION `E` is a `KeyError` too"]),
    ("bases", "told of the class that lost it", "class D(ValueError): ...\nclass E(D): ...", "class D(TypeError): ...\nclass E(D): ...", ["BREAKING `D` is no `ValueError` any more", "ADDITION `D` is a `TypeError` too"], ["BREAKING `D` is no `TypeError` any more", "ADDITION `D` is a `ValueError` too"]),
    ("bases", "lost by a class that nobody knows", "class _D(ValueError): ...\nclass E(_D): ...", "class _D(TypeError): ...\nclass E(_D): ...", ["BREAKING `E` is no `ValueError` any more", "ADDITION `E` is a `TypeError` too"], ["BREAKING `E` is no `TypeError` any more", "ADDITION `E` is a `ValueError` too"]),
    ("bases", "one between", "class D(Exception): ...\nclass E(D): ...", "class D(Exception): ...\nclass M(D): ...\nclass E(M): ...", ["ADDITION `E` is a `M` too", "ADDITION `M` is new"], ["BREAKING `E` is no `M` any more", "BREAKING `M` was removed"]),
    ("bases", "one between that nobody knows", "class D(Exception): ...\nclass E(D): ...", "class D(Exception): ...\nclass _M(D): ...\nclass E(_M): ...", [], []),
    ("bases", "in another order", "class A: ...\nclass B: ...\nclass C(A, B): ...", "class A: ...\nclass B: ...\nclass C(B, A): ...", ["NOTE `C` looks names up in another order: `B`, `A`"], ["NOTE `C` looks names up in another order: `A`, `B`"]),
    ("bases", "of another distribution", "class C(httpx.Client): ...", "class C(httpx.BaseTransport): ...", ["BREAKING `C` is no `httpx.Client` any more", "ADDITION `C` is a `httpx.BaseTransport` too"], ["BREAKING `C` is no `httpx.BaseTransport` any more", "ADDITION `C` is a `httpx.Client` too"]),
    ("bases", "with other items", "class C(list[int]): ...", "class C(list[str]): ...", ["BREAKING `C` is a `list[str]`, was `list[int]`"], ["BREAKING `C` is a `list[int]`, was `list[str]`"]),
    ("bases", "a metaclass", "class _M(type): ...\nclass C: ...", "class _M(type): ...\nclass C(metaclass=_M): ...", ["BREAKING `C` has the metaclass `_M`, had `type`"], ["BREAKING `C` has the metaclass `type`, had `_M`"]),
    ("bases", "an abstract class", "class C: ...", "class C(abc.ABC): ...", [], []),
    ("bases", "an attribute that comes from a base of Python", "class C(list[int]):\n    def append(self, item: int) -> None: ...", "class C(list[int]): ...", [], ["ADDITION `C.append` is new"]),
    ("bases", "an exception for another of its kind", "class A(Exception): ...\nclass B(A): ...\nclass E(B): ...", "class A(Exception): ...\nclass B(A): ...\nclass E(A): ...", ["BREAKING `E` is no `B` any more"], ["ADDITION `E` is a `B` too"]),
    ("classes", "final", "class C: ...", "@final\nclass C: ...", ["BREAKING `C` is final"], ["ADDITION `C` is not final any more"]),
    ("classes", "abstract", "class C(abc.ABC):\n    def m(self) -> None: ...", "class C(abc.ABC):\n    @abc.abstractmethod\n    def m(self) -> None: ...", ["BREAKING `C.m` is abstract: a subclass has to define it", "BREAKING `C` cannot be made: it has abstract methods"], ["ADDITION `C.m` is not abstract any more", "ADDITION `C` can be made: nothing in it is abstract"]),
    ("classes", "one more abstract method", "class C(abc.ABC):\n    @abc.abstractmethod\n    def m(self) -> None: ...", "class C(abc.ABC):\n    @abc.abstractmethod\n    def m(self) -> None: ...\n    @abc.abstractmethod\n    def n(self) -> None: ...", ["BREAKING `C.n` is new, and abstract: a subclass has to define it"], ["BREAKING `C.n` was removed"]),
    ("classes", "a protocol", "class P:\n    a: int", "class P(Protocol):\n    a: int", ["BREAKING `P` is a protocol: it cannot be made"], ["BREAKING `P` is no protocol: what is like it is none any more"]),
    ("classes", "one more of a protocol", "class P(Protocol):\n    a: int", "class P(Protocol):\n    a: int\n    def m(self) -> None: ...", ["BREAKING `P.m` is new: what is to fit the protocol needs it"], ["BREAKING `P.m` was removed"]),
    ("classes", "one more of a protocol that is given alone", "class P(Protocol):\n    a: int\ndef f() -> P: ...", "class P(Protocol):\n    a: int\n    b: int\ndef f() -> P: ...", ["ADDITION `P.b` is new"], ["BREAKING `P.b` was removed"]),
    ("classes", "a protocol for isinstance", "@runtime_checkable\nclass P(Protocol):\n    a: int", "class P(Protocol):\n    a: int", ["BREAKING `P` is not for `isinstance` any more"], ["ADDITION `P` is for `isinstance` too"]),
    ("classes", "slots", "class C:\n    a: int", "class C:\n    __slots__ = ('a',)\n    a: int", ["BREAKING `C` has slots: it takes no other attributes", "BREAKING `C` takes no weak references any more"], ["ADDITION `C` takes attributes it does not name", "ADDITION `C` takes weak references"]),
    ("classes", "slots below a base without", "class _B: ...\nclass C(_B):\n    a: int", "class _B: ...\nclass C(_B):\n    __slots__ = ('a',)\n    a: int", [], []),
    ("classes", "compared by value", "class C: ...", "class C:\n    def __eq__(self, other: object) -> bool: ...", ["BREAKING `C` is not hashable any more", "ADDITION `C` is compared by value"], ["BREAKING `C` is compared by identity", "ADDITION `C` is hashable"]),
    ("classes", "no hash", "class C: ...", "class C:\n    __hash__ = None", ["BREAKING `C` is not hashable any more"], ["ADDITION `C` is hashable"]),
    ("classes", "ordered", "class C: ...", "class C:\n    def __lt__(self, other: object) -> bool: ...", ["ADDITION `C` is ordered"], ["BREAKING `C` is not ordered any more"]),
    ("classes", "deprecated", "class C: ...", "@warnings.deprecated('no')\nclass C: ...", ["NOTE `C` is deprecated"], ["NOTE `C` is not deprecated any more"]),
    ("classes", "what is matched by position", "class C:\n    __match_args__ = ('a', 'b')", "class C:\n    __match_args__ = ('a',)", ["BREAKING `C` is matched by position as `('a',)`, was `('a', 'b')`"], []),
    ("classes", "an enumeration loses a member", "class C(enum.Enum):\n    A = 1\n    B = 2", "class C(enum.Enum):\n    A = 1", ["BREAKING `C.B` was removed"], ["BREAKING `C.B` is new, which an exhaustive `match` does not expect"]),
    ("classes", "an enumeration that is taken alone loses a member", "class C(enum.Enum):\n    A = 1\n    B = 2\ndef f(a: C) -> None: ...", "class C(enum.Enum):\n    A = 1\ndef f(a: C) -> None: ...", ["BREAKING `C.B` was removed"], ["ADDITION `C.B` is new"]),
    ("classes", "an enumeration has a method", "class C(enum.Enum):\n    A = 1", "class C(enum.Enum):\n    A = 1\n    def m(self) -> int: ...\n    @property\n    def n(self) -> int: ...", ["ADDITION `C.m` is new", "ADDITION `C.n` is new"], ["BREAKING `C.m` was removed", "BREAKING `C.n` was removed"]),
    ("classes", "an enumeration has another value", "class C(enum.Enum):\n    A = 1", "class C(enum.Enum):\n    A = 2", ["BREAKING `C.A` is `2`, was `1`"], ["BREAKING `C.A` is `1`, was `2`"]),
    ("classes", "a function in its place", "class C:\n    def __init__(self, a: int) -> None: ...", "def C(a: int) -> None: ...", ["BREAKING `C` turned from class to function"], ["BREAKING `C` turned from function to class"]),
    ("classes", "a method in place of one of Python", "class C:\n    def __repr__(self) -> str: ...", "class C: ...", [], []),
    ("classes", "what is called", "class C:\n    def __call__(self) -> int: ...", "class C: ...", ["BREAKING `C.__call__` was removed"], ["ADDITION `C.__call__` is new"]),
    ("classes", "what can be subscripted", "class C:\n    def __getitem__(self, key: int) -> int: ...\n    def __len__(self) -> int: ...", "class C:\n    def __getitem__(self, key: str) -> int: ...", ["BREAKING `C.__getitem__` takes `key: str`, was `int`", "BREAKING `C.__len__` was removed"], ["BREAKING `C.__getitem__` takes `key: int`, was `str`", "ADDITION `C.__len__` is new"]),
    ("methods", "static", "class C:\n    def m(self) -> None: ...", "class C:\n    @staticmethod\n    def m() -> None: ...", ["ADDITION `C.m` may be called on the class"], ["BREAKING `C.m` is called on an instance alone"]),
    ("methods", "of the class", "class C:\n    def m(self) -> None: ...", "class C:\n    @classmethod\n    def m(cls) -> None: ...", ["ADDITION `C.m` may be called on the class"], ["BREAKING `C.m` is called on an instance alone"]),
    ("methods", "static or of the class", "class C:\n    @staticmethod\n    def m() -> None: ...", "class C:\n    @classmethod\n    def m(cls) -> None: ...", [], []),
    ("methods", "a property", "class C:\n    def m(self) -> int: ...", "class C:\n    @property\n    def m(self) -> int: ...", ["BREAKING `C.m` turned from function to property"], ["BREAKING `C.m` turned from property to function"]),
    ("methods", "a cached property", "class C:\n    @property\n    def m(self) -> int: ...", "class C:\n    @functools.cached_property\n    def m(self) -> int: ...", ["ADDITION `C.m` may be assigned to", "ADDITION `C.m` may be deleted"], ["BREAKING `C.m` cannot be assigned to any more", "BREAKING `C.m` cannot be deleted any more"]),
    ("methods", "a property by a decorator of the package", "class C:\n    @functools.cached_property\n    def m(self) -> int: ...", "class _lazy(functools.cached_property[T]): ...\n_own = _lazy\nclass C:\n    @_own\n    def m(self) -> int: ...", [], []),
    ("methods", "a cache", "@functools.cache\ndef f() -> int: ...", "def f() -> int: ...", ["BREAKING `f` has no cache any more"], ["ADDITION `f` has a cache that can be cleared"]),
    ("methods", "final", "class C:\n    def m(self) -> int: ...", "class C:\n    @final\n    def m(self) -> int: ...", ["BREAKING `C.m` is final"], ["ADDITION `C.m` is not final any more"]),
    ("methods", "deprecated", "class C:\n    def m(self) -> int: ...", "class C:\n    @typing_extensions.deprecated('no')\n    def m(self) -> int: ...", ["NOTE `C.m` is deprecated"], ["NOTE `C.m` is not deprecated any more"]),
    ("methods", "removed", "class C:\n    def m(self) -> int: ...", "class C: ...", ["BREAKING `C.m` was removed"], ["ADDITION `C.m` is new"]),
    ("methods", "moved to a base that nobody knows", "class C:\n    def m(self) -> int: ...", "class _B:\n    def m(self) -> int: ...\nclass C(_B): ...", [], []),
    ("methods", "another name for one", "class C:\n    def m(self) -> int: ...\n    def n(self) -> int: ...", "class C:\n    def m(self) -> int: ...\n    n = m", [], []),
    ("attributes", "removed", "class C:\n    a: int\n    b: int", "class C:\n    a: int", ["BREAKING `C.b` was removed"], ["ADDITION `C.b` is new"]),
    ("attributes", "wider", "class C:\n    a: int", "class C:\n    a: int | None", ["BREAKING `C.a` is `int | None`, was `int`"], ["NOTE `C.a` is `int`, was `int | None`"]),
    ("attributes", "of a value", "class C:\n    def __init__(self) -> None:\n        self.a = 1", "class C:\n    def __init__(self) -> None:\n        self.a = '1'", ["BREAKING `C.a` is `str`, was `int`"], ["BREAKING `C.a` is `int`, was `str`"]),
    ("attributes", "of an argument", "class C:\n    def __init__(self, a: int) -> None:\n        self.a = a", "class C:\n    def __init__(self, a: int | None) -> None:\n        self.a = a", ["BREAKING `C.a` is `int | None`, was `int`", "ADDITION `C.__init__` takes `a: int | None`, was `int`"], ["BREAKING `C.__init__` takes `a: int`, was `int | None`", "NOTE `C.a` is `int`, was `int | None`"]),
    ("attributes", "told of the class that defines it", "class LongName:\n    a: int\nclass C(LongName): ...", "class LongName:\n    a: str\nclass C(LongName): ...", ["BREAKING `LongName.a` is `str`, was `int`"], ["BREAKING `LongName.a` is `int`, was `str`"]),
    ("attributes", "removed from the class that defines it", "class LongName:\n    a: int\nclass C(LongName): ...", "class LongName: ...\nclass C(LongName): ...", ["BREAKING `LongName.a` was removed"], ["ADDITION `LongName.a` is new"]),
    ("attributes", "a property", "class C:\n    a: int", "class C:\n    @property\n    def a(self) -> int: ...", ["BREAKING `C.a` cannot be assigned to any more", "BREAKING `C.a` cannot be deleted any more"], ["ADDITION `C.a` may be assigned to", "ADDITION `C.a` may be deleted"]),
    ("attributes", "a property that cannot be set", "class C:\n    @property\n    def a(self) -> int: ...\n    @a.setter\n    def a(self, value: int) -> None: ...", "class C:\n    @property\n    def a(self) -> int: ...", ["BREAKING `C.a` cannot be assigned to any more"], ["ADDITION `C.a` may be assigned to"]),
    ("attributes", "a property is set to less", "class C:\n    @property\n    def a(self) -> int: ...\n    @a.setter\n    def a(self, value: int | str) -> None: ...", "class C:\n    @property\n    def a(self) -> int: ...\n    @a.setter\n    def a(self, value: int) -> None: ...", ["BREAKING `C.a` is set to `int`, was `int | str`"], ["ADDITION `C.a` is set to `int | str`, was `int`"]),
    ("attributes", "final", "class C:\n    a: int = 1", "class C:\n    a: Final[int] = 1", ["BREAKING `C.a` cannot be assigned to any more"], ["ADDITION `C.a` may be assigned to"]),
    ("attributes", "of the class alone", "class C:\n    a: int = 1", "class C:\n    a: ClassVar[int] = 1", ["BREAKING `C.a` is a `ClassVar`, which instances do not set"], ["NOTE `C.a` is no `ClassVar` any more"]),
    ("attributes", "of instances alone", "class C:\n    a: int = 1", "class C:\n    a: int", ["BREAKING `C.a` is on instances alone"], ["ADDITION `C.a` is on the class too"]),
    ("attributes", "another value", "class C:\n    a = 1", "class C:\n    a = 2", ["NOTE `C.a` is `2`, was `1`"], ["NOTE `C.a` is `1`, was `2`"]),
    ("attributes", "a constant", "LIMIT = 1", "LIMIT = 2", ["NOTE `LIMIT` is `2`, was `1`"], ["NOTE `LIMIT` is `1`, was `2`"]),
    ("attributes", "a constant of another type", "LIMIT = 1", "LIMIT = '1'", ["BREAKING `LIMIT` is `str`, was `int`"], ["BREAKING `LIMIT` is `int`, was `str`"]),
    ("attributes", "a constant spelt otherwise", "LIMIT = 1000", "LIMIT = 1_000", [], []),
    ("attributes", "a class under another name", "class C: ...\nclass D: ...", "class C: ...\nD = C", [], []),
    ("attributes", "of a base with a longer name", "class Long:\n    a: int\nclass B(Long): ...", "class Long:\n    a: str\nclass B(Long): ...", ["BREAKING `Long.a` is `str`, was `int`"], ["BREAKING `Long.a` is `int`, was `str`"]),
    ("attributes", "of a class in a base with a longer name", "class Long:\n    class In:\n        a: int\nclass B(Long): ...", "class Long:\n    class In:\n        a: str\nclass B(Long): ...", ["BREAKING `Long.In.a` is `str`, was `int`"], ["BREAKING `Long.In.a` is `int`, was `str`"]),
    ("attributes", "behind a property of a base with a longer name", "class _V:\n    a: int\nclass Long:\n    @property\n    def v(self) -> _V: ...\nclass B(Long): ...", "class _V:\n    a: str\nclass Long:\n    @property\n    def v(self) -> _V: ...\nclass B(Long): ...", ["BREAKING `Long.v.a` is `str`, was `int`"], ["BREAKING `Long.v.a` is `int`, was `str`"]),
    ("__all__", "a name left", "__all__ = ['f', 'g']\ndef f() -> None: ...\ndef g() -> None: ...", "__all__ = ['f']\ndef f() -> None: ...\ndef g() -> None: ...", ["BREAKING `g` is not in `__all__` any more"], ["ADDITION `g` is new"]),
    ("__all__", "a name of another distribution left", "__all__ = ['f', 'Timeout']\nfrom httpx import Timeout\ndef f() -> None: ...", "__all__ = ['f']\nfrom httpx import Timeout\ndef f() -> None: ...", ["BREAKING `Timeout` is not in `__all__` any more"], ["ADDITION `Timeout` is new"]),
    ("__all__", "a name of another distribution", "__all__ = ['Timeout']\nfrom httpx import Timeout", "__all__ = ['Timeout']\nfrom httpx2 import Timeout", ["BREAKING `Timeout` is `httpx2.Timeout`, was `httpx.Timeout`"], ["BREAKING `Timeout` is `httpx.Timeout`, was `httpx2.Timeout`"]),
    ("__all__", "a name that is found when it is asked for", "__all__ = ['f', 'g']\ndef f() -> None: ...\ndef __getattr__(name: str) -> object: ...", "__all__ = ['f']\ndef f() -> None: ...\ndef __getattr__(name: str) -> object: ...", ["BREAKING `g` was removed"], ["ADDITION `g` is new"]),
    ("__all__", "in another order", "__all__ = ['f', 'g']\ndef f() -> None: ...\ndef g() -> None: ...", "__all__ = ['g', 'f']\ndef f() -> None: ...\ndef g() -> None: ...", [], []),
    ("__all__", "made of parts", "__all__ = ['f', 'g']\ndef f() -> None: ...\ndef g() -> None: ...", "__all__ = ['f']\n__all__ += ['g']\ndef f() -> None: ...\ndef g() -> None: ...", [], []),
    ("generics", "one more parameter", "T = TypeVar('T')\nU = TypeVar('U')\nclass C(Generic[T]): ...", "T = TypeVar('T')\nU = TypeVar('U')\nclass C(Generic[T, U]): ...", ["BREAKING `C` has 2 type parameters, had 1"], ["BREAKING `C` has 1 type parameters, had 2"]),
    ("generics", "one more with a default", "T = TypeVar('T')\nU = typing_extensions.TypeVar('U', default=int)\nclass C(Generic[T]): ...", "T = TypeVar('T')\nU = typing_extensions.TypeVar('U', default=int)\nclass C(Generic[T, U]): ...", ["ADDITION `C` has 2 type parameters, had 1"], ["BREAKING `C` has 1 type parameters, had 2"]),
    ("generics", "a bound", "_T = TypeVar('_T')\nclass C(Generic[_T]): ...", "_T = TypeVar('_T', bound=int)\nclass C(Generic[_T]): ...", ["BREAKING `C` takes `int` as type parameter 1, was `object`"], ["ADDITION `C` takes `object` as type parameter 1, was `int`"]),
    ("generics", "constraints", "_T = TypeVar('_T', int, str)\nclass C(Generic[_T]): ...", "_T = TypeVar('_T', int, bytes)\nclass C(Generic[_T]): ...", ["BREAKING `C` takes `bytes | int` as type parameter 1, was `int | str`"], ["BREAKING `C` takes `int | str` as type parameter 1, was `bytes | int`"]),
    ("generics", "variance", "_T = TypeVar('_T', covariant=True)\nclass C(Generic[_T]): ...", "_T = TypeVar('_T')\nclass C(Generic[_T]): ...", ["BREAKING `C` is invariant in type parameter 1, was covariant"], ["ADDITION `C` is covariant in type parameter 1, was invariant"]),
    ("generics", "what a variable stands for", "_T = TypeVar('_T')\nclass C(Generic[_T]): ...", "_T = ParamSpec('_T')\nclass C(Generic[_T]): ...", ["BREAKING `C` has the ParamSpec as type parameter 1, was a TypeVar"], ["BREAKING `C` has the TypeVar as type parameter 1, was a ParamSpec"]),
    ("generics", "another default", "_T = typing_extensions.TypeVar('_T', default=int)\nclass C(Generic[_T]): ...", "_T = typing_extensions.TypeVar('_T', default=str)\nclass C(Generic[_T]): ...", ["BREAKING `C` has another default for type parameter 1"], ["BREAKING `C` has another default for type parameter 1"]),
    ("generics", "parameters in another order", "_K = TypeVar('_K')\n_V = TypeVar('_V')\nclass C(Generic[_K, _V]):\n    def get(self, key: _K) -> _V: ...", "_K = TypeVar('_K')\n_V = TypeVar('_V')\nclass C(Generic[_V, _K]):\n    def get(self, key: _K) -> _V: ...", ["BREAKING `C.get` returns `type parameter 1`, was `type parameter 2`", "BREAKING `C.get` takes `key: type parameter 2`, was `type parameter 1`"], ["BREAKING `C.get` returns `type parameter 2`, was `type parameter 1`", "BREAKING `C.get` takes `key: type parameter 1`, was `type parameter 2`"]),
    ("generics", "a variable with another name", "_T = TypeVar('_T')\ndef f(a: _T) -> list[_T]: ...", "_S = TypeVar('_S')\ndef f(a: _S) -> list[_S]: ...", [], []),
    ("generics", "a variable that is bound", "_T = TypeVar('_T')\ndef f(a: _T) -> _T: ...", "_T = TypeVar('_T', bound=int)\ndef f(a: _T) -> _T: ...", ["BREAKING `f` takes `a: any int`, was `any object`", "NOTE `f` returns `any int`, was `any object`"], ["BREAKING `f` returns `any object`, was `any int`", "ADDITION `f` takes `a: any object`, was `any int`"]),
    ("generics", "a function that is none any more", "_T = TypeVar('_T')\ndef f(a: _T) -> _T: ...", "def f(a: object) -> object: ...", ["BREAKING `f` returns `object`, was `_T`", "ADDITION `f` takes `a: object`, was `_T`"], ["BREAKING `f` takes `a: _T`, was `object`", "NOTE `f` returns `_T`, was `object`"]),
    ("generics", "what a class gives of its parameter", "_T = TypeVar('_T', covariant=True)\nclass C(Generic[_T]): ...\ndef f() -> C[int]: ...", "_T = TypeVar('_T', covariant=True)\nclass C(Generic[_T]): ...\ndef f() -> C[float]: ...", ["BREAKING `f` returns `C[float]`, was `C[int]`"], ["NOTE `f` returns `C[int]`, was `C[float]`"]),
    ("generics", "a variable that callers know", "T = TypeVar('T')", "T = TypeVar('T', bound=int)", ["BREAKING `T` is `TypeVar('T', bound=int)`, was `TypeVar('T')`"], ["BREAKING `T` is `TypeVar('T')`, was `TypeVar('T', bound=int)`"]),
    ("generics", "a new type of something else", "N = NewType('N', int)", "N = NewType('N', str)", ["BREAKING `N` is `NewType('N', str)`, was `NewType('N', int)`"], ["BREAKING `N` is `NewType('N', int)`, was `NewType('N', str)`"]),
    ("overloads", "one removed", "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> str: ...\ndef f(a): ...", "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: bytes) -> str: ...\ndef f(a): ...", ["BREAKING `f` cannot be called as `(a: str)` any more", "ADDITION `f` may be called as `(a: bytes)`"], ["BREAKING `f` cannot be called as `(a: bytes)` any more", "ADDITION `f` may be called as `(a: str)`"]),
    ("overloads", "one with another result", "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> str: ...\ndef f(a): ...", "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> bytes: ...\ndef f(a): ...", ["BREAKING `f` returns `bytes` when called as `(a: str)`, was `str`"], ["BREAKING `f` returns `str` when called as `(a: str)`, was `bytes`"]),
    ("overloads", "in another order where both fit", "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: object) -> str: ...\ndef f(a): ...", "@overload\ndef f(a: object) -> str: ...\n@overload\ndef f(a: int) -> int: ...\ndef f(a): ...", ["BREAKING `f` returns `str` when called as `(a: int)`, was `int`"], ["BREAKING `f` returns `int` when called as `(a: int)`, was `str`"]),
    ("overloads", "in another order where one fits", "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> str: ...\ndef f(a): ...", "@overload\ndef f(a: str) -> str: ...\n@overload\ndef f(a: int) -> int: ...\ndef f(a): ...", [], []),
    ("overloads", "in the place of a union", "def f(a: int | str) -> int | str: ...", "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> str: ...\ndef f(a): ...", [], ["BREAKING `f` returns `int | str` when called as `(a: int)`, was `int`", "BREAKING `f` returns `int | str` when called as `(a: str)`, was `str`"]),
    ("overloads", "an argument that all have", "@overload\ndef f(a: int, b: int = ...) -> int: ...\n@overload\ndef f(a: str, b: int = ...) -> str: ...\ndef f(a, b=1): ...", "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> str: ...\ndef f(a): ...", ["BREAKING `f` takes no `b` any more"], ["ADDITION `f` may be called as `(a: int, b: int = ...)`", "ADDITION `f` may be called as `(a: str, b: int = ...)`", "ADDITION `f` takes `b`, which is new"]),
    ("overloads", "of a protocol", "class P(Protocol):\n    @overload\n    def m(self, a: int) -> int: ...\n    @overload\n    def m(self, a: str) -> str: ...", "class P(Protocol):\n    @overload\n    def m(self, a: int) -> int: ...\n    @overload\n    def m(self, a: bytes) -> str: ...", ["BREAKING `P.m` cannot be called as `(a: str)` any more", "ADDITION `P.m` may be called as `(a: bytes)`"], ["BREAKING `P.m` cannot be called as `(a: bytes)` any more", "ADDITION `P.m` may be called as `(a: str)`"]),
    ("TypedDict", "a key is required", "class D(TypedDict, total=False):\n    a: int", "class D(TypedDict, total=False):\n    a: Required[int]", ["BREAKING `D.a` is required"], ["ADDITION `D.a` is not required any more"]),
    ("TypedDict", "all keys are required", "class D(TypedDict, total=False):\n    a: int", "class D(TypedDict):\n    a: int", ["BREAKING `D.a` is required"], ["ADDITION `D.a` is not required any more"]),
    ("TypedDict", "said in another way", "class D(TypedDict, total=False):\n    a: int", "class D(TypedDict):\n    a: NotRequired[int]", [], []),
    ("TypedDict", "required where it is given to the caller", "class D(TypedDict, total=False):\n    a: int\ndef f() -> D: ...", "class D(TypedDict):\n    a: int\ndef f() -> D: ...", ["NOTE `D.a` is required"], ["BREAKING `D.a` is not required any more"]),
    ("TypedDict", "a key removed", "class D(TypedDict):\n    a: int\n    b: int", "class D(TypedDict):\n    a: int", ["BREAKING `D.b` was removed"], ["BREAKING `D.b` is new, and required"]),
    ("TypedDict", "an optional key removed", "class D(TypedDict, total=False):\n    a: int\n    b: int", "class D(TypedDict, total=False):\n    a: int", ["BREAKING `D.b` was removed"], ["ADDITION `D.b` is new"]),
    ("TypedDict", "a required key of what the caller is given", "class D(TypedDict):\n    a: int\ndef f() -> D: ...", "class D(TypedDict):\n    a: int\n    b: int\ndef f() -> D: ...", ["ADDITION `D.b` is new"], ["BREAKING `D.b` was removed"]),
    ("TypedDict", "what a key takes", "class D(TypedDict):\n    a: int | str", "class D(TypedDict):\n    a: int", ["BREAKING `D.a` is `int`, was `int | str`"], ["ADDITION `D.a` is `int | str`, was `int`"]),
    ("TypedDict", "what a key holds", "class D(TypedDict):\n    a: int | str\ndef f() -> list[D]: ...", "class D(TypedDict):\n    a: int\ndef f() -> list[D]: ...", ["NOTE `D.a` is `int`, was `int | str`"], ["BREAKING `D.a` is `int | str`, was `int`"]),
    ("TypedDict", "a key is read-only", "class D(TypedDict):\n    a: int", "class D(TypedDict):\n    a: typing_extensions.ReadOnly[int]", ["BREAKING `D.a` is read-only"], ["ADDITION `D.a` is not read-only any more"]),
    ("TypedDict", "a key that is inherited", "class _B(TypedDict, total=False):\n    a: int\nclass D(_B):\n    b: int", "class _B(TypedDict):\n    a: int\nclass D(_B):\n    b: int", ["BREAKING `D.a` is required"], ["ADDITION `D.a` is not required any more"]),
    ("TypedDict", "written as a call", "D = TypedDict('D', {'a': int})", "D = TypedDict('D', {'a': int, 'b': int})", ["BREAKING `D` is `TypedDict('D', {'a': int, 'b': int})`, was `TypedDict('D', {'a': int})`"], ["BREAKING `D` is `TypedDict('D', {'a': int})`, was `TypedDict('D', {'a': int, 'b': int})`"]),
    ("TypedDict", "no other keys", "class D(TypedDict):\n    a: int", "class D(TypedDict, closed=True):\n    a: int", ["BREAKING `D` has the rule for other keys `closed=True`, had `none`"], ["BREAKING `D` has the rule for other keys `none`, had `closed=True`"]),
    ("Literal", "a value that is taken", "X: TypeAlias = Literal['a', 'b']\ndef f(a: X) -> None: ...", "X: TypeAlias = Literal['a']\ndef f(a: X) -> None: ...", ["BREAKING `X` is no `Literal['b']` any more"], ["ADDITION `X` may be `Literal['b']`"]),
    ("Literal", "a value that is given", "X: TypeAlias = Literal['a', 'b']\ndef f() -> X: ...", "X: TypeAlias = Literal['a']\ndef f() -> X: ...", ["NOTE `X` is no `Literal['b']` any more"], ["BREAKING `X` may be `Literal['b']`, which an exhaustive `match` does not expect"]),
    ("Literal", "a value that is both", "X: TypeAlias = Literal['a', 'b']\ndef f(a: X) -> X: ...", "X: TypeAlias = Literal['a']\ndef f(a: X) -> X: ...", ["BREAKING `X` is no `Literal['b']` any more"], ["BREAKING `X` may be `Literal['b']`, which an exhaustive `match` does not expect"]),
    ("Literal", "a value that is no more than a text", "X: TypeAlias = Literal['a', 'b']\ndef f() -> X | str: ...", "X: TypeAlias = Literal['a']\ndef f() -> X | str: ...", ["BREAKING `X` is no `Literal['b']` any more"], ["ADDITION `X` may be `Literal['b']`"]),
    ("Literal", "a value that nobody takes or gives", "X: TypeAlias = Literal['a', 'b']", "X: TypeAlias = Literal['a']", ["BREAKING `X` is no `Literal['b']` any more"], ["BREAKING `X` may be `Literal['b']`, which an exhaustive `match` does not expect"]),
    ("Literal", "a value in a parameter", "def f(a: Literal['a', 'b']) -> None: ...", "def f(a: Literal['a']) -> None: ...", ["BREAKING `f` takes `a: Literal['a']`, was `Literal['a', 'b']`"], ["ADDITION `f` takes `a: Literal['a', 'b']`, was `Literal['a']`"]),
    ("Literal", "a text for it", "def f(a: str) -> None: ...", "def f(a: Literal['a']) -> None: ...", ["BREAKING `f` takes `a: Literal['a']`, was `str`"], ["ADDITION `f` takes `a: str`, was `Literal['a']`"]),
    ("Literal", "a member of an enumeration", "class C(enum.Enum):\n    A = 1\n    B = 2\ndef f(a: Literal[C.A, C.B]) -> None: ...", "class C(enum.Enum):\n    A = 1\n    B = 2\ndef f(a: Literal[C.A]) -> None: ...", ["BREAKING `f` takes `a: Literal[C.A]`, was `Literal[C.A, C.B]`"], ["ADDITION `f` takes `a: Literal[C.A, C.B]`, was `Literal[C.A]`"]),
    ("Literal", "a member and its enumeration", "class C(enum.Enum):\n    A = 1\ndef f(a: C) -> None: ...", "class C(enum.Enum):\n    A = 1\ndef f(a: Literal[C.A]) -> None: ...", ["BREAKING `f` takes `a: Literal[C.A]`, was `C`"], ["ADDITION `f` takes `a: C`, was `Literal[C.A]`"]),
    ("Literal", "a union of events", "class A: ...\nclass B: ...\nclass D: ...\nEvent: TypeAlias = A | B | D\nclass S:\n    def __next__(self) -> Event: ...", "class A: ...\nclass B: ...\nclass D: ...\nEvent: TypeAlias = A | B\nclass S:\n    def __next__(self) -> Event: ...", ["NOTE `Event` is no `D` any more"], ["BREAKING `Event` may be `D`, which an exhaustive `match` does not expect"]),
    ("dataclass fields", "lost a default", "@dataclass\nclass C:\n    a: int = 1", "@dataclass\nclass C:\n    a: int", ["BREAKING `C.__init__` needs `a`"], ["ADDITION `C.__init__` does not need `a` any more"]),
    ("dataclass fields", "another default", "@dataclass\nclass C:\n    a: int = 1", "@dataclass\nclass C:\n    a: int = dataclasses.field(default=2)", ["BREAKING `C.__init__` has the default 2 for `a`, was 1"], ["BREAKING `C.__init__` has the default 1 for `a`, was 2"]),
    ("dataclass fields", "removed", "@dataclass\nclass C:\n    a: int\n    b: int", "@dataclass\nclass C:\n    a: int", ["BREAKING `C.b` was removed", "BREAKING `C` is matched by position as `('a',)`, was `('a', 'b')`"], ["BREAKING `C.__init__` needs `b`, which is new", "ADDITION `C.b` is new"]),
    ("dataclass fields", "new", "@dataclass\nclass C:\n    a: int", "@dataclass\nclass C:\n    a: int\n    b: int = 0", ["ADDITION `C.b` is new"], ["BREAKING `C.b` was removed", "BREAKING `C` is matched by position as `('a',)`, was `('a', 'b')`"]),
    ("dataclass fields", "in another order", "@dataclass\nclass C:\n    a: int\n    b: int", "@dataclass\nclass C:\n    b: int\n    a: int", ["BREAKING `C.__init__` takes `a` at another position", "BREAKING `C.__init__` takes `b` at another position", "BREAKING `C` is matched by position as `('b', 'a')`, was `('a', 'b')`"], ["BREAKING `C.__init__` takes `a` at another position", "BREAKING `C.__init__` takes `b` at another position", "BREAKING `C` is matched by position as `('a', 'b')`, was `('b', 'a')`"]),
    ("dataclass fields", "by name alone", "@dataclass\nclass C:\n    a: int", "@dataclass(kw_only=True)\nclass C:\n    a: int", ["BREAKING `C.__init__` takes `a` as keyword-only, was positional or keyword", "BREAKING `C` is matched by position as `()`, was `('a',)`"], ["ADDITION `C.__init__` takes `a` as positional or keyword, was keyword-only"]),
    ("dataclass fields", "after a mark", "@dataclass\nclass C:\n    a: int", "@dataclass\nclass C:\n    _: dataclasses.KW_ONLY\n    a: int", ["BREAKING `C.__init__` takes `a` as keyword-only, was positional or keyword", "BREAKING `C` is matched by position as `()`, was `('a',)`"], ["ADDITION `C.__init__` takes `a` as positional or keyword, was keyword-only"]),
    ("dataclass fields", "no argument", "@dataclass\nclass C:\n    a: int = 1", "@dataclass\nclass C:\n    a: int = dataclasses.field(default=1, init=False)", ["BREAKING `C.__init__` takes no `a` any more", "BREAKING `C` is matched by position as `()`, was `('a',)`"], ["ADDITION `C.__init__` takes `a`, which is new"]),
    ("dataclass fields", "of a base that nobody knows", "@dataclass\nclass _B:\n    a: int = 1\n@dataclass\nclass C(_B): ...", "@dataclass\nclass _B:\n    a: int\n@dataclass\nclass C(_B): ...", ["BREAKING `C.__init__` needs `a`"], ["ADDITION `C.__init__` does not need `a` any more"]),
    ("dataclass fields", "frozen", "@dataclass\nclass C:\n    a: int", "@dataclass(frozen=True)\nclass C:\n    a: int", ["BREAKING `C` is frozen: its attributes cannot be assigned to", "ADDITION `C` is hashable"], ["BREAKING `C` is not hashable any more", "ADDITION `C` is not frozen any more"]),
    ("dataclass fields", "slots", "@dataclass\nclass C:\n    a: int", "@dataclass(slots=True)\nclass C:\n    a: int", ["BREAKING `C` has slots: it takes no other attributes", "BREAKING `C` takes no weak references any more"], ["ADDITION `C` takes attributes it does not name", "ADDITION `C` takes weak references"]),
    ("dataclass fields", "compared by identity", "@dataclass\nclass C:\n    a: int", "@dataclass(eq=False)\nclass C:\n    a: int", ["BREAKING `C` is compared by identity", "ADDITION `C` is hashable"], ["BREAKING `C` is not hashable any more", "ADDITION `C` is compared by value"]),
    ("dataclass fields", "order", "@dataclass(order=True)\nclass C:\n    a: int", "@dataclass\nclass C:\n    a: int", ["BREAKING `C` is not ordered any more"], ["ADDITION `C` is ordered"]),
    ("dataclass fields", "hash", "@dataclass(unsafe_hash=True)\nclass C:\n    a: int", "@dataclass\nclass C:\n    a: int", ["BREAKING `C` is not hashable any more"], ["ADDITION `C` is hashable"]),
    ("dataclass fields", "no match by position", "@dataclass\nclass C:\n    a: int", "@dataclass(match_args=False)\nclass C:\n    a: int", ["BREAKING `C` is matched by position as `()`, was `('a',)`"], []),
    ("dataclass fields", "wider, where it is given to the caller", "@dataclass\nclass C:\n    a: int\ndef f() -> C: ...", "@dataclass\nclass C:\n    a: int | None\ndef f() -> C: ...", ["BREAKING `C.a` is `int | None`, was `int`"], ["NOTE `C.a` is `int`, was `int | None`"]),
    ("dataclass fields", "wider, where it is taken", "@dataclass\nclass C:\n    a: int\ndef f(c: C) -> None: ...", "@dataclass\nclass C:\n    a: int | None\ndef f(c: C) -> None: ...", ["ADDITION `C.a` is `int | None`, was `int`"], ["BREAKING `C.a` is `int`, was `int | None`"]),
    ("dataclass fields", "none any more", "@dataclass\nclass C:\n    a: int", "class C:\n    def __init__(self, a: int) -> None:\n        self.a: int = a\n    def __eq__(self, other: object) -> bool: ...\n    __match_args__ = ('a',)", ["BREAKING `C` is no dataclass any more"], ["ADDITION `C` is a dataclass"]),
    ("dataclass fields", "made where it is asked for", "@dataclass\nclass C:\n    a: list[int] = dataclasses.field(default_factory=list)", "@dataclass\nclass C:\n    a: list[int] = dataclasses.field()", ["BREAKING `C.__init__` needs `a`"], ["ADDITION `C.__init__` does not need `a` any more"]),
    ("dataclass fields", "an argument that is no attribute", "@dataclass\nclass C:\n    a: int\n    b: dataclasses.InitVar[int] = 1", "@dataclass\nclass C:\n    a: int\n    b: dataclasses.InitVar[int]", ["BREAKING `C.__init__` needs `b`"], ["ADDITION `C.__init__` does not need `b` any more"]),
    ("dataclass fields", "an argument that is no attribute, of a base", "@dataclass\nclass _B:\n    b: dataclasses.InitVar[int | str]\n@dataclass\nclass C(_B):\n    a: int", "@dataclass\nclass _B:\n    b: dataclasses.InitVar[int]\n@dataclass\nclass C(_B):\n    a: int", ["BREAKING `C.__init__` takes `b: dataclasses.InitVar[int]`, was `dataclasses.InitVar[int | str]`"], ["ADDITION `C.__init__` takes `b: dataclasses.InitVar[int | str]`, was `dataclasses.InitVar[int]`"]),
    ("attrs fields", "lost a default", "@attrs.define\nclass C:\n    a: int = 1", "@attrs.define\nclass C:\n    a: int", ["BREAKING `C.__init__` needs `a`"], ["ADDITION `C.__init__` does not need `a` any more"]),
    ("attrs fields", "lost a default of its own kind", "@attrs.define\nclass C:\n    a: list[int] = attrs.field(factory=list)", "@attrs.define\nclass C:\n    a: list[int] = attrs.field()", ["BREAKING `C.__init__` needs `a`"], ["ADDITION `C.__init__` does not need `a` any more"]),
    ("attrs fields", "lost a default that is computed", "@attrs.define\nclass C:\n    a: int = attrs.field()\n    @a.default\n    def _a(self) -> int: ...", "@attrs.define\nclass C:\n    a: int = attrs.field()", ["BREAKING `C.__init__` needs `a`"], ["ADDITION `C.__init__` does not need `a` any more"]),
    ("attrs fields", "another default", "@attrs.define\nclass C:\n    a: int = 1", "@attrs.define\nclass C:\n    a: int = attrs.field(default=2)", ["BREAKING `C.__init__` has the default 2 for `a`, was 1"], ["BREAKING `C.__init__` has the default 1 for `a`, was 2"]),
    ("attrs fields", "another default, said by hand", "@attr.s\nclass C:\n    a = attr.ib(default=1)", "@attr.s\nclass C:\n    a = attr.ib(default=2)", ["BREAKING `C.__init__` has the default 2 for `a`, was 1"], ["BREAKING `C.__init__` has the default 1 for `a`, was 2"]),
    ("attrs fields", "removed", "@attrs.define\nclass C:\n    a: int\n    b: int", "@attrs.define\nclass C:\n    a: int", ["BREAKING `C.b` was removed", "BREAKING `C` is matched by position as `('a',)`, was `('a', 'b')`"], ["BREAKING `C.__init__` needs `b`, which is new", "ADDITION `C.b` is new"]),
    ("attrs fields", "new", "@attrs.define\nclass C:\n    a: int", "@attrs.define\nclass C:\n    a: int\n    b: int = 0", ["ADDITION `C.b` is new"], ["BREAKING `C.b` was removed", "BREAKING `C` is matched by position as `('a',)`, was `('a', 'b')`"]),
    ("attrs fields", "new and needed", "@attrs.define(kw_only=True)\nclass C:\n    a: int", "@attrs.define(kw_only=True)\nclass C:\n    a: int\n    b: int", ["BREAKING `C.__init__` needs `b`, which is new", "ADDITION `C.b` is new"], ["BREAKING `C.b` was removed"]),
    ("attrs fields", "in another order", "@attrs.define\nclass C:\n    a: int\n    b: int", "@attrs.define\nclass C:\n    b: int\n    a: int", ["BREAKING `C.__init__` takes `a` at another position", "BREAKING `C.__init__` takes `b` at another position", "BREAKING `C` is matched by position as `('b', 'a')`, was `('a', 'b')`"], ["BREAKING `C.__init__` takes `a` at another position", "BREAKING `C.__init__` takes `b` at another position", "BREAKING `C` is matched by position as `('a', 'b')`, was `('b', 'a')`"]),
    ("attrs fields", "in another order, by name alone", "@attrs.define(kw_only=True)\nclass C:\n    a: int\n    b: int", "@attrs.define(kw_only=True)\nclass C:\n    b: int\n    a: int", [], []),
    ("attrs fields", "by name alone", "@attrs.define\nclass C:\n    a: int", "@attrs.define\nclass C:\n    a: int = attrs.field(kw_only=True)", ["BREAKING `C.__init__` takes `a` as keyword-only, was positional or keyword", "BREAKING `C` is matched by position as `()`, was `('a',)`"], ["ADDITION `C.__init__` takes `a` as positional or keyword, was keyword-only"]),
    ("attrs fields", "no argument", "@attrs.define\nclass C:\n    a: int = 1", "@attrs.define\nclass C:\n    a: int = attrs.field(default=1, init=False)", ["BREAKING `C.__init__` takes no `a` any more", "BREAKING `C` is matched by position as `()`, was `('a',)`"], ["ADDITION `C.__init__` takes `a`, which is new"]),
    ("attrs fields", "another name for the argument", "@attrs.define\nclass C:\n    a: int", "@attrs.define\nclass C:\n    a: int = attrs.field(alias='b')", ["BREAKING `C.__init__` needs `b`, which is new", "BREAKING `C.__init__` takes no `a` any more", "BREAKING `C` is matched by position as `('b',)`, was `('a',)`"], ["BREAKING `C.__init__` needs `a`, which is new", "BREAKING `C.__init__` takes no `b` any more", "BREAKING `C` is matched by position as `('a',)`, was `('b',)`"]),
    ("attrs fields", "a private one", "@attrs.define\nclass C:\n    _a: int = 1", "@attrs.define\nclass C:\n    _a: int", ["BREAKING `C.__init__` needs `a`"], ["ADDITION `C.__init__` does not need `a` any more"]),
    ("attrs fields", "a private one of another type", "@attrs.define\nclass C:\n    _a: int | str", "@attrs.define\nclass C:\n    _a: int", ["BREAKING `C.__init__` takes `a: int`, was `int | str`"], ["ADDITION `C.__init__` takes `a: int | str`, was `int`"]),
    ("attrs fields", "of a base", "@attrs.define\nclass B:\n    a: int = 1\n@attrs.define\nclass C(B):\n    b: int = 1", "@attrs.define\nclass B:\n    a: int\n@attrs.define\nclass C(B):\n    b: int = 1", ["BREAKING `B.__init__` needs `a`"], ["ADDITION `B.__init__` does not need `a` any more"]),
    ("attrs fields", "only what is marked", "@attr.s(auto_attribs=True)\nclass C:\n    a: int", "@attr.s\nclass C:\n    a: int", ["BREAKING `C.__init__` takes no `a` any more", "BREAKING `C` is matched by position as `()`, was `('a',)`"], ["BREAKING `C.__init__` needs `a`, which is new"]),
    ("attrs fields", "frozen", "@attrs.define\nclass C:\n    a: int", "@attrs.frozen\nclass C:\n    a: int", ["BREAKING `C` is frozen: its attributes cannot be assigned to", "ADDITION `C` is hashable"], ["BREAKING `C` is not hashable any more", "ADDITION `C` is not frozen any more"]),
    ("attrs fields", "no slots", "@attrs.define\nclass C:\n    a: int", "@attrs.define(slots=False)\nclass C:\n    a: int", ["ADDITION `C` takes attributes it does not name"], ["BREAKING `C` has slots: it takes no other attributes"]),
    ("attrs fields", "compared by identity", "@attrs.define\nclass C:\n    a: int", "@attrs.define(eq=False)\nclass C:\n    a: int", ["BREAKING `C` is compared by identity", "ADDITION `C` is hashable"], ["BREAKING `C` is not hashable any more", "ADDITION `C` is compared by value"]),
    ("attrs fields", "a dataclass", "@attrs.define(slots=False)\nclass C:\n    a: int", "@dataclass\nclass C:\n    a: int", ["BREAKING `C` is no attrs class any more", "ADDITION `C` is a dataclass"], ["BREAKING `C` is no dataclass any more", "ADDITION `C` is an attrs class"]),
    ("attrs fields", "a field with a converter", "@attrs.define\nclass C:\n    a: int = attrs.field(converter=int)", "@attrs.define\nclass C:\n    a: int = attrs.field(converter=int, default=1)", ["ADDITION `C.__init__` does not need `a` any more"], ["BREAKING `C.__init__` needs `a`"]),
    ("attrs fields", "an __init__ of its own", "@attrs.define(init=False)\nclass C:\n    a: int\n    def __init__(self, b: int) -> None: ...", "@attrs.define(init=False)\nclass C:\n    a: int\n    c: int\n    def __init__(self, b: int) -> None: ...", ["ADDITION `C.c` is new"], ["BREAKING `C.c` was removed", "BREAKING `C` is matched by position as `('a',)`, was `('a', 'c')`"]),
    ("named tuples", "one more item", "class C(NamedTuple):\n    a: int", "class C(NamedTuple):\n    a: int\n    b: int = 0", ["BREAKING `C` has the items `('a', 'b')`, had `('a',)`", "ADDITION `C.b` is new"], ["BREAKING `C.b` was removed", "BREAKING `C` has the items `('a',)`, had `('a', 'b')`"]),
    ("named tuples", "in another order", "class C(NamedTuple):\n    a: int\n    b: int", "class C(NamedTuple):\n    b: int\n    a: int", ["BREAKING `C.__init__` takes `a` at another position", "BREAKING `C.__init__` takes `b` at another position", "BREAKING `C` has the items `('b', 'a')`, had `('a', 'b')`"], ["BREAKING `C.__init__` takes `a` at another position", "BREAKING `C.__init__` takes `b` at another position", "BREAKING `C` has the items `('a', 'b')`, had `('b', 'a')`"]),
    ("named tuples", "lost a default", "class C(NamedTuple):\n    a: int = 0", "class C(NamedTuple):\n    a: int", ["BREAKING `C.__init__` needs `a`"], ["ADDITION `C.__init__` does not need `a` any more"]),
    ("named tuples", "written as a call", "C = collections.namedtuple('C', 'a b')", "C = collections.namedtuple('C', 'b a')", ["BREAKING `C` is `collections.namedtuple('C', 'b a')`, was `collections.namedtuple('C', 'a b')`"], ["BREAKING `C` is `collections.namedtuple('C', 'a b')`, was `collections.namedtuple('C', 'b a')`"]),
]  # fmt: skip

if sys.version_info >= (3, 12):  # the syntax is newer than the oldest Python
    ROWS += [
        ("generics", "brackets for TypeVar", "_T = TypeVar('_T', bound=int)\nclass C(Generic[_T]):\n    def m(self, a: _T) -> _T: ...", "class C[T: int]:\n    def m(self, a: T) -> T: ...", [], []),
        ("generics", "a bound in brackets", "class C[T]: ...", "class C[T: int]: ...", ["BREAKING `C` takes `int` as type parameter 1, was `object`"], ["ADDITION `C` takes `object` as type parameter 1, was `int`"]),
        ("generics", "one more in brackets", "class C[T]: ...", "class C[T, U]: ...", ["BREAKING `C` has 2 type parameters, had 1"], ["BREAKING `C` has 1 type parameters, had 2"]),
        ("generics", "a function with brackets", "def f[T](a: T) -> T: ...", "def f[T: int](a: T) -> T: ...", ["BREAKING `f` takes `a: any int`, was `any object`", "NOTE `f` returns `any int`, was `any object`"], ["BREAKING `f` returns `any object`, was `any int`", "ADDITION `f` takes `a: any object`, was `any int`"]),
        ("generics", "a function with other names", "def f[T](a: T) -> T: ...", "_S = TypeVar('_S')\ndef f(a: _S) -> _S: ...", [], []),
        ("Literal", "a value of a type statement", "type X = Literal['a', 'b']\ndef f() -> X: ...", "type X = Literal['a']\ndef f() -> X: ...", ["NOTE `X` is no `Literal['b']` any more"], ["BREAKING `X` may be `Literal['b']`, which an exhaustive `match` does not expect"]),
        ("Literal", "a type statement", "X: TypeAlias = Literal['a', 'b']", "type X = Literal['a', 'b']", ["BREAKING `X` turned from attribute to type alias"], ["BREAKING `X` turned from type alias to attribute"]),
        ("generics", "a type statement with brackets", "type X[T] = list[T] | None\ndef f(a: X[int]) -> None: ...", "type X[T] = list[T]\ndef f(a: X[int]) -> None: ...", ["BREAKING `X` is no `None` any more"], ["ADDITION `X` may be `None`"]),
    ]  # fmt: skip


KINDS = {
    "arguments",
    "types of arguments",
    "defaults",
    "kinds of arguments",
    "returns",
    "async",
    "bases",
    "classes",
    "methods",
    "attributes",
    "__all__",
    "generics",
    "overloads",
    "TypedDict",
    "Literal",
    "dataclass fields",
    "attrs fields",
    "named tuples",
}


def listed(source: str) -> str:
    """Return a module that lists all it defines, unless it lists its names itself."""
    if "__all__" in source:
        return f"{HEADER}{source}\n"
    nodes = ast.parse(source).body
    defined = [
        getattr(node, "name", None) or getattr(node, "targets", [getattr(node, "target", None)])[0] for node in nodes
    ]
    names = {getattr(each, "id", each) for each in defined}
    return f"{HEADER}__all__ = {sorted(str(name) for name in names if not str(name).startswith('_'))}\n{source}\n"


def offered(folder: Path, **modules: str) -> Surface:
    """Return what a package of these modules offers; `init` is its first."""
    (folder / "acme").mkdir(parents=True)
    for name, text in modules.items():
        (folder / "acme" / f"{name.replace('init', '__init__')}.py").write_text(text, encoding="utf-8")
    return Surface(folder, "acme", {}, ())


def told(old: Surface, new: Surface) -> list[str]:
    """Return what is told of a change."""
    return [f"{each.effect.name} {each.text}" for each in joined(surface.compare(old, new))]


@pytest.mark.parametrize(
    ("before", "after", "there", "back"), [row[2:] for row in ROWS], ids=[f"{row[0]}: {row[1]}" for row in ROWS]
)
def test_what_a_change_is_for_a_caller(
    tmp_path: Path, before: str, after: str, there: list[str], back: list[str]
) -> None:
    old, new = offered(tmp_path / "old", init=listed(before)), offered(tmp_path / "new", init=listed(after))
    assert told(old, new) == there
    assert told(new, old) == back
    assert told(old, old) == told(new, new) == []


def test_every_kind_of_change_is_tried() -> None:
    assert {row[0] for row in ROWS} == KINDS
    texts = " ".join(text for row in ROWS for text in (*row[4], *row[5]))
    untried = [text for trait in TRAITS.values() for _, text in trait if f"` {text}" not in texts]
    untried += [text for text in BREAKAGES.values() if re.split("[`{]", text)[0] not in texts]
    assert untried == []


MADE_OF_FIELDS = {
    *(
        source
        for row in ROWS
        for source in row[2:4]
        if re.search(r"^(@dataclass|@attrs?\b|class C\(NamedTuple)", source, re.M)
    ),
    "@attrs.define(order=True)\nclass C:\n    a: int",
    "@attrs.define(weakref_slot=False)\nclass C:\n    a: int",
    "@attrs.define(unsafe_hash=True)\nclass C:\n    a: int",
    "@attrs.define(match_args=False)\nclass C:\n    a: int",
    "@attrs.define\nclass C:\n    a = attrs.field()\n    b: int = 1",
    "@attrs.define\nclass C:\n    a: ClassVar[int] = 1\n    b: int",
    "@attrs.define\nclass C:\n    b: int\n    @property\n    def a(self) -> int: ...",
    "@attrs.define\nclass C:\n    a: int\n    def __eq__(self, other: object) -> bool: ...",
    "@attrs.define\nclass C:\n    a: int\n    def __hash__(self) -> int: ...",
    "@attrs.define\nclass C:\n    a: int\n    def __init__(self, b: int) -> None: ...",
    "@attrs.define\nclass _B:\n    a: int\n    b: int = 1\n@attrs.define\nclass C(_B):\n    a: int = 2",
    "@attrs.define(slots=False)\nclass _B:\n    a: int\n@attrs.define\nclass C(_B):\n    b: int",
    "@attrs.define\nclass _B:\n    a: int = 1\n@attrs.define(kw_only=True)\nclass C(_B):\n    b: int",
    "@attrs.define\nclass _B:\n    a: int\nclass C(_B): ...",
    "@attrs.define\nclass C(ValueError):\n    a: int",
    "@attrs.frozen\nclass C(Generic[T]):\n    a: T",
    "@attr.s(hash=True)\nclass C:\n    a = attr.ib()",
    "@attr.s(cmp=False)\nclass C:\n    a = attr.ib()",
    "@attr.s(frozen=True, slots=True)\nclass C:\n    a = attr.ib()",
    "@attr.s(auto_attribs=True, order=False)\nclass C:\n    a: int = attr.ib(default=1)\n    b: int = 2",
    "@attr.dataclass\nclass C:\n    a: int",
    "@dataclass(frozen=True, slots=True)\nclass C:\n    a: int",
    "@dataclass(slots=True, weakref_slot=True)\nclass C:\n    a: int",
    "@dataclass\nclass _B:\n    a: int\n    b: int = 1\n@dataclass\nclass C(_B):\n    a: int = 2",
    "@dataclass\nclass _B:\n    a: int\n@dataclass(slots=True)\nclass C(_B):\n    b: int",
    "@dataclass\nclass _B:\n    a: int\n@dataclass(kw_only=True)\nclass C(_B):\n    b: int",
    "@dataclass\nclass _B:\n    a: int\nclass C(_B): ...",
    "@dataclass\nclass C:\n    a: int = dataclasses.field(kw_only=True)\n    b: int = 1",
    "@dataclass\nclass C:\n    a: ClassVar[int] = 1\n    b: int = 2",
    "@dataclass\nclass C(ValueError):\n    a: int",
    "class _B(NamedTuple):\n    a: int\nclass C(_B): ...",
}


@pytest.mark.parametrize(
    "source", sorted(source for source in MADE_OF_FIELDS if re.search(r"^class C\b", source, re.M))
)
def test_a_class_is_read_as_python_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    module = ModuleType("acme_made")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(f"{HEADER}{source}", "acme_made", "exec"), module.__dict__)
    made = module.__dict__["C"]
    found = offered(tmp_path, init=listed(source))
    read = found.members["C"]
    arguments = list(found.members["C.__init__"].parameters)[1:]
    assert [(each.name, each.kind.value, each.required) for each in arguments] == [
        (
            each.name,
            each.kind.description,
            each.default is each.empty,
        )
        for each in inspect.signature(made).parameters.values()
    ]
    tests: dict[str, Callable[[], bool]] = {
        "hashable": lambda: made.__hash__ is not None,
        "equal by value": lambda: made.__eq__ is not object.__eq__,
        "ordered": lambda: made.__lt__ is not object.__lt__,
        "open": lambda: made.__dictoffset__ != 0,
        "weakly referenced": lambda: made.__weakrefoffset__ != 0,
    }
    assert {name for name, test in tests.items() if test()} == traits(read, found.reader) & tests.keys()
