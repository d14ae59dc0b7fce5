"""A multipart/form-data body (RFC 7578) as a sequence of sections: the texts between the files, and the files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .files import Upload


def boundary_of(content_type: str) -> str | None:
    """Return the boundary that a media type names (RFC 2046 section 5.1.1), or None."""
    found = re.match(r'multipart/form-data\s*;(?:.*;)?\s*boundary="?([^";]+)', content_type, re.IGNORECASE)
    return None if found is None else found[1].strip()


def sections_of(parts: Sequence[tuple[str, str | Upload]], boundary: str) -> list[bytes | Upload]:
    """Return the sections to send, in order; an Upload stands for its content."""
    sections: list[bytes | Upload] = []
    text = ""
    for name, part in parts:
        text += f"--{boundary}\r\nContent-Disposition: form-data; {_parameter('name', name)}"
        if isinstance(part, str):
            text += f"\r\n\r\n{part}\r\n"
            continue
        headers = dict(part.headers)
        if not any("content-type" in header.lower() for header in headers):
            headers["Content-Type"] = part.media_type
        text += f"; {_parameter('filename', part.name)}" if part.name else ""
        text += "".join(f"\r\n{header}: {value}" for header, value in headers.items()) + "\r\n\r\n"
        sections += [text.encode(), part.content if isinstance(part.content, bytes) else part]
        text = "\r\n"
    return [*sections, f"{text}--{boundary}--\r\n".encode()]


def _parameter(name: str, value: str) -> str:
    # As browsers write it (the HTML standard on multipart/form-data), and httpx, which escapes the backslash too.
    escaped = re.sub(r'["\x00-\x1a\x1c-\x1f]', lambda found: f"%{ord(found[0]):02X}", value.replace("\\", "\\\\"))
    return f'{name}="{escaped}"'
