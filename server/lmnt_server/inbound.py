"""Reading a request: its parameters and its body, decoded, bounded in size, and checked against the description."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from .description import Description, Operation, Parameter
from .errors import ApiError, ClientGoneError, invalid_request
from .validation import check, decoded, quoted

JSON_LIMIT: Final = 1_000_000
"""The longest JSON body, in bytes; a text of 5000 characters fits many times over."""

UPLOAD_LIMIT: Final = 250_000_000
"""The longest recording, in bytes: "up to 250 MB" in the description."""

_FORM_OVERHEAD: Final = 2_000_000
"""What the fields and the framing of an upload may add to the recording, in bytes."""

BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "false": False, "1": True, "0": False}
"""How a parameter, which is text, may spell a boolean."""


@dataclass(frozen=True)
class Form:
    """The parts of a multipart body: text fields, arrays of them, and at most one file a name."""

    fields: Mapping[str, Any]
    files: Mapping[str, UploadFile]

    def close(self) -> None:
        """Drop the files."""
        for upload in self.files.values():
            upload.file.close()


async def parameters_of(request: Request, operation: Operation, description: Description) -> dict[str, Any]:
    """Return the checked values of a request's path, query and header parameters by name; what is absent is left out.

    Raises:
        ApiError: 400.
    """
    values: dict[str, Any] = {}
    for parameter in operation.parameters:
        given = _SOURCES[parameter.location](request, parameter.name)
        if len(given) > 1:
            raise invalid_request(f"{parameter.name} is given {len(given)} times")
        if given:
            values[parameter.name] = _read(given[0], parameter, description)
        elif parameter.required:
            raise invalid_request(f"{parameter.name} is required")
    return values


async def body_of(request: Request, operation: Operation, description: Description) -> Any:
    """Return the checked body of a request, decoded by its content type; None for an operation that takes none.

    Raises:
        ApiError: 400.
        ClientGoneError: if the client left before it had sent all of it.
    """
    if not operation.bodies:
        return None
    content_type = request.headers.get("content-type", "")
    media = content_type.partition(";")[0].strip().lower()
    if media not in operation.bodies:
        given = f"got {quoted(media)}" if media else "there is none"
        raise invalid_request(f"content-type must be {' or '.join(operation.bodies)}; {given}")
    try:
        return await _DECODERS[media](request, operation.bodies[media], description)
    except ClientDisconnect as error:
        raise ClientGoneError from error


def _read(text: str, parameter: Parameter, description: Description) -> Any:
    """Return what the text of a parameter stands for: a boolean where the schema takes one, else the text itself."""
    schema = description.schema(parameter.schema)
    if text in BOOLEANS and schema.accepts(BOOLEANS[text]):
        return BOOLEANS[text]
    check(text, schema, parameter.name)
    return text


def _from_path(request: Request, name: str) -> list[str]:
    return [request.path_params[name]]


def _from_query(request: Request, name: str) -> list[str]:
    return request.query_params.getlist(name)


def _from_header(request: Request, name: str) -> list[str]:
    return request.headers.getlist(name)


_SOURCES: Final[Mapping[str, Callable[[Request, str], list[str]]]] = {
    "path": _from_path,
    "query": _from_query,
    "header": _from_header,
}


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the body as it arrives, and refuse it once it is longer than it may be."""
    length = request.headers.get("content-length", "")
    received = int(length) if length.isdecimal() and len(length) < 20 else 0
    if received > limit:
        raise invalid_request(f"the body may have at most {limit:,} bytes; got {received:,}")
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise invalid_request(f"the body may have at most {limit:,} bytes; got more")
        yield chunk


async def _json(request: Request, schema: str, description: Description) -> Any:
    raw = b"".join([chunk async for chunk in _bounded(request, JSON_LIMIT)])
    try:
        # The encoding is UTF-8 (RFC 8259, section 8.1).
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise invalid_request(f"the body is not UTF-8: {error.reason} at byte {error.start}") from error
    body = decoded(text, "the body")
    check(body, description.schema(schema))
    return body


async def _multipart(request: Request, schema: str, description: Description) -> Form:
    chunks = _bounded(request, UPLOAD_LIMIT + _FORM_OVERHEAD)
    try:
        parts = await MultiPartParser(request.headers, chunks, max_files=4, max_fields=1000).parse()
    except MultiPartException as error:
        raise invalid_request(f"the body is not valid multipart/form-data: {error.message}") from error
    except ValueError as error:
        raise invalid_request("the body is not valid multipart/form-data: it cannot be decoded") from error
    properties = _properties(description, schema)
    fields: dict[str, Any] = {}
    files: dict[str, UploadFile] = {}
    form = Form(fields, files)
    try:
        for key, value in parts.multi_items():
            # The service's own client names the parts of an array `tags[]`, the service's list of parts `tags`.
            name = key.removesuffix("[]")
            kind = properties.get(name, {})
            if isinstance(value, UploadFile):
                _add_file(name, value, kind, files)
            elif kind.get("type") == "array":
                fields.setdefault(name, []).append(value)
            elif kind.get("format") == "binary":
                raise invalid_request(f"{name} must be a file: a part with a filename")
            elif name in fields and name in properties:
                raise invalid_request(f"{name} is given more than once")
            else:
                fields[name] = value
        # A file is a string to JSON Schema; that it is there is what the schema has to say of it.
        check(fields | dict.fromkeys(files, ""), description.schema(schema))
    except ApiError:
        await parts.close()
        raise
    return form


def _add_file(name: str, upload: UploadFile, kind: Mapping[str, Any], files: dict[str, UploadFile]) -> None:
    if kind and kind.get("format") != "binary":
        raise invalid_request(f"{name} must be text: a part with no filename")
    if name in files:
        raise invalid_request(f"{name} is given more than once")
    if (upload.size or 0) > UPLOAD_LIMIT:
        raise invalid_request(f"{name} may have at most {UPLOAD_LIMIT:,} bytes; got {upload.size:,}")
    files[name] = upload


def _properties(description: Description, schema: str) -> Mapping[str, Mapping[str, Any]]:
    node = description.at(schema)
    while "$ref" in node:
        node = description.at(node["$ref"])
    return cast("Mapping[str, Mapping[str, Any]]", node.get("properties", {}))


_DECODERS: Final[Mapping[str, Callable[..., Any]]] = {
    "application/json": _json,
    "multipart/form-data": _multipart,
}
