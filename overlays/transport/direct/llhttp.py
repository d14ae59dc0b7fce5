"""HTTP/1.1 responses, parsed by llhttp (the extra `fast`), in a fraction of the time of h11.

The two differ only in responses that no sound server sends, and never in the length of a body
(`tests/client/test_parsers.py` lists all differences). llhttp rejects a folded header, a repeated Content-Length, a
control character in a value and HTTP/1.2; h11 accepts them. It accepts empty lines before a response, and RTSP and ICE
as HTTP/1.0; h11 does not. A connection is never reused after HEAD.
"""

from __future__ import annotations

import httptools

from .parsing import HeaderList, Parser, ProtocolError


class LLHTTP(Parser):
    """Parses a response with llhttp, which calls the methods `on_…`."""

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self._reason = b""
        self._headers: HeaderList = []
        self._whole = 0
        """Parts that belong to this response: data after it in the same piece belongs to none."""
        self.on_body = self._parts.append
        self._state: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        # Dangerous if several requests share a connection at once; h11 allows the same.
        self._state.set_dangerous_leniencies(
            lenient_chunked_length=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    def on_message_begin(self) -> None:
        """A response begins, perhaps after an informational or the final one."""
        self._reason, self._headers = b"", []
        if self._has_ended:
            self._goes_on = False

    def on_status(self, reason: bytes) -> None:
        """A part of the reason phrase."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header or a trailer."""
        self._headers.append((name, value.strip(b" \t")))  # before a bare line feed, llhttp leaves it there

    def on_headers_complete(self) -> None:
        """The head is complete."""
        if self._head is None and self._state is not None:
            headers, self._headers = self._headers, []
            version = self._state.get_http_version()
            self._take_head(self._state.get_status_code(), self._reason, version, headers)
            # llhttp does not know that no body follows, and does not report what does.
            self._goes_on = self._goes_on and self._method != "HEAD"

    def on_message_complete(self) -> None:
        """The response is complete."""
        if self._head is not None and not self._has_ended:
            self._has_ended, self._whole = True, len(self._parts)

    def _feed(self, data: bytes) -> None:
        if self._state is None:
            self._goes_on = False
            return
        count = len(self._parts)
        try:
            self._state.feed_data(data)
        except httptools.HttpParserError as error:
            if not self._has_ended:
                cause = error.__context__
                raise cause if isinstance(cause, ProtocolError) else ProtocolError(str(error)) from error
            self._goes_on = False
        if self._has_ended:
            if len(self._parts) != self._whole:
                self._goes_on = False
                del self._parts[self._whole :]
            self._state = None  # breaks the reference cycle
        elif self._left is not None:  # some of the body arrived with the head
            self._left -= sum(map(len, self._parts[count:]))
