"""Errors as two lines, and the exit code of each class."""

from __future__ import annotations

from typing import NamedTuple

from .. import errors
from .table import KEYS, PROGRAM


class Failure(NamedTuple):
    """A class of errors.

    Args:
        kinds: The classes.
        code: The exit code.
        meaning: What happened.
        remedy: What to do.
    """

    kinds: tuple[type[BaseException], ...]
    code: int
    meaning: str
    remedy: str


class NoKeyError(errors.InvalidArgumentError):
    """There is no key in the environment."""


FAILURES = (
    Failure(
        (NoKeyError, errors.AuthenticationError),
        3,
        "the key is missing or unknown (401)",
        f"set {' or '.join(KEYS) or 'the key'}; `{PROGRAM} doctor` shows where it comes from",
    ),
    Failure(
        (errors.InvalidArgumentError,),
        2,
        "the command is wrong; nothing was sent",
        "--help behind the command shows what it takes",
    ),
    Failure(
        (errors.PaymentRequiredError, errors.PermissionDeniedError),
        3,
        "the account does not permit it (402, 403)",
        "use the key of an account that permits it",
    ),
    Failure((errors.NotFoundError,), 4, "what was named is not there (404)", "check the name"),
    Failure((errors.RateLimitError,), 6, "too many requests (429)", "wait, and try again"),
    Failure(
        (errors.InternalServerError,),
        7,
        "the service failed (500 and above)",
        "try again later; tell the service the request if it goes on",
    ),
    Failure(
        (errors.APIStatusError,),
        5,
        "the service refused the request (any other status)",
        "change what the service names",
    ),
    Failure(
        (errors.APIResponseValidationError,), 7, "the answer cannot be read", f"`{PROGRAM} doctor` shows who answers"
    ),
    Failure(
        (errors.APIStreamError,),
        9,
        "the answer broke off, or ended early",
        "try again: nothing that is incomplete was kept",
    ),
    Failure(
        (errors.APIConnectionError,),
        8,
        "there was no answer: name, network, TLS, proxy or time",
        f"`{PROGRAM} doctor` shows what lies in between",
    ),
    Failure(
        (errors.FileError, OSError),
        10,
        "a file cannot be written, or the disk is full",
        "write to another place, or make room",
    ),
    Failure((errors.Error,), 1, "another error", "--debug shows where it comes from"),
    Failure((Exception,), 1, "another error", "this is a fault of the program; --debug shows where"),
)
"""In this order: a class goes before those that it is one of."""


SOME_FAILED = 11
"""The exit code of a command that has done a part of many things."""


def told(error: Exception) -> tuple[tuple[str, str], int]:
    """Return the two lines of an error, and the exit code."""
    failure = next(each for each in FAILURES if isinstance(error, each.kinds))
    request_id = getattr(error, "request_id", None)
    text = str(error).removesuffix(f" (request {request_id})") or type(error).__name__
    if not isinstance(error, errors.Error | OSError):
        text = f"{type(error).__name__}: {text}"
    notes = getattr(error, "__notes__", [])
    wait = getattr(error, "retry_after", None)
    parts = [
        f"request {request_id}" if request_id else "",
        *(notes or [f"wait {wait:g} seconds, and try again" if wait else failure.remedy]),
    ]
    return (f"{PROGRAM}: {text}", "; ".join(filter(None, parts))), failure.code
