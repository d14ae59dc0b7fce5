"""Texts and values of a description as Python code, escaped."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Undefined


def literal(value: Any) -> str:
    """Return a value of the description as a Python literal."""
    if isinstance(value, Undefined):
        str(value)  # raises the error that names the undefined variable of a template
    return repr(value)


@cache
def prose(text: str | None, indent: int = 0) -> str:
    """Return the description's text, wrapped, as the content of a docstring, which it cannot end."""
    text = _UNUSUAL.sub(lambda found: "".join(filter(_is_shown, found[0])), str(text or ""))
    paragraphs = (" ".join(part.split()) for part in _paragraphs(text))
    width = 112 - indent
    wrapped = "\n\n".join(
        part if len(part) <= width else textwrap.fill(part, width, break_long_words=False) for part in paragraphs
    )
    escaped = wrapped.replace("\\", "\\\\")
    # Quotes must not end the docstring.
    escaped = re.sub(r'"{2,}|"$', lambda found: found.group().replace('"', '\\"'), escaped)
    return textwrap.indent(escaped, " " * indent).lstrip()


def docstring(text: str | None, indent: int = 0) -> str:
    """Return the description's text as a docstring; what ends several lines stands on a line of its own."""
    content = prose(text, indent)
    return f'"""{content}"""' if "\n" not in content else f'"""{content}\n{" " * indent}"""'


_UNUSUAL = re.compile(r"[^\n\t -~]+")


def _is_shown(character: str) -> bool:
    return not unicodedata.category(character).startswith(("C", "Zl", "Zp"))


def inline(text: object) -> str:
    """Return the description's text as one line of Markdown, escaped: it makes no code, link or table cell."""
    escaped = re.sub(r"([\\`*_\[\]<|~&$])", r"\\\1", _one_line(text))
    return re.sub(r"^(\d*)([-+=:.)#>])", r"\1\\\2", escaped)  # the start of a list, a heading and the like


def code(text: object) -> str:
    """Return a text of the description as a code span of Markdown."""
    shown = _one_line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def _one_line(text: object) -> str:
    kept = re.sub("[^ -~]", lambda found: _space_if_odd(found[0]), str(text or ""))
    return " ".join(kept.split())


def _space_if_odd(character: str) -> str:
    return " " if unicodedata.category(character).startswith(("C", "Z")) else character


def first_sentence(text: object) -> str:
    """Return the first sentence of a text."""
    start = str(text or "").strip().split("\n\n")[0]
    return re.split(r"(?<=[.!?])\s", start, maxsplit=1)[0]


def signature(text: str) -> str:
    """Return the arguments of a method in one line."""
    line = " ".join(each.strip() for each in text.splitlines() if each.strip())
    return line.replace("_uuid.", "uuid.").replace("_datetime.", "datetime.").removesuffix(",")


MARKDOWN = {"inline": inline, "code": code, "first_sentence": first_sentence, "signature": signature}
"""The filters of the pages of Markdown."""


def _paragraphs(text: str) -> list[str]:
    found: list[list[str]] = [[]]
    for line in text.strip().split("\n"):
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [" ".join(part) for part in found]


def plain_text(value: Any) -> str:
    """Return a value as text: true and false as in JSON."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def default_of(schema: Mapping[str, Any]) -> str:
    """Return a sentence about the server's default, if there is one."""
    found = schema.get("default")
    text = {True: "true", False: "false"}.get(found, found) if isinstance(found, bool) else found
    return "" if found is None else f" The server's default is `{text}`."
