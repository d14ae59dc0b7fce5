"""Reading a request: its parameters and its body, decoded, bounded in size, and checked against the description."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from .description import Description, Operation, escaped
from .errors import ApiError, ClientGoneError, invalid_request, missing
from .validation import check, decoded, quoted

JSON_LIMIT: Final = 1_000_000
"""The longest JSON body, in bytes; a text of 5000 characters fits many times over."""

UPLOAD_LIMIT: Final = 250_000_000
"""The longest recording, in bytes: "up to 250 MB" in the description."""

_FORM_OVERHEAD: Final = 2_000_000
"""What the fields and the framing of an upload may add to the recording, in bytes."""

BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "false": False, "1": True, "0": False}
"""How a parameter, which is text, may spell a boolean."""

_UNKNOWN: Final[Mapping[str, Any]] = {}

_SIZES: Final = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?")


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
        pointer, schema = description.located(parameter.schema)
        if given and schema.get("type") == "array":
            texts = given if parameter.separator is None else [t for g in given for t in g.split(parameter.separator)]
            values[parameter.name] = [_item(text, description, pointer, parameter.name) for text in texts]
            check(values[parameter.name], description.schema(pointer), parameter.name)
        elif len(given) > 1:
            raise invalid_request(f"{parameter.name} is given {len(given)} times")
        elif given:
            values[parameter.name] = _typed(given[0], description, pointer, parameter.name)
        elif parameter.required:
            raise invalid_request(f"{parameter.name} is required")
    return values


async def body_of(
    request: Request, operation: Operation, description: Description, older: Callable[[Any], Any] | None
) -> Any:
    """Return the checked body of a request, decoded by its content type; None for an operation that takes none.

    `older` returns what a body of JSON stands for in today's words, before it is checked.

    Raises:
        ApiError: 400, or 501 for a type that nothing here reads.
        ClientGoneError: if the client left before it had sent all of it.
    """
    if not operation.bodies:
        return None
    content_type = request.headers.get("content-type", "")
    media = content_type.partition(";")[0].strip().lower()
    if media not in operation.bodies:
        given = f"got {quoted(media)}" if media else "there is none"
        raise invalid_request(f"content-type must be {' or '.join(operation.bodies)}; {given}")
    if media not in DECODERS:
        raise no_decoder(media)
    try:
        return await DECODERS[media](request, operation.bodies[media], description, older)
    except ClientDisconnect as error:
        raise ClientGoneError from error


def _typed(text: str, description: Description, pointer: str, name: str) -> Any:
    """Return what a text stands for: a boolean or a number where the schema takes one, else the text itself.

    Raises:
        ApiError: 400, if the schema takes none of them.
    """
    schema = description.schema(pointer)
    readings: list[Any] = [BOOLEANS[text]] if text in BOOLEANS else []
    if _NUMBER.fullmatch(text):
        readings.append(float(text) if "." in text else int(text))
    readings.append(text)
    for value in readings:
        if schema.accepts(value):
            return value
    # A number that is wrong in its size alone is told so, and not that it is a text.
    check(
        next((each for each in readings if {error.validator for error in schema.errors(each)} <= _SIZES), text),
        schema,
        name,
    )
    return text


def _item(text: str, description: Description, array: str, name: str) -> Any:
    return _typed(text, description, f"{array}/items", name) if "items" in description.at(array) else text


def _from_path(request: Request, name: str) -> list[str]:
    return [request.path_params[name]]


def _from_query(request: Request, name: str) -> list[str]:
    return request.query_params.getlist(name)


def _from_header(request: Request, name: str) -> list[str]:
    return request.headers.getlist(name)


def _from_cookie(request: Request, name: str) -> list[str]:
    return [request.cookies[name]] if name in request.cookies else []


_SOURCES: Final[Mapping[str, Callable[[Request, str], list[str]]]] = {
    "path": _from_path,
    "query": _from_query,
    "header": _from_header,
    "cookie": _from_cookie,
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


async def _json(request: Request, schema: str, description: Description, older: Callable[[Any], Any] | None) -> Any:
    raw = b"".join([chunk async for chunk in _bounded(request, JSON_LIMIT)])
    try:
        # The encoding is UTF-8 (RFC 8259, section 8.1).
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise invalid_request(f"the body is not UTF-8: {error.reason} at byte {error.start}") from error
    body = decoded(text, "the body")
    if older is not None:
        body = older(body)
    check(body, description.schema(schema))
    return body


async def _multipart(request: Request, schema: str, description: Description, _: object) -> Form:
    chunks = _bounded(request, UPLOAD_LIMIT + _FORM_OVERHEAD)
    try:
        parts = await MultiPartParser(request.headers, chunks, max_files=4, max_fields=1000).parse()
    except MultiPartException as error:
        raise invalid_request(f"the body is not valid multipart/form-data: {error.message}") from error
    except ValueError as error:
        raise invalid_request("the body is not valid multipart/form-data: it cannot be decoded") from error
    where, node = description.located(schema)
    properties = {
        name: description.located(f"{where}/properties/{escaped(name)}") for name in node.get("properties", ())
    }
    has_file = "file" in node.get("properties", ())
    fields: dict[str, Any] = {}
    files: dict[str, UploadFile] = {}
    form = Form(fields, files)
    try:
        for key, value in parts.multi_items():
            # The service's own client names the parts of an array `tags[]`, the service's list of parts `tags`.
            name = key.removesuffix("[]")
            _check_text(name)
            if name == "files" and has_file:
                # Clients of version 1.0 send several recordings under this name; the first stands for all of them.
                if "file" in files:
                    continue
                name = "file"
            pointer, kind = properties.get(name, ("", _UNKNOWN))
            if isinstance(value, UploadFile):
                _add_file(name, value, kind, files)
                continue
            _check_text(value)
            if kind.get("type") == "array":
                fields.setdefault(name, []).append(_item(value, description, pointer, name))
            elif kind.get("format") == "binary":
                raise invalid_request(f"{name} must be a file: a part with a filename")
            elif name in fields and name in properties:
                raise invalid_request(f"{name} is given more than once")
            else:
                fields[name] = _typed(value, description, pointer, name) if kind else value
        # A file is a string to JSON Schema; that it is there is what the schema has to say of it.
        check(fields | dict.fromkeys(files, ""), description.schema(schema))
    except ApiError:
        await parts.close()
        raise
    return form


def _check_text(text: str) -> None:
    """Refuse a text that has half of a character, as some character sets of a form can say."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise invalid_request("the body holds half of a surrogate pair, which is not a character") from error


def _add_file(name: str, upload: UploadFile, kind: Mapping[str, Any], files: dict[str, UploadFile]) -> None:
    if kind and kind.get("format") != "binary":
        raise invalid_request(f"{name} must be text: a part with no filename")
    if name in files:
        raise invalid_request(f"{name} is given more than once")
    if (upload.size or 0) > UPLOAD_LIMIT:
        raise invalid_request(f"{name} may have at most {UPLOAD_LIMIT:,} bytes; got {upload.size:,}")
    files[name] = upload


DECODERS: Final[Mapping[str, Callable[..., Any]]] = {
    "application/json": _json,
    "multipart/form-data": _multipart,
}
"""What reads a body, by its media type."""


def no_decoder(media_type: str) -> ApiError:
    """Return the error for a body that the description has and nothing here reads."""
    return missing(f"reader for a body of the type {media_type}", "DECODERS in server/lmnt_server/inbound.py")
