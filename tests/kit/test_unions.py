"""Which member of a union a value of its discriminator stands for (OpenAPI 3.1, section 4.8.25)."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from generator.rendering import Package
from tests.descriptions.packages import settings

from .test_keywords import BASE

CAT, DOG = "#/components/schemas/Cat", "#/components/schemas/Dog"


def values(*of: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(of)}


@pytest.mark.parametrize(
    ("cat", "dog", "mapping", "expected"),
    [
        ({"const": "cat"}, {"const": "dog"}, {}, {"cat": "Cat", "dog": "Dog"}),
        (values("lion", "lynx"), values("wolf"), {}, {"lion": "Cat", "lynx": "Cat", "wolf": "Dog"}),
        ({"type": "string"}, {"type": "string"}, {}, {"Cat": "Cat", "Dog": "Dog"}),
        (values("Cat", "Dog"), values("Cat", "Dog"), {}, {"Cat": "Cat", "Dog": "Dog"}),
        (values("c", "d"), values("c", "d"), {"c": CAT, "d": DOG}, {"c": "Cat", "d": "Dog"}),
        (values("c", "d"), values("c", "d"), {"d": DOG}, {"c": "Cat", "d": "Dog"}),
    ],
)
def test_the_member_of_each_value(
    cat: dict[str, Any], dog: dict[str, Any], mapping: dict[str, str], expected: dict[str, str], tmp_path: Path
) -> None:
    document = copy.deepcopy(BASE)
    schemas = document["components"]["schemas"]
    schemas["Cat"]["properties"]["kind"], schemas["Dog"]["properties"]["kind"] = cat, dog
    schemas["Pet"] = {
        "oneOf": [{"$ref": CAT}, {"$ref": DOG}],
        "discriminator": {"propertyName": "kind", **({"mapping": mapping} if mapping else {})},
    }
    package = Package(settings("base", tmp_path), document, tmp_path)
    tag, members = package.models.tags(package.kinds.components["Pet"])
    assert tag == "kind"
    assert {value: kind.name for value, kind in members.items()} == expected


def test_a_mapping_stands_once_among_the_members_that_a_caller_may_give(tmp_path: Path) -> None:
    document = copy.deepcopy(BASE)
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    document["paths"]["/things/{id}"]["post"]["requestBody"] = {"content": content}
    text = Package(settings("base", tmp_path), document, tmp_path).modules()["resources/things.py"]
    assert "union: _models.Cat | _models.Dog | Mapping[str, object] | Omit = omit," in text
