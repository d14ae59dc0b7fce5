"""What a new release of the generator changed in the templates that ours replace."""

from __future__ import annotations

import hashlib
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import openapi_python_client
import pytest

import upstream
from generator.naming import class_name

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
