"""A few of other people's descriptions are driven in every run of the tests; `python -m tests.real` drives all."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from generator.making import add_overlays, tidy
from generator.reading import load_description
from generator.rendering import Package
from generator.report import Report
from generator.settings import Settings
from tests.descriptions.test_real import NO_FOLDER, entries

from .driving import Driver
from .samples import NoSampleError, Samples

pytestmark = pytest.mark.once(rows=True)

DRIVEN = {"ogen-parameters": 12, "typespec-sse-32": 5, "hf-tgi": 12, "rswag-rails": 10}
"""How many operations of each are called."""


@pytest.mark.parametrize("name", DRIVEN)
def test_what_arrives_and_what_is_returned_are_as_described(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not entries():
        pytest.skip(NO_FOLDER)
    package = "driven_" + name.replace("-", "_")
    path, report = entries()[name][0], Report(["all"])
    settings = Settings.read(path, package, tmp_path)
    document = load_description(path, report)
    made = Package(settings, document, tmp_path / package, report)
    made.build()
    tidy(tmp_path / package)
    add_overlays(made.settings, tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    outcome = Driver(made, import_module(package), document, path).drive()
    assert outcome.wrong == []
    assert outcome.driven == DRIVEN[name]


def test_samples_are_what_the_schemas_allow() -> None:
    samples = Samples(
        {"components": {"schemas": {"A": {"type": "object", "required": ["n"], "properties": {"n": {}}}}}}
    )
    assert samples.allows({"$ref": "#/components/schemas/A"}, {"n": 1}, sends=True)
    assert not samples.allows({"$ref": "#/components/schemas/A"}, {}, sends=True)
    assert not samples.allows({"type": "integer"}, "1", sends=True)
    assert samples.value({"type": "string", "pattern": "^[a-c]{3}$"}).strip("abc") == ""
    with pytest.raises(NoSampleError):
        samples.value({"type": "string", "not": {}})
    url = {
        "type": "object",
        "properties": {"url": {}, "id": {}},
        "not": {"required": ["url", "id"]},
    }
    assert samples.value(url, fits=bool, examples=[{"url": 1, "id": 2}, {"id": "a"}]) == {"id": "a"}
