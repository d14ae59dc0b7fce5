"""The successes and errors of an operation: their content, by status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .description import Description, RawOperation
from .kind import Form, Kind
from .kinds import Kinds
from .media_types import bare, is_json, is_text
from .models import Models
from .report import Failure, below
from .streams import Series, Streams


@dataclass(frozen=True)
class Result:
    """The content of a success: `json`, `text`, `bytes` or `nothing`, and its kind."""

    form: str
    kind: Kind


NOTHING, TEXT, BYTES = (
    Result("nothing", Kind(Form.NULL)),
    Result("text", Kind(Form.STRING)),
    Result("bytes", Kind(Form.FILE)),
)

FORMS = ("json", "bytes", "text")
"""The forms of bodies; if several are possible, the first of these is requested."""


@dataclass(frozen=True)
class Success:
    """The successes of an operation.

    Args:
        results: The content of each, by status; `2XX` for every one that is not listed.
        media_types: The media types of Accept.
        descriptions: Their descriptions.
        series: The stream of items that a success is, or may be.
    """

    results: dict[int | str, Result]
    media_types: list[str]
    descriptions: list[str]
    series: Series | None = None


def _status(name: str) -> int | str:
    """Return a status or a range in the form in which readers look it up."""
    return int(name) if name.isdigit() else name if name == "default" else name.upper()


class Results:
    """The successes of a description's operations."""

    def __init__(self, description: Description, kinds: Kinds, models: Models) -> None:
        self._description = description
        self._report = description.report
        self._kinds = kinds
        self._models = models
        self._streams = Streams(description, kinds)

    def of(self, operation: RawOperation) -> Success:
        """Return the successes of an operation."""
        results: dict[int | str, Result] = {}
        media_types: list[str] = []
        descriptions: list[str] = []
        series: Series | None = None
        pointer = below(operation.pointer, "responses")
        for status, name in self._statuses(operation, pointer).items():
            here, node = self._description.located(operation.data["responses"][name], below(pointer, name))
            content = {} if operation.method == "HEAD" else node.get("content", {})
            for media_type, described in content.items():
                series = series or self._streams.of(
                    media_type, described, operation.data, below(here, "content", media_type)
                )
            descriptions.append(str(node.get("description", "")))
            if content and all("itemSchema" in each for each in content.values()):
                continue
            results[status], asked = self._success(operation, node, here)
            media_types += asked[:1] if results[status] == BYTES else asked
        if BYTES in results.values():
            results = {status: self._as_bytes(each, status, pointer) for status, each in results.items()}
        return Success(results or {"2XX": NOTHING}, media_types, descriptions, series)

    def _statuses(self, operation: RawOperation, pointer: str) -> dict[int | str, str]:
        """Return the successes by status, and the key of each in the description."""
        named = [name for name in operation.data["responses"] if not name.startswith("x-")]
        found: dict[int | str, str] = {}
        for name in named:
            if name.startswith("2") and len(name) == 3:
                found[_status(name)] = name
        if not found and "default" in named:
            return {"2XX": "default"}
        if not found:
            # If there are only redirects, they are the success: the caller wants their Location.
            found = {_status(name): name for name in named if name.startswith("3") and len(name) == 3}
        if not found:
            self._report.tell(pointer, "it names no success", "a success returns None; with_raw_response has its body")
        return found

    def errors(self, operation: RawOperation) -> list[tuple[list[int | str], Kind]]:
        """Return the kinds of errors, by status, range or `default`."""
        pointer = below(operation.pointer, "responses")
        found: dict[str, tuple[list[int | str], Kind]] = {}
        for name in operation.data["responses"]:
            if re.fullmatch(r"[345](\d\d|XX)|default", name, re.IGNORECASE):
                here, node = self._description.located(operation.data["responses"][name], below(pointer, name))
                kind = self._error(node, here)
                if kind is not None:
                    found.setdefault(repr(kind), ([], kind))[0].append(_status(name))
        return list(found.values())

    def _error(self, response: Mapping[str, Any], pointer: str) -> Kind | None:
        """Return the kind of an error response, if its media type and its schema determine it."""
        for media_type, described in response.get("content", {}).items():
            here = below(pointer, "content", media_type, "schema")
            if "schema" not in described or not (is_json(media_type) or "*" in media_type):
                continue
            kind = self._kinds.of(described["schema"], here)
            if kind.form not in (Form.ANYTHING, Form.NULL, Form.FILE) and not self._models.bytes_in(kind):
                return kind
        return None

    def _as_bytes(self, result: Result, status: int | str, pointer: str) -> Result:
        if result != BYTES:
            self._report.tell(
                below(pointer, status),
                "a success that is bytes has this one beside it",
                "it is handed out as bytes too",
            )
        return BYTES

    def _success(self, operation: RawOperation, response: Mapping[str, Any], pointer: str) -> tuple[Result, list[str]]:
        """Return the content of a success, and the media types of Accept."""
        content = response.get("content", {})
        if content and operation.method == "HEAD":
            self._report.tell(below(pointer, "content"), "a response to HEAD has no body", "None is returned")
        if not content or operation.method == "HEAD":
            return NOTHING, []
        here = below(pointer, "content")
        found: dict[str, tuple[Result, Kind]] = {}
        failures: list[Failure] = []
        for media_type, described in content.items():
            if "itemSchema" in described:
                continue
            try:
                found[media_type] = self._content(media_type, described, below(here, media_type))
            except Failure as failure:
                failures.append(failure)
        if not found:
            raise Failure.of(problem for each in failures for problem in each.problems)
        for each in failures:
            self._report.tell_failure(each, "another media type is asked for")
        first = next(result for form in FORMS for result, _ in found.values() if result.form == form)
        for media_type, (result, kind) in found.items():
            place = below(here, media_type)
            if result != first:
                self._report.tell(place, f"a success may be {media_type} too", "another media type is asked for")
            elif first.form != "json" and kind.form not in (Form.FILE, Form.ANYTHING, Form.STRING):
                means = f"the body is handed out as {first.form}"
                self._report.tell(below(place, "schema"), f"a schema of {bare(media_type)}", means)
        return first, [media_type for media_type, (result, _) in found.items() if result == first]

    def _content(self, media_type: str, node: Mapping[str, Any], pointer: str) -> tuple[Result, Kind]:
        """Return what a body of a media type is, and the kind of its schema."""
        here = below(pointer, "schema")
        kind = self._kinds.of(node.get("schema"), here)
        # Frameworks write `*/*` for what is JSON; what has a structure is.
        if is_json(media_type) or ("*" in media_type and kind.form not in (Form.FILE, Form.ANYTHING, Form.STRING)):
            if self._models.bytes_in(kind):
                means = "they are the text that JSON has in their place"
                self._report.tell(here, "bytes, which JSON cannot hold", means)
            return Result("json", kind), kind
        return TEXT if is_text(media_type) and kind.form != Form.FILE else BYTES, kind
