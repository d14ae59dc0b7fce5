"""Paginated lists: what a page says about those after it, and the request for the next one, with no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from decimal import Decimal
from functools import partial
from typing import Any, Generic, Literal, NamedTuple, TypeVar, cast
from urllib.parse import urldefrag, urljoin

from ..errors import APIResponseValidationError, InvalidArgumentError
from ..errors.handles import Handle
from ..settings.options import CallOptions
from ..values.bodies import JSONBody
from ..values.codec import Codec, MismatchError, string
from .credentials import without_key
from .exchange import Reply
from .operation import Operation
from .response_errors import validation_error

T = TypeVar("T")
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Paging(NamedTuple, Generic[ItemT]):
    """How the pages of an operation follow each other.

    Args:
        style: How the next page is requested: by an argument that is a `cursor`, an `offset` or the number of the
            `page`; or by a `url` in the body or in a `link` of the headers.
        items: The attributes of the result that lead to its items; none if the result is the list.
        request: The name of the argument in the request.
        in_body: Whether the argument is a field of the body, not of the query.
        is_number: Whether the argument is a number.
        first: Its value if it is not given.
        next: The path in the body to the next cursor or URL.
        more: The path to the field that says whether there are more pages.
        total: The path to the total number of items, or of pages if the argument is a page number.
    """

    style: Literal["cursor", "offset", "page", "url", "link"]
    items: Sequence[str] = ()
    request: str = ""
    in_body: bool = False
    is_number: bool = False
    first: int = 0
    next: Sequence[str] = ()
    more: Sequence[str] = ()
    total: Sequence[str] = ()


class _PageFacts(NamedTuple):
    """What a page says about the pages after it."""

    next: object
    more: object
    total: object


class _Place(NamedTuple):
    """The position of a page: how many are before it, and which number each cursor or URL requests, for all pages."""

    number: int
    seen: dict[str, int]


class BasePage(Handle, Generic[ItemT, ResultT]):
    """One page: its items, and the request for the next one."""

    _refusal = "can be neither copied nor pickled, since it asks for the next one: keep its `result`, or its `items`"

    def __init__(
        self,
        client: Any,
        paging: Paging[ItemT],
        operation: Operation[Any],
        call: CallOptions,
        place: _Place,
        found: tuple[_PageFacts, ResultT],
        reply: Reply,
    ) -> None:
        self._client = client
        self._paging = paging
        self._operation = operation
        self._call = call
        self._place = place
        self._response = reply.response
        self._facts = found[0]
        self.result = found[1]
        """The result of the response, as the description has it."""
        items: Any = self.result
        for attribute in paging.items:
            items = getattr(items, attribute, None)
        self.items = cast("list[ItemT]", items if isinstance(items, list) else [])
        """The items of this page."""
        self.request_id = reply.response.request_id
        """The request id of this page, to give when asking for support; None if there is none."""
        if place.number == 0:
            asked_by = self._argument() if paging.style == "cursor" else reply.response.request.url
            place.seen.update({} if asked_by is None else {str(asked_by): 0})

    def has_next_page(self) -> bool:
        """Whether this page says that there is another; raises APIResponseValidationError if that is unclear.

        It sends no request.
        """
        return self._next() is not None

    def _argument(self) -> object:
        """Return the argument that requested this page, None if none did."""
        name, body = self._paging.request, self._operation.body
        if not self._paging.in_body:
            return dict(self._operation.query).get(name)
        return _at(body.value, [name]) if isinstance(body, JSONBody) else None

    def _next(self) -> str | int | None:
        """Return the argument for the next page; None at the end."""
        style, (given, more, total) = self._paging.style, self._facts
        if more is False:
            return None
        if style == "link":
            given = next_link(self._response.headers.get("link", ""))
        if style in ("cursor", "url", "link"):
            if given in (None, "", False):  # 0 ends a scan
                self._check_last("no cursor")
                return None
            if isinstance(given, bool) or not isinstance(given, str | int):
                raise self._unreadable(f"the cursor of the next page is {given!r}")
            try:
                string.write(str(given))
            except MismatchError as error:
                raise self._unreadable(f"the cursor of the next page {error}") from None
            return given
        if not self.items:
            self._check_last("no items")
            return None
        argument = self._argument()
        here = self._paging.first if argument is None else int(Decimal(str(argument)))
        after = here + (len(self.items) if style == "offset" else 1)
        reached = after if style == "offset" else here
        return None if isinstance(total, int) and reached >= total and more is not True else after

    def _check_last(self, found: str) -> None:
        """Raise APIResponseValidationError if a page without a next one says that there are more."""
        if self._facts.more is True:
            raise self._unreadable(f"the page says that there is more, and has {found}")

    def _ask(self) -> tuple[Operation[Any], CallOptions]:
        """Return the call for the next page; raises InvalidArgumentError if there is none."""
        asked = self._next()
        if asked is None:
            raise InvalidArgumentError(f"{self._operation.id}: this is the last page: ask has_next_page() first")
        name, operation = self._paging.request, self._operation
        if not name:
            asked = self._url(str(asked))
        if self._paging.style not in ("offset", "page"):
            number = self._place.seen.setdefault(str(asked), self._place.number + 1)
            if number <= self._place.number:
                raise self._unreadable(f"the cursor of the next page, {asked!r}, is that of one before it")
        if not name:
            operation = operation._replace(url=str(asked))
        elif self._paging.in_body:
            body = operation.body if isinstance(operation.body, JSONBody) else JSONBody({})
            value = int(asked) if self._paging.is_number and str(asked).isdecimal() else asked
            fields = {**cast("Mapping[str, object]", body.value), name: value}
            operation = operation._replace(body=JSONBody(fields, body.media_type))
        else:
            rest = [pair for pair in operation.query if pair[0] != name]
            operation = operation._replace(query=[*rest, (name, str(asked))])
        # An argument that the application adds would override the cursor.
        call = copy(self._call)
        call.query, call.body = _without(name, call.query), _without(name, call.body)
        place = _Place(self._place.number + 1, self._place.seen)
        return paged(type(self), self._client, self._paging, operation, call, place), call

    def _url(self, reference: str) -> str:
        try:
            url = without_key(urldefrag(urljoin(self._response.request.url, reference)).url)
        except ValueError:
            url = ""
        if not re.match(r"https?://[^/?#@\s]+(?=[/?]|$)", url):
            raise self._unreadable(f"the next page is at {reference!r}, which is no URL of http or https")
        return url

    def _unreadable(self, problem: str) -> APIResponseValidationError:
        problem = f"{self._operation.id}: {problem}"
        return validation_error(self._response, b"", problem, retry_safe=self._operation.retry_safe)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, object]:
        """Return the pydantic schema for the result of a tool: it is the result of this page's response."""
        write = {"type": "function-plain", "function": lambda page: cast("Any", page).result}
        return {"type": "is-instance", "cls": cls, "serialization": write}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: object, handler: object) -> dict[str, object]:
        return {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._operation.id}: {len(self.items)} items, {self.request_id}>"


def paged(
    kind: type[BasePage[Any, Any]],
    client: Any,
    paging: Paging[Any],
    operation: Operation[Any],
    call: CallOptions,
    place: _Place | None = None,
) -> Operation[Any]:
    """Return an operation whose result is a page, the first one if no other place is given."""
    codec = cast("Codec[Any]", operation.result)

    def read(data: object) -> tuple[_PageFacts, object]:
        facts = _PageFacts(_at(data, paging.next), _at(data, paging.more), _at(data, paging.total))
        return facts, codec.read(data)  # reading may consume the data

    made = partial(kind, client, paging, operation, call, place or _Place(0, {}))
    return operation._replace(result=Codec(read, codec.write), made=made)


def _without(name: str, given: T) -> T:
    """Return the `extra_…` fields that an application adds to a call, without one of them."""
    if not isinstance(given, Mapping):
        return given
    fields = cast("Mapping[str, object]", given)
    return cast("T", {key: value for key, value in fields.items() if key != name})


def _at(data: object, steps: Sequence[str]) -> object:
    for step in steps:
        data = cast("Mapping[str, object]", data).get(step) if isinstance(data, Mapping) else None
    return data if steps else None


# Possessive (`*+`), so that no header takes long to match.
_PARAMETER = r"""\s*+;\s*+([^\s=;,"<]++)\s*+(?:=\s*+("(?:\\.|[^"\\])*+"|[^\s";,]*+))?+"""
_LINK = re.compile(f"<([^<>]*+)>((?:{_PARAMETER})*+)")


def next_link(header: str) -> str | None:
    """Return the URL of the next page in a Link header (RFC 8288); None if it has none."""
    for found in _LINK.finditer(header):
        parameters = re.findall(_PARAMETER, found[2])
        rel = next((value for name, value in parameters if name.lower() == "rel"), "")  # the first counts (section 3.3)
        if "next" in rel.strip('"').lower().split():
            return found[1]
    return None
