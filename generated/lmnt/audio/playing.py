"""Playing audio, by a player that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import Error, FileError, InvalidArgumentError
from ..models.speech_format import SpeechFormat
from ..values.files import reason_of
from .samples import to_wav
from .sources import WITHOUT_CONTAINER, Source, format_of, opened, path_of

PLAYERS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "mpv": (("--no-video", "--no-terminal", "--no-config"), ("mp3", "aac", "wav", "webm")),
    "ffplay": (("-nodisp", "-autoexit", "-loglevel", "error"), ("mp3", "aac", "wav", "webm")),
    "afplay": ((), ("mp3", "aac", "wav")),
    "play": (("-q", "-V1"), ("mp3", "wav")),
    "pw-play": ((), ("wav",)),
    "paplay": ((), ("wav",)),
    "aplay": (("-q",), ("wav",)),
}
"""Programs in the order in which they are taken: their arguments before the file, and the formats that they play."""


def play(
    audio: Source,
    *,
    format: SpeechFormat | None = None,
    sample_rate: int | None = None,
    player: str | Sequence[str] | None = None,
) -> None:
    """Play audio, and return at its end.

    The first of these that is installed and knows the format plays it: mpv, ffplay, afplay (macOS), play (SoX),
    pw-play, paplay, aplay.

    Args:
        audio: The audio.
        format: Its format, for samples alone: `pcm_s16le` or `pcm_f32le`. Others say it themselves.
        sample_rate: Samples in a second, for samples alone.
        player: Another program, or one with its arguments; the file is the last one.

    Raises:
        InvalidArgumentError: It cannot be read, is no audio of these formats, or there is no such program.
        FileError: No temporary file can be written.
        Error: No player is installed, or the player failed.
    """
    with opened(audio) as data:
        kind = format_of(data, format)
        command = _command(kind if kind not in WITHOUT_CONTAINER else "wav", player)
        if isinstance(audio, str | os.PathLike) and kind not in WITHOUT_CONTAINER:
            _run([*command, os.path.abspath(path_of(audio))])  # noqa: PTH100  # so that no name looks like an option
            return
        content = to_wav(data[:], format=format, sample_rate=sample_rate) if kind in WITHOUT_CONTAINER else data[:]
    try:
        with tempfile.TemporaryDirectory(prefix="audio-") as folder:
            path = Path(folder) / f"audio.{'wav' if kind in WITHOUT_CONTAINER else kind}"
            path.write_bytes(content)
            _run([*command, str(path)])
    except OSError as error:
        raise FileError(f"cannot write a temporary file: {reason_of(error)}", path=tempfile.gettempdir()) from error


def _command(kind: str, player: str | Sequence[str] | None) -> list[str]:
    """Return the program and its arguments."""
    if player is not None:
        if not player and not isinstance(player, str):
            raise InvalidArgumentError("no program was named to play audio with")
        program, *arguments = [player] if isinstance(player, str) else [*player]
        if (found := shutil.which(program)) is None:
            raise InvalidArgumentError(f"there is no program {program!r} to play audio with")
        return [found, *arguments]
    for name, (options, formats) in PLAYERS.items():
        if kind in formats and (found := shutil.which(name)) is not None:
            return [found, *options]
    able = [name for name, (_, formats) in PLAYERS.items() if kind in formats]
    raise Error(f"no program that plays {kind} is installed: install one of {', '.join(able)}, or name another one")


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise Error(f"{command[0]} cannot be started: {reason_of(error)}") from error
    said = done.stderr.decode(errors="replace").strip().splitlines()
    # ffplay exits with 0 all the same, but names a file that it cannot play.
    if done.returncode or (Path(command[0]).stem == "ffplay" and any(command[-1] in line for line in said)):
        raise Error(f"{command[0]} failed ({done.returncode}){f': {said[-1][:300]}' if said else ''}")
