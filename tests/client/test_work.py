"""What is done for each field, message and call, counted in calls of Python functions: no busy machine changes that."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from lmnt.operations import voices_list

from .modes import Sync
from .peers import json_response
from .session_peer import Conversation, SessionPeer

VOICE = {
    **{"id": "leah", "name": "Leah", "owner": "system", "state": "ready", "description": "Calm", "gender": "F"},
    **{"preview_url": "https://example.com/leah", "starred": True, "tags": ["calm", "slow"], "type": "instant"},
}
MANY = 1_000


def calls_made(step: Callable[[], object], but: str = "lmnt.no_module") -> int:
    """Return how many functions of the package, but for those of one part of it, a step calls in this thread."""
    count = 0

    def watch(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        module: str = frame.f_globals.get("__name__", "")
        count += event == "call" and (module.startswith("lmnt.") and not module.startswith(but))

    sys.setprofile(watch)
    try:
        step()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    ("voice", "most"),
    [(VOICE, 3), (VOICE | {"tags": None, "gender": None}, 3), (VOICE | {"accent": "Welsh", "owner": "a friend"}, 9)],
)
def test_a_model_is_read_in_a_few_calls(voice: dict[str, Any], most: int) -> None:
    voices_list.build().result.read([dict(voice)])  # type: ignore[union-attr]  # it has one
    reader: Any = voices_list.build().result
    voices = [dict(voice) for _ in range(MANY)]
    assert calls_made(lambda: reader.read(voices)) < most * MANY


def test_a_list_is_not_held_twice() -> None:
    body = json.dumps([VOICE] * MANY)

    def peak(step: Callable[[], object]) -> int:
        tracemalloc.start()
        step()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    reader: Any = voices_list.build().result
    reader.read([dict(VOICE)])
    assert peak(lambda: reader.read(json.loads(body))) < 1.1 * peak(lambda: json.loads(body))


def test_a_frame_takes_a_few_calls(mode: Sync) -> None:
    def script(peer: Conversation) -> None:
        peer.open()
        peer.expect("finish")
        peer.raw(Frame(Opcode.BINARY, bytes(4096), True).serialize(mask=False) * MANY)
        peer.close(1000)

    with SessionPeer(script).running() as peer:
        session = mode.run(mode.client(base_url=peer.base_url).speech.sessions.create(voice="leah"))
        assert next(mode.each(session)).type == "ready"
        mode.run(session.send_finish())
        assert calls_made(lambda: list(mode.each(session))) < 10 * MANY
        assert session.bytes_received == 4096 * MANY


def test_a_call_takes_a_few_calls(mode: Sync, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=peer(json_response([])).base_url)
    for _ in range(3):
        mode.run(client.voices.list())
    assert calls_made(lambda: mode.run(client.voices.list()), but="lmnt.transport") < 50
