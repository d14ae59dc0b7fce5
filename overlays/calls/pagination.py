"""The pages of a list, sync and async, and the methods that return them.

Iterators are objects, not generators: a step that fails or is cancelled loses nothing, and the next one continues
there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Iterator
from operator import attrgetter
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

from ..settings.options import CallOptions
from ..streams.reading import OneReader
from .api_client import AsyncAPIClient
from .operation import Operation
from .paging import BasePage, Paging, paged
from .resource import AsyncResource, AsyncResponseContextManager, RawResource, SyncResource, returning
from .responses import AsyncAPIResponse

__all__ = ["AsyncPage", "AsyncPager", "Page"]

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Page(BasePage[ItemT, ResultT]):
    """One page. Iterating over it yields its items and those of all pages after it."""

    def get_next_page(self) -> Page[ItemT, ResultT]:
        """Request the next page; raises InvalidArgumentError if this is the last one."""
        return cast("Page[ItemT, ResultT]", self._client.call(*self._ask()))

    def pages(self) -> Iterator[Page[ItemT, ResultT]]:
        """Return this page and all after it, each requested when it is reached."""
        return _Pages(self, _itself)

    def __iter__(self) -> Iterator[ItemT]:
        return _Pages(self, _items)


class AsyncPage(BasePage[ItemT, ResultT]):
    """One page. Iterating over it yields its items and those of all pages after it."""

    async def get_next_page(self) -> AsyncPage[ItemT, ResultT]:
        """Request the next page; raises InvalidArgumentError if this is the last one."""
        return cast("AsyncPage[ItemT, ResultT]", await self._client.call(*self._ask()))

    def pages(self) -> AsyncIterator[AsyncPage[ItemT, ResultT]]:
        """Return this page and all after it, each requested when it is reached."""
        return _AsyncPages(self, _itself)

    def __aiter__(self) -> AsyncIterator[ItemT]:
        return _AsyncPages(self, _items)


class AsyncPager(Generic[ItemT, ResultT]):
    """A list that was not requested yet: await it for its first page, or iterate over all its items."""

    def __init__(self, first: Callable[[], Coroutine[Any, Any, AsyncPage[ItemT, ResultT]]]) -> None:
        self._first = first

    def __await__(self) -> Generator[Any, None, AsyncPage[ItemT, ResultT]]:
        return self._first().__await__()

    def pages(self) -> AsyncIterator[AsyncPage[ItemT, ResultT]]:
        """Return all pages, each requested when it is reached."""
        return _AsyncPages(None, _itself, self._first)

    def __aiter__(self) -> AsyncIterator[ItemT]:
        return _AsyncPages(None, _items, self._first)


class _Walk(Generic[T]):
    """What the pages of a list hand out, one after the other, each requested when it is reached.

    `parts` are what a page hands out: itself, or its items. Where there is no page yet, `first` requests it.
    """

    def __init__(self, page: Any, parts: Callable[[Any], Iterable[T]], first: Any = None) -> None:
        self._page, self._parts, self._first = page, parts, first
        self._left = deque(() if page is None else parts(page))
        self._step = OneReader("this list")


class _Pages(_Walk[T], Iterator[T]):
    def __next__(self) -> T:
        with self._step:
            while not self._left:
                if not self._page.has_next_page():
                    raise StopIteration
                self._page = self._page.get_next_page()
                self._left.extend(self._parts(self._page))
            return self._left.popleft()


class _AsyncPages(_Walk[T], AsyncIterator[T]):
    async def __anext__(self) -> T:
        with self._step:
            while not self._left:
                if self._page is None:
                    self._page = await self._first()
                elif self._page.has_next_page():
                    self._page = await self._page.get_next_page()
                else:
                    raise StopAsyncIteration
                self._left.extend(self._parts(self._page))
            return self._left.popleft()


def _itself(page: T) -> tuple[T]:
    return (page,)


_items = attrgetter("items")


# The functions that methods of the resources call. A method of a sync resource is also the streaming form of the async
# one, so the client determines whether the pages are sync or async.
def call(
    resource: SyncResource, operation: Operation[ResultT], paging: Paging[ItemT], options: CallOptions
) -> Page[ItemT, ResultT]:
    """Return the first page, or the response with it."""
    client: Any = resource._client  # pyright: ignore[reportPrivateUsage]  # pages are part of the client
    kind = AsyncPage if isinstance(client, AsyncAPIClient) else Page
    asked = paged(kind, client, paging, operation, options)
    return cast("Page[ItemT, ResultT]", resource._call(asked, options))  # pyright: ignore[reportPrivateUsage]  # of the same package


def acall(
    resource: AsyncResource | RawResource, operation: Operation[ResultT], paging: Paging[ItemT], options: CallOptions
) -> AsyncPager[ItemT, ResultT]:
    """Return an awaitable of the first page, or of the response with it."""
    client = resource._client  # pyright: ignore[reportPrivateUsage]  # pages are part of the client

    def first() -> Coroutine[Any, Any, Any]:
        return resource._call(paged(AsyncPage, client, paging, operation, options), options)  # pyright: ignore[reportPrivateUsage]  # of the same package

    # As elsewhere the raw form is a coroutine, so that an application can make a task of it.
    found: Any = first() if isinstance(resource, RawResource) else AsyncPager(first)
    return cast("AsyncPager[ItemT, ResultT]", found)


def async_raw(
    method: Callable[Concatenate[Any, P], AsyncPager[ItemT, ResultT]],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, AsyncAPIResponse[AsyncPage[ItemT, ResultT]]]]:
    """Return the async method for a RawResource."""
    return returning(method, "AsyncAPIResponse[{}]", "AsyncPager", "AsyncPage")


def async_streamed(
    method: Callable[Concatenate[Any, P], Page[ItemT, ResultT]],
) -> Callable[Concatenate[Any, P], AsyncResponseContextManager[AsyncAPIResponse[AsyncPage[ItemT, ResultT]]]]:
    """Return the sync method for an AsyncStreamedResource."""
    return returning(method, "AsyncResponseContextManager[_resource.AsyncAPIResponse[{}]]", "Page", "AsyncPage")
