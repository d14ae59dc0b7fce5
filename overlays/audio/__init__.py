"""What to do with audio once it is there: how long it is, WAV, numpy, playing it, and subtitles.

Imports errors, values, streams, session and long_texts.
"""

from .frames import duration
from .playing import play
from .samples import to_numpy, to_wav

__all__ = ["duration", "play", "to_numpy", "to_wav"]
