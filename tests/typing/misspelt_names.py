"""Names that are not there: a checker must find each, though names are imported when they are first used.

An ignore that is not needed is itself an error.
"""
# What is unknown has no type, and nothing is done with it.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnusedImport=false

from __future__ import annotations

import lmnt
from lmnt import AsyncLmnt, Lmnt
from lmnt import TotallyMissing  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # nothing like it
from lmnt.models import Voise  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # Voice
from lmnt.resources import VoiceResource  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # VoicesResource
from lmnt.types import VoiceCreateParam  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # VoiceCreateParams


def of_modules() -> None:
    print(lmnt.TotallyMissing)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # nothing like it
    print(lmnt.models.Voise)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # Voice
    print(lmnt.resources.VoiceResource)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # VoicesResource
    print(lmnt.types.VoiceCreateParam)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # VoiceCreateParams


def of_clients(client: Lmnt, asynchronous: AsyncLmnt) -> None:
    print(client.voises)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # voices
    print(client.voices.lst)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # list
    print(client.speech.session)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # sessions
    print(client.with_raw_response.voises)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # voices
    print(client.voices.with_raw_response.lst)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # list
    print(asynchronous.voices.with_streaming_response.lst)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # list
    print(client.voices.retrieve("leah").nam)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # name
