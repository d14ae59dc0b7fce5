"""Classes of media types."""

from __future__ import annotations

import runpy
from pathlib import Path

_SEQUENCES = runpy.run_path(str(Path(__file__).parents[2] / "overlays" / "streams" / "sequences.py"))

SEQUENTIAL = frozenset[str](_SEQUENCES["DECODERS"])
"""Those that a made package reads as series of items, beside every `+json-seq`."""

_TEXTS = SEQUENTIAL | {"application/yaml", "application/javascript"}


def bare(media_type: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether it is JSON (RFC 6839 section 3.1), also under the name that frameworks of .NET have for it."""
    name = bare(media_type)
    return name in ("application/json", "text/json") or (name.endswith("+json") and not is_sequential(name))


def is_sequential(media_type: str) -> bool:
    """Whether it is sequential (OpenAPI 3.2, section 4.14.4): events, or JSON values."""
    return bare(media_type) in SEQUENTIAL or bare(media_type).endswith("+json-seq")


def is_text(media_type: str) -> bool:
    """Whether it is text."""
    name = bare(media_type)
    return name.startswith("text/") or name.endswith(("json", "xml")) or name in _TEXTS
