"""Lists in pages, of every style, waiting and awaiting, from a server on a socket of its own."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import TypeAdapter

from generator.rendering import Package
from generator.report import Failure, Report
from tests.kit.checking import MYPY

from .packages import document, load, make_all, settings

pytestmark = pytest.mark.once(rows=True)

KEY = "key-of-the-library"


class Server:
    """Answers with what `answer` gives for the path, the query and the body: a status, headers and JSON."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], Any]] = []
        self.answer: Callable[[str, dict[str, str], Any], tuple[int, dict[str, str], Any]] = lambda *_: (500, {}, {})
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.seen.append((self.path, headers, body))
                path, query = urlsplit(self.path)[2:4]
                status, more, value = server.answer(path, {key: each[0] for key, each in parse_qs(query).items()}, body)
                content = json.dumps(value).encode()
                self.send_response(status)
                for name, each in {"x-request-id": f"req_{len(server.seen)}", **more}.items():
                    self.send_header(name, each)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        for method in ("GET", "POST"):
            setattr(Handler, f"do_{method}", Handler._answer)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def targets(self) -> list[str]:
        return [target for target, _, _ in self.seen]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("libraries")
    by_query = copy.deepcopy(document("library"))
    by_query["components"]["securitySchemes"]["Key"] = {"type": "apiKey", "in": "query", "name": "key"}
    by_token = copy.deepcopy(document("library"))
    urls = {"authorizationUrl": "https://example.com/a", "tokenUrl": "https://example.com/t", "scopes": {}}
    by_token["components"]["securitySchemes"]["Key"] = {"type": "oauth2", "flows": {"authorizationCode": urls}}
    make_all({"library": document("library"), "library_by_query": by_query, "library_by_token": by_token}, folder)
    return folder


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.close()


class Reader:
    """A client of either kind, behind one way to use its pages."""

    def __init__(self, package: Any, url: str, *, awaits: bool, key: str = "api_key", **options: Any) -> None:
        name = "".join(part.capitalize() for part in package.__name__.split("_"))
        kind = getattr(package, ("Async" if awaits else "") + name)
        self.errors, self.awaits, self._runner = package, awaits, asyncio.Runner()
        self.client = kind(base_url=f"{url}/v1", max_retries=0, **({key: KEY} | options))

    def wait(self, result: Any) -> Any:
        async def run() -> Any:
            return await result

        return self._runner.run(run()) if self.awaits else result

    def step(self, steps: Any) -> Any:
        return self._runner.run(anext(steps)) if self.awaits else next(steps)

    def steps(self, pages: Any) -> Any:
        return aiter(pages) if self.awaits else iter(pages)

    def steps_of(self, method: Any) -> Iterator[Any]:
        """Yield the items of a list, one by one; at most nine, so that a walk without end does not hang."""
        steps = self.steps(method())
        for _ in range(9):
            yield self.step(steps)

    def walk(self, pages: Any) -> list[Any]:
        async def run() -> list[Any]:
            return [each async for each in pages]

        return self._runner.run(run()) if self.awaits else list(pages)

    def close(self) -> None:
        self.wait(self.client.close())
        self._runner.close()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def reader(request: pytest.FixtureRequest, folder: Path, server: Server) -> Iterator[Reader]:
    found = Reader(load("library", folder), server.url, awaits=request.param)
    yield found
    found.close()


def books(*titles: str, **meta: Any) -> tuple[int, dict[str, str], Any]:
    return 200, {}, {"data": [{"title": each} for each in titles], "meta": meta}


def by_cursor(pages: dict[str | None, Any]) -> Callable[[str, dict[str, str], Any], Any]:
    """Answer by the cursor that is asked for."""
    return lambda path, query, body: pages[query.get("after")]  # noqa: ARG005  # every page is asked for in the same way


THREE = by_cursor({None: books("a", "b", next="2"), "2": books("c", next="3&é", more=True), "3&é": books("d")})


def test_a_call_is_one_request_and_iterating_asks_for_the_next_page_when_it_is_wanted(
    reader: Reader, server: Server
) -> None:
    server.answer = THREE
    page = reader.wait(reader.client.books.list(limit=2))
    assert server.targets == ["/v1/books?limit=2"]
    assert ([each.title for each in page.items], page.request_id) == (["a", "b"], "req_1")
    assert (page.result.meta.next, page.has_next_page()) == ("2", True)
    steps = reader.steps(page)
    assert [reader.step(steps).title for _ in range(2)] == ["a", "b"]
    assert len(server.seen) == 1
    assert reader.step(steps).title == "c"
    assert server.targets[1:] == ["/v1/books?limit=2&after=2"]
    assert [each.title for each in reader.walk(steps)] == ["d"]
    assert server.targets[2:] == ["/v1/books?limit=2&after=3%26%C3%A9"]
    assert {headers["x-key"] for _, headers, _ in server.seen} == {KEY}
    with pytest.raises((StopIteration, StopAsyncIteration)):
        reader.step(steps)
    assert len(server.seen) == 3


def test_pages_know_their_own_request_and_lead_to_the_next(reader: Reader, server: Server) -> None:
    server.answer = THREE
    first = reader.wait(reader.client.books.list())
    pages = reader.walk(first.pages())
    assert [(each.request_id, len(each.items), each.has_next_page()) for each in pages] == [
        ("req_1", 2, True),
        ("req_2", 1, True),
        ("req_3", 1, False),
    ]
    assert pages[0] is first
    # Asked for again, a page comes again: nothing is mistaken for a cursor that repeats itself.
    again = [reader.wait(first.get_next_page()) for _ in range(2)]
    assert [each.items for each in again] == [pages[1].items] * 2
    assert reader.wait(again[0].get_next_page()).items == pages[2].items
    with pytest.raises(reader.errors.InvalidArgumentError, match=r"books\.list: this is the last page"):
        reader.wait(pages[2].get_next_page())
    with pytest.raises(reader.errors.NotPicklableError, match="keep its `result`"):
        pickle.dumps(first)


def test_an_awaiting_list_is_iterated_without_await(folder: Path, server: Server) -> None:
    server.answer = THREE
    reader = Reader(load("library", folder), server.url, awaits=True)
    pager = reader.client.books.list()
    assert server.seen == []
    assert [each.title for each in reader.walk(pager)] == ["a", "b", "c", "d"]
    assert [each.request_id for each in reader.walk(pager.pages())] == ["req_4", "req_5", "req_6"]
    reader.close()


def test_raw_and_streaming_access_give_the_first_page(reader: Reader, server: Server) -> None:
    server.answer = THREE
    response = reader.wait(reader.client.books.with_raw_response.list())
    assert (response.status_code, response.headers["x-request-id"]) == (200, "req_1")
    page = reader.wait(response.parse())
    assert [each.title for each in reader.walk(page)] == ["a", "b", "c", "d"]
    assert reader.wait(response.parse(to=dict))["meta"] == {"next": "2"}
    opened = reader.client.books.with_streaming_response.list()
    if reader.awaits:

        async def run() -> Any:
            async with opened as response:
                return await response.parse()

        page = reader.wait(run())
    else:
        with opened as response:
            page = response.parse()
    assert [each.title for each in reader.walk(page)] == ["a", "b", "c", "d"]
    assert len(server.seen) == 6


def by_offset(path: str, query: dict[str, str], body: Any) -> Any:  # noqa: ARG001  # every page is asked for in the same way
    authors = list("abcde")
    start = int(query.get("skip", 0))
    return 200, {}, {"authors": authors[start : start + 2], "count": 5}


def by_page(path: str, query: dict[str, str], body: Any) -> Any:  # noqa: ARG001  # every page is asked for in the same way
    number = int(query.get("page", 1))
    return 200, {}, {"loans": [{"book": {"title": f"{number}"}}], "pages": 3}


def by_link(path: str, query: dict[str, str], body: Any) -> Any:  # noqa: ARG001  # every page is asked for in the same way
    number = int(query.get("p", 1))
    links = f'</v1/rooms?p=1,1>; rel="first", </v1/rooms?p={number + 1}>; title="a, \\"b\\""; REL="last Next"'
    return 200, {"link": links if number < 3 else "</v1/rooms?p=1>; rel=first"}, [{"name": f"{number}"}]


def by_url(path: str, query: dict[str, str], body: Any) -> Any:  # noqa: ARG001  # every page is asked for in the same way
    number = int(query.get("p", 1))
    following = f"?p={number + 1}&room=x#top" if number < 3 else None
    return 200, {}, {"items": [{"name": f"{number}"}], "links": {"next": following}}


def by_body(path: str, query: dict[str, str], body: Any) -> Any:  # noqa: ARG001  # every page is asked for in the same way
    number = (body or {}).get("page", 1)
    assert type(number) is int
    return books(f"{number}", next=str(number + 1) if number < 3 else "")


@pytest.mark.parametrize(
    ("call", "answer", "targets"),
    [
        (lambda c: c.authors.list(tags=["x", "y"]), by_offset, ["?tags=x&tags=y", "?tags=x&tags=y&skip=2", "?tags=x&tags=y&skip=4"]),
        (lambda c: c.authors.list(skip=1), by_offset, ["?skip=1", "?skip=3"]),
        (lambda c: c.authors.list(skip=10**400), by_offset, [f"?skip={10**400}"]),
        (lambda c: c.loans.list(), by_page, ["", "?page=2", "?page=3"]),
        (lambda c: c.loans.list(page=2), by_page, ["?page=2", "?page=3"]),
        (lambda c: c.rooms.list(), by_link, ["", "?p=2", "?p=3"]),
        (lambda c: c.shelves.list(room="x"), by_url, ["?room=x", "?p=2&room=x", "?p=3&room=x"]),
        (lambda c: c.books.search(words="x"), by_body, ["/search"] * 3),
        (lambda c: c.books.search(), by_body, ["/search"] * 3),
    ],
    ids=["offset", "offset given", "offset beyond", "page", "page given", "link", "url", "body", "no body"],
)  # fmt: skip
def test_every_style_walks_all_pages(
    reader: Reader, server: Server, call: Any, answer: Any, targets: list[str]
) -> None:
    server.answer = answer
    pages = reader.walk(reader.wait(call(reader.client)).pages())
    base = server.targets[0].partition("?")[0].removesuffix("/search")
    assert server.targets == [base + each for each in targets]
    assert [each.has_next_page() for each in pages] == [True] * (len(targets) - 1) + [False]
    assert {headers["x-key"] for _, headers, _ in server.seen} == {KEY}
    if "search" in base or "search" in targets[0]:
        assert [(body or {}).get("page") for _, _, body in server.seen] == [None, 2, 3]


def test_without_a_total_the_empty_page_is_the_end(reader: Reader, server: Server) -> None:
    server.answer = lambda path, query, body: (  # noqa: ARG005  # every page is asked for in the same way
        (200, {}, {"authors": ["a"] if int(query.get("skip", 0)) < 2 else [], "count": None})
    )
    assert reader.walk(reader.wait(reader.client.authors.list())) == ["a", "a"]
    assert len(server.seen) == 3


def test_a_page_without_items_in_the_middle_is_no_end(reader: Reader, server: Server) -> None:
    pages = {None: books(next="2"), "2": (200, {}, {"data": [], "meta": {"next": 3}}), "3": books("d", next=None)}
    server.answer = by_cursor(pages)
    assert [each.title for each in reader.walk(reader.wait(reader.client.books.list()))] == ["d"]
    server.answer = by_cursor({None: books("a", next="2", more=False)})
    assert [each.title for each in reader.walk(reader.wait(reader.client.books.list()))] == ["a"]


@pytest.mark.parametrize(
    ("call", "answer", "came", "told"),
    [
        ("books", by_cursor({None: books("a", next="1"), "1": books("b", next="1")}), "ab", "'1', is that of one before"),
        ("books", by_cursor({None: books("a", next="1"), "1": books("b", next="2"), "2": books("c", next="1")}), "abc", "'1', is"),
        ("books", by_cursor({None: books("a", next={"x": 1})}), "", None),
        ("books", by_cursor({None: books("a", next="\ud800")}), "a", "the cursor of the next page "),
        ("shelves", lambda *_: (200, {}, {"items": [{"name": "a"}], "links": {"next": "?\ud800"}}), "a", "the cursor of"),
        ("books", by_cursor({None: books("a", next=True)}), "", None),
        ("books", by_cursor({None: books("a", more=True)}), "a", "says that there is more, and has no cursor"),
        ("shelves", lambda *_: (200, {}, {"items": [{"name": "a"}], "links": {"next": "?"}}), "a", "is that of one before"),
        ("shelves", lambda *_: (200, {}, {"items": [{"name": "a"}], "links": {"next": "http://["}}), "a", "is no URL"),
        ("shelves", lambda *_: (200, {}, {"items": [{"name": "a"}], "links": {"next": "file:///etc/passwd"}}), "a", "is no URL"),
        ("shelves", lambda *_: (200, {}, {"items": [{"name": "a"}], "links": {"next": "http://a:b@example.com/"}}), "a", "is no URL"),
        ("rooms", lambda *_: (200, {"link": "</v1/rooms>; rel=next"}, [{"name": "a"}]), "a", "is that of one before"),
    ],
)  # fmt: skip
def test_a_walk_that_would_not_end_or_would_end_early_is_an_error(
    reader: Reader, server: Server, call: str, answer: Any, came: str, told: str | None
) -> None:
    server.answer = answer
    found: list[str] = []

    def walk() -> None:
        items = reader.steps_of(getattr(reader.client, call).list)
        found.extend(getattr(each, "title", "") or each.name for each in items)

    with pytest.raises(reader.errors.APIResponseValidationError) as caught:
        walk()
    assert "".join(found) == came
    assert told is None or told in str(caught.value)
    assert caught.value.request_id == f"req_{len(server.seen)}"
    assert len(server.seen) <= 3


def test_a_failure_in_the_middle_loses_nothing(reader: Reader, server: Server) -> None:
    failures = [1, 1]

    def answer(path: str, query: dict[str, str], body: Any) -> Any:
        if query.get("after") == "2" and failures:
            failures.pop()
            return 503, {"retry-after-ms": "1"}, {"error": {"message": "Later."}}
        return THREE(path, query, body)

    server.answer = answer
    steps = reader.steps(reader.client.books.list())
    assert [reader.step(steps).title for _ in range(2)] == ["a", "b"]
    with pytest.raises(reader.errors.InternalServerError, match="Later") as caught:
        reader.step(steps)
    assert caught.value.request_id == "req_2"
    with pytest.raises(reader.errors.InternalServerError):
        reader.step(steps)
    assert [each.title for each in reader.walk(steps)] == ["c", "d"]
    failures += [1]
    page = reader.wait(reader.client.books.list(max_retries=1))  # holds for each page, as for any call
    assert [each.title for each in reader.walk(page)] == ["a", "b", "c", "d"]
    assert server.seen[-2][1]["x-library-retry-count"] == "1"


def test_what_the_application_adds_goes_with_every_page_but_not_the_old_cursor(reader: Reader, server: Server) -> None:
    server.answer = THREE
    page = reader.wait(reader.client.books.list(extra_query={"after": "2", "x": 1}, extra_headers={"x-a": "b"}))
    assert [each.title for each in reader.walk(page)] == ["c", "d"]
    assert server.targets == ["/v1/books?after=2&x=1", "/v1/books?after=3%26%C3%A9&x=1"]
    assert {headers["x-a"] for _, headers, _ in server.seen} == {"b"}
    server.seen.clear()
    server.answer = by_body
    reader.walk(reader.wait(reader.client.books.search(extra_body={"page": 2, "x": 1})))
    assert [body for _, _, body in server.seen] == [{"page": 2, "x": 1}, {"page": 3, "x": 1}]


def test_a_cursor_may_be_any_text(reader: Reader, server: Server) -> None:
    server.answer = by_cursor({None: books("a", next="None"), "None": books("b", next="null"), "null": books("c")})
    assert [each.title for each in reader.walk(reader.wait(reader.client.books.list()))] == ["a", "b", "c"]


def test_a_next_page_at_another_host_never_gets_the_key(reader: Reader, server: Server) -> None:
    other = Server()
    last = (200, {}, {"items": [{"name": "b"}], "links": {}})
    other.answer = lambda *_: last
    server.answer = lambda *_: (200, {}, {"items": [{"name": "a"}], "links": {"next": f"{other.url}/v1/shelves?p=2"}})
    extra = {"authorization": "Bearer mine", "cookie": "a=b", "x-other": "kept"}
    page = reader.wait(reader.client.shelves.list(extra_headers=extra))
    assert [each.name for each in reader.walk(page)] == ["a", "b"]
    assert KEY in str(server.seen)
    [(target, headers, _)] = other.seen
    assert (target, headers["x-other"]) == ("/v1/shelves?p=2", "kept")
    assert not {"x-key", "authorization", "cookie"} & headers.keys()
    assert KEY not in str(other.seen)
    # And from there back: the key is not for whoever the other host names, but for the host it was given for.
    other.answer = lambda path, query, body: (  # noqa: ARG005  # every page is asked for in the same way
        200, {}, {"items": [], "links": {"next": f"{server.url}/v1/last" if "p" in query else "/v1/here?"}},
    )  # fmt: skip
    server.answer = lambda path, query, body: (  # noqa: ARG005  # every page is asked for in the same way
        last if path == "/v1/last" else (200, {}, {"items": [], "links": {"next": f"{other.url}/v1/shelves?p=2"}})
    )
    assert [each.name for each in reader.walk(reader.wait(reader.client.shelves.list()))] == ["b"]
    assert (server.targets[-1], server.seen[-1][1]["x-key"]) == ("/v1/last", KEY)
    other.close()


@pytest.mark.parametrize("awaits", [False, True])
def test_a_key_in_the_query_goes_with_pages_of_the_same_host_alone(folder: Path, server: Server, awaits: bool) -> None:
    reader = Reader(load("library_by_query", folder), server.url, awaits=awaits)
    other = Server()
    other.answer = lambda *_: (200, {}, {"items": []})
    server.answer = lambda path, query, body: (  # noqa: ARG005  # every page is asked for in the same way
        200, {}, {"items": [], "links": {"next": f"{other.url}/?key={KEY}&q=1" if "p" in query else f"?p=2&key={KEY}"}},
    )  # fmt: skip
    reader.walk(reader.wait(reader.client.shelves.list()))
    assert server.targets == [f"/v1/shelves?key={KEY}", f"/v1/shelves?p=2&key={KEY}"]
    assert other.targets == ["/?q=1"]
    other.close()
    reader.close()


@pytest.mark.parametrize("awaits", [False, True])
def test_a_token_goes_with_pages_of_the_same_host_alone(folder: Path, server: Server, awaits: bool) -> None:
    """One that a function gives is put into each request anew, also into those of later pages."""
    package = load("library_by_token", folder)
    other = Server()
    other.answer = lambda *_: (200, {}, {"items": []})
    for token in (KEY, lambda: KEY):
        reader = Reader(package, server.url, awaits=awaits, key="access_token", access_token=token)
        server.seen.clear()
        server.answer = lambda path, query, body: (  # noqa: ARG005  # every page is asked for in the same way
            200, {}, {"items": [], "links": {"next": f"{other.url}/" if "p" in query else "?p=2"}},
        )  # fmt: skip
        reader.walk(reader.wait(reader.client.shelves.list()))
        assert [headers["authorization"] for _, headers, _ in server.seen] == [f"Bearer {KEY}"] * 2
        reader.close()
    assert len(other.seen) == 2
    assert "authorization" not in other.seen[0][1] | other.seen[1][1]
    assert KEY not in str(other.seen)
    other.close()


def test_two_readers_of_one_walk_are_an_error(folder: Path, server: Server) -> None:
    reader = Reader(load("library", folder), server.url, awaits=True)
    server.answer = THREE
    steps = aiter(reader.client.books.list())

    async def run() -> list[Any]:
        return await asyncio.gather(anext(steps), anext(steps), return_exceptions=True)

    first, second = reader.wait(run())
    assert first.title == "a"
    assert isinstance(second, reader.errors.LibraryError)
    assert "one reader gets all" in str(second)
    assert [each.title for each in reader.walk(steps)] == ["b", "c", "d"]
    reader.close()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("<a>; rel=next", "a"),
        ('<a>;rel="prev", <b,c;d>;rel="x NEXT y"', "b,c;d"),
        ('<a>; title="rel=next"; rel=last', None),
        ('<a>; title=", <b>; rel=next"; rel=last', None),
        ("<a>; rel=last; rel=next", None),
        ('<a>; crossorigin; rel = "next"', "a"),
        ('<>; rel="next"', ""),
        ("nonsense; rel=next", None),
        ("<" * 5000 + ";" * 5000 + '"' * 5001, None),
        ("<" * 100_000, None),
        ("<a>" + "; a=b" * 20_000 + "\\", None),
        ("<a>; a" + " " * 100_000, None),
        ('<a>; a="' + "\\" * 100_001, None),
    ],
)
def test_the_next_link_of_a_header(folder: Path, header: str, expected: str | None) -> None:
    load("library", folder)
    assert import_module("library.calls.paging").next_link(header) == expected


def test_a_list_without_pages_is_as_before(reader: Reader, server: Server) -> None:
    server.answer = lambda *_: (200, {}, [{"name": "a"}])
    assert [each.name for each in reader.wait(reader.client.rooms.all())] == ["a"]


def test_habits_hold_for_what_they_fit_and_only_when_told_so(folder: Path) -> None:
    plain = copy.deepcopy(document("library"))
    for item in plain["paths"].values():
        for operation in item.values():
            if operation.get("x-pagination"):
                del operation["x-pagination"]
    given = settings("library", folder)
    assert "calls/pagination.py" not in Package(given, copy.deepcopy(plain), folder).settings.overlays
    habits = (
        {"style": "cursor", "request": "after", "items": "/data", "next": "/meta/next"},
        {"style": "offset", "request": "skip", "items": "/authors"},
        {"style": "link"},
    )
    package = Package(type(given)(**{**vars(given), "pagination": habits}), copy.deepcopy(plain), folder)
    found = {call.id: call.paging.told["style"] for call in package.calls if call.paging}
    assert found == {"books.list": "cursor", "authors.list": "offset", "rooms.list": "link"}
    wrong = (*habits, {"style": "page", "request": "nr"})
    with pytest.raises(Failure, match=r"no operation has pages as number 4, \{'style': 'page', 'request': 'nr'\}"):
        Package(type(given)(**{**vars(given), "pagination": wrong}), plain, folder, Report())


def test_annotations_resolve_and_pydantic_takes_a_page_as_the_result_of_a_tool(reader: Reader, server: Server) -> None:
    books = reader.client.books
    for form in (books, books.with_raw_response, books.with_streaming_response):
        for method in (form.list, form.search):
            assert get_type_hints(method)["return"] is not None
            assert signature(method, eval_str=True).return_annotation is not None
    server.answer = THREE
    page = reader.wait(books.list())
    adapter: TypeAdapter[Any] = TypeAdapter(type(page))
    assert adapter.validate_python(page) is page
    assert json.loads(adapter.dump_json(page)) == {
        "data": [{"title": "a"}, {"title": "b"}],
        "meta": {"next": "2", "more": None},
    }
    assert adapter.json_schema(mode="serialization") == {}
    assert len(server.seen) == 1


USER = """
from typing import assert_type

from library import AsyncLibrary, AsyncPage, Library, Page
from library.models import Book, BookList, Room


def waits(client: Library) -> None:
    page = client.books.list()
    assert_type(page, Page[Book, BookList])
    assert_type(page.get_next_page(), Page[Book, BookList])
    for book in page:
        assert_type(book, Book)
    for each in page.pages():
        assert_type(each, Page[Book, BookList])
    for room in client.rooms.list():
        assert_type(room, Room)
    for author in client.authors.list(skip=1):
        assert_type(author, str)
    assert_type(client.books.with_raw_response.list().parse().items, list[Book])
    with client.books.with_streaming_response.list() as response:
        assert_type(response.parse(), Page[Book, BookList])


async def awaits(client: AsyncLibrary) -> None:
    page = await client.books.list()
    assert_type(page, AsyncPage[Book, BookList])
    assert_type(await page.get_next_page(), AsyncPage[Book, BookList])
    async for book in client.books.list():
        assert_type(book, Book)
    async for each in client.books.list().pages():
        assert_type(each, AsyncPage[Book, BookList])
    assert_type(await (await client.books.with_raw_response.list()).parse(), AsyncPage[Book, BookList])
    async with client.books.with_streaming_response.list() as response:
        assert_type(await response.parse(), AsyncPage[Book, BookList])
"""


@pytest.mark.once(first=True)
def test_type_checkers_know_the_items(folder: Path) -> None:
    (folder / "user.py").write_text(USER, encoding="utf-8")
    checks = (
        [*MYPY, "user.py", "library"],
        [
            "basedpyright",
            "--pythonpath",
            sys.executable,
            "--level",
            "error",
            "user.py",
            "library/calls/pagination.py",
            "library/calls/paging.py",
        ],
    )
    text = json.dumps({"pythonVersion": "3.11", "typeCheckingMode": "recommended", "reportImportCycles": False})
    (folder / "pyrightconfig.json").write_text(text, encoding="utf-8")
    for check in checks:
        run = subprocess.run([sys.executable, "-m", *check], cwd=folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
