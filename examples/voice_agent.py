"""A voice agent: it speaks what a language model writes, token by token, and stops when somebody talks over it.

Runs with no key, on the local server; with LMNT_API_KEY (and LMNT_BASE_URL) set, on that. The model and the sound card
are pretended; what the card has played goes into a WAV file.

    .venv/bin/python examples/voice_agent.py
    .venv/bin/python examples/voice_agent.py --speed 20 --out heard.wav
"""

from __future__ import annotations

import argparse
import asyncio
import os
import wave
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from lmnt import AsyncLmnt, AsyncSpeechSession, SpeechSessionAudio
from lmnt_server.process import running

RATE: Final = 24_000
TALK = (
    ("What is a session?", "A session is one connection. Texts go in, piece by piece, and audio comes out meanwhile."),
    ("Tell me a long story.", "Once upon a time there was a server. It spoke and spoke, and nobody stopped it. " * 20),
    ("Thank you, that will do.", "You are welcome. Good bye."),
)
"""What the user says, and what the model answers."""

PATIENCE = 2.0
"""Seconds of an answer that the user listens to before talking over it."""


class Loudspeaker:
    """Stands for a sound card: it plays at its own pace, and can be told to forget what it has not played.

    Args:
        speed: How much faster than real time it plays.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._waiting = bytearray()
        self._step = asyncio.Event()
        self.heard = bytearray()

    async def play(self) -> None:
        """Play for as long as the agent runs."""
        seconds = 0.02
        size = int(seconds * self._speed * RATE) * 2
        while True:
            await asyncio.sleep(seconds)
            self.heard += self._waiting[:size]
            del self._waiting[:size]
            self._step.set()
            self._step = asyncio.Event()

    def add(self, audio: bytes) -> None:
        """Play this when all before it is played."""
        self._waiting += audio

    def stop(self) -> float:
        """Forget what is not played, and return how many seconds that is."""
        seconds = len(self._waiting) / 2 / RATE
        self._waiting.clear()
        return seconds

    async def played(self, seconds: float) -> None:
        """Wait until so many seconds more are played."""
        goal = len(self.heard) + seconds * 2 * RATE
        while len(self.heard) < goal:
            await self._step.wait()

    async def silent(self) -> None:
        """Wait until all is played."""
        while self._waiting:
            await self._step.wait()


async def model(answer: str) -> AsyncIterator[str]:
    """Stand for a language model: write an answer token by token."""
    for token in answer.split(" "):
        await asyncio.sleep(0.005)
        yield f"{token} "


class Agent:
    """Speaks in one session for the whole talk, so that no answer waits for a connection."""

    def __init__(self, session: AsyncSpeechSession, loudspeaker: Loudspeaker) -> None:
        self._session = session
        self._loudspeaker = loudspeaker
        self._spoken = asyncio.Event()

    async def listen(self) -> None:
        """Pass the audio on as it comes, until the session is complete."""
        async for event in self._session:
            if isinstance(event, SpeechSessionAudio):
                self._loudspeaker.add(event.audio)
            elif event.type == "flush_complete":
                self._spoken.set()

    async def answer(self, text: str) -> None:
        """Speak an answer while it is still being written, to its end."""
        self._spoken.clear()
        async for token in model(text):
            await self._session.send_text(token)
        await self._session.send_flush()
        await self._spoken.wait()

    async def interrupt(self) -> float:
        """Be silent at once: drop text, audio on its way, and audio not played; returns the seconds of the last."""
        await self._session.interrupt()
        return self._loudspeaker.stop()


async def talk(speed: float, base_url: str | None, out: Path) -> None:
    """Hold the talk and write down what was heard."""
    loudspeaker = Loudspeaker(speed)
    playing = asyncio.create_task(loudspeaker.play())
    key = "local" if base_url else None
    async with (
        AsyncLmnt(base_url=base_url, api_key=key) as client,
        client.speech.sessions.create(voice="leah", format="pcm_s16le", sample_rate=RATE) as session,
    ):
        agent = Agent(session, loudspeaker)
        listening = asyncio.create_task(agent.listen())
        for question, answer in TALK:
            print(f"user   {question}")
            print(f"agent  {answer[:60]}{'…' if len(answer) > 60 else ''}")
            began = len(loudspeaker.heard)
            answering = asyncio.create_task(agent.answer(answer))
            if "long" in question:
                await loudspeaker.played(PATIENCE)
                answering.cancel()
                print(f"user   (talks over it; {await agent.interrupt():.1f} s that had come were not played)")
            else:
                await answering
                await loudspeaker.silent()
            print(f"       heard {(len(loudspeaker.heard) - began) / 2 / RATE:.1f} s of it")
        await session.send_finish()
        await listening
    playing.cancel()
    out.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(out), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(loudspeaker.heard)
    print(f"session {session.request_id}: complete, {session.bytes_received} bytes; what was heard is in {out}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than real time the sound card plays")
    parser.add_argument("--out", type=Path, default=Path("out/voice_agent.wav"), help="default: %(default)s")
    given = parser.parse_args()
    if not 0.01 <= given.speed <= 1000:
        parser.error("--speed must be from 0.01 to 1000")
    is_local = not os.environ.get("LMNT_API_KEY")
    with running(engine="espeak") if is_local else nullcontext() as server:
        asyncio.run(talk(given.speed, server.base_url if server else None, given.out))


if __name__ == "__main__":
    main()
