"""Whatever stands anywhere in a description: it becomes a package, or the run says in a sentence why not."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from generator.description import load
from generator.reading import Reader
from generator.rendering import Package
from generator.report import Failure, Report
from tests.descriptions.packages import settings
from tests.descriptions.test_schemas import description

from .test_keywords import BASE

FRAMEWORKS = load(Path(__file__).parents[1] / "frameworks" / "traits.yaml")
DOCUMENTS: list[dict[str, Any]] = [BASE, description(), *(each["description"] for each in FRAMEWORKS.values())]
STRANGERS: list[Any] = [
    *(None, True, False, 5, -1, 0.5, 10**30, float("nan"), "", "x", "\ud800", "a\0b"),
    *([], [None], [{}], ["a"], [["a"]], {}, {"": {}}, {"a": 1}),
    *({"$ref": "#"}, {"$ref": 5}, {"$ref": "#/components/schemas/Nope"}, {"$ref": "#/components"}, {"type": []}),
    *({"allOf": []}, {"oneOf": []}, {"enum": []}, {"type": ["null"]}, {"const": None}, {"items": False}, {"not": {}}),
]
"""What may stand where something else is wanted."""


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all that is in a document."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


@pytest.mark.parametrize("document", range(len(DOCUMENTS)))
def test_there_is_no_traceback(document: int, tmp_path: Path) -> None:
    chance = random.Random(document)
    original = DOCUMENTS[document]
    known = list(places(original))
    for _ in range(12):
        changed = copy.deepcopy(original)
        for _ in range(chance.choice((1, 1, 3))):
            *steps, last = chance.choice(known)
            moved = copy.deepcopy(at(original, chance.choice(known)))
            try:
                owner = at(changed, tuple(steps))
                owner[last] = copy.deepcopy(chance.choice([*STRANGERS, moved, moved, moved]))
            except (LookupError, TypeError):  # another change took its place away
                continue
        report = Report(["all"])
        with suppress(Failure):
            read = Reader(changed, tmp_path / "base.json", report).document()
            Package(settings("base", tmp_path), read, tmp_path / "base", report).modules()
        assert report.text()
        assert report.json()


@pytest.mark.parametrize(("version", "style"), [("3.0.3", ""), ("3.1.0", "_styles.fields")])
def test_a_style_in_a_multipart_form_means_something_from_3_1_on(tmp_path: Path, version: str, style: str) -> None:
    point = {"type": "object", "properties": {"x": {"type": "integer"}}}
    form = {"schema": {"type": "object", "properties": {"at": point}}, "encoding": {"at": {"style": "form"}}}
    put = {"requestBody": {"content": {"multipart/form-data": form}}, "responses": {"204": {"description": ""}}}
    document = {"openapi": version, "info": {"title": "A", "version": "1"}, "paths": {"/a": {"put": put}}}
    (call,) = Package(settings("acme", tmp_path), Reader(document, tmp_path, Report()).document(), tmp_path).calls
    assert call.body
    assert [each.style for each in call.body.encoding.values()] == ([style] if style else [])
