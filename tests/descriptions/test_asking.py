"""How a request asks: any method with a body, whole queries, reserved characters, cookies, to a real server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from generator.report import Report

from .echo import Caller, Echo, answered, made

pytestmark = pytest.mark.once(rows=True)


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Report]:
    return made("asking", tmp_path_factory.mktemp("asking"))


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest, asking: tuple[Any, Report], echo: Echo) -> Caller:
    return Caller(asking[0], echo, awaits=request.param)


DEEP = {"a": [[1, 2], []], "b": {"x y": True}}
DEEP_JSON = '{"a":[[1,2],[]],"b":{"x y":true}}'
DEEP_ENCODED = "%7B%22a%22%3A%5B%5B1%2C2%5D%2C%5B%5D%5D%2C%22b%22%3A%7B%22x%20y%22%3Atrue%7D%7D"

# The operation, its arguments, and what arrives: the method, the target, some headers.
SENT: list[tuple[str, dict[str, Any], str, str, dict[str, str]]] = [
    ("copy", {"body": "a"}, "COPY", "/things", {"content-length": "1"}),
    ("link", {"to": "b"}, "LINK", "/things?to=b", {}),
    ("json", {"q": DEEP}, "GET", f"/json?{DEEP_ENCODED}", {}),
    ("path", {"q": "$.a[?@.b]"}, "GET", "/path?%24.a%5B%3F%40.b%5D", {}),
    ("text", {"q": "a&b=c d"}, "GET", "/text?a%26b%3Dc%20d", {}),
    ("text", {}, "GET", "/text", {}),
    ("nameless", {"field_": "a b"}, "GET", "/nameless?=a%20b", {}),
    ("form", {"q": {"a": "x y", "b": 1}}, "GET", "/form?a=x%20y&b=1", {}),
    ("form", {"q": {"c": [1, 2], "d": [3, 4], "f": {"k": "v"}}}, "GET", "/form?c=1&c=2&d=3,4&f%5Bk%5D=v", {}),
    ("form", {"q": {"e": {"k": [1]}}}, "GET", "/form?e=%7B%22k%22%3A%5B1%5D%7D", {}),
    (
        "behind",
        *({"area": "a b", "lat": 1.5, "lon": "c&d", "pagesize": 3, "key": "k"}, "GET"),
        *("/storms/a%20b?lang=en&key=k&lat=1.5&lon=c%26d&page%5Bsize%5D=3", {}),
    ),
    ("behind", {"area": "a", "lat": 0, "lon": ""}, "GET", "/storms/a?lang=en&lat=0&lon=", {}),
    ("several", {"only": ["a", "b c"], "like": {"a": 1, "b": "x"}}, "GET", "/storms?only=a,b%20c&like=a,1,b,x", {}),
    ("several", {"only": ["a"]}, "GET", "/storms?only=a", {}),
    ("spread", {"from_": "a", "to": "b"}, "GET", "/storms?from=a&to=b", {}),
    ("service", {"slug": "near"}, "GET", "/services/near", {}),
    ("reserved", {"id": "a:b@c;d=e,f/g?h#i"}, "GET", "/reserved/a:b@c;d=e,f%2Fg%3Fh%23i", {}),
    ("reserved", {"id": "1", "one": "a/b?c=d:e,f;g!@$'()*"}, "GET", "/reserved/1?one=a/b?c=d:e,f;g!@$'()*", {}),
    ("reserved", {"id": "1", "one": "a&b#c+d e[f]%2F"}, "GET", "/reserved/1?one=a%26b%23c%2Bd%20e%5Bf%5D%2F", {}),
    ("reserved", {"id": "1", "many": ["a/b", "c,d"]}, "GET", "/reserved/1?many=a/b,c%2Cd", {}),
    ("reserved", {"id": "1", "each": ["a/b", "c"]}, "GET", "/reserved/1?each=a/b&each=c", {}),
    ("reserved", {"id": "1", "map": {"k": "a/b"}}, "GET", "/reserved/1?map%5Bk%5D=a/b", {}),
    ("reserved", {"id": "1", "plain": "a/b"}, "GET", "/reserved/1?plain=a%2Fb", {}),
    ("cookies", {"one": "a%20b", "usual": "a b"}, "GET", "/cookies", {"cookie": "usual=a%20b; one=a%20b"}),
    ("cookies", {"many": [1, 2]}, "GET", "/cookies", {"cookie": "many=1; many=2"}),
    ("cookies", {"spread": {"a": 1, "b": "x"}}, "GET", "/cookies", {"cookie": "a=1; b=x"}),
    ("cookies", {"flat": {"c": 1, "d": "x"}}, "GET", "/cookies", {"cookie": "flat=c,1,d,x"}),
    ("content", {"where": DEEP}, "GET", f"/content?where={DEEP_ENCODED}", {}),
    ("content", {"note": "a,b c"}, "GET", "/content?note=a%2Cb%20c", {}),
    ("content", {"x_where": DEEP, "x_note": "a, b"}, "GET", "/content", {"x-where": DEEP_JSON, "x-note": "a, b"}),
    ("content", {"where_cookie": {"a": []}}, "GET", "/content", {"cookie": "where={%22a%22:[]}"}),
]


@pytest.mark.parametrize(("name", "arguments", "method", "target", "headers"), SENT)
def test_a_request_asks_as_described(
    name: str, arguments: dict[str, Any], method: str, target: str, headers: dict[str, str], caller: Caller
) -> None:
    assert caller.call(f"ask.{name}", **arguments) is None
    (seen,) = caller.echo.seen
    assert (seen.method, seen.target, {key: seen.headers.get(key) for key in headers}) == (method, target, headers)


@pytest.mark.parametrize("transport", ["direct", "httpx"])
def test_a_query_with_a_body_is_safe_to_repeat(transport: str, caller: Caller) -> None:
    answers = [answered({}, 503, retry_after="0"), answered(["a"])]
    caller.echo.answer = lambda _: answers.pop(0)
    options = {"max_retries": 1, "transport": transport}
    assert caller.call("ask.query", where="x", options=options) == ["a"]
    assert [(each.method, each.body) for each in caller.echo.seen] == [("QUERY", b'{"where":"x"}')] * 2


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("cookies", {"one": "a b"}, "one must be a text that can stand in a cookie as it is"),
        ("cookies", {"spread": {"b": "a;b"}}, "b must be a text that can stand in a cookie"),
        ("json", {"q": {"a": 1}}, "q"),
        ("content", {"x_note": "a\nb"}, "X-Note"),
    ],
)
def test_what_cannot_be_asked_is_refused(name: str, arguments: dict[str, Any], told: str, caller: Caller) -> None:
    with pytest.raises(caller.package.InvalidArgumentError) as raised:
        caller.call(f"ask.{name}", **arguments)
    assert told in str(raised.value)
    assert caller.echo.seen == []


def test_what_no_standard_defines_is_left_out(asking: tuple[Any, Report]) -> None:
    assert asking[1].told == []
    assert [each.id for each in asking[1].left_out] == ["ask.xml"]
