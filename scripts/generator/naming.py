"""Names: the reserved ones (of Python, the templates and the overlays), and those made for unnamed schemas."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from openapi_python_client import strings

from .report import below

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The methods that have a keyword of their own."""

WEBHOOKS = ("webhooks", "x-webhooks")
"""Where a description has webhooks; the second is the custom of OpenAPI 3.0, which has no keyword for them."""


def operations_of(item: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, Any, str]]:
    """Yield the operations of a path: the HTTP method, the operation and its pointer."""
    for method in METHODS:
        if method in item:
            yield method.upper(), item[method], below(pointer, method)
    for method, data in item.get("additionalOperations", {}).items():
        yield method, data, below(pointer, "additionalOperations", method)


_TYPES = {"str", "int", "float", "bool", "bytes", "list", "dict", "object", "property", "classmethod", "type_"}

_ARGUMENTS = {
    *("extra_headers", "extra_query", "extra_body", "timeout", "deadline", "max_retries"),
    # Functions that a template calls where the description names the arguments.
    *("omit", "not_given", "get_args"),
}

_SESSION_ARGUMENTS = {"max_message_size", "init", "call"}
"""Arguments of opening a session, in addition to the others."""

_ATTRIBUTES = {
    "self",
    "cls",
    "true",
    "false",
    "none",
    "additional_properties",
    "json_fields",
    "json_rest",
    "from_dict",
    "to_dict",
    "to_json",
    *("model_dump", "model_dump_json", "model_validate", "model_validate_json", "model_construct", "model_copy"),
    *("model_extra", "model_fields_set"),
}

_CLASSES = {
    *("Any", "False", "None", "True", "Literal", "Mapping", "Sequence", "Self", "TypeAlias", "TYPE_CHECKING"),
    *(
        "FileTypes",
        "FileContent",
        "Omit",
        "NotGiven",
        "Required",
        "TypedDict",
        "Body",
        "CallOptions",
        "Headers",
        "Query",
        "Setting",
    ),
    *("Model", "Result", "ResultList", "ResultDict", "ResultText", "SyncResource", "AsyncResource"),
    *("APIResponse", "AsyncAPIResponse", "BinaryAPIResponse", "AsyncBinaryAPIResponse", "CODEC"),
    *("InvalidArgumentError", "ServerSentEvent", "UnknownEvent"),
}

# Unlike openapi-python-client's own list this leaves out builtins that no annotation of ours uses, so that `format` and
# `type` keep their names.
strings.RESERVED_WORDS.clear()
strings.RESERVED_WORDS.update(_TYPES | _ATTRIBUTES | _CLASSES)

# A class scope is searched before the module: a method `omit` would be the default of the next method's arguments.
_METHODS = {"with_raw_response", "with_streaming_response", "omit", "not_given"}
_CLIENT = {
    *("with_raw_response", "with_streaming_response", "with_options", "copy", "call", "respond", "close", "is_closed"),
    *("api_key", "base_url", "max_retries", "timeout", "lazy_property"),
    *("get", "post", "put", "patch", "delete"),
}
CLIENT_NAMES = {"BaseModel", "ClientOptions", "Secret", "SyncRequests", "AsyncRequests"}
"""Names that the module of the clients imports, and that the package exports, besides those of overlays."""


@cache
def python_name(text: str) -> str:
    """Return the name of an attribute or a module for any text."""
    # Python normalizes identifiers to this form (reference, section 2.3); the codecs look them up as strings.
    return str(strings.PythonIdentifier(unicodedata.normalize("NFKC", text), "field_"))


def argument_name(text: str) -> str:
    """Return the name of an argument for any text: that of an attribute, unless every call has such an argument."""
    name = python_name(text)
    return f"{name}_" if name in _ARGUMENTS else name


def session_argument_name(text: str) -> str:
    """Return the name of an argument of opening a session."""
    name = argument_name(text)
    return f"{name}_" if name in _SESSION_ARGUMENTS else name


def free_attribute(name: str, taken: Collection[str]) -> str:
    """Return a name for an attribute or an argument, numbered if another one has it."""
    count, found = 1, name
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


@cache
def class_name(text: str) -> str:
    """Return the name of a class for any text; that of a class is its own."""
    seen: list[str] = []
    while text not in seen:  # letters whose capital is another word than they are may go round
        seen.append(text)
        text = str(strings.ClassName(unicodedata.normalize("NFKC", text), "Field"))
    return text


def method_name(operation_id: str, tag: str) -> str:
    """Return the method of an operation: `<method>` of `<tag>.<method>`, else the operationId in snake case."""
    name = python_name(operation_id.removeprefix(f"{tag}."))
    # These two are allowed: the template writes the builtins of these names in full.
    name = name.rstrip("_") if name in ("list_", "dict_") else name
    return f"{name}_" if name in _METHODS else name


def resource_name(tag: str) -> str:
    """Return the attribute of a client that holds the operations of a tag."""
    name = python_name(tag)
    return f"{name}_" if name in _CLIENT else name


ANNOTATIONS = ("description", "default", "deprecated", "readOnly", "writeOnly", "title", "examples", "example", "xml")
"""Annotations: keywords about one use of a schema, not about its values."""


_SAYS_NOTHING = {
    *("externalDocs", "$comment", "$id", "$schema", "$anchor", "$dynamicAnchor", "$vocabulary", "$recursiveAnchor"),
    *("$defs", "definitions", "contentSchema"),
}
"""Keywords that do not constrain values: documentation, and identifiers of schemas."""


def is_annotation(key: str) -> bool:
    """Whether a keyword is about one use of a schema, not about its values."""
    return key in ANNOTATIONS or key in _SAYS_NOTHING or key.startswith("x-")


def python_names(name: str) -> tuple[str, str]:
    """Return the names of a schema's class and module; some file systems ignore case in modules."""
    return class_name(name), python_name(class_name(name)).lower()


def free_name(name: str, taken: set[str]) -> str:
    """Return a name for a schema, numbered if another has the same one in Python, and reserve it."""
    count, found = 1, name
    while not taken.isdisjoint(python_names(found)):
        count += 1
        found = f"{name}{count}"
    taken.update(python_names(found))
    return found


GENERIC = frozenset(
    {
        *("", "components", "schemas", "parameters", "responses", "requestBodies", "headers", "content", "schema"),
        *("properties", "$defs", "definitions", "oneOf", "anyOf", "allOf", "prefixItems", "patternProperties"),
    }
)
"""Steps of a pointer that make no name."""

_ENDINGS = {"items": "Item", "additionalProperties": "Value"}
"""The suffixes of names for items of arrays and values of maps."""

_MOST_PARTS = 50
"""The maximum nesting of allOf."""


class Namer:
    """Names every unnamed object and enumeration, and moves it to /components/schemas.

    The name is made of its place: `settings` of `Voice` becomes `VoiceSettings`.
    """

    def __init__(self, document: dict[str, Any], ids: Mapping[str, str], moved: Mapping[str, str]) -> None:
        """Look at a document.

        Args:
            document: The document.
            ids: The id of each operation, by its pointer.
            moved: The original pointer of each component that was moved.
        """
        self._document = document
        self._ids = ids
        self._schemas: dict[str, Any] = document["components"]["schemas"]
        self.origins = {name: moved.get(name, below("", "components", "schemas", name)) for name in self._schemas}
        self._taken = {each for name in self._schemas for each in python_names(name)}

    def name_all(self) -> dict[str, str]:
        """Name them, in place; return the original JSON pointer of each component."""
        for name in list(self._schemas):
            self._inside(self._schemas[name], name, self.origins[name])
        for owner, key, name, pointer in list(self._places()):
            owner[key] = self._named(owner[key], name, pointer)
        return self.origins

    def owner(self, pointer: str, among: Collection[str] | None = None) -> str:
        """Return the innermost component, or one of some, that a pointer is in; empty if it is in none."""
        names = self.origins if among is None else among
        owners = [name for name in names if f"{pointer}/".startswith(f"{self.origins[name]}/")]
        return max(owners, key=lambda name: len(self.origins[name]), default="")

    def add(self, schema: Mapping[str, Any], pointer: str) -> str:
        """Add a merged schema to the components, named after its place; return the name."""
        owner = self.owner(pointer)
        origin = self.origins.get(owner, "")
        words = [each for each in pointer.removeprefix(origin).split("/") if each not in GENERIC]
        if words[-1:] and words[-1].isdigit():
            words[-1] = schema.get("title") or f"Option{int(words[-1]) + 1}"
        words = [_ENDINGS.get(each, each).replace("~1", " ") for each in words]
        return self._put(schema, " ".join([owner, *words]), pointer)

    def _places(self) -> Iterator[tuple[Any, Any, str, str]]:
        """Yield the schemas outside the components: the owner, its key, a name and a pointer."""
        components = self._document["components"]
        for name, parameter in components.get("parameters", {}).items():
            yield from self._in_parameter(parameter, name, below("", "components", "parameters", name))
        for name, body in components.get("requestBodies", {}).items():
            yield from self._in_content(body, name, below("", "components", "requestBodies", name))
        for name, response in components.get("responses", {}).items():
            yield from self._in_content(response, name, below("", "components", "responses", name))
        for path, item in self._document.get("paths", {}).items():
            if path.startswith("x-"):
                continue
            for index, parameter in enumerate(item.get("parameters", [])):
                pointer = below("", "paths", path, "parameters", index)
                yield from self._in_parameter(parameter, f"{path} {parameter.get('name')}", pointer)
            for _, operation, here in operations_of(item, below("", "paths", path)):
                yield from self._in_operation(operation, here)
        for key in WEBHOOKS:
            for name, item in self._document.get(key, {}).items():
                yield from self._in_messages(item, name, below("", key, name))

    def _in_operation(self, operation: Any, pointer: str) -> Iterator[tuple[Any, Any, str, str]]:
        name = self._ids[pointer].replace(".", " ")
        for index, parameter in enumerate(operation.get("parameters", [])):
            here = below(pointer, "parameters", index)
            yield from self._in_parameter(parameter, f"{name} {parameter.get('name')}", here)
        if "requestBody" in operation:
            yield from self._in_content(operation["requestBody"], f"{name} Params", below(pointer, "requestBody"))
        first = next((status for status in operation["responses"] if str(status).startswith("2")), None)
        for status, response in operation["responses"].items():
            ending = "" if status == first else f" {status}"
            if not str(status).startswith("x-"):
                here = below(pointer, "responses", status)
                yield from self._in_content(response, f"{name} Response{ending}", here)

        for name, callback in operation.get("callbacks", {}).items():
            for expression, item in callback.items():
                yield from self._in_messages(item, name, below(pointer, "callbacks", name, expression))

    def _in_messages(self, item: Any, name: str, pointer: str) -> Iterator[tuple[Any, Any, str, str]]:
        for _, message, here in operations_of(item, pointer) if isinstance(item, Mapping) else ():
            yield from self._in_content(message.get("requestBody", {}), f"{name} Payload", below(here, "requestBody"))

    def _in_parameter(self, parameter: Any, name: str, pointer: str) -> Iterator[tuple[Any, Any, str, str]]:
        if "schema" in parameter:
            yield parameter, "schema", name, below(pointer, "schema")
        yield from self._in_content(parameter, name, pointer)

    def _in_content(self, node: Any, name: str, pointer: str) -> Iterator[tuple[Any, Any, str, str]]:
        for media_type, each in node.get("content", {}).items():
            here = below(pointer, "content", media_type)
            if "schema" in each:
                yield each, "schema", name, below(here, "schema")
            if "itemSchema" in each:
                yield each, "itemSchema", f"{name} Item", below(here, "itemSchema")
            for event in each.get("x-stream-events", {}):
                yield each["x-stream-events"], event, f"{name} {event}", below(here, "x-stream-events", event)

    def _named(self, schema: Any, name: str, pointer: str) -> Any:
        """Return the replacement of a schema, after naming it and all in it."""
        if not isinstance(schema, Mapping):
            return schema
        self._inside(schema, name, pointer)
        if not self._needs_name(schema):
            return schema
        new = self._put(schema, name, pointer)
        kept = {key: value for key, value in schema.items() if key in ANNOTATIONS}
        return {"$ref": f"#/components/schemas/{new}", **kept}

    def _put(self, schema: Mapping[str, Any], name: str, pointer: str) -> str:
        new = free_name(class_name(name), self._taken)
        self.origins[new] = pointer
        self._schemas[new] = schema
        return new

    def _inside(self, schema: Any, name: str, pointer: str, *, is_part: bool = False) -> None:
        if not isinstance(schema, Mapping):
            return
        owner: Any = schema
        for key, each in schema.get("properties", {}).items():
            owner["properties"][key] = self._named(each, f"{name} {key}", below(pointer, "properties", key))
        for key, ending in _ENDINGS.items():
            if key in schema:
                owner[key] = self._named(schema[key], f"{name} {ending}", below(pointer, key))
        for index, each in enumerate(schema.get("prefixItems", [])):
            owner["prefixItems"][index] = self._named(
                each, f"{name} Item{index + 1}", below(pointer, "prefixItems", index)
            )
        for count, (key, each) in enumerate(schema.get("patternProperties", {}).items()):
            owner["patternProperties"][key] = self._named(
                each, f"{name} Value{count or ''}", below(pointer, "patternProperties", key)
            )
        for index, part in enumerate(schema.get("allOf", [])):
            # Its properties belong to the merged schema, so the part itself needs no name.
            self._inside(part, name, below(pointer, "allOf", index), is_part=True)
        # A member is merged with the keywords beside the union, and is named with those.
        beside = (key for key in schema if key not in ("oneOf", "anyOf", "discriminator", "type"))
        give = self._inside if is_part or not all(map(is_annotation, beside)) else self._named
        for key in ("oneOf", "anyOf"):
            for index, member in enumerate(schema.get(key, [])):
                own = member.get("title") if isinstance(member, Mapping) else None
                ending = str(own or f"Option{index + 1}")
                schema[key][index] = give(member, f"{name} {ending}", below(pointer, key, index)) or member

    def _needs_name(self, schema: Mapping[str, Any]) -> bool:
        values = [each for each in schema.get("enum", []) if each is not None]
        is_list = len(values) > 1 and all(isinstance(each, str | int) for each in values)
        if is_list and not all(isinstance(each, bool) for each in values):
            return True
        return self._is_object(schema)

    def _is_object(self, schema: Any, within: int = 0) -> bool:
        """Whether a schema that is no reference describes an object with fields."""
        if within > _MOST_PARTS or not isinstance(schema, Mapping) or "$ref" in schema:
            return False
        types = schema.get("type", "object")
        if not {"object"} >= set([types] if isinstance(types, str) else types) - {"null"}:
            return False
        if "properties" in schema or schema.get("additionalProperties") is False:
            return True
        parts = [part for part in schema.get("allOf", []) if not all(is_annotation(key) for key in part)]
        if len(parts) == 1 and all(is_annotation(key) for key in schema if key != "allOf"):
            return self._is_object(parts[0], within + 1)
        return any(self._is_object(self._target(part), within + 1) for part in parts)

    def _target(self, schema: Any) -> Any:
        seen: set[str] = set()
        while isinstance(schema, Mapping) and "$ref" in schema:
            if schema["$ref"] in seen:
                return None
            seen.add(schema["$ref"])
            schema = self._schemas.get(schema["$ref"].rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~"))
        return schema
