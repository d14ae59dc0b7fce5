"""Webhooks: verifying their signatures (Standard Webhooks), and parsing them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
import time
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from ..errors import Error, InvalidArgumentError
from ..settings.deadline import is_seconds
from ..settings.secret import Secret
from ..values.codec import Codec, MismatchError

__all__ = ["WebhookVerificationError"]

T = TypeVar("T")

TOLERANCE = 300.0
"""The maximum age of a message in seconds, and of a clock difference, as in the specification's libraries."""


class WebhookVerificationError(Error):
    """A message is not proved to come from the service: do not act on it."""


def parse(
    kinds: Mapping[str, Codec[Any]],
    any_kind: Codec[T],
    body: bytes | str,
    headers: Mapping[str, str] | None,
    *,
    name: str | None,
    secret: Secret | None,
    tolerance: float,
) -> T:
    """Return the parsed message.

    Args:
        kinds: The codecs of the messages, by name.
        any_kind: The codec of any of them.
        body: The body, as received.
        headers: Its headers.
        name: The name of the message; if None, its fields determine it.
        secret: The secret that verifies the signature; without it nothing is verified.
        tolerance: The maximum age in seconds, and of a clock difference.

    Raises:
        WebhookVerificationError: The signature is missing, wrong or too old.
        InvalidArgumentError: It is not such a message, or an argument is invalid.
    """
    codec = any_kind if name is None else kinds.get(name)
    if codec is None:
        raise InvalidArgumentError(f"there is no webhook {name!r}; there are {', '.join(kinds)}")
    if not isinstance(body, bytes | str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise InvalidArgumentError(f"body must be the bytes or the text that came; got a {type(body).__name__}")
    content = body.encode(errors="surrogatepass") if isinstance(body, str) else body
    if secret is not None:
        verify(content, headers or {}, secret, tolerance, time.time())
    what = "the webhook" if name is None else f"the webhook {name}"
    try:
        return cast("T", codec.read(json.loads(content)))
    except MismatchError as error:
        raise InvalidArgumentError(f"{what}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"{what}: the body is no JSON ({error})") from None


def verify(content: bytes, headers: Mapping[str, str], secret: Secret, tolerance: float, now: float) -> None:
    """Check the signature of a message (standardwebhooks.com); raises WebhookVerificationError."""
    if not isinstance(secret.reveal(), str) or not _key(secret):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise InvalidArgumentError(
            "the webhook secret is no text in base64, such as whsec_…: was it pasted whole, and is it for HMAC?"
        )
    if not (is_seconds(tolerance) or tolerance == math.inf):
        raise InvalidArgumentError(f"tolerance must be a number of seconds from 0 up; got {tolerance!r}")
    given = {str(name).lower(): str(value) for name, value in headers.items()}
    values = [given.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")]
    if not all(values):
        raise WebhookVerificationError(
            "the webhook is not signed, or webhook-id, webhook-timestamp, webhook-signature are not all in its headers"
        )
    identity, timestamp, signatures = values
    if not _is_signed(f"{identity}.{timestamp}.".encode(errors="surrogatepass") + content, signatures, secret):
        raise WebhookVerificationError(
            "the webhook has no signature of this secret: it is of another sender, or was changed on its way"
        )
    if not re.fullmatch(r"[0-9]{1,15}", timestamp):
        raise WebhookVerificationError("the webhook's timestamp is no number of seconds")
    age = now - int(timestamp)
    if abs(age) > tolerance:
        told = f"{age:.0f} s ago" if age > 0 else f"{-age:.0f} s from now"
        raise WebhookVerificationError(
            f"the webhook was sent {told}, and {tolerance:g} s are tolerated: it was sent again, or a clock is wrong"
        )


# The frame that raises has neither the key nor the right signature among its locals, which some tools show.
def _is_signed(signed: bytes, signatures: str, secret: Secret) -> bool:
    expected = b"v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest())
    # All are compared, each in constant time, so that the duration tells nothing about any of them.
    return sum(hmac.compare_digest(expected, each.encode(errors="replace")) for each in signatures.split()) > 0


def _key(secret: Secret) -> bytes:
    try:
        return base64.b64decode(secret.reveal().removeprefix("whsec_"), validate=True)
    except ValueError:
        return b""
