"""Speaks a text into a file, or to a player.

The text is TEXT, or that of a file with -f, or standard input with -; it may be of any length. The format is that of
--format, else that of the ending of the file, else mp3. Without -o and --play the file is called speech, with the
ending of its format.

What was made of a long text when it is interrupted is kept beside the file, as FILE.journal: the same command again
goes on with it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from ..common import Common, Leaf, option
from ..inputs import read_text
from ..parameters import options_of
from ..rows import row

if TYPE_CHECKING:
    from ...long_texts.pieces import LongTextProgress
    from ...long_texts.sync import LongSpeech
    from ..progress import Progress

VOICE = "leah"
_OPERATION = row("speech.generate")
_FORMATS = next(each.choices for each in _OPERATION.arguments if each.name == "format")
_ENDINGS = {**{f".{each}": each for each in _FORMATS}, ".pcm": "pcm_s16le", ".raw": "pcm_s16le"}


def _run(
    text: str | None,
    _file: str | None,
    _output: str | None,
    _play: bool,
    _timestamps: bool,
    _subtitles: str | None,
    format: str | None,
    **given: Any,
) -> None:
    from ...errors import Error, NotFoundError
    from ..near import add_near
    from ..progress import Progress

    common: Common = click.get_current_context().find_root().obj
    if _output == "-" and (_play or _timestamps):
        raise click.UsageError("standard output has the audio: name a file with -o")
    if _subtitles and _output in ("-", None):
        raise click.UsageError("subtitles go beside the audio: name its file with -o")
    said = _text_of(text, _file)
    form: Any = format or _ENDINGS.get(_ending(_output or ""), "mp3")
    arguments = {name: value for name, value in given.items() if value is not None}
    with common.client() as client, Progress("speaking") as progress:

        def show(now: LongTextProgress) -> None:
            progress.advance(now.characters, now.all_characters, "characters")

        try:
            speech = client.speech.generate_long(
                said,
                format=form,
                return_timestamps=_timestamps or _subtitles is not None,
                on_progress=show,
                **arguments,
            )
            target = None if _play and _output is None else _output or f"speech.{form}"
            audio = b"".join(speech) if target is None else _save(speech, target, progress)
        except Error as error:
            # Who gives a short text knows of no pieces.
            error.message = error.message.removeprefix(f"piece 1 of 1 (characters 0 to {len(said)}): ")
            if isinstance(error, NotFoundError):
                add_near(error, client, "voices", arguments["voice"])
            raise
    if target is not None:
        _tell(speech, target, common, _timestamps, _subtitles)
    if _play:
        from ...audio import play

        play(audio, format=form, sample_rate=arguments.get("sample_rate"))


def _save(speech: LongSpeech, target: str, progress: Progress) -> str:
    """Write the audio, and return where it is."""
    from ..output import is_file, save

    if not is_file(target):
        save(progress.counting(speech), target)
        return target
    is_long = len(speech.pieces) > 1
    try:
        speech.stream_to_file(target, resume=is_long)
    except KeyboardInterrupt as interrupt:
        if is_long:
            interrupt.add_note(f"the same command goes on with {target}.journal")
        raise
    return target


def _tell(speech: LongSpeech, target: str, common: Common, timestamps: bool, subtitles: str | None) -> None:
    from ..output import plain, show, tell_saved

    more: dict[str, Any] = {"seconds": round(speech.seconds, 3)}
    words: list[Any] = plain(list(speech.timestamps)) if timestamps else []
    if subtitles:
        from ...audio.cues import subtitles as cues_of

        more["subtitles"] = f"{os.path.splitext(target)[0]}.{subtitles}"  # noqa: PTH122  # pathlib takes long to import
        cues_of(speech.timestamps).write_to_file(more["subtitles"])
    if common.json and timestamps:
        more["timestamps"] = words
    tell_saved(target, os.stat(target).st_size if target != "-" else 0, common, **more)  # noqa: PTH116  # likewise
    if timestamps and not common.json:
        show(words, common)


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  # pathlib takes long to import


def _text_of(text: str | None, file: str | None) -> str:
    if (text is None) == (file is None):
        raise click.UsageError("give one text: as TEXT, with -f FILE, or - for standard input")
    found = read_text(file or "-") if file is not None or text == "-" else text or ""
    if not found.strip():
        raise click.UsageError("there is no text to speak")
    return found


command = Leaf(
    "speak",
    _run,
    text=__doc__ or "",
    options=[
        click.Argument(["text"], required=False),
        option("-f", "--file", "_file", metavar="FILE", help="A file with the text, in UTF-8; - is standard input."),
        option("-o", "--output", "_output", metavar="FILE", help="The file to write; - is standard output."),
        option("--play", "_play", is_flag=True, help="Play the audio, by a player that is installed."),
        option("--voice", default=VOICE, metavar="ID", help=f"The id of the voice that speaks; {VOICE} without it."),
        option("--timestamps", "_timestamps", is_flag=True, help="Print when each word is spoken."),
        option(
            "--subtitles",
            "_subtitles",
            type=click.Choice(["srt", "vtt"]),
            help="Write subtitles beside the file, with this ending.",
        ),
        *options_of(_OPERATION, but=("text", "voice")),
    ],
    examples=['lmnt speak "Hello there." -o hello.mp3', "lmnt speak -f book.txt -o book.wav --subtitles srt"],
)
