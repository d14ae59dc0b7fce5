"""The responses of HTTP/1.1 by llhttp, which takes a fraction of the time of h11: what the extra `fast` brings.

It differs in what no sound server sends, and in nothing that leaves a doubt how long a body is
(`tests/client/test_parsers.py` has all of it). It refuses a folded header, a length said twice, a control character in
a value and HTTP/1.2; h11 takes them. It takes empty lines before a response, and RTSP and ICE for HTTP/1.0; h11 does
not. It never uses a connection again after HEAD.
"""

from __future__ import annotations

import httptools

from .parsing import HeaderList, Parser, ProtocolError


class LLHTTP(Parser):
    """Reads a response by llhttp, which calls what begins with `on_`."""

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self._reason = b""
        self._headers: HeaderList = []
        self._whole = 0
        """Parts that are of this response: what comes after it in the same piece is of none."""
        self.on_body = self._parts.append
        self._state: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        # Dangerous where several requests share a connection at once; h11 allows the same.
        self._state.set_dangerous_leniencies(
            lenient_chunked_length=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    def on_message_begin(self) -> None:
        """A response begins, after an informational one, or after the one that counts."""
        self._reason, self._headers = b"", []
        if self._has_ended:
            self._goes_on = False

    def on_status(self, reason: bytes) -> None:
        """There is more of the reason."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """There is a header, or a trailer."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is here."""
        if self._head is None and self._state is not None:
            headers, self._headers = self._headers, []
            version = self._state.get_http_version()
            self._take_head(self._state.get_status_code(), self._reason, version, headers)
            # It does not know that nothing follows, and does not tell what does.
            self._goes_on = self._goes_on and self._method != "HEAD"

    def on_message_complete(self) -> None:
        """The response has ended."""
        if self._head is not None and not self._has_ended:
            self._has_ended, self._whole = True, len(self._parts)

    def _feed(self, data: bytes) -> None:
        if self._state is None:
            self._goes_on = False
            return
        try:
            self._state.feed_data(data)
        except httptools.HttpParserError as error:
            if not self._has_ended:
                cause = error.__context__
                raise cause if isinstance(cause, ProtocolError) else ProtocolError(str(error)) from error
            self._goes_on = False
        if self._has_ended:
            self._goes_on = self._goes_on and len(self._parts) == self._whole
            del self._parts[self._whole :]
            self._state = None  # which holds this
