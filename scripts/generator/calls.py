"""What a call is made of: its arguments by place, its body, and what a success holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import quote

from .bodies import Bodies, Body
from .description import Description, RawOperation, below, refuse
from .kinds import Kinds
from .models import Models
from .naming import argument_name, method_name, operation_module, resource_name
from .parameters import Argument, parameter
from .results import Result, Results
from .security import auth_of

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")
"""Those that may be repeated (RFC 9110 section 9.2.2); `x-retry-safe` says otherwise."""


class Call:
    """One operation, as the templates write it."""

    def __init__(self, operation: RawOperation, description: Description, kinds: Kinds, models: Models) -> None:
        self.operation = operation
        self._description = description
        self._kinds = kinds
        self._models = models
        self._bodies = Bodies(description, kinds, models)
        self._results = Results(description, kinds, models)
        self._check_name()

    def _check_name(self) -> None:
        operation = self.operation
        here, tags = operation.pointer, operation.data.get("tags", [])
        if len(tags) != 1:
            raise refuse(below(here, "tags"), f"it has {len(tags)} tags", "give it one: the resource it belongs to")
        if not operation.data.get("operationId"):
            raise refuse(here, "it has no operationId", "give it one: <tag>.<method>")

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
        return method_name(self.id, self.operation.tag)

    @property
    def resource(self) -> str:
        """The attribute of the client."""
        return resource_name(self.operation.tag)

    @property
    def module(self) -> str:
        """The module under operations/."""
        return operation_module(self.id)

    @property
    def retry_safe(self) -> bool:
        """Whether it may be repeated once it may have reached the server."""
        return bool(self.operation.data.get("x-retry-safe", self.operation.method in SAFE_METHODS))

    @cached_property
    def sends_key(self) -> bool:
        """Whether the key goes with it."""
        document = self._description.document
        own = self.operation.data.get("security")
        pointer = below("" if own is None else self.operation.pointer, "security")
        names = {name for need in (document.get("security", []) if own is None else own) for name in need}
        auth = auth_of(document)
        if strangers := sorted(names - {auth.name}):
            known = f"write {auth.name}" if auth.name else "describe it there"
            raise refuse(pointer, f"{strangers[0]!r} is not under /components/securitySchemes", known)
        return auth.name in names

    @cached_property
    def arguments(self) -> list[Argument]:
        """All of them: those in the path first, then those of the body, and the rest."""
        found = [*self._parameters("path"), *self._body_arguments()]
        found += [each for place in ("query", "header", "cookie") for each in self._parameters(place)]
        taken: dict[str, str] = {}
        for index, each in enumerate(found):
            name = each.python_name
            if name in taken:
                # The same name in two places: the later one says where it goes.
                name = f"{name}_{each.place}"
                found[index] = replace(each, python_name=name)
            if name in taken:
                raise refuse(
                    self.operation.pointer, f"two arguments would be called {name}", "rename one of the parameters"
                )
            taken[name] = each.place
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
            if where == place and not node.get("x-client-header"):
                yield parameter(place, name, pointer, node, self._kinds, self._models)
        if place == "path":
            self._check_path()

    def _check_path(self) -> None:
        in_path, described = set(self.operation.taken), {name for at, name in self.operation.parameters if at == "path"}
        for name in sorted(in_path ^ described):
            raise refuse(
                self.operation.pointer, f"the path and its parameters do not agree on {name!r}", "write it in both"
            )

    @cached_property
    def body(self) -> Body | None:
        """The request body."""
        return self._bodies.of(self.operation)

    def _body_arguments(self) -> Iterator[Argument]:
        if self.body is None:
            return
        if not self.body.has_fields:
            node = self._description.resolve(self.operation.data["requestBody"])
            said = {**self._models.shown(node["content"][self.body.media_type].get("schema"))}
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
    def successes(self) -> dict[int | str, Result]:
        """What each success holds, by status; `2XX` for every one that is not named."""
        return self._results.of(self.operation)

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
        found = [
            media_type
            for response in self._success_responses()
            for media_type in list(response.get("content", {}))[: None if not self.is_binary else 1]
        ]
        return ", ".join(dict.fromkeys(found)) or "*/*"

    def _success_responses(self) -> Iterator[Mapping[str, Any]]:
        for status, response in self.operation.data["responses"].items():
            if str(status).startswith("2"):
                yield self._description.resolve(response)

    @property
    def returns(self) -> str:
        """What the description says of the success."""
        return " ".join(str(each.get("description", "")) for each in self._success_responses())
