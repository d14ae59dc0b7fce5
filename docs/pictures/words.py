"""The waveform of a sentence with each of its words where it is heard, spoken by the local server."""

from __future__ import annotations

import base64
import io
import sys
import wave
from array import array
from pathlib import Path

from drawing import box, keep, line, svg, text

INPUTS = ("docs/pictures/words.py", "docs/pictures/drawing.py")
TEXT = "Audio that stops early is an error, never a shorter file."
LEFT, WIDTH, MIDDLE, HEIGHT = 16, 848, 110, 56
STEP = 2
"""Pixels that a bar of the waveform takes."""


def speech() -> tuple[array[int], int, list[tuple[float, float, str]]]:
    """Return the samples, their rate, and the start, the end and the text of each word."""
    from lmnt import Lmnt
    from lmnt_server.process import running

    with running() as server, Lmnt(base_url=server.base_url, api_key="any") as client:
        spoken = client.speech.generate_detailed(text=TEXT, voice="leah", format="wav", return_timestamps=True)
    with wave.open(io.BytesIO(base64.b64decode(spoken.audio))) as file:
        samples = array("h", file.readframes(file.getnframes()))
        if sys.byteorder == "big":
            samples.byteswap()
        words = [(each.start, each.start + each.duration, each.text.strip()) for each in spoken.timestamps or []]
        return samples, file.getframerate(), [each for each in words if any(map(str.isalnum, each[2]))]


def picture() -> str:
    """Return the picture."""
    samples, rate, words = speech()
    seconds = len(samples) / rate
    loudest = max(map(abs, samples))
    parts: list[str] = []
    for start, end, word in words:
        x, width = LEFT + WIDTH * start / seconds, WIDTH * (end - start) / seconds
        parts.append(box(x, 34, width - 2, 2 * HEIGHT + 40, "panel", 4))
        parts.append(text(x + width / 2, 22, word, "strong small", "middle"))
        if width > 34:  # there is room
            parts.append(text(x + width / 2, 34 + 2 * HEIGHT + 56, f"{start:.2f} s", "muted small", "middle"))
    step = len(samples) * STEP // WIDTH
    path = []
    for number in range(WIDTH // STEP):
        part = samples[number * step : (number + 1) * step]
        high, low = (HEIGHT * each / loudest for each in (max(part), min(part)))
        path.append(f"M{LEFT + number * STEP} {MIDDLE - high:.1f}V{MIDDLE - low + 0.5:.1f}")
    parts.append(f'<path d="{"".join(path)}" class="wave"/>')
    parts.append(line(LEFT, MIDDLE, LEFT + WIDTH, MIDDLE, 'stroke-opacity=".3"'))
    return svg(LEFT * 2 + WIDTH, 34 + 2 * HEIGHT + 72, f"The waveform of “{TEXT}”, and where each word is", parts)


if __name__ == "__main__":
    keep(Path(__file__).stem + ".svg", picture(), INPUTS)
