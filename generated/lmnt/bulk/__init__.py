"""Many texts as many files: a manifest in, an audio file and a result for each line out.

Imports errors, values, settings, transport, streams, long_texts and audio.
"""

from .results import Result, Summary
from .running import arun, run

__all__ = ["Result", "Summary", "arun", "run"]
