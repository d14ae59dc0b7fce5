"""What the raw peers do. Each act is one way to answer, well or badly, over HTTP/1.1, HTTP/2 or both."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TypeVar, cast

from hyperframe.frame import DataFrame, GoAwayFrame, HeadersFrame

from .bodies import REQUEST_ID, SENT, Body, newer_voice
from .peer import BLOCK, Act, Exchange, Exchange2, hang_up

GREATEST_STREAM = 2**31 - 1
T = TypeVar("T")

# ---- before the response


def closes(exchange: Exchange) -> None:
    exchange.hang_up()


def resets(exchange: Exchange) -> None:
    exchange.reset()


def stalls(exchange: Exchange) -> None:
    exchange.stall()


def speaks_another_language(exchange: Exchange) -> None:
    exchange.raw(b"SSH-2.0-OpenSSH_9.9\r\n")
    exchange.hang_up()


def sends_half_a_head(exchange: Exchange) -> None:
    half = {Exchange2: b"\x00\x00\x40\x01\x04\x00\x00\x00\x01\x88"}.get(
        type(exchange), b"HTTP/1.1 200 OK\r\ncontent-ty"
    )
    exchange.raw(half)
    exchange.hang_up()


# ---- on each connection, before TLS and HTTP


def closes_at_once(sock: socket.socket) -> None:
    hang_up(sock)


def says_nothing(sock: socket.socket) -> None:
    while sock.recv(BLOCK):
        pass


def answers_in_the_clear(sock: socket.socket) -> None:
    sock.recv(BLOCK)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    hang_up(sock)


# ---- after the 200, HTTP/1.1 and HTTP/2


def _begin(exchange: Exchange, *, length: int | None = None) -> None:
    exchange.head(length=length)
    exchange.body(exchange.whole.content[:SENT])


def _go_on(exchange: Exchange) -> None:
    exchange.body(exchange.whole.content[SENT:])


def sends_all(exchange: Exchange) -> None:
    _begin(exchange)
    _go_on(exchange)
    exchange.end()


def sends_all_with_its_length(exchange: Exchange) -> None:
    _begin(exchange, length=len(exchange.whole.content))
    _go_on(exchange)
    exchange.end()


def hints_first(exchange: Exchange) -> None:
    exchange.hint()
    sends_all(exchange)


def sends_trailers(exchange: Exchange) -> None:
    _begin(exchange)
    _go_on(exchange)
    exchange.end([("x-checksum", "0")])


def contradicts_itself_in_the_trailers(exchange: Exchange) -> None:
    _begin(exchange)
    _go_on(exchange)
    exchange.end([("content-length", "7")])


def _sends_a_part(status: int, size: int, total: str | None = None) -> Act:
    """Answer with so many bytes, and say in Content-Range which ones of how many they are."""

    def act(exchange: Exchange) -> None:
        content = exchange.whole.content[:size]
        of = total or str(len(exchange.whole.content))
        exchange.head(more=[("content-range", f"bytes 0-{len(content) - 1}/{of}")], status=status)
        exchange.body(content)
        exchange.end()

    return act


sends_a_part = _sends_a_part(206, SENT)
sends_a_part_as_a_200 = _sends_a_part(200, SENT)
sends_all_as_a_part = _sends_a_part(206, 1 << 30)
sends_a_part_of_something = _sends_a_part(206, 1 << 30, "*")


def sends_less_than_its_part(exchange: Exchange) -> None:
    size = len(exchange.whole.content)
    exchange.head(more=[("content-range", f"bytes 0-{size - 1}/{size}")], status=206)
    exchange.body(exchange.whole.content[:SENT])
    exchange.end()


def sends_a_newer_voice(exchange: Exchange) -> None:
    body: Body = newer_voice()
    exchange.head(body=body)
    exchange.body(body.content)
    exchange.end()


def sends_nothing(exchange: Exchange) -> None:
    exchange.head()
    exchange.end()


def sends_a_length_of_nothing(exchange: Exchange) -> None:
    exchange.head(length=0)
    exchange.end()


def is_cut(exchange: Exchange) -> None:
    _begin(exchange)
    exchange.hang_up()


def is_cut_short_of_its_length(exchange: Exchange) -> None:
    _begin(exchange, length=len(exchange.whole.content))
    exchange.hang_up()


def is_cut_before_the_end_is_told(exchange: Exchange) -> None:
    _begin(exchange)
    _go_on(exchange)
    exchange.hang_up()


def is_reset(exchange: Exchange) -> None:
    _begin(exchange)
    exchange.reset()


def stalls_in_the_body(exchange: Exchange) -> None:
    _begin(exchange)
    exchange.stall()


def stalls_after_the_head(exchange: Exchange) -> None:
    exchange.head()
    exchange.stall()


def breaks_tls(exchange: Exchange) -> None:
    _begin(exchange)
    # A record of application data (23) whose tag cannot be right (RFC 8446 section 5.2).
    exchange.beneath_tls(b"\x17\x03\x03\x00\x40" + bytes(64))
    exchange.hang_up()


# ---- after the 200, HTTP/1.1


def _raw_head(exchange: Exchange, *more: str) -> None:
    fields = (f"content-type: {exchange.whole.content_type}", f"request-id: {REQUEST_ID}", *more)
    exchange.raw("\r\n".join(["HTTP/1.1 200 OK", *fields, "", ""]).encode())


def has_no_framing(exchange: Exchange) -> None:
    _raw_head(exchange)
    exchange.raw(exchange.whole.content)
    exchange.hang_up()


def has_no_framing_and_is_cut(exchange: Exchange) -> None:
    _raw_head(exchange)
    exchange.raw(exchange.whole.content[:SENT])
    exchange.hang_up()


def is_cut_in_a_chunk(exchange: Exchange) -> None:
    _raw_head(exchange, "transfer-encoding: chunked")
    exchange.raw(b"%x\r\n" % len(exchange.whole.content) + exchange.whole.content[:SENT])
    exchange.hang_up()


def is_cut_in_the_last_chunk(exchange: Exchange) -> None:
    _begin(exchange)
    _go_on(exchange)
    exchange.raw(b"0\r\n")
    exchange.hang_up()


def garbles_a_chunk_size(exchange: Exchange) -> None:
    _begin(exchange)
    exchange.raw(b"this is no size\r\n")
    exchange.hang_up()


def sends_fewer_chunks_than_its_length(exchange: Exchange) -> None:
    _raw_head(
        exchange, "transfer-encoding: chunked", f"content-length: {len(exchange.whole.content)}", "connection: close"
    )
    exchange.raw(b"%x\r\n" % SENT + exchange.whole.content[:SENT] + b"\r\n0\r\n\r\n")
    exchange.hang_up()


def sends_more_than_its_length(exchange: Exchange) -> None:
    content = exchange.whole.content
    _raw_head(exchange, f"content-length: {len(content)}")
    exchange.raw(content + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
    exchange.stall()


# ---- HTTP/2


def _http2(act: Callable[[Exchange2], T]) -> Callable[[Exchange], T]:
    """Return an act that is for HTTP/2 alone, as one that takes any exchange."""
    return lambda exchange: act(cast("Exchange2", exchange))


def resets_the_stream(code: int) -> Act:
    """Answer with RST_STREAM alone."""
    return _http2(lambda exchange: exchange.reset_stream(code))


def resets_the_stream_in_the_body(code: int) -> Act:
    def act(exchange: Exchange2) -> None:
        _begin(exchange)
        exchange.reset_stream(code)

    return _http2(act)


def _go_away(code: int, last: int) -> GoAwayFrame:
    return GoAwayFrame(0, last_stream_id=last, error_code=code)


def goes_away(code: int, *, without_us: bool) -> Act:
    """Answer with GOAWAY; without us: the stream we wait for is above the last that the server looked at."""

    def act(exchange: Exchange2) -> None:
        exchange.frame(_go_away(code, 0 if without_us else exchange.number))
        exchange.hang_up()

    return _http2(act)


def goes_away_in_the_body(code: int) -> Act:
    def act(exchange: Exchange2) -> None:
        _begin(exchange)
        exchange.frame(_go_away(code, exchange.number))
        exchange.hang_up()

    return _http2(act)


@_http2
def goes_away_and_sends_all(exchange: Exchange2) -> None:
    exchange.frame(_go_away(0, exchange.number))
    sends_all(exchange)
    exchange.hang_up()


@_http2
def goes_away_in_the_body_and_sends_the_rest(exchange: Exchange2) -> None:
    _begin(exchange)
    exchange.frame(_go_away(0, exchange.number))
    exchange.arrived()
    _go_on(exchange)
    exchange.end()
    exchange.hang_up()


@_http2
def goes_away_twice_and_sends_the_rest(exchange: Exchange2) -> None:
    _begin(exchange)
    exchange.frame(_go_away(0, GREATEST_STREAM))
    exchange.arrived()
    exchange.frame(_go_away(0, exchange.number))
    _go_on(exchange)
    exchange.end()
    exchange.hang_up()


@_http2
def goes_away_in_the_body_and_is_cut(exchange: Exchange2) -> None:
    _begin(exchange)
    exchange.frame(_go_away(0, exchange.number))
    exchange.hang_up()


@_http2
def ends_short_of_its_length(exchange: Exchange2) -> None:
    _begin(exchange, length=len(exchange.whole.content))
    exchange.arrived()
    exchange.end()


@_http2
def ends_short_of_its_length_with_its_data(exchange: Exchange2) -> None:
    exchange.head(length=len(exchange.whole.content))
    frame = DataFrame(exchange.number, exchange.whole.content[:SENT])
    frame.flags.add("END_STREAM")
    exchange.frame(frame)


@_http2
def ends_short_of_its_length_with_trailers(exchange: Exchange2) -> None:
    _begin(exchange, length=len(exchange.whole.content))
    exchange.end([("x-checksum", "0")])


def sends_another_head_in_the_body(status: int) -> Act:
    """Begin a response, and send another one's head where its body goes on (RFC 9113 section 8.1)."""

    def act(exchange: Exchange2) -> None:
        _begin(exchange)
        exchange.arrived()
        block = exchange.state.encoder.encode([(":status", str(status)), ("x-checksum", "0")])
        frame = HeadersFrame(exchange.number, block)
        frame.flags |= {"END_HEADERS", "END_STREAM"}
        exchange.frame(frame)

    return _http2(act)


@_http2
def sends_more_than_its_length_in_frames(exchange: Exchange2) -> None:
    _begin(exchange, length=len(exchange.whole.content))
    _go_on(exchange)
    exchange.arrived()
    exchange.body(b"more")
    exchange.end()


@_http2
def breaks_the_rules_of_frames(exchange: Exchange2) -> None:
    _begin(exchange)
    exchange.arrived()
    # Data belongs to a stream; on stream 0 it is an error of the connection (RFC 9113 section 6.1).
    frame = DataFrame(1, b"x")
    frame.stream_id = 0
    exchange.frame(frame)
