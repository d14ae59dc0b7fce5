"""What is wrong with a value, in plain words, by the schemas of the description."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NoReturn, cast

from jsonschema.exceptions import ValidationError

from .description import Schema
from .errors import ApiError, invalid_request

_LONGEST_QUOTE: Final = 60
"""A message quotes at most this many characters of what was sent."""

_TYPES: Final[Mapping[str, str]] = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def quoted(value: object) -> str:
    """Return a value as JSON on one line, cut short: a message must not echo a megabyte."""
    text = json.dumps(value, ensure_ascii=False)
    text = f"'{value}'" if isinstance(value, str) else text
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"


def decoded(text: str, subject: str) -> Any:
    """Return what a JSON text stands for.

    Args:
        text: what was sent.
        subject: what it is called in messages, such as `the body`.

    Raises:
        ApiError: 400, if it is no JSON or holds what is no text.
    """
    try:
        value: Any = json.loads(text, parse_constant=_no_such_number)
        # A lone surrogate, which JSON can escape, is not text.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise invalid_request(f"{subject} holds half of a surrogate pair, which is not a character") from error
    except RecursionError as error:
        raise invalid_request(f"{subject} is not usable JSON: it is nested too deeply") from error
    except ValueError as error:
        raise invalid_request(f"{subject} is not valid JSON: {str(error)[:100]}") from error
    return value


def _no_such_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number of JSON")


def check(value: Any, schema: Schema, name: str = "") -> None:
    """Check a value against a schema.

    Args:
        value: what JSON (or the text of a parameter) stands for.
        schema: what it has to be.
        name: what the value is called in messages; empty for a body, whose fields have names of their own.

    Raises:
        ApiError: 400, naming the field and what it may be.
    """
    error = next(schema.errors(value), None)
    if error is not None:
        raise explained(error, name)


def explained(error: ValidationError, name: str) -> ApiError:
    """Return the 400 for what is wrong with a value."""
    keyword = cast("str", error.validator)
    explain = _EXPLANATIONS.get(keyword)
    subject = _path(name, error.absolute_path)
    if explain is None:  # a keyword the description has come to use since; correct, if less pretty
        return invalid_request(f"{subject or 'The body'}: {error.message[:200]}", param=subject or None)
    if keyword == "required":
        absent = explain(error, subject)
        return invalid_request(absent, param=absent.removesuffix(_REQUIRED), code="missing_required_parameter")
    return invalid_request(explain(error, subject), param=subject or None)


def _path(name: str, parts: Iterable[str | int]) -> str:
    path = name
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else quoted(part)[1:-1]
    return path


_REQUIRED: Final = " is required"


def _missing(error: ValidationError, subject: str) -> str:
    names = cast("list[str]", error.validator_value)
    first = next(name for name in names if name not in cast("dict[str, Any]", error.instance))
    return f"{subject}.{first}{_REQUIRED}" if subject else f"{first}{_REQUIRED}"


def _wrong_type(error: ValidationError, subject: str) -> str:
    allowed = error.validator_value
    names = cast("list[str]", allowed if isinstance(allowed, list) else [allowed])
    return (
        f"{subject or 'The body'} must be {' or '.join(_TYPES[name] for name in names)}; got {quoted(error.instance)}"
    )


def _not_in_list(error: ValidationError, subject: str) -> str:
    allowed = ", ".join(str(value) for value in cast("list[object]", error.validator_value))
    return f"{subject} must be one of {allowed}; got {quoted(error.instance)}"


def _none_fits(error: ValidationError, subject: str) -> str:
    wanted: dict[str, None] = {}
    for each in error.context or ():
        if each.validator == "enum":
            wanted.update(dict.fromkeys(str(value) for value in cast("list[object]", each.validator_value)))
        elif each.validator == "type" and isinstance(each.validator_value, str):
            wanted[_TYPES[each.validator_value]] = None
    # "true or false" says all that "true, false" would say again.
    words = [word for word in wanted if not (word in {"true", "false"} and _TYPES["boolean"] in wanted)]
    return f"{subject} must be {' or '.join(words)}; got {quoted(error.instance)}"


def _too_short(error: ValidationError, subject: str) -> str:
    least = cast("int", error.validator_value)
    if least == 1:
        return f"{subject} must not be empty"
    return f"{subject} must have at least {least} characters; got {len(cast('str', error.instance))}"


def _too_long(error: ValidationError, subject: str) -> str:
    return f"{subject} must have at most {error.validator_value} characters; got {len(cast('str', error.instance))}"


def _too_small(error: ValidationError, subject: str) -> str:
    return f"{subject} must be at least {error.validator_value}; got {quoted(error.instance)}"


def _too_big(error: ValidationError, subject: str) -> str:
    return f"{subject} must be at most {error.validator_value}; got {quoted(error.instance)}"


def _no_match(error: ValidationError, subject: str) -> str:
    if error.validator_value == r"\S":
        return f"{subject} must not be white space alone"
    return f"{subject} must match {error.validator_value}; got {quoted(error.instance)}"


_EXPLANATIONS: Final[Mapping[str, Callable[[ValidationError, str], str]]] = {
    "required": _missing,
    "type": _wrong_type,
    "enum": _not_in_list,
    "anyOf": _none_fits,
    "minLength": _too_short,
    "maxLength": _too_long,
    "minimum": _too_small,
    "maximum": _too_big,
    "pattern": _no_match,
}
