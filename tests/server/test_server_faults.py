"""Faults on demand, as a client sees them on the wire over HTTP/1.1 and HTTP/2."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator

import httpx
import pytest
from answers import check_envelope, wait_for_line

from lmnt_server.process import ServerProcess

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


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("", "there is no fault ''; there are raise, status, raise-after, stall-after"),
        ("explode", "there is no fault 'explode'"),
        ("raise=5", "raise takes no value"),
        ("raise-after", "raise-after takes a whole number from 0"),
        ("raise-after=-1", "raise-after takes a whole number"),
        ("raise-after=1e3", "raise-after takes a whole number"),
        ("raise-after=" + "9" * 5000, "raise-after takes a whole number"),
        ("status=200", "status takes a whole number from 400 to 599; got '200'"),
        ("status=²", "status takes a whole number"),
        ("raise;often", "there is no condition 'often'"),
        ("raise;times=0", "times takes a whole number from 1"),
    ],
)
def test_a_fault_that_is_not_understood_is_400(client: httpx.Client, fault: str, words: str) -> None:
    response = client.get("/v1/account", headers=[(b"x-lmnt-fault", fault.encode())])
    assert words in check_envelope(response, 400)["error"]["message"]


def test_without_the_option_the_header_does_nothing(espeak: ServerProcess) -> None:
    headers = {"x-api-key": "k", "x-lmnt-fault": "raise"}
    assert httpx.get(espeak.base_url + "/v1/account", headers=headers).status_code == 200
