"""Classes of media types."""

from __future__ import annotations

_TEXTS = {"application/x-ndjson", "application/jsonl", "application/yaml", "application/javascript"}


SEQUENTIAL = {
    *("text/event-stream", "application/json-seq", "application/stream+json"),
    *(f"application/{each}" for each in ("jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "ndjson", "x-ndjson")),
}


def bare(media_type: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether it is JSON (RFC 6839 section 3.1)."""
    return bare(media_type) == "application/json" or (
        bare(media_type).endswith("+json") and not is_sequential(media_type)
    )


def is_sequential(media_type: str) -> bool:
    """Whether it is sequential (OpenAPI 3.2, section 4.14.4): events, or JSON values."""
    return bare(media_type) in SEQUENTIAL or bare(media_type).endswith("+json-seq")


def is_text(media_type: str) -> bool:
    """Whether it is text."""
    name = bare(media_type)
    return name.startswith("text/") or name.endswith(("json", "xml")) or name in _TEXTS
