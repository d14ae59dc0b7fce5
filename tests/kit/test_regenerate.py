"""The generator, run as a maintainer runs it: on a copy of the project, from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Run, contents


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_check_accepts_what_is_committed(regenerate: Run) -> None:
    run = regenerate("--check")
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_output_depends_on_nothing_but_the_sources(kit: Path, regenerate: Run, tmp_path: Path) -> None:
    before = contents(kit / "generated")
    for seed, locale, folder in (("0", "C", tmp_path), ("4711", "C.UTF-8", Path("/"))):
        run = regenerate(cwd=folder, PYTHONHASHSEED=seed, LC_ALL=locale)
        assert run.returncode == 0, run.stderr
        assert contents(kit / "generated") == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda package: (package / "client.py").unlink(), "missing: lmnt/client.py"),
        (lambda package: (package / "more.py").touch(), "not made by the generator: lmnt/more.py"),
        (lambda package: edit(package / "client.py", "The clients", "Clients"), "+++ made/lmnt/client.py"),
        (lambda package: edit(package.parent / "lock.json", '"inputs"', '"in"'), "+++ made/lock.json"),
    ],
)
def test_check_finds_every_difference(kit: Path, regenerate: Run, change: object, told: str) -> None:
    assert callable(change)
    change(kit / "generated" / "lmnt")
    before = contents(kit / "generated")
    run = regenerate("--check")
    assert run.returncode == 1
    assert told in run.stdout
    assert contents(kit / "generated") == before


DESCRIPTION, SETTINGS = "openapi/lmnt.yaml", "openapi/generator.yaml"
BODY = 'schema: {$ref: "#/components/schemas/SpeechGenerateParams"}'
UNNAMED = "type: object\n          properties: {a: {type: string}}"
TEXT = "description: The text to speak, up to 5000 characters (Unicode code points), spaces included."


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (SETTINGS, "client: Lmnt", "client: Lmnt\nliteral_enum: true", "unknown key literal_enum"),
        (SETTINGS, "- retries.py", "- retry.py", "overlays/retry.py is listed in generator.yaml and not there"),
        (DESCRIPTION, "  title: LMNT", "  title: LMNT\n  title: Twice", "the key 'title' stands twice"),
        (DESCRIPTION, "  title: LMNT\n", "", "is no valid OpenAPI"),
        (DESCRIPTION, "openapi: 3.1.0", "openapi: [", "is no YAML"),
        (
            DESCRIPTION,
            f"application/json:\n            {BODY}",
            f"application/xml:\n            {BODY}",
            "speech.generate",
        ),
        (DESCRIPTION, "operationId: voices.list", "operationId: list_voices", "must be <tag>.<method>"),
        (DESCRIPTION, "operationId: voices.retrieve", "operationId: voices.list", "voices.list"),
        (DESCRIPTION, f"{TEXT}\n          type: string", UNNAMED, "has no name"),
        ("templates/union.py.jinja", "{{ name }}: TypeAlias", "{{ nam }}: TypeAlias", "templates/union.py.jinja"),
        ("templates/model.py.jinja", "{% for prop in props %}", "{% for prop on props %}", "templates/model.py.jinja"),
        ("templates/description.py.jinja", "NAME = ", "NAME == = ", "ruff"),
        ("overlays/retries.py", "from __future__ import annotations", "import not_there", "not_there"),
    ],
)
def test_what_cannot_be_generated_stops_the_run_and_changes_nothing(
    kit: Path, regenerate: Run, file: str, old: str, new: str, told: str
) -> None:
    edit(kit / file, old, new)
    before = contents(kit / "generated")
    run = regenerate()
    assert run.returncode == 1
    assert told in run.stderr, run.stderr
    assert "Traceback" not in run.stderr.split("cannot be imported")[0], run.stderr
    assert contents(kit / "generated") == before
    assert {path.name for path in (kit / "generated").iterdir()} == {"lmnt", "lock.json"}


def test_an_overlay_may_not_take_the_name_of_a_rendered_module(kit: Path, regenerate: Run) -> None:
    (kit / "overlays" / "client.py").write_text('"""Mine."""\n', encoding="utf-8")
    edit(kit / "openapi" / "generator.yaml", "    - calls.py", "    - calls.py\n    - client.py")
    run = regenerate()
    assert run.returncode == 1
    assert "overlays/client.py: a template writes a file of this name too" in run.stderr


def test_a_new_field_reaches_the_package(kit: Path, regenerate: Run) -> None:
    state = '        state:\n          description: "`ready`'
    mood = "        mood:\n          description: How it feels.\n          type: string\n"
    edit(kit / DESCRIPTION, state, mood + state)
    assert regenerate("--check").returncode == 1
    run = regenerate()
    assert run.returncode == 0, run.stderr
    data = {"id": "a", "name": "b", "owner": "me", "state": "ready", "mood": "glad"}
    code = f"from lmnt.models import Voice; print(Voice.from_dict({data}).mood)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=kit / "generated"
    )
    assert found.stdout == "glad\n"


def test_another_description_makes_another_package(kit: Path, regenerate: Run, tmp_path: Path) -> None:
    run = regenerate("--spec", str(kit / "openapi" / "lmnt.yaml"), "--package", "acme", "--out", str(tmp_path / "made"))
    assert run.returncode == 0, run.stderr
    code = (
        "import os, sys; os.environ['ACME_API_KEY'] = 'k'; import acme\n"
        "print(acme.Acme(), issubclass(acme.NotFoundError, acme.AcmeError), 'lmnt' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path / "made"
    )
    assert found.stdout == "Acme(base_url='https://api.lmnt.com') True False\n"
    # Sessions need hand-written modules that are LMNT's own.
    made = contents(tmp_path / "made" / "acme")
    assert not [name for name in made if "session" in name and not name.startswith("models/")]
    assert b"sessions" not in made["resources/speech.py"]


def test_another_description_needs_a_name_and_a_place(regenerate: Run) -> None:
    run = regenerate("--spec", "other.yaml")
    assert run.returncode == 2
    assert "--package and --out" in run.stderr
