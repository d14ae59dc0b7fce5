"""How well the engines say when a word begins, in milliseconds, against espeak-ng's own events on the same texts.

    .venv/bin/python -m benchmarks.timestamps

`aligned` is what an engine that tells nothing gets (`engines.alignment`): it is tried on espeak-ng's own speech, whose
events are the truth. `hibari` tells the length of its phonemes: its speech is laid over espeak-ng's by dynamic time
warping of their spectra, and each event is carried over. What that gets wrong, some frames of 5 ms, is in the figures.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lmnt_server.engines import Engine, Mark, make
from lmnt_server.engines.alignment import aligned

TEXTS: Final = (
    "The quick brown fox jumps over the lazy dog.",
    "She sells sea shells by the sea shore, and he buys them every morning.",
    "Nobody counted the clocks, for everybody knew that they were wrong.",
    "In the middle of the night a train stopped at a station that was on no map.",
    "Please turn left at the next corner, then go straight on for two hundred metres.",
    "I never said that you should take the money; I said that you could.",
    "When the rain had passed, the children ran out into the garden.",
    "A good story begins late and ends early.",
    "Yesterday the temperature in the valley fell below zero for the first time this winter.",
    "Could you tell me where the nearest library is, and when it closes?",
    "The committee will decide on Thursday whether the bridge can be saved.",
    "Old books smell of dust, glue and patience.",
)
HOP: Final = 120  # samples of 24 kHz: 5 ms
WINDOW: Final = 600

Floats = NDArray[np.float64]


def spoken(engine: Engine, text: str) -> tuple[Floats, list[Mark]]:
    """Return the samples of a text and its marks."""
    blocks = list(engine.speak(text, voice="leah", language="en"))
    samples = np.frombuffer(b"".join(block.pcm for block in blocks), np.int16) / 32768
    return samples, [mark for block in blocks for mark in block.marks]


def features(samples: Floats) -> Floats:
    """Return a row for each hop: the loudness of 24 bands and how it changes, each from -1 to 1 or so."""
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames, 1024)) ** 2
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 26)
    edges = (700 * (10 ** (mel / 2595) - 1) * 1024 / 24000).astype(int)
    bands = np.stack([power[:, a : max(c, a + 2)].mean(1) for a, c in zip(edges[:-2], edges[2:], strict=True)], 1)
    loud = np.log(bands + 1e-6)
    loud = (loud - loud.mean(0)) / (loud.std(0) + 1e-6)
    return np.hstack([loud, 2 * np.gradient(loud, axis=0)])


def laid_over(left: Floats, right: Floats) -> Floats:
    """Return for each hop of one speech the hop of another that is most like it, in order."""
    a, b = features(left), features(right)
    cost = np.sqrt(((a[:, None] - b[None]) ** 2).sum(2))
    total = np.full((len(a) + 1, len(b) + 1), np.inf)
    total[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            total[i + 1, j + 1] = cost[i, j] + min(total[i, j], total[i, j + 1], total[i + 1, j])
    i, j = len(a), len(b)
    met: list[list[int]] = [[] for _ in range(len(a))]
    while i and j:
        met[i - 1].append(j - 1)
        i, j = min(((i - 1, j - 1), (i - 1, j), (i, j - 1)), key=lambda step: total[step])
    return np.array([np.mean(each) for each in met])


def main() -> None:
    """Print the figures."""
    espeak, hibari = make("espeak", None), make("hibari", None)
    errors: dict[str, list[float]] = {"aligned": [], "hibari": []}
    for text in TEXTS:
        samples, events = spoken(espeak, text)
        pcm = (samples * 32768).astype(np.int16).tobytes()
        found = {mark.begin: mark.start for mark in aligned(text, pcm, espeak.rate)}
        errors["aligned"] += [
            (found[event.begin] - event.start) / espeak.rate * 1000 for event in events if event.begin in found
        ]
        times = np.arange(0, len(samples), espeak.rate / 24000)
        path = laid_over(np.interp(times, np.arange(len(samples)), samples), (told := spoken(hibari, text))[0])
        starts = {mark.begin: mark.start / 24 for mark in told[1]}
        for event in events:
            hop = min(round(event.start * 24000 / espeak.rate / HOP), len(path) - 1)
            if event.begin in starts:
                errors["hibari"].append(starts[event.begin] - path[hop] * HOP / 24)
    for name, found_errors in errors.items():
        sizes = np.abs(found_errors)
        print(
            f"{name:8} {len(sizes)} words: median {np.median(sizes):.0f} ms, 95th percentile"
            f" {np.percentile(sizes, 95):.0f} ms, late by {np.median(found_errors):+.0f} ms in the median"
        )


if __name__ == "__main__":
    main()
