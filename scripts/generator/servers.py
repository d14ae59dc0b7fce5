"""The servers of a description, of its paths and of its operations."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .description import Description, RawOperation
from .naming import free_attribute, python_name
from .report import below
from .security import TAKEN
from .writing import plain_text


@dataclass(frozen=True)
class Variable:
    """A variable in a server's URL.

    Args:
        default: The default; None if there is none.
        values: The allowed values; empty if all are.
        about: Its description.
    """

    default: str | None = None
    values: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True)
class Server:
    """One server: its name, its URL, and the variables in that."""

    name: str = ""
    url: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict[str, Variable])

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Server:
        """Return the server of a Server Object."""
        described = said.get("variables", {})
        url = str(said["url"])
        variables = {name: _variable(described.get(name, {})) for name in re.findall(r"\{([^{}]+)\}", url)}
        return cls(str(said.get("name") or said.get("description", "")).strip(), url.rstrip("/"), variables)

    @property
    def usual(self) -> str:
        """The URL, its variables at their defaults."""
        return re.sub(r"\{([^{}]+)\}", lambda found: self.variables[found[1]].default or found[0], self.url).rstrip("/")

    @property
    def facts(self) -> tuple[str, str, dict[str, tuple[str | None, tuple[str, ...]]]]:
        """The server as the package has it."""
        return self.name, self.url, {name: (each.default, each.values) for name, each in self.variables.items()}


def _variable(said: Mapping[str, Any]) -> Variable:
    default = plain_text(said["default"]) if said.get("default") is not None else None
    return Variable(default, tuple(map(plain_text, said.get("enum", []))), str(said.get("description", "")))


class Servers:
    """The servers of a description.

    Args:
        description: The description.
        taken: The arguments of the client besides those for servers.
    """

    def __init__(self, description: Description, taken: Collection[str]) -> None:
        self._description = description
        self._document = description.document
        self._taken = {*TAKEN, *taken}
        self.usual = [Server.of(each) for each in self._document.get("servers") or self._common()]
        self.own: dict[str, Server] = {}

    def _common(self) -> list[Mapping[str, Any]]:
        """Return the servers that most operations have, if the description itself has none."""
        found = [self._own(each)[0] for each in self._description.operations]
        return max(found, key=found.count) if found else []

    def _own(self, operation: RawOperation) -> tuple[list[Mapping[str, Any]], str]:
        """Return the servers of an operation or of its path, and their pointer."""
        item = self._document["paths"][operation.path]
        if operation.data.get("servers"):
            return operation.data["servers"], operation.pointer
        return item.get("servers", []), below("", "paths", operation.path)

    @property
    def base_url(self) -> str:
        """The URL of the first server, its variables at their defaults; empty if that is not a URL."""
        url = self.usual[0].usual if self.usual else ""
        return url if url.startswith(("http://", "https://")) and "{" not in url else ""

    @property
    def path(self) -> str:
        """The end of a base URL, where the first server is a path alone; empty if it is not."""
        url = self.usual[0].usual if self.usual else ""
        return url if re.fullmatch(r"/[\w.~@%+-][\w.~@%+/:-]*", url, re.ASCII) else ""

    def of(self, operation: RawOperation) -> str:
        """Return the URL of an operation with a server of its own; empty for any other."""
        own, pointer = self._own(operation)
        found = [Server.of(each) for each in own]
        if not found or found[0].url == (self.usual[0].url if self.usual else ""):
            return ""
        for index in range(1, len(found)):
            means = f"it is called at {found[0].url}; with_options(base_url=…) says another"
            self._description.report.tell(below(pointer, "servers", index), "an operation is at several servers", means)
        self.own[found[0].url] = found[0]
        return found[0].url

    @property
    def are_plain(self) -> bool:
        """Whether there is at most one server, without variables, so that `base_url` is the only argument."""
        return len(self.usual) <= 1 and not self.own and not any(each.variables for each in self.usual)

    @property
    def arguments(self) -> dict[str, tuple[str, list[Variable]]]:
        """The arguments of the client for variables: the name in URLs, and the variable."""
        found: dict[str, list[Variable]] = {}
        for server in (*self.usual, *self.own.values()):
            for name, variable in server.variables.items():
                found.setdefault(name, []).append(variable)
        taken = set(self._taken)
        named: dict[str, tuple[str, list[Variable]]] = {}
        for name, said in found.items():
            argument = free_attribute(python_name(name), taken)
            taken.add(argument)
            named[argument] = name, said
        return named

    @property
    def names(self) -> list[str]:
        """The names of servers, if they have unique ones."""
        names = [each.name for each in self.usual]
        return [name for name in names if name and names.count(name) == 1 and len(name) <= _LONGEST_NAME]

    def described(self) -> Iterator[str]:
        """Yield the choices of servers."""
        for index, each in enumerate(self.usual):
            yield f"{index}{f' or {each.name!r}' if each.name in self.names else ''} for {each.url or '/'}"


_LONGEST_NAME = 60
"""Characters; a longer text is a description, not a name."""
