# What the server uses of piper-tts, which nothing here installs.
from collections.abc import Iterable, Sequence
from pathlib import Path

from onnxruntime import InferenceSession

class SynthesisConfig:
    def __init__(self, speaker_id: int | None = ..., length_scale: float | None = ...) -> None: ...

class PiperConfig:
    espeak_voice: str
    length_scale: float
    num_speakers: int
    sample_rate: int

class PhonemeAlignment:
    phoneme: str
    num_samples: int

class AudioChunk:
    @property
    def audio_int16_bytes(self) -> bytes: ...
    phoneme_alignments: Sequence[PhonemeAlignment] | None

class PiperVoice:
    config: PiperConfig
    session: InferenceSession
    @staticmethod
    def load(model_path: Path) -> PiperVoice: ...
    def synthesize(
        self, text: str, syn_config: SynthesisConfig, include_alignments: bool = ...
    ) -> Iterable[AudioChunk]: ...
