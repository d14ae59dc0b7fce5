"""The files of a description, and resolving references in them with the library `referencing`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from referencing import Registry, Specification
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from lmnt_server.documents import DocumentError, Source, mapping_in, read

from .report import Failure, Report

_PATIENCE = 30
"""The time limit of a download in seconds."""


class Files:
    """The files that were read.

    Args:
        report: The report, which is told of duplicate keys.
        allow_remote: Whether files may be fetched from the network.
    """

    def __init__(self, report: Report, *, allow_remote: bool = False) -> None:
        self._report = report
        self._allow_remote = allow_remote
        self._registry: Registry[Any] = Registry()
        self._names: dict[str, str] = {}

    def add(self, uri: str, document: Any) -> None:
        """Have a document found at a place, and by the names that it and the schemas in it have."""
        self._registry = self._registry.with_resource(uri, _SPECIFICATION.create_resource(document))
        if isinstance(name := document.get("$self"), str):
            self._names[uri] = name

    def name_of(self, uri: str) -> str | None:
        """Return the name that the document at a place has given itself."""
        return self._names.get(uri)

    def lookup(self, base: str, reference: str, *, fetches: bool = False) -> Any:
        """Resolve a reference in the document at `base`; fetch other documents, if permitted.

        Raises:
            Failure: The file cannot be read.
            referencing.exceptions.Unresolvable, ValueError, TypeError, LookupError: It has no target.
        """
        self._open(urldefrag(urljoin(base, reference))[0], base, fetches=fetches)
        resolver = self._registry.resolver(base)
        try:
            return resolver.lookup(reference).contents
        except (Unresolvable, LookupError):
            uri, mark, pointer = reference.partition("#")
            if "%2f" not in pointer.lower():
                raise
            # RFC 6901 section 6: it stands for `/`, at the start too; elsewhere many mean one in a name.
            pointer = re.sub("%2f", "~1", re.sub("^%2f", "/", pointer, flags=re.IGNORECASE), flags=re.IGNORECASE)
            return resolver.lookup(uri + mark + pointer).contents

    def _open(self, uri: str, base: str, *, fetches: bool) -> None:
        scheme = urlsplit(uri).scheme
        if uri in self._registry:
            return
        if scheme == "file" and urlsplit(base).scheme == "file":  # a fetched document must not refer to local files
            path = Path(unquote(urlsplit(uri).path))
            if path.is_file():
                self.add(uri, self.read(path))
        elif scheme in ("http", "https") and fetches and self._allow_remote:
            self.add(uri, self._fetched(uri))

    def read(self, path: Path) -> dict[str, Any]:
        """Read a file; raises Failure."""
        try:
            return read(path, lambda key, place: self._twice(path.name, key, place))
        except DocumentError as error:
            raise Failure(str(error)) from error

    def _fetched(self, uri: str) -> dict[str, Any]:
        import http.client  # what few runs need takes longer to import than all that is here
        import urllib.request

        try:
            with urllib.request.urlopen(uri, timeout=_PATIENCE) as response:
                data = response.read()
            return mapping_in(Source.decoded(uri, data, lambda key, place: self._twice(uri, key, place)))
        except DocumentError as error:
            raise Failure(str(error)) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Failure(f"{uri} cannot be fetched: {error}; download it and refer to the file") from error

    def _twice(self, name: str, key: str, place: str) -> None:
        text = repr(key)
        shown = text if len(text) <= 60 else text[:59] + "…"
        self._report.tell(name, f"the key {shown} stands twice, at {place} too", "the last one holds")


def _subresources(contents: Any) -> list[Any]:
    children = contents.values() if isinstance(contents, Mapping) else contents if isinstance(contents, list) else ()
    return [each for each in children if isinstance(each, list) or _can_be_named(each)]


def _can_be_named(contents: Any) -> bool:
    """Whether the `$id` and `$schema` of a schema are strings."""
    names = ("$schema", "$anchor", "$dynamicAnchor")
    return isinstance(contents, Mapping) and all(isinstance(contents.get(each, ""), str) for each in names)


def _id_of(contents: Any) -> str | None:
    found = contents.get("$id", contents.get("$self")) if isinstance(contents, Mapping) else None
    return found if isinstance(found, str) else None


_SPECIFICATION: Specification[Any] = Specification(  # type: ignore[call-arg]  # mypy does not see through its attrs
    name="OpenAPI",
    id_of=_id_of,
    subresources_of=_subresources,
    maybe_in_subresource=lambda segments, resolver, subresource: resolver,  # noqa: ARG005  # its names are the protocol's
    anchors_in=lambda specification, contents: (  # noqa: ARG005  # the same
        DRAFT202012.anchors_in(contents) if _can_be_named(contents) else []
    ),
)
"""How schemas are found by name, wherever they are, as in JSON Schema 2020-12."""
