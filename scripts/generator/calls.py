"""What a call is made of: its arguments by place, its body, and what a success holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from urllib.parse import quote

from .bodies import Bodies, Body
from .description import Description, RawOperation
from .kinds import Kind, Kinds
from .models import Models
from .naming import argument_name, free_attribute
from .pages import Paging
from .parameters import Argument, parameter
from .report import refuse
from .results import Result, Results, Success
from .security import Needs
from .servers import Servers

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")
"""Those that may be repeated (RFC 9110 section 9.2.2); `x-retry-safe` says otherwise."""


class Call:
    """One operation, as the templates write it."""

    def __init__(
        self, operation: RawOperation, description: Description, kinds: Kinds, models: Models, servers: Servers
    ) -> None:
        self.operation = operation
        self._servers = servers
        self._description = description
        self._kinds = kinds
        self._models = models
        self._bodies = Bodies(description, kinds, models)
        self._results = Results(description, kinds, models)
        self.paging: Paging | None = None
        """How its pages follow each other, if it has pages."""

    def check(self) -> None:
        """Raise Failure if anything of it cannot be expressed."""
        self._description.security.check(self.operation.data, self.operation.pointer)
        _ = self.arguments, self.successes, self.accept, self.format, self.server

    @property
    def id(self) -> str:
        """The operationId."""
        return self.operation.id

    @property
    def path(self) -> str:
        """The path, its fixed parts percent-encoded where a URL needs it (RFC 3986 section 3.3)."""
        parts = re.split(r"(\{[^{}]*\})", self.operation.path)
        return "".join(each if index % 2 else quote(each, safe="/%!$&'()*+,;=:@~") for index, each in enumerate(parts))

    @property
    def method(self) -> str:
        """The method of the resource."""
        return self.operation.name.method

    @property
    def resource(self) -> str:
        """The attribute of the client."""
        return self.operation.name.resource

    @property
    def module(self) -> str:
        """The module under operations/."""
        return self.operation.name.module

    @property
    def retry_safe(self) -> bool:
        """Whether it may be repeated once it may have reached the server."""
        return bool(self.operation.data.get("x-retry-safe", self.operation.method in SAFE_METHODS))

    @cached_property
    def server(self) -> str:
        """The server that it is at, if that is another than all others are at."""
        return self._servers.of(self.operation)

    @property
    def needs(self) -> Needs:
        """The sets of security schemes of which one must prove who is calling."""
        return self._description.security.needs_of(self.operation.data)

    @cached_property
    def arguments(self) -> list[Argument]:
        """All of them: those in the path first, then those of the body, and the rest."""
        found = [*self._parameters("path"), *self._body_arguments()]
        found += [each for place in ("query", "querystring", "header", "cookie") for each in self._parameters(place)]
        taken: set[str] = set()
        for index, each in enumerate(found):
            name = each.python_name
            if name in taken:
                # The same name in two places: the later one says where it goes.
                name = free_attribute(f"{name}_{each.place}", taken)
                found[index] = replace(each, python_name=name)
            taken.add(name)
        return found

    def at(self, place: str) -> list[Argument]:
        """Return the arguments whose values go to one place."""
        return [each for each in self.arguments if each.place == place]

    @property
    def named(self) -> list[Argument]:
        """The arguments that are given by name: all but those in the path."""
        return [each for each in self.arguments if each.place != "path"]

    @property
    def format(self) -> Argument | None:
        """The argument whose values each have a media type: that of the success."""
        found = [each for each in self.named if "x-media-type" in each.schema]
        if len(found) > 1:
            raise refuse(
                self.operation.pointer,
                f"{' and '.join(each.name for each in found)} both say the media type of the success",
                "let one of them have a schema without x-media-type",
            )
        return found[0] if found else None

    def _parameters(self, place: str) -> Iterator[Argument]:
        for (where, name), (pointer, node) in self.operation.parameters.items():
            if where != place or node.get("x-client-header"):
                continue
            if place == "path" and name not in self.operation.taken:
                self._kinds.tell(pointer, f"the path has no {name!r}", "nothing is sent of it")
            elif place == "header" and name.lower() in ("accept", "content-type", "authorization"):
                is_ours = name.lower() != "authorization" or self._description.security.sends_authorization
                means = "the client sends it by itself" if is_ours else "give it with extra_headers"
                self._kinds.tell(pointer, f"OpenAPI ignores a header parameter {name}", means)
            else:
                yield parameter(place, name, pointer, node, self._kinds, self._models)
        if place == "path":
            for name in self.operation.taken:
                if ("path", name) not in self.operation.parameters:
                    self._kinds.tell(self.operation.pointer, f"nothing describes {name!r} of the path", "it is a text")
                    yield Argument("path", name, argument_name(name), Kind("string"), required=True, schema={})

    @cached_property
    def body(self) -> Body | None:
        """The request body."""
        return self._bodies.of(self.operation)

    def _body_arguments(self) -> Iterator[Argument]:
        if self.body is None:
            return
        if not self.body.has_fields:
            node = self._description.resolve(self.operation.data["requestBody"])
            said = {**self._models.shown(node["content"][self.body.described_as].get("schema"))}
            if "description" in node:
                said["description"] = node["description"]
            said.setdefault("description", "The body.")
            if len(self.body.media_types) > 1:
                types = ", ".join(self.body.media_types)
                said["description"] += f" It is one of {types}; the first unless a tuple of the file says another."
            said.pop("default", None)
            yield Argument("body", "", "body", self.body.kind, self.body.required, said)
            return
        for prop in self._models.model(self.body.kind.name).properties:
            if not prop.read_only:
                required = prop.required and self.body.required
                name = argument_name(prop.name)
                yield Argument("body", prop.name, name, prop.kind, required, prop.schema, attribute=prop.python_name)

    @cached_property
    def _success(self) -> Success:
        return self._results.of(self.operation)

    @property
    def successes(self) -> dict[int | str, Result]:
        """What each success holds, by status; `2XX` for every one that is not named."""
        return self._success.results

    @property
    def results(self) -> list[Result]:
        """The different results, in the order of the description."""
        return list({repr(each): each for each in self.successes.values()}.values())

    @property
    def is_binary(self) -> bool:
        """Whether a success is bytes."""
        return all(each.form == "bytes" for each in self.results)

    @cached_property
    def accept(self) -> str:
        """The media types asked for."""
        return ", ".join(dict.fromkeys(self._success.media_types)) or "*/*"

    @property
    def returns(self) -> str:
        """What the description says of the success."""
        return " ".join(self._success.descriptions)
