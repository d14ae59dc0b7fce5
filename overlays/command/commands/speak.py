"""Speaks a text into a file, or to a player.

The text is TEXT, or that of a file with -f, or standard input with -; it may be of any length. The format is that of
--format, else that of the ending of the file, else mp3. Without -o and --play the file is called speech, with the
ending of its format.

What was made of a long text when it is interrupted is kept beside the file, as FILE.journal: the same command again
goes on with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..common import Common, Leaf, option
from ..inputs import read_text
from ..parameters import options_of
from ..rows import row

if TYPE_CHECKING:
    from ...models.timestamp import Timestamp
    from ..progress import Progress

VOICE = "leah"
MOST = 5000
"""Characters that one request takes."""

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
    from ...errors import NotFoundError
    from ..near import add_near
    from ..progress import Progress

    common: Common = click.get_current_context().find_root().obj
    if _output == "-" and (_play or _timestamps):
        raise click.UsageError("standard output has the audio: name a file with -o")
    if _subtitles and _output in ("-", None):
        raise click.UsageError("subtitles go beside the audio: name its file with -o")
    said = _text_of(text, _file)
    form: Any = format or _ENDINGS.get(os.path.splitext(_output or "")[1].lower(), "mp3")  # noqa: PTH122  # pathlib takes long to import
    arguments = {name: value for name, value in given.items() if value is not None}
    is_timed = _timestamps or _subtitles is not None
    target = None if _play and _output is None else _output or f"speech.{form}"
    with common.client() as client, Progress("speaking") as progress:
        speaking = Speaking(client, said, {"format": form, **arguments}, target, progress)
        try:
            if len(said) > MOST:
                speaking.speak_long(is_timed=is_timed)
            elif is_timed:
                speaking.speak_timed()
            else:
                speaking.speak()
        except NotFoundError as error:
            add_near(error, client, "voices", arguments["voice"])
            raise
    if target is not None:
        speaking.tell(common, _subtitles, shows_words=_timestamps)
    if _play:
        from ...audio import play

        play(target or speaking.audio, format=form, sample_rate=arguments.get("sample_rate"))


class Speaking:
    """A text that is spoken: by one request, or in pieces if it is too long for one.

    Args:
        client: The client.
        text: The text.
        arguments: The arguments of the operation.
        target: Where the audio goes; None keeps it in `audio`.
        progress: What is told how far it is.
    """

    def __init__(
        self, client: Any, text: str, arguments: dict[str, Any], target: str | None, progress: Progress
    ) -> None:
        self._speech = client.speech
        self._text = text
        self._arguments = arguments
        self._target = target
        self._progress = progress
        self.audio = b""
        self.words: Sequence[Timestamp] = ()

    def speak(self) -> None:
        """Speak it while it arrives."""
        with self._speech.with_streaming_response.generate(text=self._text, **self._arguments) as response:
            self._save(response.iter_bytes())

    def speak_timed(self) -> None:
        """Speak it, with the time of each word."""
        import base64

        spoken = self._speech.generate_detailed(text=self._text, return_timestamps=True, **self._arguments)
        self.words = spoken.timestamps or ()
        self._save(iter([base64.b64decode(spoken.audio)]))

    def speak_long(self, *, is_timed: bool) -> None:
        """Speak it in pieces, with a journal beside a file."""
        from ..output import is_file

        def show(now: Any) -> None:
            self._progress.advance(now.characters, now.all_characters, "characters")

        speech = self._speech.generate_long(self._text, return_timestamps=is_timed, on_progress=show, **self._arguments)
        if self._target is None or not is_file(self._target):
            self._save(speech)
        else:
            try:
                speech.stream_to_file(self._target, resume=True)
            except KeyboardInterrupt as interrupt:
                interrupt.add_note(f"the same command goes on with {self._target}.journal")
                raise
        self.words = speech.timestamps

    def _save(self, chunks: Iterator[bytes]) -> None:
        from ..output import save

        counted = self._progress.counting(chunks)
        if self._target is None:
            self.audio = b"".join(counted)
        else:
            save(counted, self._target)

    def tell(self, common: Common, subtitles: str | None, *, shows_words: bool) -> None:
        """Write the subtitles, and tell what there is."""
        from ..output import is_file, plain, show, tell_saved

        if self._target is None or not is_file(self._target):
            return
        more: dict[str, Any] = {}
        if subtitles:
            from ...audio.cues import subtitles as cues_of

            more["subtitles"] = f"{os.path.splitext(self._target)[0]}.{subtitles}"  # noqa: PTH122  # pathlib takes long to import
            cues_of(self.words).write_to_file(more["subtitles"])
        words: list[Any] = plain(list(self.words)) if shows_words else []
        if common.json and shows_words:
            more["timestamps"] = words
        tell_saved(self._target, os.stat(self._target).st_size, common, **more)  # noqa: PTH116  # likewise
        if shows_words and not common.json:
            # For people: pauses are no words, and a millisecond is fine enough.
            heard = [each for each in words if each["text"].strip()]
            rows = [
                {"start": f"{e['start']:.3f}", "duration": f"{e['duration']:.3f}", "word": e["text"]} for e in heard
            ]
            show(rows, common)


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
