"""What clients may not exceed; apart from the rest, which is not loaded before the command line is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""The longest message that a session can be allowed: what is below the application takes no longer one."""


@dataclass(frozen=True)
class Limits:
    """What a session may not exceed; None for no limit.

    Args:
        message_bytes: the length of one message of the client.
        init_seconds: the time until the first message.
        idle_seconds: the time without a message while there is nothing to speak.
    """

    # Choice: nothing is documented. The length is that of an HTTP request; the times are off, as far as anyone knows.
    message_bytes: int = 1_000_000
    init_seconds: float | None = None
    idle_seconds: float | None = None


@dataclass(frozen=True)
class Quotas:
    """What the requests of a key may not exceed; None for no limit.

    Args:
        characters: those it may have spoken in all, 402 after that.
        characters_a_minute: those it may have spoken in a minute, 429 beyond that. A text that is longer than this is
            spoken, and those after it wait.
        requests_at_once: requests and sessions that are under way, 429 beyond that.
    """

    characters: int = 10_000_000
    characters_a_minute: int | None = None
    requests_at_once: int | None = None
