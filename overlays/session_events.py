"""What a speech session hands out beside the models of the description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .models.speech_session_server_event import SpeechSessionServerEvent

__all__ = ["SpeechSessionAudio", "SpeechSessionEvent", "UnknownEvent"]


@dataclass(unsafe_hash=True)  # neither frozen nor with slots, of which one makes it take twice as long to make
class SpeechSessionAudio:
    """A piece of audio, in the format of the session. Pieces can be concatenated."""

    audio: bytes = field(repr=False)
    """The bytes."""

    type: Literal["audio"] = "audio"
    """Always `audio`."""


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """A message of a type that this version of the package does not know."""

    type: str
    """The type."""

    data: Mapping[str, Any]
    """The whole message, as it came."""


SpeechSessionEvent: TypeAlias = SpeechSessionAudio | SpeechSessionServerEvent | UnknownEvent
"""What a session hands out. Errors are raised."""
