"""What a call returns and raises for every kind of answer that a description has, against a real server."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from generator.report import Report

from .echo import Answer, Caller, Echo, answered, made

pytestmark = pytest.mark.once(rows=True)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Report]:
    return made("replies", tmp_path_factory.mktemp("replies"))


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest, answers: tuple[Any, Report], echo: Echo) -> Caller:
    return Caller(answers[0], echo, awaits=request.param)


PROBLEM = {"type": "https://example.com/full", "title": "Full", "detail": "No room", "seconds": 5}

# The answer, the class of the error, what `parsed` is (its class, and a field), the message and the code.
ERRORS: list[tuple[Answer, str, tuple[str, Any] | None, str, str | int | None]] = [
    (answered(PROBLEM, 400), "BadRequestError", ("Problem", "Full"), "No room", None),
    (answered({"title": 5}, 400), "BadRequestError", None, "400", None),
    (answered({}, 400), "BadRequestError", None, "Bad Request", None),
    ((400, {}, b"<html>no"), "BadRequestError", None, "<html>no", None),
    ((400, {"content-type": "application/problem+json"}, b'{"title": "cut'), "BadRequestError", None, "cut", None),
    ((400, {}, b""), "BadRequestError", None, "Bad Request", None),
    ((400, {}, b"[" * 5000), "BadRequestError", None, "[[", None),
    (answered({"name": "a", "code": 7}, 404), "NotFoundError", ("Missing", "a"), "Not Found", 7),
    (answered([{"name": "a"}], 410), "APIStatusError", ("list", "Missing"), "Gone", None),
    (answered({"name": "a"}, 418), "APIStatusError", ("Missing", "a"), "teapot", None),
    (answered({"title": "t"}, 418), "APIStatusError", ("Problem", "t"), "t", None),
    (answered({"reason": "no", "count": 2}, 422), "UnprocessableEntityError", ("Fallback", "no"), "no", None),
    (answered({"reason": "no", "count": "x"}, 422), "UnprocessableEntityError", None, "no", None),
    ((429, {"content-type": "text/plain"}, b"slowly"), "RateLimitError", None, "slowly", None),
    (answered(PROBLEM, 503), "InternalServerError", ("Problem", "Full"), "No room", None),
    (answered({"reason": "elsewhere"}, 304), "APIStatusError", None, "Not Modified", None),
    (answered({"reason": "new"}, 499), "APIStatusError", ("Fallback", "new"), "new", None),
]


@pytest.mark.parametrize(("answer", "kind", "parsed", "message", "code"), ERRORS)
def test_an_error_is_what_the_description_says_of_its_status(
    answer: Answer, kind: str, parsed: tuple[str, Any] | None, message: str, code: str | int | None, caller: Caller
) -> None:
    caller.echo.answer = lambda _: answer
    with pytest.raises(caller.package.APIStatusError) as raised:
        caller.call("answer.errors")
    error: Any = raised.value
    assert (type(error).__name__, error.status_code, error.code) == (kind, answer[0], code)
    assert message.lower() in str(error).lower()
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert shown(each.parsed) == parsed


def shown(parsed: Any) -> tuple[str, Any] | None:
    """Return the class of what was parsed, and a field of it, or that of its items."""
    if parsed is None:
        return None
    if isinstance(parsed, list):
        return "list", type(parsed[0]).__name__
    field = next(getattr(parsed, name) for name in ("title", "name", "reason") if hasattr(parsed, name))
    return type(parsed).__name__, field


@pytest.mark.parametrize(
    ("name", "answer", "result"),
    [
        ("redirect", (302, {"location": "/errors"}, b""), None),
        ("choices", answered(["a", "b"], 300), ["a", "b"]),
        ("choices", answered(["c"], 302, location="/errors"), ["c"]),
        ("refused", answered({}), None),
        ("vendor", (200, {"content-type": "application/vnd.acme.v2+json"}, b'{"name": "a"}'), "Missing"),
        ("range", answered(5), 5),
        ("range", answered(6, 207), 6),
        ("range", (204, {}, b""), None),
        ("partial", answered({"name": "a"}, 206), "Missing"),
        ("partial", answered({"name": "a"}, 206, content_range="bytes 0-12/13"), "Missing"),
        ("default", answered({"reason": "r"}), "Fallback"),
        ("several", answered({"name": "a"}), "Missing"),
        ("several", (201, {"content-type": "text/plain"}, b"made"), "made"),
        ("several", (204, {}, b""), None),
        ("head", (200, {}, b""), None),
    ],
)
def test_a_success_is_what_the_description_says(name: str, answer: Answer, result: object, caller: Caller) -> None:
    caller.echo.answer = lambda _: answer
    found = caller.call(f"answer.{name}")
    assert len(caller.echo.seen) == 1
    assert (type(found).__name__ if hasattr(found, "to_json") and isinstance(result, str) else found) == result


@pytest.mark.parametrize(
    ("name", "fields"), [("vendor", {}), ("range", {}), ("partial", {"content-range": "bytes 0-12/20"})]
)
def test_a_part_that_nobody_asked_for_is_no_success(name: str, fields: dict[str, str], caller: Caller) -> None:
    caller.echo.answer = lambda _: (206, {"content-type": "application/json", **fields}, b'{"name": "a"}')
    with pytest.raises(caller.package.StreamTruncatedError):
        caller.call(f"answer.{name}")


def test_bytes_in_json_are_the_text_that_is_there(caller: Caller) -> None:
    body = {"name": "a", "photo": "GIF ü"}
    caller.echo.answer = lambda _: answered(body)
    found = caller.call("answer.photo")
    assert (found.photo, found.to_dict(mode="json")) == ("GIF ü", body)


def test_where_a_redirect_leads_is_in_the_raw_response(caller: Caller) -> None:
    caller.echo.answer = lambda _: (302, {"location": "https://example.com/x"}, b"")
    found = caller.call("answer.with_raw_response.redirect")
    assert (found.status_code, found.headers["location"]) == (302, "https://example.com/x")


def test_a_redirect_beside_a_success_is_followed(caller: Caller) -> None:
    end = (200, {"content-type": "text/plain"}, b"there")
    caller.echo.answer = lambda seen: (302, {"location": "/end"}, b"") if seen.target == "/moved" else end
    assert caller.call("answer.moved") == "there"


@pytest.mark.parametrize(("name", "status"), [("redirect", 404), ("default", 400), ("refused", 401), ("choices", 500)])
def test_what_is_no_success_is_an_error(name: str, status: int, caller: Caller) -> None:
    caller.echo.answer = lambda _: answered({"title": "t", "reason": "r"}, status)
    with pytest.raises(caller.package.APIStatusError) as raised:
        caller.call(f"answer.{name}")
    assert raised.value.status_code == status
    expected = {"default": "Fallback", "refused": "Problem"}.get(name)
    assert (None if raised.value.parsed is None else type(raised.value.parsed).__name__) == expected


def test_the_methods_say_what_an_error_holds(answers: tuple[Any, Report]) -> None:
    said = " ".join((answers[0].resources.AnswerResource.errors.__doc__ or "").split())
    assert "its `parsed` is Problem or Missing or" in said
    assert [each.found for each in answers[1].told] == [
        "bytes, which JSON cannot hold",
        "it names no success",
        "a success may be application/xml too",
    ]
