"""Clients of services that stream: each stream read whole, cut off in each place, and with an error in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from generator.calls import Call
from generator.making import add_overlays, tidy
from generator.media_types import bare
from generator.reading import load_description
from generator.rendering import Package
from generator.report import Report
from generator.settings import Settings
from generator.stream_marks import Mark

from ..real.described import Described
from ..real.driving import KEY, Driver
from ..real.samples import NoSampleError, Samples


class Service:
    """A package that was made of a description, mended by overlay documents, and its calls for streams.

    Args:
        path: The description.
        overlays: The overlay documents.
        folder: Where the package goes.
        name: What it is called.
    """

    def __init__(self, path: Path, overlays: Sequence[Path], folder: Path, name: str) -> None:
        report = Report(["all"])
        settings = Settings.read(path, name, folder, overlays)
        self._document = load_description(path, report, overlays)
        self.package = Package(settings, self._document, folder / name, report)
        self.package.build()
        tidy(folder / name)
        add_overlays(self.package.settings, folder)
        self.module = import_module(name)
        self._driver = Driver(self.package, self.module, self._document, path)
        self._described = Described(path)

    @property
    def calls(self) -> list[Call]:
        """Those that return a stream of items."""
        return [call for call in self.package.calls if call.series is not None]

    def arguments(self, call: Call) -> dict[str, Any]:
        """Return what a call must be given, and the flag that asks for a stream."""
        written = self._described.operations[call.operation.method, call.operation.path]
        arguments, *_ = self._driver.arguments(call, written)
        needed = {each.python_name for each in call.arguments if each.required} | {"body"}
        flag = {} if call.flag is None else {"stream": True}
        return {name: value for name, value in arguments.items() if name in needed} | flag

    def client(self, base_url: str, *, awaits: bool) -> Any:
        """Return a client."""
        security = self.package.description.security
        names = [*security.secrets, *(each.arguments["access_token"] for each in security.tokens)]
        kind = getattr(self.module, ("Async" if awaits else "") + self.package.settings.client)
        return kind(base_url=base_url, max_retries=0, **dict.fromkeys(names, KEY))

    def sent(self, call: Call, base_url: str) -> list[bytes]:
        """Return the stream that a server sends to a call, in the pieces that must come whole."""
        with self.client(base_url, awaits=False) as client:
            method = getattr(getattr(client, call.resource).with_raw_response, call.method)
            body = method(**self.arguments(call)).read()
        between = b"\n\n" if body.startswith((b"data:", b"event:")) else b"\n"
        return [each + between for each in body.split(between)[:-1]]

    def items(self, call: Call) -> tuple[list[Item], list[Item]]:
        """Return sound items, of which the last ends the stream if any does, and one that is an error, if any is."""
        assert call.series is not None
        errors, ends = call.series.errors or [], [mark for mark in call.series.ends or [] if mark.data is None]
        found = [*self._samples(call)]
        wrong = [each for each in found if _fits(errors, each)] or [
            Item(mark.event or "message", _changed({}, mark, "Busy.")) for mark in errors
        ]
        sound = [each for each in found if not _fits(errors, each)]
        last = [each for each in sound if _fits(ends, each)]
        for mark in ends[:1]:
            if len(sound) == 1:  # one kind, whose field tells
                sound, last = [sound[0].going_on(mark)], [sound[0].ending(mark)]
            sound = [each for each in sound if each not in last]
        return [*(sound * 2 if len(sound) == 1 else sound), *last[:1]], wrong[:1]

    def _samples(self, call: Call) -> Iterator[Item]:
        """Yield an item of each kind."""
        assert call.series is not None
        resolve, samples = self.package.description.resolve, Samples(self._document)
        contents = [resolve(each).get("content", {}) for each in call.operation.data["responses"].values()]
        media = next(
            each
            for content in contents
            for name, each in content.items()
            if "itemSchema" in each and bare(name) == call.series.media_type
        )
        for event, schema in (media.get("x-stream-events") or {"message": media["itemSchema"]}).items():
            for each in self._members(schema):
                with suppress(NoSampleError):
                    yield Item(event, samples.value(each, sends=False))

    def _members(self, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        found = self.package.description.resolve(schema)
        members = found.get("oneOf") or found.get("anyOf")
        if not members:
            yield schema
        for each in members or []:
            yield from self._members(each)


class Item(NamedTuple):
    """An item: the name of its event, and its value."""

    event: str
    value: Any

    def ending(self, mark: Mark) -> Item:
        """Return it as one that a mark fits."""
        return self._replace(value=_changed(self.value, mark, "all of it"))

    def going_on(self, mark: Mark) -> Item:
        """Return it as one that a mark does not fit."""
        other = {True: False}.get(mark.values[0], "going on") if mark.values else None
        return self._replace(value=_changed(self.value, replace(mark, values=(other,)), None))


def _changed(value: dict[str, Any], mark: Mark, default: Any) -> dict[str, Any]:
    """Return a value that has at the place of a mark what that asks for."""
    changed = deepcopy(value)
    *steps, last = mark.at or ("",)
    inner = changed
    for step in steps:
        inner = inner.setdefault(step, {})
    inner[last] = mark.values[0] if mark.values else default
    return changed


def _fits(marks: Sequence[Mark], item: Item) -> bool:
    """Whether one of the marks is that of an item."""
    return any(mark.event in (None, item.event) and _is_at(mark, item.value) for mark in marks)


def _is_at(mark: Mark, value: Any) -> bool:
    for step in mark.at or ():
        value = value.get(step) if isinstance(value, dict) else None
    return mark.at is None or (value in mark.values if mark.values else value is not None)


def written(call: Call, items: Sequence[Item]) -> list[bytes]:
    """Return a stream as it is sent, in the pieces that must come whole, with the end mark that is no item."""
    assert call.series is not None
    ends = [mark.data for mark in call.series.ends or [] if mark.data is not None][:1]
    pieces = [(each.event, json.dumps(each.value, ensure_ascii=False)) for each in items]
    pieces += [("message", end) for end in ends]
    if call.series.media_type != "text/event-stream":
        return [f"{data}\n".encode() for _, data in pieces]
    return [(f"event: {name}\n" * (name != "message") + f"data: {data}\n\n").encode() for name, data in pieces]


@dataclass
class Got:
    """What came of a stream."""

    items: list[Any] = field(default_factory=list[Any])
    error: Exception | None = None
    facts: tuple[bool | None, str | None] | None = None
    """Whether it was complete, and its request id."""


def read(client: Any, call: Call, arguments: Mapping[str, Any], headers: Mapping[str, str], *, awaits: bool) -> Got:
    """Call for a stream, and read it."""
    method, got = getattr(getattr(client, call.resource), call.method), Got()

    async def main() -> None:
        try:
            stream = method(**arguments, extra_headers=headers)
            stream = await stream if awaits else stream
            try:
                if awaits:
                    async for each in stream:
                        got.items.append(each)
                else:
                    for each in stream:
                        got.items.append(each)
            finally:
                got.facts = stream.complete, stream.request_id
        except Exception as error:
            got.error = error
        if awaits:
            await client.close()

    asyncio.run(main())
    return got
