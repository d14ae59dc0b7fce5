"""What a new release of the generator changed in the templates that ours replace."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import openapi_python_client

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
