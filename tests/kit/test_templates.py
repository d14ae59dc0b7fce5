"""What a new release of the generator changed in the templates that ours replace."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import openapi_python_client
import pytest
from benchmarks.scale import description

import upstream
from generator import rendering, writing
from generator.compiled import CompiledTemplates, PlainCode
from generator.naming import class_name
from generator.reading import load_description
from generator.rendering import Package
from tests.descriptions.packages import settings

ROOT = Path(__file__).resolve().parents[2]
UPSTREAM = Path(openapi_python_client.__file__).parent / "templates"
RECORD = json.loads((ROOT / "templates" / "upstream.json").read_text(encoding="utf-8"))


def test_the_replaced_templates_are_those_we_started_from() -> None:
    assert version("openapi-python-client") == RECORD["openapi-python-client"]
    replaced = {path.name for path in (ROOT / "templates").glob("*.jinja") if (UPSTREAM / path.name).exists()}
    now = {name: hashlib.sha256((UPSTREAM / name).read_bytes()).hexdigest() for name in sorted(replaced)}
    assert now == RECORD["templates"], "read what changed upstream, then record the new digests in upstream.json"


def test_every_template_says_what_it_is_for() -> None:
    for path in (ROOT / "templates").glob("*.jinja"):
        start = "{# Differs from upstream: " if path.name in RECORD["templates"] else "{# Ours alone"
        assert path.read_text(encoding="utf-8").startswith(start), path.name


def test_another_release_is_compared_with_the_pinned_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(UPSTREAM, tmp_path / "src" / "templates")
    assert upstream.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.count(": the same\n") == len(RECORD["templates"])
    changed = tmp_path / "src" / "templates" / "model.py.jinja"
    changed.write_text(changed.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    (changed.parent / "client.py.jinja").unlink()
    assert upstream.main([str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "--- pinned/model.py.jinja\n+++ new/model.py.jinja\n" in told
    assert "\n+more\n" in told
    assert "  model.py.jinja: changed, 1 lines added and 0 removed\n" in told
    assert "  client.py.jinja: gone\n" in told


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no package_init"):
        upstream.main([str(tmp_path)])


@pytest.mark.parametrize("text", ["0A0ß", "FieldAßb", "ßA", "ǆA", "", "$", "1"])
def test_the_name_of_a_class_is_its_own_name(text: str) -> None:
    assert class_name(class_name(text)) == class_name(text)
    assert class_name(text).isidentifier()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where compiled templates are kept, for this test alone."""
    monkeypatch.setattr(rendering, "__file__", str(tmp_path / "rendering.py"))
    return tmp_path / "__pycache__"


def rendered(folder: Path) -> dict[str, str]:
    return Package(settings("scale", folder), description(1), folder).modules()


@pytest.mark.parametrize("size", [0, 5, 20, 32, 60, 500, -1])
def test_a_compiled_template_that_is_not_whole_is_compiled_again(kept: Path, tmp_path: Path, size: int) -> None:
    made = rendered(tmp_path)
    whole = {path: path.read_bytes() for path in kept.iterdir()}
    assert whole
    for path, data in whole.items():
        path.write_bytes(data[:size] if size >= 0 else data[:-500] + bytes(500))
    assert rendered(tmp_path) == made
    assert {path: len(path.read_bytes()) for path in kept.iterdir()} == {path: len(whole[path]) for path in whole}


def test_templates_at_another_place_take_up_no_more_room(
    kept: Path, kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = rendered(tmp_path)
    names = {path.name for path in kept.iterdir()}
    (kit / "templates").rename(tmp_path / "templates")
    monkeypatch.setattr(rendering, "ROOT", tmp_path)
    assert rendered(tmp_path) == made
    assert {path.name for path in kept.iterdir()} == names


def test_compiled_templates_are_kept_where_they_can_be(kept: Path, tmp_path: Path) -> None:
    made = rendered(tmp_path)
    names = [path.name for path in kept.iterdir()]
    shutil.rmtree(kept)
    kept.write_bytes(b"")  # no folder can be here
    assert rendered(tmp_path) == made
    kept.unlink()
    kept.mkdir()
    for name in names:
        (kept / name).mkdir()  # neither can it be read nor written
    assert rendered(tmp_path) == made


def test_what_a_template_is_compiled_with_counts(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "one.jinja").write_text('{{ "text" | change }}', encoding="utf-8")

    def text(change: Callable[[str], str], source: str) -> str:
        filters = tmp_path / "writing.py"
        filters.write_text(source, encoding="utf-8")
        monkeypatch.setattr(writing, "__file__", str(filters))
        cache = CompiledTemplates(kept)
        env = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), bytecode_cache=cache, autoescape=True)
        env.filters["change"] = change
        return env.get_template("one.jinja").render()

    assert [text(str.upper, "upper"), text(str.title, "title"), text(str.upper, "upper")] == ["TEXT", "Text", "TEXT"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ made(1, 2, b=3) }}",
        "{{ made(*some, b=3) }}",
        "{{ made(1, c=3, *some, **more) }}",
        "{% macro m(a, b=2) %}{{ a.real }}{{ caller(b) }}{% endmacro %}{% call(x) m(1, **more) %}{{ x }}{% endcall %}",
        "{% for each in some %}{{ made(each, loop.index) }}{{ loop.cycle('x', 'y') }}{% endfor %}",
        "{{ 'a b'.split(' ')[1].upper() }}{{ (1 if some else 2).real }}{{ -1 | abs }}",
    ],
)
def test_plain_code_does_what_jinja_does(template: str) -> None:
    told = {"made": lambda *args, **named: f"{args}{named}", "some": [7, 8], "more": {"b": 4}}
    env = jinja2.Environment(autoescape=False)  # it renders no page
    before = env.from_string(template).render(**told)
    env.code_generator_class = PlainCode
    assert env.from_string(template).render(**told) == before != ""


def imported(text: str) -> dict[str, set[tuple[str, str]]]:
    """Return the names that a module imports, and what each is."""
    found: dict[str, set[tuple[str, str]]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            place = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            for each in node.names:
                found.setdefault(each.asname or each.name, set()).add((place, each.name))
    return found


@pytest.mark.parametrize("tag", ["everything", "webhooks"])
def test_no_name_of_a_description_takes_that_of_an_import(tmp_path: Path, tag: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "templates").glob("*.jinja")]
    names = sorted({name for text in texts for name in re.findall(r"import (?:\w+ as )?_?(\w+)", text)})
    assert {"models", "events", "Mapping"} <= {*names}
    schemas = {name: {"type": "object", "properties": {"at": {"type": "string", "format": "uuid"}}} for name in names}
    paths: dict[str, Any] = {}
    for index, name in enumerate(names):
        model = {"$ref": f"#/components/schemas/{name}"}
        pages = {
            "type": "object",
            "properties": {"data": {"type": "array", "items": model}, "next": {"type": "string"}},
        }
        page = {"application/json": {"schema": pages}}
        paths[f"/{name}"] = {
            "post": {"tags": [tag], "operationId": name, "responses": {"200": {"description": "", "content": page}}}
        }
        if index % 2:
            paths[f"/{name}"]["post"] |= {
                "parameters": [{"name": "after", "in": "query", "schema": {"type": "string"}}],
                "x-pagination": {"style": "cursor", "request": "after", "items": "/data", "next": "/next"},
            }
        else:
            page["text/event-stream"] = {"itemSchema": model}  # type: ignore[dict-item]  # of another shape
            stream = {"name": "stream", "in": "query", "schema": {"type": "boolean"}}
            paths[f"/{name}"]["post"]["parameters"] = [stream]
    message = {
        "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Any"}}}}}
    }
    described = load_text(tmp_path, {"paths": paths, "components": {"schemas": schemas}, "webhooks": {"sent": message}})
    for name, text in Package(settings("scale", tmp_path), described, tmp_path).modules().items():
        if name.endswith(".py"):
            assert [each for each in imported(text).items() if len(each[1]) > 1] == [], name


def load_text(folder: Path, parts: dict[str, Any]) -> dict[str, Any]:
    path = folder / "names.json"
    whole = {"openapi": "3.2.0", "info": {"title": "Names", "version": "1"}, **parts}
    path.write_text(json.dumps(whole), encoding="utf-8")
    return load_description(path)
