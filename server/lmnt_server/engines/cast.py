"""The system voices that the engines of this package play."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar


class SystemVoice(NamedTuple):
    """A voice that every account can use, as the API shows it."""

    id: str
    name: str
    gender: str | None
    description: str
    tags: tuple[str, ...]


CAST: Final = (
    SystemVoice("leah", "Leah", "female", "Bright and friendly, American.", ("american", "conversational")),
    SystemVoice("ansel", "Ansel", "male", "Calm and even, American.", ("american", "narration")),
    SystemVoice("amy", "Amy", "female", "Clear and brisk, British.", ("british", "news")),
    SystemVoice("elowen", "Elowen", "female", "Soft and slow to excite, British.", ("british", "narration")),
    SystemVoice("ava", "Ava", "female", "Light and young, American.", ("american", "young")),
    SystemVoice("lily", "Lily", "female", "Warm and low, American.", ("american", "conversational")),
    SystemVoice("morgan", "Morgan", "male", "Deep and steady, American.", ("american", "deep")),
    SystemVoice("curtis", "Curtis", "male", "Plain and firm, British.", ("british", "announcement")),
    SystemVoice("isla", "Isla", "female", "Lively, Scottish.", ("scottish", "conversational")),
    SystemVoice("gordon", "Gordon", "male", "Rough and unhurried, Scottish.", ("scottish", "narration")),
)

_Choice = TypeVar("_Choice")


def pick(voice: str, choices: Sequence[_Choice]) -> _Choice:
    """Return the choice that a name stands for: any name, always the same choice."""
    digest = hashlib.sha256(voice.encode()).digest()
    return choices[int.from_bytes(digest[:8]) % len(choices)]
