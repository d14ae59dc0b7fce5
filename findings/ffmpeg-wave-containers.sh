#!/bin/sh
# WAV files whose samples have fewer bits than their containers, as WAVEFORMATEXTENSIBLE is for (Microsoft, "WAVEFORMATEXTENSIBLE":
# wBitsPerSample 32, wValidBitsPerSample 24 or 16; the valid bits at the top, zeros below). The same second of sound, peak 0.5:
#   soundfile 0.14.0, scipy 1.17.1    a second, peak 0.5, whatever the valid bits
#   PyAV 18.1.0 (FFmpeg 8.1.2)        32 valid bits: the same
#     24 of 32 bits                   read as floating-point numbers (pcm_f24le): samples that are no number, announced as 1.33 s
#     16 of 32 bits                   each container read as two samples: two seconds, every second sample 0
# There is no error and no warning: it takes the valid bits for the size of the container.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import io
import struct
from importlib.metadata import version

import av
import numpy
import scipy.io.wavfile
import soundfile

RATE = 8000
PCM = struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
TOP = numpy.round(numpy.sin(numpy.arange(RATE) / 20) * 2**22).astype("int64")


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body


def wave(valid):
    samples = (TOP >> (24 - min(valid, 24)) << (32 - min(valid, 24))).astype("<i4").tobytes()
    form = struct.pack("<HHIIHHHHI", 0xFFFE, 1, RATE, RATE * 4, 4, 32, 22, valid, 4) + PCM
    return chunk(b"RIFF", b"WAVE" + chunk(b"fmt ", form) + chunk(b"data", samples))


def by_soundfile(data):
    samples, rate = soundfile.read(io.BytesIO(data))
    return "", len(samples) / rate, abs(samples).max()


def by_scipy(data):
    rate, samples = scipy.io.wavfile.read(io.BytesIO(data))
    return "", len(samples) / rate, abs(samples / 2**31).max()


def by_av(data):
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        duration = float(stream.duration * stream.time_base)
        samples = numpy.concatenate([frame.to_ndarray().ravel() for frame in container.decode(stream)])
    if samples.dtype != "float32":
        samples = samples / (float(numpy.iinfo(samples.dtype).max) + 1)
    return stream.codec_context.name + " ", duration, abs(samples).max()


print(", ".join(f"{name} {version(name)}" for name in ("soundfile", "scipy", "av")) + f", FFmpeg {av.ffmpeg_version_info}")
for valid in (32, 24, 16):
    for name, read in {"soundfile": by_soundfile, "scipy": by_scipy, "PyAV": by_av}.items():
        codec, duration, peak = read(wave(valid))
        print(f"{valid} of 32 bits: {name}: {codec}{duration:.2f} s, peak {peak:.2f}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    soundfile==0.14.0 scipy==1.17.1 av==18.1.0 numpy==2.4.6
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
soundfile 0.14.0, scipy 1.17.1, av 18.1.0, FFmpeg 8.1.2
32 of 32 bits: soundfile: 1.00 s, peak 0.50
32 of 32 bits: scipy: 1.00 s, peak 0.50
32 of 32 bits: PyAV: pcm_s32le 1.00 s, peak 0.50
24 of 32 bits: soundfile: 1.00 s, peak 0.50
24 of 32 bits: scipy: 1.00 s, peak 0.50
24 of 32 bits: PyAV: pcm_f24le 1.33 s, peak nan
16 of 32 bits: soundfile: 1.00 s, peak 0.50
16 of 32 bits: scipy: 1.00 s, peak 0.50
16 of 32 bits: PyAV: pcm_s16le 2.00 s, peak 0.50
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
