"""Unions, constants and objects as people write them are read and written as they came."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import Driver
from .packages import load


@pytest.fixture
def zoo(made: Path) -> Any:
    return load("zoo", made)


@pytest.mark.parametrize("value", [{"animalType": "dog", "barks": True}, {"barks": True}, {"lives": 9}])
def test_a_member_whose_tag_is_missing_is_known_by_its_fields(zoo: Any, value: dict[str, Any]) -> None:
    codec = import_module("zoo.models.animal").CODEC
    read = codec.read(value)
    assert isinstance(read, zoo.models.Dog if "barks" in value else zoo.models.Cat)
    assert read.to_dict() == value
    assert codec.write(value) == value


def test_a_tag_may_have_another_name_in_python(zoo: Any) -> None:
    codec = import_module("zoo.models.animal").CODEC
    assert codec.write(zoo.models.Dog(animal_type="dog", barks=True)) == {"animalType": "dog", "barks": True}
    assert codec.write({"animal_type": "cat", "lives": 1}) == {"animalType": "cat", "lives": 1}


def test_what_did_not_come_is_not_written(zoo: Any) -> None:
    cage = zoo.models.Cage
    assert cage.from_dict({"width": 1}).to_dict() == {"width": 1}
    assert cage.from_dict({"width": 1}).kind is None
    assert cage.from_dict({"width": 1, "kind": "cage", "owner": None}).to_dict() == {
        "width": 1,
        "kind": "cage",
        "owner": None,
    }
    assert "key" not in cage.from_dict({"width": 1}).model_fields_set
    assert cage(key="k", width=1).kind == "cage"


def test_an_object_is_one_by_its_type(zoo: Any, driver: Callable[[str], Driver]) -> None:
    it = driver("zoo")
    found = it.call("terms.list", words="a,b")
    assert isinstance(found, list)
    assert it.server.seen[0].target == "/terms?words=a%2Cb"
    assert zoo.models.Url2Term(a="x").a == "x"


def test_a_query_in_the_path_is_sent_as_one_and_a_fragment_is_not(zoo: Any) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path.decode())
        return httpx.Response(200, json=[])

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = zoo.Zoo(api_key="key", http_client=http)
        client.terms.beta(words="a")
        client.terms.beta()
        client.terms.one()
    assert seen == ["/terms?beta=true&words=a", "/terms?beta=true", "/terms"]
