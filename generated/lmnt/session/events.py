"""The events of a speech session that are not models of the description."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..models.speech_session_server_event import SpeechSessionServerEvent
from ..streams.sequences import UnknownEvent

__all__ = ["SpeechSessionAudio", "SpeechSessionEvent"]


@dataclass(unsafe_hash=True)  # neither frozen nor slotted: that takes twice as long to construct
class SpeechSessionAudio:
    """A piece of audio, in the format of the session. Pieces can be concatenated."""

    audio: bytes = field(repr=False)
    """The bytes."""

    type: Literal["audio"] = "audio"
    """Always `audio`."""


SpeechSessionEvent: TypeAlias = SpeechSessionAudio | SpeechSessionServerEvent | UnknownEvent
"""An event of a session. Errors are raised."""
