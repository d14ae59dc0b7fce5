"""How parameters are written: the table of OpenAPI 3.1 (section 4.8.12.6), and what it leaves to RFC 6570."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest

from generator.reading import Reader
from generator.report import Report

from .packages import load, make_all

pytestmark = pytest.mark.once(rows=True)

EMPTY, TEXT, ARRAY = "", "blue", ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}
SCHEMAS: dict[str, Any] = {
    "text": {"type": "string"},
    "array": {"type": "array", "items": {"type": "string"}},
    "object": {"type": "object", "properties": {name: {"type": "integer"} for name in "RGB"}},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "either": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "perhaps": {"type": ["string", "null"]},
    "holes": {"type": "array", "items": {"type": ["string", "null"]}},
    "deep": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "object"}}},
}

# Place, style, explode, kind of value, the value, and what is written of a parameter called `color`.
ROWS: list[tuple[str, str, bool, str, Any, str]] = [
    ("path", "simple", False, "text", TEXT, "/blue"),
    ("path", "simple", False, "object", OBJECT, "/R,100,G,200,B,150"),
    ("path", "simple", True, "object", OBJECT, "/R=100,G=200,B=150"),
    ("path", "label", False, "text", TEXT, "/.blue"),
    ("path", "label", False, "array", ARRAY, "/.blue,black,brown"),
    ("path", "label", True, "array", ARRAY, "/.blue.black.brown"),
    ("path", "label", False, "object", OBJECT, "/.R,100,G,200,B,150"),
    ("path", "label", True, "object", OBJECT, "/.R=100.G=200.B=150"),
    ("path", "matrix", False, "text", TEXT, "/;color=blue"),
    ("path", "matrix", False, "array", ARRAY, "/;color=blue,black,brown"),
    ("path", "matrix", True, "array", ARRAY, "/;color=blue;color=black;color=brown"),
    ("path", "matrix", False, "object", OBJECT, "/;color=R,100,G,200,B,150"),
    ("path", "matrix", True, "object", OBJECT, "/;R=100;G=200;B=150"),
    ("path", "matrix", True, "array", ["a;b", "ä/"], "/;color=a%3Bb;color=%C3%A4%2F"),
    ("query", "form", True, "text", EMPTY, "color="),
    ("query", "form", True, "array", ARRAY, "color=blue&color=black&color=brown"),
    ("query", "form", False, "array", ARRAY, "color=blue,black,brown"),
    ("query", "form", True, "object", OBJECT, "R=100&G=200&B=150"),
    ("query", "form", False, "object", OBJECT, "color=R,100,G,200,B,150"),
    ("query", "form", True, "map", {"a b": 1}, "a%20b=1"),
    ("query", "form", True, "either", TEXT, "color=blue"),
    ("query", "form", True, "either", ARRAY, "color=blue&color=black&color=brown"),
    ("query", "form", False, "either", ARRAY, "color=blue,black,brown"),
    ("query", "spaceDelimited", False, "array", ARRAY, "color=blue%20black%20brown"),
    ("query", "spaceDelimited", False, "object", OBJECT, "color=R%20100%20G%20200%20B%20150"),
    ("query", "pipeDelimited", False, "array", ARRAY, "color=blue%7Cblack%7Cbrown"),
    ("query", "pipeDelimited", False, "object", OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("query", "pipeDelimited", True, "array", ARRAY, "color=blue&color=black&color=brown"),
    ("query", "deepObject", True, "object", OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("query", "deepObject", True, "object", {"R": 1}, "color%5BR%5D=1"),
    ("query", "json", True, "deep", {"a": "x", "b": {}}, "color=%7B%22a%22%3A%22x%22%2C%22b%22%3A%7B%7D%7D"),
    ("header", "simple", False, "array", ARRAY, "blue,black,brown"),
    ("header", "simple", False, "object", OBJECT, "R,100,G,200,B,150"),
    ("header", "simple", True, "object", OBJECT, "R=100,G=200,B=150"),
    ("header", "json", False, "deep", {"a": "x,y"}, '{"a":"x,y"}'),
    ("cookie", "form", True, "text", TEXT, "blue"),
    ("cookie", "form", False, "array", ARRAY, "blue,black,brown"),
]  # fmt: skip

REFUSED: list[tuple[str, str, bool, str, Any]] = [
    ("path", "label", False, "text", ""),
    ("path", "matrix", False, "array", []),
    ("path", "simple", True, "object", {}),
    ("path", "label", False, "text", "."),
    ("query", "deepObject", True, "object", {"R": "red"}),
    ("query", "form", True, "object", "R"),
    ("query", "form", True, "map", {"a": [1]}),
    ("header", "simple", False, "map", {"a,b": 1}),
    ("path", "simple", False, "perhaps", None),
    ("query", "form", True, "holes", ["a", None]),
    ("header", "simple", False, "holes", [None]),
]


def described() -> dict[str, Any]:
    """Return a description with an operation for each row."""
    paths: dict[str, Any] = {}
    for index, (place, style, explode, kind, *_) in enumerate([*ROWS, *REFUSED]):
        parameter: dict[str, Any] = {"name": "color", "in": place, "required": True}
        if style == "json":
            parameter["content"] = {"application/json": {"schema": SCHEMAS[kind]}}
        else:
            parameter |= {"style": style, "explode": explode, "schema": SCHEMAS[kind]}
        path = f"/{index}/{{color}}" if place == "path" else f"/{index}"
        operation = {"operationId": f"row{index}", "parameters": [parameter], "responses": {"204": {"description": ""}}}
        paths[path] = {"get": operation}
    return {"openapi": "3.1.0", "info": {"title": "Styles", "version": "1"}, "paths": paths}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("styles")
    report = Report()
    document = Reader(described(), Path("styles.yaml"), report).document()
    assert (report.told, report.left_out) == ([], [])
    make_all({"parameter_rows": document}, folder)
    return load("parameter_rows", folder)


def built(package: Any, index: int, value: Any) -> Any:
    """Return the operation of a row, as it is sent."""
    from importlib import import_module

    return import_module(f"{package.__name__}.operations.row{index}").build(color=value)


@pytest.mark.parametrize("index", range(len(ROWS)), ids=[f"{row[0]}-{row[1]}-{row[2]}-{row[3]}" for row in ROWS])
def test_a_parameter_is_written_as_the_standard_has_it(index: int, package: Any) -> None:
    place, _, _, _, value, written = ROWS[index]
    operation = built(package, index, value)
    encoded = import_encoded(package)
    found = {
        "path": lambda: operation.path.removeprefix(f"/{index}"),
        "query": lambda: "&".join(
            f"{quote(name, safe='')}={text if isinstance(text, encoded) else quote(text, safe='')}"
            for name, text in operation.query
        ),
        "header": lambda: operation.headers["color"],
        "cookie": lambda: operation.cookies["color"],
    }[place]()
    assert found == written


def import_encoded(package: Any) -> type[str]:
    from importlib import import_module

    return cast("type[str]", import_module(f"{package.__name__}.values.parameter_styles").Encoded)


@pytest.mark.parametrize("index", range(len(REFUSED)), ids=[f"{row[0]}-{row[1]}-{row[3]}" for row in REFUSED])
def test_a_value_that_cannot_be_written_is_refused(index: int, package: Any) -> None:
    with pytest.raises(package.InvalidArgumentError, match="color"):
        built(package, len(ROWS) + index, REFUSED[index][4])
