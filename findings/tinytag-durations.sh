#!/bin/sh
# tinytag 2.3.2 on files that it does not refuse, beside mutagen 1.48.1; PyAV 18.1.0 writes them, ten seconds long:
#   ADTS (raw AAC) is taken for MPEG audio, as it finds frames of MPEG in the bits of the AAC: it lasts a fraction of a second;
#   Ogg FLAC whose STREAMINFO leaves the number of samples unknown (0, RFC 9639 section 8.2), as FFmpeg writes it, lasts 0.0 s, not
#   None, though each page says its position.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import io
from importlib.metadata import version
from pathlib import Path

import av
import mutagen
import numpy
from tinytag import TinyTag

print(", ".join(f"{name} {version(name)}" for name in ("tinytag", "mutagen", "av")))
for container, codec, sample_format, rate in (
    ("adts", "aac", "fltp", 24000),
    ("adts", "aac", "fltp", 44100),
    ("adts", "aac", "fltp", 48000),
    ("ogg", "flac", "s16", 48000),
):
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate)
        stream.layout = "mono"
        wave = numpy.sin(numpy.arange(10 * rate) / 9) / 10
        samples = wave.astype("float32") if sample_format == "fltp" else (wave * 32767).astype("int16")
        frame = av.AudioFrame.from_ndarray(samples[None, :], format=sample_format, layout="mono")
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        for each in av.AudioResampler(sample_format, "mono", rate).resample(frame):
            fifo.write(each)
        while piece := fifo.read(1024, partial=True):
            output.mux(stream.encode(piece))
        output.mux([packet for packet in stream.encode(None) if packet.size])
    path = Path(__file__).with_name(f"seconds.{'aac' if codec == 'aac' else 'oga'}")
    path.write_bytes(buffer.getvalue())
    told, right = TinyTag.get(path), mutagen.File(path).info
    # Which frames of MPEG there seem to be depends on the bits that the encoder makes, which differ between processors.
    seen = f"{told.duration} s" if not told.duration else "under a second" if told.duration < 1 else "a second or more"
    print(f"{codec} in {container}, {rate} Hz: tinytag {seen}, mutagen {right.length:.0f} s, {right.sample_rate} Hz")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    tinytag==2.3.2 mutagen==1.48.1 av==18.1.0 numpy==2.4.6
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
tinytag 2.3.2, mutagen 1.48.1, av 18.1.0
aac in adts, 24000 Hz: tinytag under a second, mutagen 10 s, 24000 Hz
aac in adts, 44100 Hz: tinytag under a second, mutagen 10 s, 44100 Hz
aac in adts, 48000 Hz: tinytag under a second, mutagen 10 s, 48000 Hz
flac in ogg, 48000 Hz: tinytag 0.0 s, mutagen 10 s, 48000 Hz
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
