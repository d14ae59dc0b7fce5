"""--manifest says of each operation how it is called, what it takes and what it gives."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.descriptions.packages import HERE

from .conftest import Run

SPEC = """
openapi: 3.1.0
info: {title: Acme, version: 1.0.0}
paths:
  /users/{user-id}:
    post:
      operationId: users.update
      tags: [users]
      parameters:
        - {name: user-id, in: path, required: false, schema: {type: string, format: uuid}}  # it is, whatever is said
        - {name: "filter[from]", in: query, schema: {type: string, format: date}}
        - {name: X-Level, in: header, required: true, schema: {type: integer}}
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/User"}}}}
      responses:
        "200":
          description: ""
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/User"}}}}
  /photo:
    get:
      responses: {"200": {description: "", content: {image/png: {}}}}
  /left:
    get:
      operationId: left
      parameters: [{name: "a b", in: header, required: true, schema: {type: string}}]
      responses: {"204": {description: ""}}
components:
  schemas:
    User: {type: object, required: [name], properties: {name: {type: string}, to: {$ref: "#/components/schemas/Group"}}}
    Group: {type: object, properties: {a: {type: string, not: {const: b}}}}
"""


def manifest(run: Run, folder: Path, text: str, package: str) -> dict[str, Any]:
    (folder / "spec.yaml").write_text(text, encoding="utf-8")
    said = ["--spec", str(folder / "spec.yaml"), "--package", package, "--out", str(folder / "out")]
    code, told = run(*said, "--leave-out", "all", "--manifest", str(folder / "made.json"))
    assert code == 0, told
    found: dict[str, Any] = json.loads((folder / "made.json").read_text(encoding="utf-8"))
    return found


def test_each_operation_is_there_with_all_that_is_said_of_it(run: Run, tmp_path: Path) -> None:
    found = manifest(run, tmp_path, SPEC, "acme_manifest")
    update, photo = found["operations"]
    assert (found["package"], found["client"]) == ("acme_manifest", "AcmeManifest")
    assert {key: update[key] for key in ("id", "method", "path", "call", "result", "stream", "media_types")} == {
        "id": "users.update",
        "method": "POST",
        "path": "/users/{user-id}",
        "call": "users.update",
        "result": "ResultList[User]",
        "stream": None,
        "media_types": ["application/json"],
    }
    rows = [
        tuple(each[key] for key in ("name", "in", "python_name", "required", "type")) for each in update["arguments"]
    ]
    assert rows == [
        ("user-id", "path", "user_id", True, "uuid.UUID"),
        ("name", "body", "name", True, "str"),
        ("to", "body", "to", False, "Group | Mapping[str, object]"),
        ("filter[from]", "query", "filterfrom", False, "datetime.date"),
        ("X-Level", "header", "x_level", True, "int"),
    ]
    assert [each["pointer"] for each in update["told"]] == ["/components/schemas/Group/properties/a/not"]
    assert (photo["call"], photo["result"], photo["stream"], photo["told"]) == ("photo.get_photo", "bytes", "bytes", [])
    (left,) = found["left_out"]
    assert (left["id"], left["call"]) == ("left", "left.left")
    assert "no header name" in left["reason"]


@pytest.mark.parametrize("name", ["petshop", "diary", "chat", "hostile"])
def test_every_call_is_there_as_it_says(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    found = manifest(run, tmp_path, (HERE / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}_manifest")
    monkeypatch.syspath_prepend(str(tmp_path / "out"))
    package: Any = __import__(found["package"])
    client = getattr(package, found["client"])(api_key="a:b", base_url="http://localhost")
    for each in found["operations"]:
        resource, method = each["call"].split(".")
        parameters = inspect.signature(getattr(getattr(client, resource), method)).parameters
        for argument in each["arguments"]:
            is_needed = parameters[argument["python_name"]].default is inspect.Parameter.empty
            assert is_needed == argument["required"], (each["call"], argument)
    for module in [each for each in sys.modules if each.partition(".")[0] == found["package"]]:
        monkeypatch.delitem(sys.modules, module)
