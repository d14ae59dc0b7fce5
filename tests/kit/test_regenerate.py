"""The generator, as a maintainer runs it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import regenerate
from generator.report import Failure
from generator.settings import Settings

from .conftest import ROOT, Run, contents


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_output_depends_on_nothing_but_the_sources(kit: Path, tmp_path: Path) -> None:
    """Twice from the command line, with another folder, hash seed, locale, umask and working directory each time."""
    committed = {name: content for name, (content, _) in contents(ROOT / "generated").items()}
    places = ((kit, "0", "C", "077", Path("/")), (tmp_path / "ö x" / "kit", "4711", "C.UTF-8", "002", tmp_path))
    for place, seed, locale, umask, cwd in places:
        if place != kit:
            place.parent.mkdir()
            kit.rename(place)
        command = f'umask {umask}; exec "$0" "$1"'
        made = subprocess.run(
            ["/bin/sh", "-c", command, sys.executable, str(place / "scripts" / "regenerate.py")],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "LANG": locale},
            timeout=120,
        )
        assert made.returncode == 0, made.stderr
        found = contents(place / "generated")
        assert {name: content for name, (content, _) in found.items()} == committed
        assert {mode & 0o777 for _, mode in found.values()} == {0o666 & ~int(umask, 8)}


def test_check_finds_every_difference(kit: Path, run: Run) -> None:
    package = kit / "generated" / "lmnt"
    (package / "client.py").unlink()
    (package / "more.py").touch()
    edit(package / "models" / "voice.py", "A voice.", "The voice.")
    edit(package.parent / "lock.json", '"inputs"', '"in"')
    before = contents(kit / "generated")
    code, told = run("--check")
    assert code == 1
    assert "missing: lmnt/client.py" in told
    assert "not made by the generator: lmnt/more.py" in told
    assert "+++ made/lmnt/models/voice.py" in told
    assert "+++ made/lock.json" in told
    assert "Run scripts/regenerate.py" in told
    assert contents(kit / "generated") == before


DESCRIPTION, SETTINGS = "openapi/lmnt.yaml", "openapi/generator.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (SETTINGS, "client: Lmnt", "client: Lmnt\nliteral_enum: true", "unknown key literal_enum"),
        (SETTINGS, "version: 0.1.0", "version: 0.2", "version is 0.2; write a text, in quotes"),
        (SETTINGS, "version: 0.1.0", "version: next one", "'next one' is no version"),
        (SETTINGS, "client: Lmnt", "", "client is None; write a text"),
        (SETTINGS, "modules: [audio, bulk]", "modules: audio", "modules is no list of rooms"),
        (SETTINGS, "modules: [audio, bulk]", "modules: [sound]", "overlays.own has no sound/__init__.py"),
        (SETTINGS, "client: Lmnt", "client: Lmnt\npagination: [{style: scroll}]", "pagination is no list of what x-"),
        (
            SETTINGS,
            "client: Lmnt",
            "client: Lmnt\npagination: [{style: page, request: nr}]",
            "no operation has pages as number 1",
        ),
        (
            SETTINGS,
            "- calls/pagination.py",
            "- calls/pages.py",
            "overlays/calls/pages.py is listed in",
        ),
        (SETTINGS, "  shared:", "  shared: all\n  own:", "the key 'own' stands twice"),
        (
            SETTINGS,
            "- settings/retries.py",
            "- settings/retry.py",
            "overlays/settings/retry.py is listed in",
        ),
        (DESCRIPTION, "openapi: 3.1.0", "openapi: [", "is no YAML"),
        (DESCRIPTION, "openapi: 3.1.0", "openapi: 4.0.0", "/openapi: '4.0.0' is no version that can be read"),
        (
            DESCRIPTION,
            'ref: "#/components/schemas/Voice"',
            'ref: "#/components/schemas/Nothing"',
            "schema/$ref: '#/components/schemas/Nothing' leads nowhere; write where it is",
        ),
        ("templates/union.py.jinja", "Codec[{{ name }}]", "Codec[{{ nam }}]", "templates/union.py.jinja"),
        (
            "templates/description.py.jinja",
            'document["info"]["version"]',
            "document.info.version",
            "line 18: 'dict' object has no attribute 'info'",
        ),
        ("templates/model.py.jinja", "{% for prop in props %}", "{% for prop on props %}", "templates/model.py.jinja"),
        ("templates/description.py.jinja", "NAME = ", "NAME == = ", "ruff"),
        ("templates/description.py.jinja", "NAME = ", "THAT = object  #  object at 0x", "shows an object"),
        ("overlays/settings/retries.py", "from __future__ import annotations", "import not_there", "not_there"),
    ],
)
def test_what_cannot_be_generated_stops_the_run_and_changes_nothing(
    kit: Path, run: Run, file: str, old: str, new: str, told: str
) -> None:
    edit(kit / file, old, new)
    before = contents(kit / "generated")
    code, said = run()
    assert code == 2
    assert told in said
    assert said.rstrip().endswith("Nothing was changed.")
    assert "Traceback" not in said.split("cannot be imported")[0]
    assert contents(kit / "generated") == before
    assert {path.name for path in (kit / "generated").iterdir()} == {"lmnt", "lock.json"}


def test_an_overlay_may_not_take_the_name_of_a_rendered_module(kit: Path, run: Run) -> None:
    (kit / "overlays" / "client.py").write_text('"""Mine."""\n', encoding="utf-8")
    edit(kit / SETTINGS, "    - calls/api_client.py", "    - calls/api_client.py\n    - client.py")
    assert run() == (
        2,
        "error: overlays/client.py: a template writes a file of this name too\nNothing was changed.\n",
    )


def test_a_url_is_no_description(run: Run, tmp_path: Path) -> None:
    code, told = run("--spec", "https://example.com/openapi.json", "--package", "acme", "--out", str(tmp_path))
    assert code == 2
    assert "error: --spec takes a file: download the description first" in told


def test_what_is_told_and_left_out_is_in_the_report(run: Run, tmp_path: Path) -> None:
    spec, report = tmp_path / "acme.yaml", tmp_path / "report.json"
    spec.write_text(
        """
openapi: 3.2.0
info: {title: Acme, version: 1.0.0}
paths:
  /a:
    get:
      operationId: good
      responses: {200: {description: It., content: {text/plain: {schema: {type: object}}}}}
  /b:
    get:
      operationId: bad
      parameters: [{name: q, in: cookie, required: true, schema: {type: array}}]
      responses: {}
""",
        encoding="utf-8",
    )
    options = ["--spec", str(spec), "--package", "acme", "--out", str(tmp_path / "out"), "--report", str(report)]
    code, told = run(*options)
    assert code == 2
    assert "--leave-out 'bad'" in told
    assert not (tmp_path / "out" / "acme").exists()
    code, told = run(*options, "--leave-out", "bad")
    assert (code, "1 operations expressed, 1 things told, 1 left out: see out/report.txt" in told) == (0, True)
    read = json.loads(report.read_text(encoding="utf-8"))
    assert [each["id"] for each in read["left_out"]] == ["bad"]
    (found,) = read["told"]
    assert found["pointer"] == "/paths/~1a/get/responses/200/content/text~1plain/schema"
    text = (tmp_path / "out" / "report.txt").read_text(encoding="utf-8")
    assert found["pointer"] in text
    assert "  bad\n    /paths/~1b/get/parameters/0/style: form with explode true" in text


@pytest.mark.parametrize("name", ["class", "json", "httpx", "a-b", "ä"])
def test_a_package_needs_a_name_that_python_can_import(run: Run, tmp_path: Path, name: str) -> None:
    code, told = run("--spec", str(ROOT / DESCRIPTION), "--package", name, "--out", str(tmp_path / "out"))
    assert code == 2
    assert f"--package {name!r} is no name" in told


def test_no_package_has_the_name_of_one_that_a_client_imports() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "overlays").rglob("*.py")]
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    imported = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    assert {"httpx", "certifi"} <= imported
    for name in sorted({name.partition(".")[0] for name in imported} | {"httpx2", "httpx_aiohttp", "python_socks"}):
        with pytest.raises(Failure, match=f"--package '{name}' is no name"):
            Settings.read(ROOT / DESCRIPTION, name, ROOT)


def test_another_description_needs_a_name_and_a_place(capsys: pytest.CaptureFixture[str]) -> None:
    for given, told in ((["--spec", "other.yaml"], "--package and --out"), (["--package", "acme"], "needs --out")):
        with pytest.raises(SystemExit) as caught:
            regenerate.main(given)
        assert caught.value.code == 2
        assert told in capsys.readouterr().err


def test_nothing_is_replaced_but_what_the_generator_made(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "clients"
    petshop = ("--spec", str(ROOT / "tests" / "descriptions" / "petshop.yaml"), "--package", "petshop")
    folder, lock = out / "petshop", out / "lock.json"

    def refused(words: str) -> None:
        before = contents(out)
        code, told = run(*petshop, "--out", str(out))
        assert code == 2
        assert words in told
        assert "say another --out" in told
        assert contents(out) == before

    folder.mkdir(parents=True)
    (folder / "app.py").write_text("mine", encoding="utf-8")
    refused("was not made by the generator")
    for content in ("{}", "mine", '{"outputs": {"acme/client.py": ""}}', "[]"):
        lock.write_text(content, encoding="utf-8")
        refused("lock.json is of something else")
    lock.unlink()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    refused("is no folder")
    folder.unlink()
    folder.write_text("mine", encoding="utf-8")
    refused("is no folder")
    folder.unlink()
    # An empty folder, its own package, and that of a run that was killed before it wrote its lock.
    folder.mkdir()
    for _ in range(2):
        assert run(*petshop, "--out", str(out))[0] == 0
    lock.unlink()
    assert run(*petshop, "--out", str(out))[0] == 0
    assert lock.exists()


def test_ends_of_lines_are_no_difference(run: Run, tmp_path: Path) -> None:
    """A client in the repository of another project is checked out as git is set up there."""
    spec = tmp_path / "petshop.yaml"
    spec.write_bytes((ROOT / "tests" / "descriptions" / "petshop.yaml").read_bytes())
    petshop = ("--spec", str(spec), "--package", "petshop", "--out", str(tmp_path / "clients"))
    assert run(*petshop)[0] == 0
    for path in [spec, *(tmp_path / "clients").rglob("*.*")]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    code, told = run(*petshop, "--check")
    assert (code, told.strip()) == (0, "petshop is what its sources give.")
    edit(tmp_path / "clients" / "petshop" / "hints" / "omitted.py", "class Omit", "class  Omit")
    code, told = run(*petshop, "--check")
    assert code == 1
    assert [line for line in told.splitlines() if line[:1] in ("+", "-")][2:] == ["-class  Omit:", "+class Omit:"]


def test_a_folder_that_cannot_be_written_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, told = run("--out", str(tmp_path / "file"))
    assert code == 2
    assert "File exists" in told
