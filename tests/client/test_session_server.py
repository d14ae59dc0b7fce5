"""The real server's own faults, all at once; and many sound sessions at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import lmnt
from lmnt_server.fault_sessions import FRAMES

from .modes import CONTEXT, KEY

TEXT = "Good morning. This is a session that a fault will end. It goes on for a while, so that some of it comes. " * 3

READABLE = ("unknown", "no-audio", "no-timestamps", "huge")

ERRORS = {
    "invalid_request_error": "BadRequestError",
    "authentication_error": "AuthenticationError",
    "payment_required_error": "PaymentRequiredError",
    "permission_error": "PermissionDeniedError",
    "not_found_error": "NotFoundError",
    "rate_limit_error": "RateLimitError",
    "internal_server_error": "InternalServerError",
    "lunar_error": "APIStatusError",
}

# What the real server does not say before `ready`: the id is not in its answer to the handshake.
NO_ID: dict[str, object] = {"request_id": None, "bytes_received": 0}

FAULTS: dict[str, tuple[str | None, dict[str, object]]] = {
    **{f"status={status}": (name, {"status_code": status}) for status, name in (
        (400, "BadRequestError"), (401, "AuthenticationError"), (402, "PaymentRequiredError"),
        (403, "PermissionDeniedError"), (404, "NotFoundError"), (429, "RateLimitError"), (503, "InternalServerError"),
    )},
    "status=429; body=html": ("RateLimitError", {"status_code": 429}),
    "raise": ("InternalServerError", {"status_code": 500}),
    "redirect=307": ("APIStatusError", {"status_code": 307}),
    "stall": ("APITimeoutError", {"request_id": None}),
    **{f"session-close={code}; at=before-ready; reason=so": ("SessionClosedError", {"code": code, **NO_ID})
       for code in (1000, 1008, 1011, 1013)},
    **{f"session-close={code}; at=bytes:5000; reason=so": ("SessionClosedError", {"code": code, "reason": "so"})
       for code in (1000, 1001, 1008, 1011, 1013, 4000)},
    "session-close=1005; at=bytes:5000": ("SessionClosedError", {"code": 1005, "bytes_received": 5000}),
    "session-close=1000; at=before-flush_complete": ("SessionClosedError", {"code": 1000, "unanswered": (1,)}),
    "session-close=1011; at=before-close": ("SessionClosedError", {"code": 1011, "unanswered": ()}),
    **{f"session-error; at={at}; type={type_}": (name, {"type": type_})
       for at in ("before-ready", "bytes:5000") for type_, name in ERRORS.items()},
    "session-freeze; at=before-ready": ("StreamTimeoutError", NO_ID),
    "session-freeze; at=bytes:5000": ("StreamTimeoutError", {"bytes_received": 5000}),
    "session-freeze; at=before-close": ("StreamTimeoutError", {}),
    "session-drop; at=before-ready": ("SessionClosedError", {"code": None, **NO_ID}),
    "session-drop; at=bytes:5000": ("SessionClosedError", {"code": None, "bytes_received": 5000}),
    "session-drop; at=before-close": ("SessionClosedError", {"code": None}),
    "session-cut; at=bytes:5000": ("SessionClosedError", {"code": None}),
    "session-lose": ("SessionClosedError", {"code": 1000, "unanswered": (1,)}),
    "session-lose; message=ready": ("StreamTimeoutError", NO_ID),
    "session-twice": ("APIResponseValidationError", {}),
    "session-twice; message=ready": ("APIResponseValidationError", {}),
    "session-nonce=5": ("APIResponseValidationError", {}),
    "session-drip=1": (None, {}),
    **{f"session-send; frame={name}": (None, {}) if name in READABLE else (
        "APIStatusError" if name == "error-text" else "APIResponseValidationError", {}) for name in FRAMES},
}  # fmt: skip
"""Each fault, the error it gives and what that knows."""


def options(fault: str, base_url: str) -> dict[str, Any]:
    waits = "freeze" in fault or fault in ("stall", "session-lose; message=ready")
    return {
        "api_key": KEY,
        "base_url": base_url,
        "ssl_context": CONTEXT,
        "max_retries": 0,
        "default_headers": {"x-lmnt-fault": fault},
        # Long enough for what comes before the silence, on a busy machine too.
        "timeout": lmnt.Timeout(20, read=5 if waits else 20, connect=5 if waits else 20),
    }


def problems(fault: str, error: BaseException | None, folder: Path) -> Iterator[str]:
    name, facts = FAULTS[fault]
    if error is None or name is None:
        if error is not None or name is not None:
            yield f"{fault}: {error!r}"
        return
    if type(error).__name__ != name:
        yield f"{fault}: {error!r}"
    for fact, value in ({"request_id": ...} | facts).items():
        got = getattr(error, fact, None)
        if got is None if value is ... else got != value:
            yield f"{fault}: {fact} is {got!r}: {error}"
    if any(folder.iterdir()):
        yield f"{fault}: files are left"


def test_every_fault_of_the_server(server: Any, tmp_path: Path) -> None:
    def use(fault: str) -> list[str]:
        folder = tmp_path / str(list(FAULTS).index(fault))
        folder.mkdir()
        try:
            with (
                lmnt.Lmnt(**options(fault, server.base_url)) as client,
                client.speech.sessions.create(voice="leah", format="pcm_s16le", return_timestamps=True) as session,
            ):
                session.send_text(TEXT)
                session.send_flush()
                session.send_finish()
                session.stream_audio_to_file(folder / "speech")
                assert session.complete
            error = None
        except lmnt.LmntError as caught:
            error = caught
        return list(problems(fault, error, folder))

    with ThreadPoolExecutor(len(FAULTS)) as pool:
        assert [each for found in pool.map(use, FAULTS) for each in found] == []


def test_every_fault_of_the_server_awaiting(server: Any, tmp_path: Path) -> None:
    async def use(fault: str) -> list[str]:
        folder = tmp_path / str(list(FAULTS).index(fault))
        folder.mkdir()
        try:
            async with lmnt.AsyncLmnt(**options(fault, server.base_url)) as client:
                opening = client.speech.sessions.create(voice="leah", format="pcm_s16le", return_timestamps=True)
                async with opening as session:
                    await session.send_text(TEXT)
                    await session.send_flush()
                    await session.send_finish()
                    await session.stream_audio_to_file(folder / "speech")
                    assert session.complete
            error = None
        except lmnt.LmntError as caught:
            error = caught
        return list(problems(fault, error, folder))

    async def main() -> list[str]:
        some = asyncio.Semaphore(16)  # of all at once a busy server would keep some waiting past their read timeout

        async def in_turn(fault: str) -> list[str]:
            async with some:
                return await use(fault)

        return [each for found in await asyncio.gather(*map(in_turn, FAULTS)) for each in found]

    assert asyncio.run(main()) == []


def test_many_sessions_at_once(server: Any) -> None:
    """Every byte arrives, and none in another session; benchmarks/sessions.py is the same at its full size."""
    texts = [f"Session {number} counts {number * 7} sheep. " * 4 for number in range(50)]

    async def main() -> None:
        options: dict[str, Any] = {"timeout": lmnt.Timeout(60), "ssl_context": CONTEXT}
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=server.base_url, **options) as client:

            async def hear(text: str) -> bytes:
                async with client.speech.sessions.create(voice="leah", format="pcm_s16le") as session:
                    audio = b"".join([chunk async for chunk in session.speak(text.split(" ", 1))])
                assert session.complete
                return audio

            async def expect(text: str) -> bytes:
                text = text.replace(" ", "", 1)
                return await (await client.speech.generate(text=text, voice="leah", format="pcm_s16le")).read()

            expected = await asyncio.gather(*map(expect, texts))
            assert len(set(expected)) == len(texts)
            assert await asyncio.gather(*map(hear, texts)) == expected

    asyncio.run(main())


def test_sessions_leave_no_thread(server: Any) -> None:
    before = set(threading.enumerate())
    with lmnt.Lmnt(api_key=KEY, base_url=server.base_url, ssl_context=CONTEXT) as client:

        def hear(number: int) -> int:
            with client.speech.sessions.create(voice="leah", format="pcm_s16le") as session:
                return len(b"".join(session.speak([f"Number {number}."])))

        with ThreadPoolExecutor(10) as pool:
            assert all(pool.map(hear, range(20)))
        for number in range(20):
            assert hear(number)
            assert set(threading.enumerate()) <= before
    with pytest.raises(lmnt.LmntError):
        client.speech.sessions.create(voice="leah")
