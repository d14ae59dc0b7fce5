"""Run by test_server_piper.py where piper-tts and onnx are installed: makes a voice of Piper and speaks with it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from lmnt_server.engines import make

RATE = 16_000
HOP = 256
FRAMES = 6  # of each phoneme


def voice(file: Path, *, speakers: int, tells: bool) -> None:
    """Write a voice that sounds a tone for each phoneme.

    It has the inputs and outputs of Piper's own; `tells` is whether the lengths of its phonemes can be found in it.
    """
    tone = np.sin(np.arange(FRAMES * HOP) * 2 * np.pi / 64).astype(np.float32)
    constants = {
        "tone": tone[None, None],
        "zero": np.array(0, np.float32),
        "nearly": np.array(FRAMES - 0.5, np.float32),
        "space": np.array(DEFAULT_PHONEME_ID_MAP[" "][0], np.int64),
        "last": np.array([-1], np.int64),
        "all": np.array([1, 1, 1, -1], np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Cast", ["input"], ["numbers"], to=TensorProto.FLOAT),
        node("Mul", ["numbers", "zero"], ["zeros"]),
        node("Add", ["zeros", "nearly"], ["lengths"]),
        node("Ceil" if tells else "Identity", ["lengths"], ["frames"]),
        node("Greater", ["input", "space"], ["sounds"]),
        node("Cast", ["sounds"], ["loudness"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["loudness", "last"], ["columns"]),
        node("Mul", ["columns", "tone"], ["rows"]),
        node("Reshape", ["rows", "all"], ["output"]),
    ]
    inputs: list[Any] = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, [1]))
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "samples"])]
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "voice", inputs, outputs, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(file))
    config = {
        "audio": {"sample_rate": RATE},
        "espeak": {"voice": "de"},
        "num_symbols": 256,
        "num_speakers": speakers,
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
    }
    file.with_name(f"{file.name}.json").write_text(json.dumps(config))


def main() -> None:
    """Speak with each voice in a folder, and print the words with their times."""
    folder = Path(sys.argv[1])
    voice(folder / "anna.onnx", speakers=1, tells=True)
    voice(folder / "many.onnx", speakers=4, tells=False)
    engine = make("piper", folder)
    found: dict[str, Any] = {"voices": {each.id: each.description for each in engine.voices}}
    text = "Guten Tag, Anna. Wie geht es dir?"
    for name in ("anna", "many", "leah"):
        blocks = list(engine.speak(text, voice=name, language="de"))
        found[name] = {
            "seconds": sum(len(block.pcm) for block in blocks) / 2 / engine.rate,
            "words": [
                (text[m.begin : m.end], m.start / engine.rate, m.stop / engine.rate) for b in blocks for m in b.marks
            ],
        }
    found["english"] = sum(len(block.pcm) for block in engine.speak("Hello", voice="anna", language="en"))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
