"""OpenAPI Overlay documents mend a description before anything else reads it."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.overlay_documents import apply_overlays
from generator.report import Failure, Report

from .conftest import ROOT, Run

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1", "x-labels": ["old"]},
    "tags": [{"name": "cat"}, {"name": "dog"}],
    "paths": {
        "/cats": {
            "get": {"operationId": "cats", "tags": ["cat", "old"], "parameters": [{"name": "q", "in": "query"}]},
            "delete": {"operationId": "noCats", "tags": ["cat"]},
        },
        "/dogs": {"get": {"operationId": "dogs", "tags": ["dog", "old"]}},
    },
}


def applied(tmp_path: Path, *actions: Any, **others: Any) -> tuple[dict[str, Any], Report]:
    """Apply one overlay to a copy of the document."""
    overlay = {"overlay": "1.1.0", "info": {"title": "Mend", "version": "1"}, "actions": list(actions), **others}
    path = tmp_path / "mend.overlay.yaml"
    path.write_text(yaml.safe_dump(overlay), encoding="utf-8")
    document, report = deepcopy(DOCUMENT), Report()
    apply_overlays(document, tmp_path / "shop.yaml", [path], report)
    return document, report


@pytest.mark.parametrize(
    ("action", "places", "where", "expected"),
    [
        ({"target": "$.info", "update": {"title": "Pets", "x-a": {"b": 1}}}, 1, ("info", "title"), "Pets"),
        ({"target": "$.paths.*.get", "update": {"x-a": True}}, 2, ("paths", "/dogs", "get", "x-a"), True),
        ({"target": "$.info", "update": {"x-labels": ["new"]}}, 1, ("info", "x-labels"), ["old", "new"]),
        ({"target": "$.tags", "update": {"name": "cow"}}, 1, ("tags", 2), {"name": "cow"}),
        ({"target": "$.tags", "update": [{"name": "cow"}, {"name": "hen"}]}, 1, ("tags", 3), {"name": "hen"}),
        ({"target": "$.info.title", "update": "Pets"}, 1, ("info", "title"), "Pets"),
        ({"target": "$.paths.*.*.tags[?@ == 'old']", "remove": True}, 2, ("paths", "/cats", "get", "tags"), ["cat"]),
        ({"target": "$.tags[*]", "remove": True}, 2, ("tags",), []),
        ({"target": "$.paths.*[?@.operationId == 'noCats']", "remove": True}, 1, ("paths", "/cats"), {"get"}),
        ({"target": "$..[?@.tags || @ == 'cat']", "remove": True}, 6, ("paths", "/dogs"), set()),
        ({"target": "$.paths['/dogs']", "copy": "$.paths['/cats']"}, 1, ("paths", "/dogs"), {"get", "delete"}),
        ({"target": "$.info", "copy": "$"}, 1, ("info", "info", "title"), "Shop"),
    ],
)  # fmt: skip
def test_an_action_changes_what_it_selects_and_is_counted(
    tmp_path: Path, action: dict[str, Any], places: int, where: tuple[Any, ...], expected: object
) -> None:
    found, report = applied(tmp_path, action)
    assert [(each.index, each.target, each.places) for each in report.applied] == [(0, action["target"], places)]
    value: Any = found
    for step in where:
        value = value[step]
    assert (set(value) if isinstance(expected, set) else value) == expected


def test_actions_see_what_went_before_and_share_nothing(tmp_path: Path) -> None:
    document, report = applied(
        tmp_path,
        {"target": "$.paths", "update": {"/new": {}}},
        {"target": "$.paths['/new']", "copy": "$.paths['/cats']"},
        {"target": "$.paths['/cats']", "remove": True},
        {"target": "$.paths.*.get", "update": {"x-a": {"list": []}}},
        {"target": "$.paths['/new'].get['x-a'].list", "update": 1},
    )
    assert list(document["paths"]) == ["/dogs", "/new"]
    assert document["paths"]["/new"]["get"]["x-a"] == {"list": [1]}
    assert document["paths"]["/dogs"]["get"]["x-a"] == {"list": []}
    assert [each.places for each in report.applied] == [1, 1, 1, 2, 1]


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"target": "$.nothing", "update": {}}, "#/actions/0/target: $.nothing selects nothing; take the action out"),
        ({"target": "$.info", "update": {"title": "Shop"}}, "#/actions/0: what $.info selects is so already"),
        ({"target": "$.info", "update": {}}, "is so already"),
        ({"target": "paths", "remove": True}, "#/actions/0/target: 'paths' is no JSONPath (RFC 9535): "),
        ({"target": "$.a[?@.b ==", "remove": True}, "is no JSONPath"),
        ({"target": "$[?no(@)]", "remove": True}, "is no JSONPath"),
        ({"target": 1, "remove": True}, "1 is no JSONPath; write a text"),
        ({"remove": True}, "None is no JSONPath"),
        ({"target": "$", "remove": True}, "the description itself cannot be removed"),
        ({"target": "$.info"}, "it has nothing to do; write update, copy or remove: true"),
        ({"target": "$.info", "remove": False}, "nothing to do"),
        ({"target": "$.info", "remove": "yes"}, "'yes' is neither true nor false"),
        ({"target": "$.info", "update": {}, "copy": "$.tags"}, "it has update and copy; write"),
        ({"target": "$.info", "updates": {}}, "'updates' is no field of an overlay here; known: copy, description"),
        ({"target": "$.info", "copy": "$.paths.*"}, "copy: $.paths.* selects 2 nodes; one can be copied"),
        ({"target": "$.info", "copy": 1}, "copy: 1 is no JSONPath"),
        ({"target": "$.info", "update": "x"}, "at /info stands an object, and a plain value cannot be merged"),
        ({"target": "$.info", "update": {"title": {}}}, "at /info/title stands a plain value, and an object cannot"),
        ({"target": "$.info", "update": {"x-labels": 1}}, "at /info/x-labels stands an array, and a plain value"),
        ({"target": "$.info.title", "update": ["x"]}, "at /info/title stands a plain value, and an array cannot"),
        ({"target": "$.*", "update": {}}, "selects objects, arrays and others mixed"),
        ("remove", "#/actions/0: 'remove' is no action"),
    ],
)  # fmt: skip
def test_what_an_action_cannot_do_is_said_with_its_place(tmp_path: Path, action: Any, told: str) -> None:
    with pytest.raises(Failure) as failure:
        applied(tmp_path, action)
    assert told in str(failure.value)
    assert str(failure.value).startswith("mend.overlay.yaml#/actions/0")
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"overlay": "1.2.0"}, "`overlay` is '1.2.0', no version that can be read; write overlay: 1.1.0"),
        ({"overlay": 1.0}, "`overlay` is 1.0, no version"),
        ({"overlay": "1.0.0"}, "#/actions/0/copy: overlays have it from 1.1 on; write overlay: 1.1.0"),
        ({"actions": []}, "#/actions: there is no list of actions"),
        ({"actions": {}}, "#/actions: there is no list of actions"),
        ({"action": []}, "'action' is no field of an overlay here"),
        ({"extends": "other.yaml"}, "#/extends: it is for 'other.yaml', and this is shop.yaml; take the other"),
        *(({"extends": each}, "#/extends: it is for ") for each in (1, None, [], "http://[", "a\0b", "")),
    ],
)
def test_what_is_no_overlay_is_refused(tmp_path: Path, others: dict[str, Any], told: str) -> None:
    with pytest.raises(Failure, match=r"^mend\.overlay\.yaml") as failure:
        applied(tmp_path, {"target": "$.info", "copy": "$.tags[0]"}, **others)
    assert told in str(failure.value)


@pytest.mark.parametrize(
    "extends", ["shop.yaml", "./x/../shop.yaml", "not/there/shop.yaml", "https://example.com/shop.yaml"]
)
def test_an_overlay_may_say_which_description_it_is_for(tmp_path: Path, extends: str) -> None:
    assert applied(tmp_path, {"target": "$.tags", "remove": True}, extends=extends)[0].keys() >= {"info", "paths"}


def test_a_run_applies_them_in_order_and_reports_them(run: Run, tmp_path: Path) -> None:
    first, second, report = (tmp_path / name for name in ("a.yaml", "b.json", "report.json"))
    first.write_text(
        "overlay: 1.0.0\ninfo: {title: a, version: '1'}\nactions:\n"
        "- {target: '$.paths.*[?@.operationId==\"getPet\"]', update: {operationId: pet.find}}\n",
        encoding="utf-8",
    )
    actions = [{"target": "$..[?@.operationId=='pet.find']", "update": {"summary": "Finds one."}}]
    second.write_text(json.dumps({"overlay": "1.1.0", "info": {}, "actions": actions}), encoding="utf-8")
    spec = ROOT / "tests" / "descriptions" / "petshop.yaml"
    before = spec.read_bytes()
    common = ("--spec", str(spec), "--package", "petshop", "--out", str(tmp_path / "out"), "--report", str(report))
    code, told = run(*common, "--overlay", str(first), "--overlay", str(second))
    last = "2 overlay actions applied, 7 operations expressed, 0 things told, 0 left out: see out/report.txt"
    assert (code, told.splitlines()[-1]) == (0, last)
    assert "def find(" in (tmp_path / "out" / "petshop" / "resources" / "pet.py").read_text("utf-8")
    assert [(each["file"], each["places"]) for each in json.loads(report.read_text())["overlays"]] == [
        ("a.yaml", 1),
        ("b.json", 1),
    ]
    assert "b.json#/actions/0: update $..[?@.operationId=='pet.find']: 1 place changed" in (
        tmp_path / "out" / "report.txt"
    ).read_text("utf-8")
    assert {"a.yaml", "b.json"} <= json.loads((tmp_path / "out" / "lock.json").read_text())["inputs"].keys()
    assert run(*common, "--overlay", str(first), "--overlay", str(second), "--check")[0] == 0
    code, told = run(*common, "--overlay", str(second), "--overlay", str(first))
    assert (code, told.startswith("error: b.json#/actions/0/target: ")) == (2, True)
    assert run(*common, "--overlay", str(tmp_path / "c.yaml"))[0] == 2
    assert spec.read_bytes() == before


def test_the_settings_name_those_of_the_package_itself(kit: Path, run: Run) -> None:
    (kit / "openapi" / "ours.overlay.yaml").write_text(
        "overlay: 1.1.0\ninfo: {title: a, version: '1'}\nactions:\n- {target: $.info.summary, update: Speaks.}\n",
        encoding="utf-8",
    )
    settings = kit / "openapi" / "generator.yaml"
    text = settings.read_text("utf-8")
    settings.write_text(text + "overlay_documents: [ours.overlay.yaml]\n", encoding="utf-8")
    assert run()[0] == 0
    assert '"""Lmnt: Speaks.' in (kit / "generated" / "lmnt" / "__init__.py").read_text("utf-8")
    settings.write_text(text + "overlay_documents: ours.overlay.yaml\n", encoding="utf-8")
    code, told = run()
    assert (code, "overlay_documents is no list of files beside it" in told) == (2, True)
