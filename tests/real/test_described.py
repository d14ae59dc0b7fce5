"""What reads a description beside the kit finds what is wrong in a request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from .described import Arrived, Described

pytestmark = pytest.mark.once

TEXT = """
openapi: 3.0.3
paths:
  /things/{id}/{parts}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
      - {name: parts, in: path, style: matrix, explode: true, schema: {type: array, items: {type: integer}}}
    put:
      parameters:
        - {name: no, in: query, schema: {type: array, items: {type: string}}}
        - {name: piped, in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: string}}}
        - {name: deep, in: query, style: deepObject, schema: {type: object}}
        - {name: json, in: query, content: {application/json: {schema: {type: object}}}}
        - {name: X-Map, in: header, schema: {type: object}}
        - {name: crumb, in: cookie, schema: {type: string}}
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Thing'}}
          application/x-www-form-urlencoded: {schema: {type: object}}
          multipart/form-data: {schema: {type: object}}
      responses: {"204": {description: ""}}
components:
  schemas:
    Thing: {type: object, required: [at], properties: {at: {type: string, nullable: true}, n: {type: number}}}
"""
GIVEN: Mapping[tuple[str, str], Any] = {
    ("path", "id"): "a/b",
    ("path", "parts"): [1, 2],
    ("query", "no"): ["x", "y"],
    ("query", "piped"): ["x", "y"],
    ("query", "deep"): {"a": 1, "b": True},
    ("query", "json"): {"a": [1]},
    ("header", "X-Map"): {"a": 1, "b": "c"},
    ("cookie", "crumb"): "me",
}
PATH = "/things/a%2Fb/;parts=1;parts=2"
QUERY = "no=x&no=y&piped=x%7Cy&deep[a]=1&deep[b]=true&json=%7B%22a%22%3A%5B1%5D%7D"
HEADERS = {"x-map": "a,1,b,c", "cookie": "crumb=me"}
BODY = {"at": None, "n": 1.5}


def problems(
    folder: Path, path: str = PATH, query: str = QUERY, method: str = "PUT", body: Any = BODY, **request: Any
) -> list[str]:
    (folder / "a.yaml").write_text(TEXT, encoding="utf-8")
    description = Described(folder / "a.yaml")
    (written,) = description.operations.values()
    if not request.keys() & {"json", "data", "files", "content"}:
        request["json"] = body
    headers = request.pop("headers", HEADERS)
    sent = httpx.Request(method, f"http://localhost{path}?{query}", headers=headers, **request)
    sent.read()
    return [*Arrived(description, written, GIVEN).problems(sent, body, has_body=True)]


def test_a_request_as_described_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path) == []
    assert problems(tmp_path, body={"a": "1", "b": ["x", "y"]}, data={"a": "1", "b": ["x", "y"]}) == []
    assert problems(tmp_path, body={"f": "x", "n": 1}, files={"f": b"bytes", "n": (None, "1")}) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"method": "POST"}, "method POST"),
        ({"path": "/things/a/b/;parts=1;parts=2"}, "path /things/a/b/;parts=1"),
        ({"path": "/things/a%2Fb/;parts=1,2"}, "path parameter parts is ';parts=1,2'"),
        ({"path": "/things/a%2Fc/;parts=1;parts=2"}, "path parameter id is 'a/c'"),
        ({"query": QUERY.replace("no=y", "no=z")}, "query parameter no: no no=y"),
        ({"query": QUERY.replace("x%7Cy", "x,y")}, "query parameter piped"),
        ({"query": QUERY.replace("deep[a]", "deep.a")}, "query parameter deep"),
        ({"query": QUERY.replace("%5B1%5D", "1")}, "query parameter json"),
        ({"query": QUERY + "&more=1"}, "the query has [('more', '1')] too"),
        ({"headers": {**HEADERS, "x-map": "a=1,b=c"}}, "header X-Map is 'a=1,b=c'"),
        ({"headers": {**HEADERS, "cookie": "crumb=you"}}, "cookie crumb is 'you'"),
        ({"json": {"at": None, "n": 2}}, 'body {"at": null, "n": 2}'),
        ({"json": {"n": 1}, "body": {"n": 1}}, "the body is not what the schema says"),
        ({"content": b"a,b", "headers": {**HEADERS, "content-type": "text/csv"}}, "media type 'text/csv'"),
        ({"data": {"a": "2"}, "body": {"a": "1"}}, "query parameter a: no a=1"),
        ({"data": {"a": "1", "b": "2"}, "body": {"a": "1"}}, "the form has [('b', '2')] too"),
        ({"files": {"n": (None, "2")}, "body": {"n": 1}}, "part 'n' is b'2'"),
        ({"files": {"n": (None, "1")}, "body": {"n": 1, "m": 1}}, "no part 'm'"),
    ],
)
def test_what_is_wrong_is_found(changed: dict[str, Any], expected: str, tmp_path: Path) -> None:
    assert expected in " ".join(problems(tmp_path, **changed))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a=1,2&b=3&c=4", ""),
        ("a=1&a=2&b=3&c=4", "query parameter a"),
        ("a=1,2&b=3", "the query has no [('c', '4')]"),
        ("c=4", "query parameter a"),
    ],
)
def test_what_a_path_has_behind_it_is_looked_for_in_the_query(query: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    many = "[{name: x, in: path, required: true, schema: {type: array}}]"
    path.write_text(f"paths: {{'/a?a={{x}}&b={{y}}&c=4': {{get: {{parameters: {many}}}}}}}", encoding="utf-8")
    description = Described(path)
    (written,) = description.operations.values()
    given: dict[tuple[str, str], Any] = {("query", "a"): [1, 2], ("query", "b"): "3"}
    request = httpx.Request("GET", f"http://localhost/a?{query}")
    found = [*Arrived(description, written, given).problems(request, None, has_body=False)]
    assert expected in " ".join(found)
    assert bool(found) == bool(expected)
