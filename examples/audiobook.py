"""An audiobook: a text file becomes one MP3, with subtitles beside it.

Runs with no key, on the local server; with LMNT_API_KEY (and LMNT_BASE_URL) set, on that. If it is interrupted, run it
again: it goes on.

    .venv/bin/python examples/audiobook.py book.txt
    .venv/bin/python examples/audiobook.py book.txt --out book.mp3 --voice leah
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext
from pathlib import Path

from lmnt import Lmnt, LongTextProgress, subtitles
from lmnt_server.process import running

WIDTH = 40
"""Characters of the bar."""


def show(progress: LongTextProgress) -> None:
    """Draw the progress bar, over the one before on a terminal."""
    share = progress.characters / progress.all_characters
    bar = "#" * round(WIDTH * share)
    minutes, seconds = divmod(round(progress.seconds), 60)
    count = f"piece {progress.pieces} of {progress.all_pieces}"
    line = f"[{bar:<{WIDTH}}] {share:4.0%}  {count}, {minutes}:{seconds:02} of audio"
    print(line, end="\r" if sys.stdout.isatty() else "\n", flush=True)


def main() -> None:
    """Speak a text file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path, help="the text, in UTF-8")
    parser.add_argument("--out", type=Path, help="the MP3; by default beside the text")
    parser.add_argument("--voice", default="leah")
    arguments = parser.parse_args()
    book = arguments.out or arguments.text.with_suffix(".mp3")
    text = arguments.text.read_text(encoding="utf-8")
    with running() if "LMNT_API_KEY" not in os.environ else nullcontext() as server:
        client = Lmnt() if server is None else Lmnt(api_key="local", base_url=server.base_url)
        with client:
            long = client.speech.generate_long(
                text, voice=arguments.voice, return_timestamps=True, concurrency=8, on_progress=show
            )
            long.stream_to_file(book, resume=True)
    subtitles(long).write_to_file(book.with_suffix(".srt"))
    print(f"\n{book} and {book.with_suffix('.srt').name}: {long.seconds:.1f} s in {len(long.pieces)} pieces")


if __name__ == "__main__":
    main()
