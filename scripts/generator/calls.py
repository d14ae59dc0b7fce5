"""Calls as the templates write them: arguments by place, body, and successes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote

from .bodies import Bodies, Body
from .description import Description, RawOperation
from .kind import Form, Kind
from .kinds import Kinds
from .models import Models
from .naming import argument_name, free_attribute
from .pages import Paging
from .parameters import Argument, parameter
from .path_templates import PathTemplate
from .report import Failure, below, refuse
from .results import NOTHING, Result, Results, Success
from .security import Needs
from .servers import Servers
from .streams import Series

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "QUERY", "PUT", "DELETE")
"""The idempotent methods (RFC 9110 section 9.2.2, and the draft of QUERY); `x-retry-safe` overrides this."""


@dataclass(frozen=True)
class Flag:
    """The argument that requests a stream, if there is another success too.

    Args:
        name: The argument that chooses a stream.
        argument: The argument that is sent for it.
        value: The value that requests a stream.
        is_own: Whether the argument is in the description; else it is added, as that one is not a plain boolean.
    """

    name: str
    argument: Argument
    value: Any
    is_own: bool

    @property
    def is_default(self) -> bool:
        """Whether the service streams by default: then the argument is always sent."""
        return self.is_own and self.argument.schema.get("default") is True


_EXTRA = {"query": "extra_query", "querystring": "extra_query", "header": "extra_headers", "cookie": "extra_headers"}
"""The option of a call that sends what it has no argument for, by place."""


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
        """Its pagination, if it has any."""

    def check(self) -> None:
        """Raise Failure if a part of it cannot be expressed."""
        self._description.security.check(self.operation.data, self.operation.pointer)
        _ = (
            self._template,
            self.arguments,
            self.successes,
            self.accept,
            self.format,
            self.server,
            self.errors,
            self.series,
        )

    @property
    def id(self) -> str:
        """The operationId."""
        return self.operation.id

    @property
    def path(self) -> list[str | Argument]:
        """The parts of the path: arguments, and texts, percent-encoded where a URL needs it (RFC 3986 section 3.3)."""
        arguments = {each.name: each for each in self.at("path")}
        parts = re.split(r"\{([^{}]*)\}", self._template.path)
        fixed = "/%!$&'()*+,;=:@~"
        return [arguments[each] if index % 2 else quote(each, safe=fixed) for index, each in enumerate(parts) if each]

    @property
    def fixed_query(self) -> list[tuple[str, str]]:
        """The constant part of the query that the path itself contains."""
        return self._template.constants

    @cached_property
    def _template(self) -> PathTemplate:
        template = PathTemplate(self.operation.path)
        if template.problem:
            raise refuse(self.operation.pointer, template.problem, "describe it as a parameter of the query")
        return template

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
        """Whether it may be repeated after it may have reached the server."""
        return bool(self.operation.data.get("x-retry-safe", self.operation.method in SAFE_METHODS))

    @cached_property
    def server(self) -> str:
        """Its server, if that is not the common one."""
        return self._servers.of(self.operation)

    @property
    def needs(self) -> Needs:
        """The alternative sets of security schemes."""
        return self._description.security.needs_of(self.operation.data)

    @cached_property
    def arguments(self) -> list[Argument]:
        """All arguments: those of the path first, then those of the body, and the rest."""
        found = [*self._parameters("path"), *self._body_arguments()]
        found += [each for place in ("query", "querystring", "header", "cookie") for each in self._parameters(place)]
        taken: set[str] = set()
        for index, each in enumerate(found):
            name = each.python_name
            if name in taken:
                # The same name in two places: the name of the later one gets its place.
                name = free_attribute(f"{name}_{each.place}", taken)
                found[index] = replace(each, python_name=name)
            taken.add(name)
        return found

    def at(self, place: str) -> list[Argument]:
        """Return the arguments of one place."""
        return [each for each in self.arguments if each.place == place]

    @property
    def named(self) -> list[Argument]:
        """The keyword arguments: all but those of the path."""
        return [each for each in self.arguments if each.place != "path"]

    @property
    def format(self) -> Argument | None:
        """The argument whose values determine the media type of the success."""
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
                yield from self._parameter(place, name, pointer, node)
        if place == "path":
            for name in self.operation.taken:
                if ("path", name) not in self.operation.parameters:
                    self._kinds.tell(self.operation.pointer, f"nothing describes {name!r} of the path", "it is a text")
                    yield Argument("path", name, argument_name(name), Kind(Form.STRING), required=True, schema={})

    def _parameter(self, place: str, name: str, pointer: str, node: Mapping[str, Any]) -> Iterator[Argument]:
        """Yield the argument of a parameter; nothing if it cannot be written, and need not be."""
        try:
            yield parameter(place, name, pointer, node, self._kinds, self._models)
        except Failure as failure:
            if place == "path" or node.get("required"):
                raise
            means = f"it is no argument; what the server reads in its place can be given with {_EXTRA[place]}"
            self._description.report.tell_failure(failure, means)

    @cached_property
    def body(self) -> Body | None:
        """The request body."""
        return self._bodies.of(self.operation)

    def _body_arguments(self) -> Iterator[Argument]:
        body = self.body
        if body is None:
            return
        is_alone = body.required and not body.others
        if body.has_fields:
            for prop in self._models.model(body.kind.name).properties:
                if not prop.read_only:
                    required = prop.required and is_alone
                    name = argument_name(prop.name)
                    yield Argument(
                        "body", prop.name, name, prop.kind, required, prop.schema, attribute=prop.python_name
                    )
        else:
            yield self._whole(body, "body", required=is_alone)
        for name, each in body.others.items():
            yield self._whole(each, name, required=False)

    def _whole(self, body: Body, name: str, *, required: bool) -> Argument:
        """Return the argument that is the entire body."""
        node = self._description.resolve(self.operation.data["requestBody"])
        said = {**self._models.shown(node["content"][body.described_as].get("schema"))}
        if "description" in node and name == "body":
            said["description"] = node["description"]
        said.setdefault("description", "The body.")
        if name != "body":
            said["description"] = f"In place of the other fields a body of {body.media_type}. {said['description']}"
        if len(body.media_types) > 1:
            types = ", ".join(body.media_types)
            said["description"] += f" It is one of {types}; the first unless a tuple of the file says another."
        said.pop("default", None)
        return Argument("body" if name == "body" else "other", "", name, body.kind, required, said, attribute=name)

    @cached_property
    def _success(self) -> Success:
        return self._results.of(self.operation)

    @cached_property
    def series(self) -> Series | None:
        """The stream of items that a success is, perhaps only if `flag` requests it."""
        series = self._success.series
        if series is not None and self._success.results != {"2XX": NOTHING} and self.flag is None:
            self._kinds.tell(
                below(self.operation.pointer, "responses"),
                f"a success may be a stream, {series.media_type}, and nothing says what asks for it",
                "another media type is asked for; x-stream-flag names the field that asks for a stream",
            )
            return None
        return series

    @cached_property
    def flag(self) -> Flag | None:
        """The argument that requests a stream; None without one, or if a success is always or never a stream."""
        if self._success.series is None or self._success.results == {"2XX": NOTHING}:
            return None
        said = self.operation.data.get("x-stream-flag", "stream")
        name, value = (said, True) if isinstance(said, str) else next(iter(said.items()))
        for each in self.arguments:
            if each.name == name and each.place in ("body", "query"):
                is_own = value is True and each.kind.form in (Form.BOOLEAN, Form.CONST)
                if is_own or not isinstance(said, str):
                    return Flag(each.python_name if is_own else "stream", each, value, is_own)
        return None

    @property
    def stream_accept(self) -> str:
        """The media type of the stream, if it is requested by an argument."""
        return self.series.media_type if self.series else ""

    @property
    def successes(self) -> dict[int | str, Result]:
        """The content of each success, by status; `2XX` for every one that is not listed."""
        return self._success.results

    @cached_property
    def results(self) -> list[Result]:
        """The different results, in the order of the description."""
        return list({repr(each): each for each in self.successes.values()}.values())

    @cached_property
    def errors(self) -> list[tuple[list[int | str], Kind]]:
        """The content of errors: the kind by status, range or `default`."""
        return self._results.errors(self.operation)

    @property
    def error_models(self) -> list[str]:
        """The models in errors."""
        return list(dict.fromkeys(kind.name for _, kind in self.errors if kind.name))

    @property
    def redirects(self) -> list[int | str]:
        """The redirects that are a success."""
        return [status for status in self.successes if str(status).startswith("3")]

    @property
    def is_binary(self) -> bool:
        """Whether a success is bytes."""
        return all(each.form == "bytes" for each in self.results)

    @cached_property
    def accept(self) -> str:
        """The media types of Accept."""
        return ", ".join(dict.fromkeys(self._success.media_types)) or "*/*"

    @property
    def returns(self) -> str:
        """The description of the success."""
        return " ".join(self._success.descriptions)
