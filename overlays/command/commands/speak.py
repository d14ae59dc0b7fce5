"""Speaks a text into a file, or to a player.

The text is TEXT, or that of a file with -f, or standard input with -. The format is that of --format, else that of the
ending of the file, else mp3. Without -o and --play the file is called speech, with the ending of its format.
"""

from __future__ import annotations

import os
from typing import Any

import click

from ..common import Common, Leaf, option
from ..inputs import read_text
from ..parameters import options_of
from ..rows import row

VOICE = "leah"
_OPERATION = row("speech.generate")
_FORMATS = next(each.choices for each in _OPERATION.arguments if each.name == "format")
_ENDINGS = {**{f".{each}": each for each in _FORMATS}, ".pcm": "pcm_s16le", ".raw": "pcm_s16le"}


def _run(text: str | None, _file: str | None, _output: str | None, format: str | None, **given: Any) -> None:
    from ...errors import NotFoundError
    from ..near import add_near
    from ..output import save, tell_saved
    from ..progress import Progress

    common: Common = click.get_current_context().find_root().obj
    said = _text_of(text, _file)
    format = format or _ENDINGS.get(os.path.splitext(_output or "")[1].lower(), "mp3")  # noqa: PTH122  # pathlib takes long to import
    target = _output or f"speech.{format}"
    arguments = {name: value for name, value in given.items() if value is not None}
    with common.client() as client, Progress("speaking") as progress:
        try:
            speech = client.speech.with_streaming_response
            with speech.generate(text=said, format=format, **arguments) as response:
                count = save(progress.counting(response.iter_bytes()), target)
        except NotFoundError as error:
            add_near(error, client, "voices", arguments["voice"])
            raise
    tell_saved(target, count, common)


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
        option("-f", "--file", "_file", metavar="FILE", help="A file with the text, in UTF-8."),
        option("-o", "--output", "_output", metavar="FILE", help="The file to write; - is standard output."),
        option("--voice", default=VOICE, metavar="ID", help=f"The id of the voice that speaks; {VOICE} without it."),
        *options_of(_OPERATION, but=("text", "voice")),
    ],
    examples=['lmnt speak "Hello there." -o hello.mp3', "lmnt speak -f book.txt --voice ansel -o book.wav"],
)
