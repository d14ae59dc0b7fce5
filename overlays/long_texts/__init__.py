"""Texts longer than one request takes: their pieces, asked for several at once, and their audio as one file.

Imports errors, values, settings, transport, streams and calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .arguments import LongText as LongText
    from .asynchronous import AsyncLongSpeech as AsyncLongSpeech
    from .pieces import LongTextProgress as LongTextProgress
    from .sync import LongSpeech as LongSpeech

# The module of each name: they are imported when they are first used, as the resources are.
_MODULES = {
    "AsyncLongSpeech": "asynchronous",
    "LongSpeech": "sync",
    "LongText": "arguments",
    "LongTextProgress": "pieces",
}

DEFAULT_CONCURRENCY = 4
DEFAULT_PIECE_LENGTH = 2000

if not TYPE_CHECKING:  # a type checker is to find misspelt names

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        return value
