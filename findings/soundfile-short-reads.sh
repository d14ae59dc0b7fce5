#!/bin/sh
# soundfile 0.14.0 (libsndfile 1.2.2) hands out a part of these files as the whole, without an error or a warning, where PyAV 18.1.0
# and miniaudio 1.71 read all that is in them:
#   an MP3 of variable bit rate without a Xing header, which ISO 11172-3 knows nothing of: the number of samples is guessed from
#   the bit rate of the first frames, and `soundfile.read` stops there; `SoundFile.blocks` too;
#   an Ogg file of two links, one after the other, Opus or Vorbis (chaining, RFC 3533 section 4): the first.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import io
from importlib.metadata import version

import av
import miniaudio
import numpy
import soundfile

RATE = 48000
# A second of noise, and two of a quiet tone: the frames of the first take the most bits, those of the others the fewest.
noise = numpy.random.default_rng(1).normal(0, 0.2, RATE)
tone = 0.01 * numpy.sin(numpy.arange(2 * RATE) * 440 * 2 * numpy.pi / RATE)
SOUND = numpy.concatenate([noise, tone]).astype("float32")


def mp3():
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="mono", options={"flags": "+qscale", "global_quality": "590"})
        frame = av.AudioFrame.from_ndarray(SOUND.reshape(1, -1), format="fltp", layout="mono")
        frame.rate = RATE
        for frame in (frame, None):
            container.mux(stream.encode(frame))
    return buffer.getvalue()


def link(subtype):
    buffer = io.BytesIO()
    soundfile.write(buffer, SOUND, RATE, format="OGG", subtype=subtype)
    return buffer.getvalue()


def seconds_by_soundfile(data):
    samples, rate = soundfile.read(io.BytesIO(data))
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        in_blocks = sum(len(block) for block in file.blocks(1000))
    assert in_blocks == len(samples)
    return len(samples) / rate


def seconds_by_av(data):
    with av.open(io.BytesIO(data)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def seconds_by_miniaudio(data):
    decoded = miniaudio.decode(data)
    return decoded.num_frames / decoded.sample_rate


print(", ".join(f"{name} {version(name)}" for name in ("soundfile", "av", "miniaudio")) + f", libsndfile {soundfile.__libsndfile_version__}")
for name, data in {"MP3": mp3(), "Opus": link("OPUS") + link("OPUS"), "Vorbis": link("VORBIS") + link("VORBIS")}.items():
    said = [f"soundfile {seconds_by_soundfile(data):.1f} s", f"PyAV {seconds_by_av(data):.1f} s"]
    if name == "MP3":
        said.append(f"miniaudio {seconds_by_miniaudio(data):.1f} s")
    print(f"{name}: {', '.join(said)}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check soundfile==0.14.0 av==18.1.0 miniaudio==1.71 numpy==2.4.6
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
soundfile 0.14.0, av 18.1.0, miniaudio 1.71, libsndfile 1.2.2
MP3: soundfile 0.5 s, PyAV 3.0 s, miniaudio 3.0 s
Opus: soundfile 3.0 s, PyAV 6.0 s
Vorbis: soundfile 3.0 s, PyAV 6.0 s
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
