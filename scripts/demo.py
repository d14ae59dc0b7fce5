"""Speak a text through the generated client and the local server, into out/speech.mp3 and out/speech.wav."""

from __future__ import annotations

import argparse
import base64
import io
import re
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import av

from lmnt import Lmnt, LmntError, NotFoundError
from lmnt.models import Timestamp
from lmnt_server.process import ServerFailedError, running

ROOT = Path(__file__).resolve().parent.parent
VOICE = "leah"
TEXT = "Audio that stops early is an error, never a shorter file. This text was spoken by the local server."
PIECE = 2000
"""Characters in one request; the API allows 5000."""


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="./scripts/demo", description=__doc__)
    parser.add_argument("text", nargs="?", help="what to say")
    parser.add_argument("--file", type=Path, metavar="FILE", help="a text file to read out, of any length")
    parser.add_argument("--out", type=Path, default=ROOT / "out", metavar="DIR", help="where to write (default: out)")
    parser.add_argument(
        "--engine", choices=["hibari", "espeak"], default="hibari", help="what speaks (default: hibari, a neural voice)"
    )
    given = parser.parse_args()
    try:
        if given.text is not None and given.file is not None:
            raise DemoError("give a text or a file, not both")
        text = read_text(given.file) if given.file is not None else given.text if given.text is not None else TEXT
        if not text.strip():
            raise DemoError("there is no text to speak")
        given.out.mkdir(parents=True, exist_ok=True)
        check_fresh()
        with running(engine=given.engine) as server, Lmnt(base_url=server.base_url, api_key="demo") as client:
            print(f"server      {server.base_url}, speaking with {given.engine}")
            show_voices(client)
            speak(client, text, given.out)
            show_error(client)
    except (DemoError, LmntError, ServerFailedError, OSError) as error:
        name = "" if isinstance(error, DemoError) else f"{type(error).__name__}: "
        print(f"demo: {name}{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: stopped", file=sys.stderr)
        return 130
    return 0


def read_text(path: Path) -> str:
    """Read a file as UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DemoError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DemoError(f"{path} is not UTF-8 text: {error}") from error


def check_fresh() -> None:
    """Stop if the generated package is stale."""
    command = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise DemoError(f"the generated package is stale:\n{run.stdout}{run.stderr}")
    print(f"package     {run.stdout.strip()}")


def show_voices(client: Lmnt) -> None:
    """List the voices."""
    voices = client.voices.list()
    print(f"voices      {', '.join(voice.id for voice in voices)}  (request {voices.request_id})")


def pieces(text: str) -> Iterator[str]:
    """Split a text at the ends of sentences, or between words if a sentence is too long."""
    rest = text.strip()
    while len(rest) > PIECE:
        ends = [match.end() for match in re.finditer(r"[.!?…]+\s+|\n\s*\n", rest[:PIECE])]
        spaces = [match.end() for match in re.finditer(r"\s+", rest[:PIECE])]
        end = (ends or spaces or [PIECE])[-1]
        yield rest[:end]
        rest = rest[end:]
    yield rest


def speak(client: Lmnt, text: str, folder: Path) -> None:
    """Speak the text twice: streamed as MP3, and in one response as WAV with timestamps."""
    mp3, wav = folder / "speech.mp3", folder / "speech.wav"
    unfinished = {path: path.with_name(f".{path.name}.unfinished") for path in (mp3, wav)}
    parts = list(pieces(text))
    words: list[Timestamp] = []
    seconds = 0.0
    try:
        with ExitStack() as files:
            mp3_file = files.enter_context(unfinished[mp3].open("wb"))
            wav_file: wave.Wave_write | None = None
            for number, part in enumerate(parts, 1):
                first_byte, whole, request_id = stream(client, part, mp3_file)
                print(
                    f"streamed    part {number} of {len(parts)}: first byte after {first_byte * 1000:.0f} ms,"
                    f" all after {whole * 1000:.0f} ms  (request {request_id})"
                )
                detailed = client.speech.generate_detailed(text=part, voice=VOICE, format="wav", return_timestamps=True)
                with wave.open(io.BytesIO(base64.b64decode(detailed.audio))) as spoken:
                    if wav_file is None:
                        wav_file = files.enter_context(wave.open(str(unfinished[wav]), "wb"))
                        wav_file.setparams(spoken.getparams())
                    wav_file.writeframes(spoken.readframes(spoken.getnframes()))
                    length = spoken.getnframes() / spoken.getframerate()
                for word in detailed.timestamps or []:
                    word.start += seconds
                    words.append(word)
                seconds += length
                print(f"with times  part {number} of {len(parts)}: {length:.2f} s  (request {detailed.request_id})")
        for path, temporary in unfinished.items():
            temporary.replace(path)
    finally:
        for temporary in unfinished.values():
            temporary.unlink(missing_ok=True)
    for path in (mp3, wav):
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        print(f"wrote       {shown}: {duration(path):.2f} s, {path.stat().st_size:,} bytes")
    show_words(words)


def stream(client: Lmnt, text: str, file: io.BufferedWriter) -> tuple[float, float, str | None]:
    """Write the speech as it arrives; return the seconds to the first byte and to the last, and the request id."""
    started = time.perf_counter()
    first: float | None = None
    with client.speech.with_streaming_response.generate(text=text, voice=VOICE, format="mp3") as response:
        for chunk in response.iter_bytes():
            first = first if first is not None else time.perf_counter() - started
            file.write(chunk)
        return first or 0.0, time.perf_counter() - started, response.request_id


def duration(path: Path) -> float:
    """Return the duration of a file in seconds, from its decoded samples."""
    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def show_words(words: list[Timestamp], most: int = 24) -> None:
    """Show when each word is spoken."""
    spoken = [word for word in words if any(map(str.isalnum, word.text))]
    print(f"\n  {'start':>8}  {'length':>7}  word")
    for word in spoken[:most]:
        print(f"  {word.start:7.2f}s  {word.duration:6.2f}s  {word.text}")
    if len(spoken) > most:
        print(f"  … and {len(spoken) - most} more")


def show_error(client: Lmnt) -> None:
    """Show what an error looks like."""
    try:
        client.voices.retrieve("nobody")
    except NotFoundError as error:
        print(f"\na typed error: {type(error).__name__}: {error}\nits request id: {error.request_id}")
    else:
        raise DemoError("a voice that does not exist was found")


if __name__ == "__main__":
    sys.exit(main())
