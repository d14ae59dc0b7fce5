"""YAML 1.2. PyYAML parses, and no more: what comes after is of YAML 1.1 there, such as 64 for `0100`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NoReturn, TypeAlias, cast

import yaml
from yaml.reader import Reader

from .core_schema import TAG, not_in_schema, plain, tagged
from .source import DEEPEST, TOO_DEEP, Source

_Event: TypeAlias = yaml.NodeEvent | yaml.CollectionEndEvent

# libyaml, where PyYAML was built with it, takes a tenth of the time.
_Parser: Final[type[yaml.BaseLoader]] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def value(source: Source) -> Any:
    """Return what a YAML text stands for: its one document, or None if there is none.

    Raises:
        DocumentError: if it is no YAML, or holds what cannot be used.
    """
    if control := Reader.NON_PRINTABLE.search(source.text):
        source.refuse(control.start(), f"U+{ord(control[0]):04X} may not stand in YAML as it is")
    text, originals = _with_breaks_of_1_2(source.text)
    events = list(_events(source, text))
    return _Composer(source, originals, events).value() if events else None


def _events(source: Source, text: str) -> Iterator[_Event]:
    """Yield the events of the one document."""
    documents = depth = 0
    try:
        for event in yaml.parse(text, Loader=_Parser):
            documents += isinstance(event, yaml.DocumentStartEvent)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if documents > 1:
                source.refuse(_offset(event.start_mark), "a second document begins here; there must be one")
            if depth > DEEPEST:  # before the parser grows slow, or its own stack ends
                source.refuse(_offset(event.start_mark), TOO_DEEP)
            if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                yield event
    except yaml.MarkedYAMLError as error:
        place, since = _offset(error.problem_mark or error.context_mark), error.context_mark
        begun = f" (begun at {source.place(since.index)})" if since and since.index != place else ""
        told = ", ".join(filter(None, [error.context and error.context + begun, error.problem]))
        raise source.broken("YAML 1.2", place, told) from error


def _offset(mark: Any) -> int:
    return cast("int", mark.index)


def _with_breaks_of_1_2(text: str) -> tuple[str, dict[int, str]]:
    """Put other characters in the place of the three that break lines in YAML 1.1 alone; also return the way back."""
    found = [each for each in "\x85\u2028\u2029" if each in text]
    unused = (each for each in map(chr, range(0xE000, 0xF900)) if each not in text)  # for private use
    pairs = list(zip(found, unused, strict=False))
    return text.translate({ord(old): new for old, new in pairs}), {ord(new): old for old, new in pairs}


def _is_merge(event: yaml.Event) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0] and event.tag is None


class _Composer:
    """Makes a document of the events of its parser; an alias is a copy of what it stands for."""

    def __init__(self, source: Source, originals: dict[int, str], events: list[_Event]) -> None:
        self._source = source
        self._originals = originals
        self._events = events
        self._anchored = dict(self._aliases())
        self._next = 0
        self._copied: yaml.Event | None = None
        """The alias, of those that stand in the document, whose copy is being made."""
        self._left = len(source.text) + 100_000  # values: each takes a character, unless aliases repeat it

    def _refuse(self, event: yaml.Event, reason: str) -> NoReturn:
        self._source.refuse(_offset(event.start_mark), reason)

    def _aliases(self) -> Iterator[tuple[int, int]]:
        """Yield the index of each alias, and that of what it stands for: the last with its anchor before it."""
        anchors: dict[str, int] = {}
        for index, event in enumerate(self._events):
            name = event.anchor if isinstance(event, yaml.NodeEvent) else None
            if isinstance(event, yaml.AliasEvent):
                if name not in anchors:
                    self._refuse(event, f"the alias *{name} stands for nothing: there is no &{name} before it")
                yield index, anchors[name]
            elif name is not None:
                anchors[name] = index

    def value(self, depth: int = 0) -> Any:
        """Return the value that begins with the next event, `depth` others around it."""
        index, event = self._next, self._events[self._next]
        self._next += 1
        self._left -= 1
        if self._left < 0:
            self._refuse(self._copied or event, "aliases make far more of this document than is written")
        if isinstance(event, yaml.CollectionStartEvent) and depth == DEEPEST:
            self._refuse(self._copied or event, f"{TOO_DEEP}, or stands within itself by an alias")
        if isinstance(event, yaml.AliasEvent):
            outer, self._copied, self._next = self._copied, self._copied or event, self._anchored[index]
            copy = self.value(depth)
            self._copied, self._next = outer, index + 1
            return copy
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent) and event.tag in (None, "!", TAG + "seq"):
            return self._sequence(depth + 1)
        if isinstance(event, yaml.MappingStartEvent) and event.tag in (None, "!", TAG + "map"):
            return self._mapping(depth + 1)
        return self._refuse(event, not_in_schema(getattr(event, "tag", "!")))

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        text = self._text(event)
        try:
            if event.tag is not None:
                return tagged(event.tag, text)
            return plain(text) if event.implicit[0] else text
        except ValueError as error:
            self._refuse(event, str(error))

    def _text(self, event: yaml.ScalarEvent) -> str:
        text = event.value.translate(self._originals) if self._originals else event.value
        return self._source.whole(_offset(event.start_mark), text)

    def _sequence(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while not isinstance(self._events[self._next], yaml.CollectionEndEvent):
            found.append(self.value(depth))
        self._next += 1
        return found

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := self._events[self._next], yaml.CollectionEndEvent):
            if _is_merge(event) and self._source.repeated is not None:
                merged = {**self._merged(event, depth), **merged}
                continue
            key = self._key()
            if key in found:
                self._source.twice(_offset(event.start_mark), key)
            found[key] = self.value(depth)
        self._next += 1
        return {**merged, **found}

    def _merged(self, event: yaml.Event, depth: int) -> dict[str, Any]:
        """Return what a merge key of YAML 1.1 adds: the fields of a mapping, or of several, the first before all."""
        self._next += 1
        given = self.value(depth)
        listed = cast("list[object]", given) if isinstance(given, list) else [given]
        result: dict[str, Any] = {}
        for each in listed:
            if not isinstance(each, dict):
                self._refuse(event, "a merge key << stands before something that is no mapping")
            result = {**each, **result}
        return result

    def _key(self) -> str:
        """Return a key as it is written, a text as in JSON: `200` is the status "200" (OpenAPI 3.1, section 4.3)."""
        index, event = self._next, self._events[self._next]
        self._next += 1
        meant = self._events[self._anchored.get(index, index)]
        if not isinstance(meant, yaml.ScalarEvent) or meant.tag not in (None, "!", TAG + "str"):
            self._refuse(event, "a key must be a text")
        if _is_merge(meant):
            self._refuse(event, "YAML 1.2 has no merge key <<; write out what it would merge")
        return self._text(meant)
