"""The tree of errors: its shape, its classes by status and type, what each carries, and that all of it pickles."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.frames import Opcode

import lmnt
from lmnt import errors

from .conftest import Wire
from .modes import KEY, Sync
from .peers import Connection, Stream, head, json_response, response
from .session_peer import REQUEST_ID, Conversation, SessionPeer

pytestmark = pytest.mark.once(rows=True)

TYPES = {
    "invalid_request_error": lmnt.BadRequestError,
    "authentication_error": lmnt.AuthenticationError,
    "payment_required_error": lmnt.PaymentRequiredError,
    "permission_error": lmnt.PermissionDeniedError,
    "not_found_error": lmnt.NotFoundError,
    "rate_limit_error": lmnt.RateLimitError,
    "internal_server_error": lmnt.InternalServerError,
}


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


ALL = [errors.Error, *dict.fromkeys(subclasses(errors.Error))]


def test_the_tree_that_is_drawn_is_the_tree_that_is() -> None:
    drawn: set[tuple[str, str]] = set()
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([│├└─ ]*)([A-Z]\w+)(?:  |$)", line)
        if found is None:
            continue
        depth = len(found[1]) // 3
        above[depth] = found[2]
        if depth:
            drawn.add((above[depth - 1], found[2]))
    real = {(parent.__name__, kind.__name__) for kind in ALL for parent in kind.__bases__ if parent in ALL}
    # A tree on paper has one parent for each; the docstring says which class has a second one.
    assert "also an APITimeoutError" in (errors.__doc__ or "")
    assert drawn == real - {("APITimeoutError", "StreamTimeoutError")}


def test_every_class_is_a_name_of_the_package() -> None:
    for kind in ALL:
        name = "LmntError" if kind is errors.Error else kind.__name__
        assert getattr(lmnt, name) is kind
        assert name in lmnt.__all__
    assert issubclass(lmnt.InvalidArgumentError, ValueError)
    assert issubclass(lmnt.StreamTimeoutError, lmnt.APITimeoutError)
    assert issubclass(lmnt.UnverifiedStreamWarning, UserWarning)


def filled(kind: type[Any]) -> Any:
    """Return an error of this class with something in every argument."""
    values: dict[str, Any] = {
        "request_id": "req_1",
        "type": "some_error",
        "retry_safe": True,
        "status_code": 418,
        "body": {"error": {"message": "x", "list": [1, None]}},
        "headers": {"request-id": "req_1"},
        "retry_after": 1.5,
        "bytes_received": 48_128,
        "reason": "cut",
        "error_code": 2,
        "code": 1011,
        "unanswered": (1, 2),
        "path": "/somewhere/speech.mp3",
    }
    given = inspect.signature(kind.__init__).parameters
    return kind("it failed", **{name: value for name, value in values.items() if name in given})


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_errors_pickle_whole(kind: type[Any], protocol: int) -> None:
    error = filled(kind)
    error.add_note("the first note")
    error.add_note("the second")
    if isinstance(error, lmnt.APIStreamError):
        error.partial_path = "speech.mp3.partial"
    for again in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind
        assert again.args == error.args
        assert vars(again) == vars(error)
        assert again.__notes__ == ["the first note", "the second"]
        assert str(again) == str(error)
        assert repr(again) == repr(error)


@pytest.mark.parametrize("kind", ALL)
def test_an_error_needs_no_argument_and_ends_with_its_request_id(kind: type[Any]) -> None:
    assert str(kind()) is not None
    assert isinstance(kind().args, tuple)
    error = filled(kind)
    if issubclass(kind, lmnt.APIError):
        assert str(error).endswith("(request req_1)")
        assert "(request" not in str(kind("x"))
    assert "it failed" in str(error)
    required = [
        name
        for name, parameter in inspect.signature(kind.__init__).parameters.items()
        if parameter.default is parameter.empty and name != "self"
    ]
    assert required == []


def test_sentences() -> None:
    assert str(lmnt.NotFoundError("no voice 'x'", status_code=404, type="not_found_error", request_id="req_1")) == (
        "404 not_found_error: no voice 'x' (request req_1)"
    )
    assert str(lmnt.InternalServerError("Told so", status_code=502)) == "502: Told so"
    cut = lmnt.StreamTruncatedError("POST /x: the stream ended early", bytes_received=5, reason="cut", request_id="r")
    assert str(cut) == "POST /x: the stream ended early after 5 bytes: cut (request r)"
    cut.partial_path = "a.partial"
    assert str(cut) == "POST /x: the stream ended early after 5 bytes: cut; kept in a.partial (request r)"
    odd = lmnt.APIResponseValidationError("name must be text; got 5", body='{"na', request_id="r")
    assert str(odd) == "name must be text; got 5; the body begins '{\"na' (request r)"


def refusal(mode: Sync, client: Any) -> Any:
    with pytest.raises(lmnt.APIStatusError) as caught:
        mode.run(client.voices.retrieve("x"))
    return caught.value


def test_what_an_error_of_the_real_server_holds(mode: Sync, client: Any) -> None:
    # The class of each status is in the table of tests/faults.
    error = refusal(mode, client)
    assert error.headers["request-id"] == error.body["request_id"] == error.request_id
    assert error.message == error.body["error"]["message"]


def test_errors_of_the_real_server(mode: Sync, client: Any) -> None:
    with pytest.raises(lmnt.NotFoundError) as caught:
        mode.run(client.voices.retrieve("foo"))
    assert "foo" in caught.value.message
    assert caught.value.retry_safe is True
    with pytest.raises(lmnt.BadRequestError) as bad:
        mode.run(client.voices.update("leah", extra_body={"starred": "perhaps"}))
    assert bad.value.type == "invalid_request_error"
    with pytest.raises(lmnt.AuthenticationError) as unknown:
        mode.run(client.voices.list(extra_headers={"x-api-key": lmnt.omit}))
    assert unknown.value.status_code == 401
    with pytest.raises(lmnt.InternalServerError):
        mode.run(client.with_options(max_retries=0).voices.list(extra_headers={"x-lmnt-fault": "raise"}))


@pytest.mark.parametrize(
    ("status", "kind"), [(405, lmnt.APIStatusError), (499, lmnt.APIStatusError), (599, lmnt.InternalServerError)]
)
def test_statuses_that_have_no_class(
    mode: Sync, peer: Callable[..., Any], status: int, kind: type[lmnt.LmntError]
) -> None:
    started = peer(json_response({"error": {"type": "new_error", "message": "m"}}, status))
    error = refusal(mode, mode.client(base_url=started.base_url, max_retries=0))
    assert type(error) is kind
    assert (error.status_code, error.type, error.message) == (status, "new_error", "m")


@pytest.mark.parametrize(("slug", "kind"), TYPES.items())
@pytest.mark.parametrize("status", [400, 418, 500])
def test_the_type_goes_before_the_status(
    mode: Sync, peer: Callable[..., Any], slug: str, kind: type[Any], status: int
) -> None:
    body = {"type": "error", "error": {"type": slug, "message": "m"}, "request_id": "req_b"}
    error = refusal(mode, mode.client(base_url=peer(json_response(body, status)).base_url, max_retries=0))
    assert type(error) is kind
    assert (error.status_code, error.type) == (status, slug)


@pytest.mark.parametrize(
    ("body", "message", "slug", "request_id"),
    [
        ('{"error": "text"}', "text", None, None),
        ('{"error": "Invalid API key"}', "Invalid API key", None, None),
        ('{"message": "no", "status": 401}', "no", None, None),
        ('{"detail": "Not Found"}', "Not Found", None, None),
        ('{"detail": [{"loc": ["a"], "msg": "m"}]}', '[{"loc": ["a"], "msg": "m"}]', None, None),
        ('{"error": {"message": "m", "code": 5}}', "m", None, None),
        ('{"error": {"type": "t"}, "request_id": "req_b"}', '{"type": "t"}', "t", "req_b"),
        ('{"error": {"type": 5, "message": ["m", "n"]}, "request_id": 5}', "m; n", None, None),
        ('{"error": "Bad Request", "message": "name is missing", "status": 400}', "name is missing", None, None),
        ('{"error": "invalid_scope", "error_description": "no such scope"}', "no such scope", None, None),
        ('{"errors": [{"title": "t", "detail": "d", "code": "c"}]}', "d", None, None),
        ('{"errors": ["a", "b"]}', "a; b", None, None),
        ('{"type": "https://e.com/p", "title": "t", "detail": "d"}', "d", "https://e.com/p", None),
        ('{"type": "about:blank", "title": "Gone", "requestId": "r"}', "Gone", None, "r"),
        ('{"fault": {"faultstring": "f", "detail": {"errorcode": "e"}}}', "f", None, None),
        ('{"error": null, "request_id": "req_b"}', "Told so", None, "req_b"),
        ("{}", "Told so", None, None),
        ("[]", "Told so", None, None),
        ("null", "Told so", None, None),
        ('"just text"', "just text", None, None),
        ("", "Told so", None, None),
        ('{"error": {"type": "not_found_er', '{"error": {"type": "not_found_er', None, None),
        ("<html><h1>Bad gateway</h1></html>", "<html><h1>Bad gateway</h1></html>", None, None),
        ("x" * 500, "x" * 200, None, None),
        ("[" * 100_000, "[" * 200, None, None),
    ],
)
def test_other_shapes_of_errors(
    mode: Sync,
    peer: Callable[..., Any],
    body: str,
    message: str,
    slug: str | None,
    request_id: str | None,
) -> None:
    error = refusal(mode, mode.client(base_url=peer(response(404, body.encode())).base_url))
    assert type(error) is lmnt.NotFoundError
    assert error.message == message
    assert error.type == slug
    assert error.request_id == request_id
    assert message in str(error)


def test_the_request_id_comes_from_the_header_first(mode: Sync, peer: Callable[..., Any]) -> None:
    body = {"error": {"type": "not_found_error", "message": "m"}, "request_id": "req_body"}
    started = peer(json_response(body, 404, {"Request-Id": "req_header"}), json_response(body, 404))
    client = mode.client(base_url=started.base_url)
    assert refusal(mode, client).request_id == "req_header"
    assert refusal(mode, client).request_id == "req_body"


@pytest.mark.parametrize(
    "charset", ["utf-8", "latin-1", "nonsense", "hex", "undefined", "idna", "utf-16-le", "rot13", ""]
)
def test_any_character_set(mode: Sync, peer: Callable[..., Any], charset: str) -> None:
    answer = response(404, "Ungültig".encode("latin-1"), {"content-type": f"text/plain; charset={charset}"})
    ok = response(200, "Ungültig".encode("latin-1"), {"content-type": f"text/plain; charset={charset}"})
    client = mode.client(base_url=peer(answer, ok).base_url)
    error = refusal(mode, client)
    assert error.message
    assert ("ü" in error.message) == (charset == "latin-1")
    raw = mode.run(client.voices.with_raw_response.retrieve("x"))
    assert "".join(mode.each(raw.iter_text(3))) == mode.run(raw.text())
    with pytest.raises(ValueError, match=r"Expecting value|decode"):
        mode.run(raw.json())


def test_a_long_error_is_not_read_to_its_end(mode: Sync, peer: Callable[..., Any]) -> None:
    def endless(connection: Connection) -> None:
        connection.send(head(404, {"transfer-encoding": "chunked", "request-id": "req_1"}))
        while True:
            connection.send(b"10000\r\n" + bytes(0x10000) + b"\r\n")

    assert refusal(mode, mode.client(base_url=peer(endless).base_url)).request_id == "req_1"


def test_an_error_that_is_cut_is_still_that_error(mode: Sync, peer: Callable[..., Any]) -> None:
    def cut(connection: Connection) -> None:
        connection.send(head(403, {"content-length": "1000", "request-id": "req_1"}) + b'{"error": "no')

    error = refusal(mode, mode.client(base_url=peer(cut).base_url))
    assert type(error) is lmnt.PermissionDeniedError
    assert error.body == '{"error": "no'
    assert error.request_id == "req_1"


# Calls that get no response.


def unreachable(mode: Sync, client: Any, kind: type[Any] = lmnt.APIConnectionError) -> Any:
    with pytest.raises(lmnt.APIConnectionError) as caught:
        mode.run(client.with_options(max_retries=0).voices.list())
    assert type(caught.value) is kind
    assert isinstance(caught.value.__cause__, Exception)
    return caught.value


@pytest.fixture
def refusing() -> Iterator[str]:
    # Bound and not listening: the port is taken, and nobody answers.
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


def test_a_certificate_that_is_not_trusted(mode: Sync, tls_server: Any) -> None:
    error = unreachable(mode, mode.client(base_url=tls_server.base_url))
    assert "TLS with 127.0.0.1 failed" in str(error)
    assert any(isinstance(each, ssl.SSLError) for each in causes(error))


def test_tls_with_a_server_that_speaks_none(mode: Sync, server: Any) -> None:
    unreachable(mode, mode.client(base_url=server.base_url.replace("http:", "https:")))


def test_no_tls_with_a_server_that_wants_it(mode: Sync, tls_server: Any) -> None:
    unreachable(mode, mode.client(base_url=tls_server.base_url.replace("https:", "http:")))


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    "answer",
    [
        Connection.close,
        Connection.reset,
        b"this is no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 99 too low\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x00\xff\x00",
    ],
)
def test_what_is_no_response(mode: Sync, peer: Callable[..., Any], answer: Any) -> None:
    act = answer if callable(answer) else lambda connection: connection.send(answer)
    error = unreachable(mode, mode.client(base_url=peer(act).base_url))
    assert "lost before the response" in str(error)


def nonsense_frame(stream: Stream) -> None:
    stream.sock.sendall(b"\x00\x00\x01\x00\x00\x00\x00\x00\x00x")


def headers_that_cannot_be_decoded(stream: Stream) -> None:
    stream.sock.sendall(b"\x00\x00\x03\x01\x04" + stream.number.to_bytes(4) + b"\xff\xff\xff")


@pytest.mark.parametrize(
    "act",
    [
        Stream.close,
        lambda stream: stream.reset(2),
        lambda stream: stream.go_away(11),
        nonsense_frame,
        headers_that_cannot_be_decoded,
    ],
)
def test_what_is_no_response_over_http2(
    mode: Sync, peer2: Callable[..., Any], trusting: ssl.SSLContext, act: Any
) -> None:
    unreachable(mode, mode.client(base_url=peer2(act).base_url, http2=True, ssl_context=trusting))


def test_what_is_no_tls_in_place_of_a_response(
    mode: Sync, peer: Callable[..., Any], speaks_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    def beneath_tls(connection: Connection) -> None:
        socket.socket.sendall(connection.sock, b"these are no records")

    client = mode.client(base_url=peer(beneath_tls, tls=speaks_tls).base_url, ssl_context=trusting, max_retries=0)
    with pytest.raises(lmnt.APIConnectionError, match=r"TLS with 127\.0\.0\.1 failed") as caught:
        mode.run(client.voices.list())
    assert any(isinstance(each, ssl.SSLError) for each in causes(caught.value))


def test_what_an_application_raises_in_its_hooks_is_the_cause(mode: Sync) -> None:
    def hook(_: object) -> None:
        raise LookupError("of the application")

    hooks = {"request": [mode.hook(hook)]}
    client = mode.client(http_client=mode.http_kind(event_hooks=hooks), base_url="http://127.0.0.1:9", max_retries=0)
    with pytest.raises(lmnt.APIConnectionError, match="of the application") as caught:
        mode.run(client.voices.list())
    assert isinstance(caught.value.__cause__, LookupError)


# What an application is handling while it calls has not led to what happens then.


@pytest.mark.parametrize("handled", [ConnectionResetError("another"), lmnt.StreamResetError("another")])
def test_a_failure_while_another_is_handled_is_itself(mode: Sync, peer: Callable[..., Any], handled: Exception) -> None:
    def cut(connection: Connection) -> None:
        connection.send(head(200, {"content-length": "100"}) + b"x")

    handled.__cause__ = ConnectionResetError("another")
    client = mode.client(base_url=peer(cut).base_url)
    try:
        raise handled
    except Exception:
        with pytest.raises(lmnt.StreamTruncatedError):
            mode.run(client.voices.list())


@pytest.mark.parametrize("handled", [socket.gaierror("another"), lmnt.APIConnectionError("another")])
def test_a_lost_connection_while_another_failure_is_handled_is_itself(
    mode: Sync, peer: Callable[..., Any], handled: Exception
) -> None:
    handled.__cause__ = socket.gaierror("another")
    try:
        raise handled
    except Exception:
        error = unreachable(mode, mode.client(base_url=peer(Connection.close).base_url))
    assert "the connection was lost before the response" in str(error)


# A 200 that cannot be read.


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no JSON"),
        (b"null", "must be an object; got null"),
        (b"[]", "must be an object; got an array"),
        (b"<html>gateway</html>", "no JSON"),
        (b'{"id": "leah", "na', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"1" * 5000, "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b'{"id": "leah"}', "name must be there; got nothing"),
        (b'{"id": 5, "name": "", "owner": "me", "state": ""}', "id must be text; got 5"),
        (b'{"id": "x", "name": "", "owner": "me", "state": "", "tags": ["a", {}]}', r"tags[1] must be text"),
    ],
)
def test_a_success_that_cannot_be_read(mode: Sync, peer: Callable[..., Any], body: bytes, says: str) -> None:
    client = mode.client(base_url=peer(response(200, body, {"request-id": "req_1"})).base_url)
    with pytest.raises(lmnt.APIResponseValidationError) as caught:
        mode.run(client.voices.retrieve("leah"))
    error = caught.value
    assert says in str(error)
    assert error.message.startswith("voices.retrieve: ")
    assert error.request_id == "req_1"
    assert error.status_code == 200
    assert error.headers["request-id"] == "req_1"
    assert len(error.body) <= 200
    assert error.retry_safe is True


def test_where_in_a_list_it_cannot_be_read(mode: Sync, peer: Callable[..., Any]) -> None:
    good = {"id": "a", "name": "", "owner": "me", "state": ""}
    client = mode.client(base_url=peer(json_response([good, good | {"starred": "yes"}])).base_url)
    with pytest.raises(lmnt.APIResponseValidationError, match=r"\[1\]\.starred must be true or false; got 'yes'"):
        mode.run(client.voices.list())
    nested = {"plan": {"type": "x", "character_limit": 1.5, "commercial_use_allowed": True}, "usage": {"characters": 1}}
    client = mode.client(base_url=peer(json_response(nested)).base_url)
    with pytest.raises(
        lmnt.APIResponseValidationError, match=r"plan\.character_limit must be a whole number; got 1\.5"
    ):
        mode.run(client.accounts.retrieve())


def test_the_request_id_is_in_what_is_raised_by_the_real_server(mode: Sync, wire: Wire) -> None:
    client = mode.client(**wire.at)
    with pytest.raises(lmnt.NotFoundError) as caught:
        mode.run(client.speech.generate(text="hi", voice="nobody"))
    assert re.search(r"\(request req_\w{22}\)$", str(caught.value))
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("transport", ["direct", "httpx"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (response(404, b"{}", {"request-id": "req_1"}), lmnt.NotFoundError),
        (response(200, b"[]", {"request-id": "req_1"}), lmnt.APIResponseValidationError),
        (
            lambda c: c.send(head(200, {"request-id": "req_1", "content-length": "9"}) + b"[]"),
            lmnt.StreamTruncatedError,
        ),
    ],
)
def test_every_error_of_a_response_has_what_it_came_with(
    mode: Sync, peer: Callable[..., Any], transport: str, answer: Any, kind: type[lmnt.APIError]
) -> None:
    client = mode.client(base_url=peer(answer).base_url, transport=transport, max_retries=0)
    with pytest.raises(kind) as caught:
        mode.run(client.voices.retrieve("leah"))
    error = caught.value
    assert error.response is not None
    assert error.request is not None
    assert error.response.status_code in (404, 200)
    assert error.headers["request-id"] == error.response.headers["request-id"] == error.request_id == "req_1"
    assert error.response.request.headers["x-api-key"] == error.request.headers["x-api-key"] == "…"
    again = pickle.loads(pickle.dumps(error))
    assert again.response.headers == error.response.headers


def refused(peer: Conversation) -> None:
    peer.await_request()
    peer.refuse(403, b"{}")


SESSION_FAILURES: dict[str, tuple[Callable[[Conversation], object], type[lmnt.APIError]]] = {
    "refused": (refused, lmnt.PermissionDeniedError),
    "an error before it is ready": (lambda peer: (peer.accept(), peer.error("not_found_error")), lmnt.NotFoundError),
    "an error": (lambda peer: (peer.open(), peer.error("not_found_error")), lmnt.NotFoundError),
    "closed early": (lambda peer: (peer.open(), peer.close(1000)), lmnt.SessionClosedError),
    "lost": (lambda peer: (peer.open(), peer.drop()), lmnt.SessionClosedError),
    "silence": (lambda peer: (peer.open(), peer.freeze()), lmnt.StreamTimeoutError),
    "no JSON": (lambda peer: (peer.open(), peer.frame(Opcode.TEXT, b"{")), lmnt.APIResponseValidationError),
    "a message that is not due": (
        lambda peer: (peer.open(), peer.send(type="reset_complete", nonce=7)),
        lmnt.APIResponseValidationError,
    ),
}


@pytest.mark.parametrize("what", SESSION_FAILURES)
def test_every_error_of_a_session_has_the_headers_of_its_handshake(mode: Sync, what: str) -> None:
    script, kind = SESSION_FAILURES[what]
    with SessionPeer(script).running() as peer:
        client = mode.client(base_url=peer.base_url, max_retries=0, timeout=lmnt.Timeout(10, read=0.3))

        def flush() -> None:
            session = mode.run(client.speech.sessions.create(voice="leah"))
            mode.run(session.send_flush())
            list(mode.each(session))

        with pytest.raises(kind) as caught:
            flush()
    assert caught.value.headers["request-id"] == REQUEST_ID
    assert pickle.loads(pickle.dumps(caught.value)).headers == caught.value.headers


@pytest.mark.parametrize("kind", [errors.APIStatusError, errors.NotFoundError, errors.APIResponseValidationError])
@pytest.mark.parametrize("given", [{}, {"status_code": 404}, {"headers": {"Request-Id": "req_1"}}])
def test_an_error_that_an_application_makes_of_a_response_has_its_headers(kind: Any, given: dict[str, Any]) -> None:
    made = kind("gone", response=httpx.Response(404, headers={"Request-Id": "req_1"}), **given)
    assert made.headers == {"request-id": "req_1"}
    assert (made.request_id, made.status_code) == ("req_1", 404)


def test_a_header_of_a_handshake_that_stands_twice_is_one(mode: Sync) -> None:
    def script(peer: Conversation) -> None:
        peer.protocol.send_response(twice(peer.protocol.accept(peer.await_request())))
        peer.flush()
        peer.close(1008)

    def twice(answer: Any) -> Any:
        answer.headers["x-region"] = "eu-1"
        answer.headers["X-Region"] = "eu-2"
        return answer

    with SessionPeer(script).running() as peer, pytest.raises(lmnt.SessionClosedError) as caught:
        mode.run(mode.client(base_url=peer.base_url, max_retries=0).speech.sessions.create(voice="leah"))
    assert caught.value.headers["x-region"] == "eu-1, eu-2"
