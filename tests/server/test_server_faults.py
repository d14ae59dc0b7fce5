"""Faults on demand, as a client sees them on the wire over HTTP/1.1 and HTTP/2."""

from __future__ import annotations

import json
import ssl
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from answers import check_envelope, wait_for_line

from lmnt_server import faults
from lmnt_server.app import create_app
from lmnt_server.engines import ENGINES
from lmnt_server.fault_bodies import BODIES
from lmnt_server.process import ServerFailedError, ServerProcess, running

pytestmark = pytest.mark.once(rows=True)

BYTES = "/v1/ai/speech/bytes"
BODY = {"text": "A sentence that takes its time. " * 40, "voice": "leah", "format": "pcm_s16le"}


@pytest.fixture(params=["HTTP/1.1", "HTTP/2 over TLS", "HTTP/2 in the clear", "HTTP/1.1 over TLS"])
def wire(
    request: pytest.FixtureRequest, tone: ServerProcess, tone_tls: ServerProcess, trust: ssl.SSLContext
) -> Iterator[httpx.Client]:
    server = tone_tls if "TLS" in request.param else tone
    # In the clear there is no ALPN to agree on HTTP/2, so the client has to speak nothing else (RFC 9113, section 3.3).
    one, two = "HTTP/2" not in request.param or "TLS" in request.param, "HTTP/2" in request.param
    with httpx.Client(
        base_url=server.base_url, headers={"x-api-key": "k"}, verify=trust, http1=one, http2=two, timeout=10
    ) as client:
        assert client.get("/v1/account").http_version == ("HTTP/2" if two else "HTTP/1.1")
        yield client


def receive(client: httpx.Client, fault: str, path: str = BYTES) -> tuple[int, int, httpx.TransportError | None]:
    """Return the status, the number of bytes that arrived, and what ended the body if it was not its end."""
    received = 0
    with client.stream("POST", path, json=BODY, headers={"x-lmnt-fault": fault}) as response:
        try:
            for chunk in response.iter_raw():
                received += len(chunk)
        except httpx.TransportError as error:
            return response.status_code, received, error
    return response.status_code, received, None


@pytest.mark.parametrize("count", [0, 1, 3, 4801, 20000])
def test_raise_after_cuts_the_body_at_exactly_that_byte(wire: httpx.Client, count: int) -> None:
    status, received, error = receive(wire, f"raise-after={count}")
    assert (status, received) == (200, count)
    assert isinstance(error, httpx.RemoteProtocolError)
    # h2 tells a reset of the stream, h11 a body whose last chunk never came.
    assert any(sign in str(error) for sign in ("StreamReset", "incomplete chunked read"))


def test_http2_is_reset_and_the_connection_lives_on(tone_tls: ServerProcess, trust: ssl.SSLContext) -> None:
    with httpx.Client(base_url=tone_tls.base_url, headers={"x-api-key": "k"}, verify=trust, http2=True) as client:
        _, _, error = receive(client, "raise-after=5000")
        # 2 is INTERNAL_ERROR (RFC 9113, section 7).
        assert "StreamReset" in str(error)
        assert "error_code:2" in str(error)
        assert client.get("/v1/account").status_code == 200


def test_http11_is_cut_before_the_last_chunk(client: httpx.Client) -> None:
    _, _, error = receive(client, "raise-after=5000")
    assert "incomplete chunked read" in str(error)


def test_a_body_with_a_length_is_cut_short_of_it(client: httpx.Client) -> None:
    with client.stream("GET", "/v1/account", headers={"x-lmnt-fault": "raise-after=10"}) as response:
        assert int(response.headers["content-length"]) > 10
        with pytest.raises(httpx.RemoteProtocolError, match="received 10 bytes, expected"):
            response.read()


@pytest.mark.parametrize("count", [0, 20000])
def test_stall_after_sends_exactly_that_and_then_nothing(wire: httpx.Client, count: int) -> None:
    wire.timeout = httpx.Timeout(10, read=0.3)
    began = time.monotonic()
    status, received, error = receive(wire, f"stall-after={count}")
    assert (status, received) == (200, count)
    assert isinstance(error, httpx.ReadTimeout)
    assert time.monotonic() - began < 3
    assert wire.get("/v1/account").status_code == 200


def test_the_server_notices_that_the_client_of_a_stall_has_left(tone: ServerProcess) -> None:
    with (
        httpx.Client(base_url=tone.base_url, headers={"x-api-key": "stalled"}, timeout=0.3) as client,
        client.stream("POST", BYTES, json=BODY, headers={"x-lmnt-fault": "stall-after=7"}) as response,
    ):
        request_id = response.headers["request-id"]
        with pytest.raises(httpx.ReadTimeout):
            response.read()
    assert "7 bytes" in wait_for_line(tone, request_id)
    assert "client left" in wait_for_line(tone, request_id)


def test_a_body_that_is_not_longer_is_not_harmed(client: httpx.Client) -> None:
    whole = client.post(BYTES, json=BODY).content
    for fault in ("raise-after", "stall-after"):
        assert receive(client, f"{fault}={len(whole)}") == (200, len(whole), None)


def test_raise_is_an_answer_of_500(wire: httpx.Client) -> None:
    check_envelope(wire.post(BYTES, json=BODY, headers={"x-lmnt-fault": "raise"}), 500)


@pytest.mark.parametrize(
    ("status", "type"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "payment_required_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (418, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "internal_server_error"),
        (503, "internal_server_error"),
        (599, "internal_server_error"),
    ],
)
def test_status_answers_with_any_error(client: httpx.Client, status: int, type: str) -> None:
    response = client.get("/v1/account", headers={"x-lmnt-fault": f"status={status}"})
    assert response.status_code == status
    assert response.json()["error"]["type"] == type
    assert response.json()["request_id"] == response.headers["request-id"]


def test_times_counts_for_each_key(client: httpx.Client) -> None:
    def statuses(key: str) -> list[int]:
        headers = {"x-lmnt-fault": "status=503; times=2", "x-api-key": key}
        return [client.get("/v1/account", headers=headers).status_code for _ in range(4)]

    assert statuses("first") == [503, 503, 200, 200]
    assert statuses("second") == [503, 503, 200, 200]


def test_every_tenth_request_suffers_it(client: httpx.Client) -> None:
    headers = {"x-lmnt-fault": "status=503; every=10", "x-api-key": "every"}
    statuses = [client.get("/v1/account", headers=headers).status_code for _ in range(20)]
    assert statuses == ([200] * 9 + [503]) * 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("", "there is no fault ''; there are none, raise, stall, status, redirect, raise-after, stall-after"),
        ("explode", "there is no fault 'explode'"),
        ("raise=5", "raise takes no value"),
        ("raise-after", "raise-after takes a whole number from 0"),
        ("raise-after=-1", "raise-after takes a whole number"),
        ("raise-after=1e3", "raise-after takes a whole number"),
        ("raise-after=" + "9" * 5000, "raise-after takes a whole number"),
        ("status=199", "status takes a whole number from 200 to 599; got '199'"),
        ("status=²", "status takes a whole number"),
        ("raise;often", "raise has no condition 'often'; it has every, path, request-id, times"),
        ("raise;body=html", "raise has no condition 'body'"),
        ("status=500;body=poem", "body is one of json, empty, html"),
        ("redirect=200", "redirect takes a whole number from 300 to 308"),
        ("raise;request-id=two", "request-id is one of none, body"),
        ("raise;every=0", "every takes a whole number from 1"),
        ("raise;times=0", "times takes a whole number from 1"),
    ],
)
def test_a_fault_that_is_not_understood_is_400(client: httpx.Client, fault: str, words: str) -> None:
    response = client.get("/v1/account", headers=[(b"x-lmnt-fault", fault.encode())])
    assert words in check_envelope(response, 400)["error"]["message"]


def test_without_the_option_the_header_does_nothing(espeak: ServerProcess) -> None:
    headers = {"x-api-key": "k", "x-lmnt-fault": "raise"}
    assert httpx.get(espeak.base_url + "/v1/account", headers=headers).status_code == 200


def ask(client: httpx.Client, fault: str, path: str = "/v1/account", key: str = "k") -> httpx.Response:
    return client.get(path, headers={"x-lmnt-fault": fault, "x-api-key": key})


def test_the_documentation_names_every_fault() -> None:
    named = [line.split("`")[1].partition("=")[0] for line in (faults.__doc__ or "").splitlines() if line[:3] == "| `"]
    assert sorted(named[: len(faults.FAULTS) + 1]) == sorted([*faults.FAULTS, faults.COUNT])


@pytest.mark.parametrize("body", BODIES)
def test_a_status_has_any_body_of_the_table(wire: httpx.Client, body: str) -> None:
    response = ask(wire, f"status=429; body={body}; retry-after=soon; retry-after-ms=7")
    assert response.status_code == 429
    assert response.headers.get("content-type") == BODIES[body].content_type
    assert response.headers["retry-after"] == "soon"
    assert response.headers["retry-after-ms"] == "7"
    assert response.headers["request-id"].startswith("req_")


def test_what_the_bodies_are(client: httpx.Client) -> None:
    def content(body: str) -> bytes:
        return ask(client, f"status=500; body={body}").content

    assert content("empty") == b""
    assert content("html").startswith(b"<!doctype html>")
    with pytest.raises(json.JSONDecodeError):
        json.loads(content("truncated"))
    assert json.loads(content("text")) == {"error": "Invalid key"}
    assert set(json.loads(content("detail"))) == {"detail"}
    assert json.loads(content("null")) is None
    with pytest.raises(UnicodeDecodeError):
        content("latin1").decode()
    assert len(content("huge")) > 10_000_000


@pytest.mark.parametrize(("wish", "header", "body"), [("none", False, False), ("body", False, True)])
def test_the_request_id_can_be_missing(client: httpx.Client, wish: str, header: bool, body: bool) -> None:
    response = ask(client, f"status=500; request-id={wish}")
    assert ("request-id" in response.headers, "request_id" in response.json()) == (header, body)
    assert "request-id" not in ask(client, f"raise-after=100000; request-id={wish}").headers


def test_a_redirect_leads_to_itself_or_to_its_location(client: httpx.Client) -> None:
    assert ask(client, "redirect=307").headers["location"] == "/v1/account"
    response = ask(client, "redirect=301; location=http://[")
    assert (response.status_code, response.headers["location"]) == (301, "http://[")


@pytest.mark.parametrize("count", [0, 1, 20_000])
def test_end_after_ends_in_all_order_at_exactly_that_byte(wire: httpx.Client, count: int) -> None:
    assert receive(wire, f"end-after={count}") == (200, count, None)


def test_end_after_takes_the_length_away(wire: httpx.Client) -> None:
    response = ask(wire, "end-after=10")
    assert "content-length" not in response.headers
    assert len(response.content) == 10


def test_stall_never_answers(wire: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        wire.get("/v1/account", headers={"x-lmnt-fault": "stall"}, timeout=httpx.Timeout(10, read=0.3))


def test_drip_sends_all_of_it(wire: httpx.Client) -> None:
    body = BODY | {"text": "A word."}
    whole = wire.post(BYTES, json=body).content
    with wire.stream("POST", BYTES, json=body, headers={"x-lmnt-fault": "drip=1"}) as response:
        pieces = list(response.iter_raw())
    assert b"".join(pieces) == whole
    assert len(pieces) >= len(whole) // 1000 > 10


def test_nulls_takes_every_value_away(client: httpx.Client) -> None:
    assert ask(client, "nulls").json() == {"plan": None, "usage": None}
    assert set(ask(client, "nulls", "/v1/ai/voice/list").json()) == {None}


def test_gzip_is_the_same_answer(wire: httpx.Client) -> None:
    response = ask(wire, "gzip")
    assert response.headers["content-encoding"] == "gzip"
    assert response.json() == wire.get("/v1/account", headers={"x-api-key": "k"}).json()


@pytest.mark.parametrize("count", [0, 5000])
def test_gzip_cut_holds_exactly_that_and_no_end(wire: httpx.Client, count: int) -> None:
    with wire.stream("POST", BYTES, json=BODY, headers={"x-lmnt-fault": f"gzip-cut={count}"}) as response:
        raw = b"".join(response.iter_raw())
    unzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    assert len(unzip.decompress(raw)) == count
    assert not unzip.eof


@pytest.mark.parametrize("fault", ["gzip-garbage=5000", "not-gzip"])
def test_broken_gzip_cannot_be_read(wire: httpx.Client, fault: str) -> None:
    with pytest.raises(httpx.DecodingError):
        wire.post(BYTES, json=BODY, headers={"x-lmnt-fault": fault})


def test_count_tells_how_often_a_key_asked(client: httpx.Client) -> None:
    for fault in ("status=404", "status=404", "none", "status=503; times=1", "status=503; times=1"):
        ask(client, fault, key="counted")
    expected = {"status=404": 2, "none": 1, "status=503; times=1": 2}
    assert ask(client, "count", key="counted").json() == expected
    assert ask(client, "count", key="another").json() == {}


def test_a_path_can_be_spared(client: httpx.Client) -> None:
    assert ask(client, "raise; path=/v1/ai/voice").status_code == 200
    assert ask(client, "raise; path=/v1/ai/voice", "/v1/ai/voice/leah").status_code == 500


def test_a_process_can_have_a_fault() -> None:
    with (
        running(engine="tone", fault="status=503; times=1") as server,
        httpx.Client(base_url=server.base_url) as client,
    ):
        statuses = [client.get("/v1/account", headers={"x-api-key": "k"}).status_code for _ in range(3)]
        assert statuses == [503, 200, 200]
        # Requests may not ask for another: --faults was not given.
        assert ask(client, "raise").status_code == 200


def test_a_request_to_such_a_process_can_ask_for_another() -> None:
    with (
        running(engine="tone", fault="status=503", faults=True) as server,
        httpx.Client(base_url=server.base_url) as client,
    ):
        assert client.get("/v1/account", headers={"x-api-key": "k"}).status_code == 503
        assert ask(client, "status=418").status_code == 418
        assert ask(client, "none").status_code == 200


def test_a_fault_of_the_process_that_is_not_understood() -> None:
    with ExitStack() as stack, pytest.raises(ServerFailedError, match="--fault: there is no fault 'explode'"):
        stack.enter_context(running(engine="tone", fault="explode"))
    with pytest.raises(faults.FaultSyntaxError, match="location is a header, which holds ASCII; got '€'"):
        create_app(ENGINES["tone"](), fault="redirect=307; location=€")
    with pytest.raises(faults.FaultSyntaxError, match="takes a whole number"):
        create_app(ENGINES["tone"](), fault="raise-after=x")


def test_a_fault_that_is_put_falls_upon_every_request(
    tone: ServerProcess, tone_tls: ServerProcess, trust: ssl.SSLContext
) -> None:
    for server in (tone, tone_tls):
        with httpx.Client(base_url=server.base_url, headers={"x-api-key": "k"}, verify=trust) as client:

            def statuses(count: int, client: httpx.Client = client, **headers: str) -> list[int]:
                return [client.get("/v1/account", headers=headers).status_code for _ in range(count)]

            try:
                for _ in range(2):  # each time it is put, its requests are counted anew
                    server.suffer("status=503; times=2")
                    assert statuses(3) == [503, 503, 200]
                server.suffer("status=402; path=/v1/account")
                assert statuses(2) == [402, 402]
                assert statuses(1, **{"x-lmnt-fault": "none"}) == [200]
            finally:
                server.suffer(None)
            assert statuses(1) == [200]


def test_what_is_put_is_checked_and_changes_nothing_then(tone: ServerProcess) -> None:
    with pytest.raises(faults.FaultSyntaxError, match="there is no fault 'nonsense'"):
        tone.suffer("nonsense")
    with httpx.Client(base_url=tone.base_url, headers={"x-api-key": "k"}) as client:
        for content in (b"nonsense", b"", b"status=999", b"\xff"):
            refused = client.put(faults.PLACE, content=content)
            assert refused.status_code == 400
            assert refused.json()["error"]["message"].startswith("/faults: ")
        assert client.get(faults.PLACE).status_code == 405
        assert client.get("/v1/account").status_code == 200


def test_without_faults_there_is_no_place_for_them() -> None:
    with running(engine="tone", fault="status=402") as server:
        assert httpx.put(f"{server.base_url}{faults.PLACE}", content=b"none").status_code == 402
    with running(engine="tone") as server:
        assert httpx.put(f"{server.base_url}{faults.PLACE}", content=b"none").status_code == 404
