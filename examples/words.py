"""Draws the waveform of a text with each word above its time: `python examples/words.py "A text." words.svg`.

Needs matplotlib and numpy. Without LMNT_API_KEY the local server speaks.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import Any

import matplotlib
from matplotlib import pyplot

from lmnt import Lmnt, audio
from lmnt_server.process import running

TEXT = "Audio that stops early is an error, never a shorter file."


def main(text: str = TEXT, path: str = "words.svg") -> None:
    """Speak the text, and write the picture, in the format that the ending of its name says."""
    with nullcontext() if os.environ.get("LMNT_API_KEY") else running() as server:
        client = Lmnt(api_key="local", base_url=server.base_url) if server else Lmnt()
        speech = client.speech.generate_detailed(text=text, voice="leah", format="wav", return_timestamps=True)
    samples, rate = audio.to_numpy(speech)
    # The lowest and the highest sample of each 5 ms: a picture has no room for more.
    step = rate // 200
    blocks = samples[: len(samples) // step * step].reshape(-1, step)
    times = [index * step / rate for index in range(len(blocks))]
    matplotlib.rcParams.update({"svg.hashsalt": "words", "svg.fonttype": "none"})  # small, and the same each time
    plots: Any = pyplot  # whose types are partly unknown
    figure, axes = plots.subplots(figsize=(10, 2.4), layout="constrained")
    axes.fill_between(times, blocks.min(axis=1), blocks.max(axis=1), color="#4269d0", linewidth=0)
    top = max(float(abs(samples).max()), 0.01)
    words = [stamp for stamp in speech.timestamps or [] if any(map(str.isalnum, stamp.text))]
    for index, word in enumerate(words):
        end = word.start + word.duration
        axes.axvspan(word.start, end, color=("#efb118", "#6cc5b0")[index % 2], alpha=0.2, linewidth=0)
        axes.text((word.start + end) / 2, top * 1.15, word.text, ha="center", rotation=30, fontsize=9)
    axes.set(xlim=(0, len(samples) / rate), ylim=(-top * 1.1, top * 1.9), xlabel="seconds", yticks=[])
    axes.spines[["top", "left", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)


if __name__ == "__main__":
    main(*sys.argv[1:3])
