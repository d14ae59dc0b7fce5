"""A path of the description: the path itself, and the query that some descriptions write behind it.

OpenAPI has no query in a path, but people write `/alerts?lat={lat}&lang=en` and the `/alerts{?lat}` of RFC 6570. It is
read as what it shows: templates are parameters of the query, and the rest of it is constant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote_plus

_PAIR = re.compile(r"([^={}]+)=\{([^{}]+)\}")


@dataclass(frozen=True)
class PathTemplate:
    """One path as it is written."""

    written: str

    @cached_property
    def _split(self) -> tuple[str, str]:
        spread = re.sub(r"\{([?&])([\w.,-]+)\}", lambda found: found[1] + _pairs(found[2]), self.written)
        path, _, query = spread.partition("#")[0].partition("?")
        return path, query

    @property
    def path(self) -> str:
        """The path itself, with its templates."""
        return self._split[0]

    @property
    def names(self) -> list[str]:
        """The names of the templates in the path itself."""
        return re.findall(r"\{([^{}]+)\}", self.path)

    @cached_property
    def queried(self) -> list[tuple[str, str]]:
        """Of each parameter in the query: its name there, and that of its template."""
        found = filter(None, map(_PAIR.fullmatch, self._split[1].split("&")))
        return [(unquote_plus(each[1]), each[2]) for each in found]

    @property
    def constants(self) -> list[tuple[str, str]]:
        """The constant part of the query."""
        fixed = "&".join(each for each in self._split[1].split("&") if not _PAIR.fullmatch(each))
        return parse_qsl(fixed, keep_blank_values=True)

    @property
    def problem(self) -> str:
        """Why it cannot be sent as it is written; empty if it can."""
        keys = [key for key, _ in self.queried]
        if "{" in self.written.partition("#")[2]:
            return "a parameter stands in a fragment, which is never sent"
        if any("{" in each for pair in self.constants for each in pair):
            return "a parameter behind the path is not the whole value of a name"
        if len(set(keys)) < len(keys):
            return f"the query of the path has {max(keys, key=keys.count)!r} twice"
        return ""


def _pairs(names: str) -> str:
    return "&".join(f"{each}={{{each}}}" for each in names.split(","))
