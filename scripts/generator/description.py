"""The OpenAPI description as it was written: what the generator's own parser leaves out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError


class Failure(Exception):  # noqa: N818  # what a person reads is the text
    """The run stops; the text says why and what to do."""


class DescriptionLoader(yaml.CSafeLoader):
    """YAML 1.2 as OpenAPI has it: `no` is a text, a date is a text, and a key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping; refuses a key that stands twice."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                mark = key_node.start_mark
                raise Failure(f"{Path(mark.name).name}, line {mark.line + 1}: the key {key!r} stands twice")
            seen.add(key)
        return dict(super().construct_mapping(node, deep))


DescriptionLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.nan|\.NaN|\.NAN",
        "-+.0123456789",
    ),
):
    DescriptionLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def load(path: Path) -> dict[str, Any]:
    """Read a YAML file."""
    try:
        with path.open("rb") as file:
            data = yaml.load(file, DescriptionLoader)  # derived from the safe loader
    except OSError as error:
        raise Failure(f"cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise Failure(f"{path} is no YAML: {error}") from error
    if not isinstance(data, dict):
        raise Failure(f"{path} holds no mapping")
    return cast("dict[str, Any]", data)


def load_description(path: Path) -> Description:
    """Read a description; refuses one that is no valid OpenAPI."""
    document = load(path)
    try:
        validate(document)
    except OpenAPIValidationError as error:
        pointer = "/".join(str(step) for step in getattr(error, "absolute_path", ()))
        raise Failure(f"{path.name} is no valid OpenAPI at /{pointer}: {error}") from error
    return Description(document)


@dataclass(frozen=True)
class RawOperation:
    """An operation as the description has it."""

    path: str
    method: str
    data: Mapping[str, Any]
    parameters: Mapping[tuple[str, str], Mapping[str, Any]]
    taken: Mapping[str, list[str]]

    @property
    def id(self) -> str:
        """The operationId."""
        return str(self.data["operationId"])


class Description:
    """The document as a whole, for what the generator's own parser leaves out."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
        self.operations = {each.id: each for each in self._operations()}

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a $ref."""
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _operations(self) -> Iterator[RawOperation]:
        paths = self.document.get("paths", {})
        for path, item in paths.items():
            for method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
                if method not in item:
                    continue
                data = item[method]
                pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"
                operation_id, tags = data.get("operationId", ""), data.get("tags", [])
                if len(tags) != 1 or not re.fullmatch(rf"{re.escape(tags[0])}\.[a-z_]+", operation_id):
                    raise Failure(f"{pointer}: operationId must be <tag>.<method>, with one tag; got {operation_id!r}")
                parameters = [self.resolve(each) for each in [*item.get("parameters", []), *data.get("parameters", [])]]
                yield RawOperation(
                    path=path,
                    method=method.upper(),
                    data=data,
                    parameters={(each["in"], each["name"]): each for each in parameters},
                    taken={
                        name: [other.rsplit("/", 1)[1] for other in paths if _shadows(other, path, name)]
                        for name in re.findall(r"\{([^{}]+)\}", path)
                    },
                )

    def resolved(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return a schema with what it refers to, or its one allOf, behind its own keys."""
        found: dict[str, Any] = {"x-media-type": None, "default": None}
        for part in schema.get("allOf", []) if len(schema.get("allOf", [])) == 1 else []:
            found |= self.resolve(part)
        return found | dict(self.resolve(schema))

    def properties(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties of an object schema by name, those of its allOf included."""
        schema = self.resolve(schema)
        found: dict[str, Any] = {}
        for part in schema.get("allOf", []):
            found |= self.properties(part)
        found |= schema.get("properties", {})
        return found

    def limits(self, schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the limits of a schema as arguments of `codec.limited`."""
        names = {
            **{"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"},
            **{"minItems": "min_length", "maxItems": "max_length"},
            **{"minimum": "minimum", "maximum": "maximum", "exclusiveMinimum": "above", "exclusiveMaximum": "below"},
        }
        schema = self.resolve(schema or {})
        return {names[key]: schema[key] for key in names if key in schema}

    def success(self, operation: RawOperation) -> tuple[int, Mapping[str, Any]]:
        """Return the status and the response of an operation that worked."""
        found = [
            (int(status), self.resolve(response))
            for status, response in operation.data["responses"].items()
            if str(status).startswith("2")
        ]
        if len(found) != 1:
            raise Failure(f"{operation.id}: exactly one success status can be generated; there are {len(found)}")
        return found[0]

    @property
    def client_headers(self) -> dict[str, str]:
        """The headers that the client sends by itself."""
        found = [
            parameter
            for operation in self.operations.values()
            for parameter in operation.parameters.values()
            if parameter.get("x-client-header")
        ]
        return {each["name"]: str(each["schema"]["default"]) for each in found}

    @property
    def auth_header(self) -> str:
        """The header of the API key."""
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        found = [
            each["name"] for each in schemes.values() if each.get("type") == "apiKey" and each.get("in") == "header"
        ]
        if len(schemes) != 1 or not found:
            raise Failure("/components/securitySchemes: exactly one scheme, an apiKey in a header, can be generated")
        return str(found[0])

    @property
    def request_id_header(self) -> str:
        """The header that names a request, marked with x-request-id."""
        headers = self.document.get("components", {}).get("headers", {})
        marked = {name for name, each in headers.items() if each.get("x-request-id")}
        for operation in self.operations.values():
            for response in operation.data["responses"].values():
                for name, header in self.resolve(response).get("headers", {}).items():
                    if header.get("$ref", "").rsplit("/", 1)[-1] in marked:
                        return str(name).lower()
        raise Failure("/components/headers: mark the header that names a request with `x-request-id: true`")

    @property
    def error_status(self) -> dict[str, int]:
        """The HTTP status of each error type, from x-status."""
        return {key: status for each in self.schemas.values() for key, status in each.get("x-status", {}).items()}

    @property
    def unions(self) -> dict[str, Mapping[str, Any]]:
        """The component schemas that are one of several others, told apart by a discriminator."""
        return {name: each for name, each in self.schemas.items() if "discriminator" in each and "oneOf" in each}

    @property
    def used_unions(self) -> list[str]:
        """The unions that a path or another schema refers to."""
        text = json.dumps([self.document.get("paths"), self.document.get("components")])
        return [name for name in self.unions if f'"$ref": "#/components/schemas/{name}"' in text]

    @property
    def aliases(self) -> set[str]:
        """The component schemas that get no module of their own: plain values and arrays."""
        return {
            name
            for name, each in self.schemas.items()
            if not {"properties", "allOf", "enum", "discriminator", "additionalProperties"} & each.keys()
            and each.get("type") in ("string", "integer", "number", "boolean", "array")
        }


def _shadows(other: str, path: str, name: str) -> bool:
    """Return whether a value of the last segment of `path` would make it the path `other`."""
    head, _, tail = path.rpartition("/")
    return tail == f"{{{name}}}" and other.rpartition("/")[0] == head and "{" not in other.rpartition("/")[2]
