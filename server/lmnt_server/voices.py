"""The voices as an account sees them: the engine's, then its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .engines import Engine
from .engines.cast import SystemVoice
from .errors import ApiError
from .store import OwnVoice, Store
from .validation import quoted


class Voices:
    """What can be done with voices, by the rules of ownership; every method works for one account.

    A voice of another account is not found, as if there were none. Values returned are the description's Voice.
    """

    def __init__(self, engine: Engine, store: Store) -> None:
        self._system: Mapping[str, SystemVoice] = {voice.id: voice for voice in engine.voices}
        self._store = store

    def speaker(self, account: str, voice: str) -> str:
        """Return what the engine knows a voice by: its id, or the digest of the recording it was made from.

        Raises:
            ApiError: 404.
        """
        found = self._find(account, voice)
        return found.id if isinstance(found, SystemVoice) else found.recording

    def retrieve(self, account: str, voice: str) -> dict[str, Any]:
        """Return a voice.

        Raises:
            ApiError: 404.
        """
        return _shown(self._find(account, voice), self._store.stars(account))

    def list(self, account: str, *, owner: str, starred: bool) -> list[dict[str, Any]]:
        """Return the voices of an owner (`system`, `me` or `all`), or those of them that are starred."""
        stars = self._store.stars(account)
        system = () if owner == "me" else self._system.values()
        own = () if owner == "system" else self._store.voices(account)
        return [_shown(voice, stars) for voice in (*system, *own) if not starred or voice.id in stars]

    def create(self, account: str, fields: Mapping[str, Any], recording: str) -> dict[str, Any]:
        """Keep a new voice made from a recording, given by its digest, and return it."""
        voice = self._store.add_voice(
            account,
            name=fields["name"],
            description=fields.get("description"),
            gender=fields.get("gender"),
            tags=tuple(fields.get("tags", ())),
            recording=recording,
        )
        return _shown(voice, frozenset())

    def update(self, account: str, voice: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change a voice and return it. Of a system voice only the star changes; other changes with it are ignored.

        Raises:
            ApiError: 404; 403 for changes to a system voice without `starred`.
        """
        found = self._find(account, voice)
        if isinstance(found, OwnVoice):
            self._store.change_voice(account, voice, changes)
        elif "starred" not in changes:
            raise ApiError(
                "permission_error", f"Voice {quoted(voice)} is a system voice: it can be starred, not changed."
            )
        if "starred" in changes:
            self._store.star(account, voice, starred=changes["starred"])
        return self.retrieve(account, voice)

    def delete(self, account: str, voice: str) -> bool:
        """Delete a voice.

        Raises:
            ApiError: 404; 403 for a system voice.
        """
        if isinstance(self._find(account, voice), SystemVoice):
            raise ApiError("permission_error", f"Voice {quoted(voice)} is a system voice: it cannot be deleted.")
        return self._store.delete_voice(account, voice)

    def _find(self, account: str, voice: str) -> SystemVoice | OwnVoice:
        found = self._system.get(voice) or self._store.voice(account, voice)
        if found is None:
            raise ApiError("not_found_error", f"Voice {quoted(voice)} not found.")
        return found


def _shown(voice: SystemVoice | OwnVoice, stars: frozenset[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": voice.id,
        "name": voice.name,
        "owner": "system" if isinstance(voice, SystemVoice) else "me",
        "state": "ready",
        "description": voice.description,
        "starred": voice.id in stars,
        "tags": list(voice.tags),
        "type": "instant",
    }
    # The description lets the gender be absent, not null.
    return shown if voice.gender is None else {**shown, "gender": voice.gender}
