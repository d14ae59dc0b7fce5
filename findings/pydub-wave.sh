#!/bin/sh
# pydub 0.25.1 reads WAV files itself, without FFmpeg, and reads these to noise, with no error. soundfile 0.14.0 reads them right.
#   12 or 20 bits a sample: they are in containers of whole bytes, 2 and 3 (IBM and Microsoft, "Multimedia Programming Interface
#   and Data Specifications 1.0", "Data Format of the Samples"). pydub takes bytes of 8 and words of 16 bits, so a second of
#   sound is two, or one and a half, of noise at full scale;
#   RF64, whose length of data stands in the chunk ds64 (EBU Tech 3306, ITU-R BS.2088), with a LIST of metadata after the data:
#   the metadata is played as samples, which is a click at the end.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import io
import math
import struct
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")  # pydub tells that it finds no FFmpeg, which it does not need here

import soundfile
from pydub import AudioSegment

RATE = 8000
TONE = [math.sin(number / 20) / 2 for number in range(RATE)]


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def form(bits):
    size = -(-bits // 8)
    return chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, RATE * size, size, bits))


def samples(bits):
    size = -(-bits // 8)
    return b"".join((round(each * 2 ** (bits - 1)) << size * 8 - bits).to_bytes(size, "little", signed=True) for each in TONE)


def riff(bits):
    return chunk(b"RIFF", b"WAVE" + form(bits) + chunk(b"data", samples(bits)))


def rf64():
    data, unknown, name = samples(16), b"\xff" * 4, chunk(b"LIST", b"INFO" + chunk(b"INAM", b"A name of some length."))
    rest = form(16) + b"data" + unknown + data + name
    sizes = chunk(b"ds64", struct.pack("<QQQI", 4 + 36 + len(rest), len(data), RATE, 0))
    return b"RF64" + unknown + b"WAVE" + sizes + rest


print(f"pydub {version('pydub')}, soundfile {version('soundfile')}")
files = {f"{bits} bits": riff(bits) for bits in (12, 16, 20, 24)} | {"RF64 with a LIST": rf64()}
for name, data in files.items():
    heard = AudioSegment.from_file(io.BytesIO(data), format="wav")
    right, _ = soundfile.read(io.BytesIO(data))
    print(
        f"{name}: pydub {heard.frame_count():.0f} samples, peak {heard.max / heard.max_possible_amplitude:.2f}, "
        f"soundfile {len(right)} samples, peak {abs(right).max():.2f}"
    )
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pydub==0.25.1 "audioop-lts; python_version >= '3.13'" soundfile==0.14.0 numpy==2.4.6
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
pydub 0.25.1, soundfile 0.14.0
12 bits: pydub 16000 samples, peak 1.00, soundfile 8000 samples, peak 0.50
16 bits: pydub 8000 samples, peak 0.50, soundfile 8000 samples, peak 0.50
20 bits: pydub 12000 samples, peak 1.00, soundfile 8000 samples, peak 0.50
24 bits: pydub 8000 samples, peak 0.50, soundfile 8000 samples, peak 0.50
RF64 with a LIST: pydub 8021 samples, peak 0.91, soundfile 8000 samples, peak 0.50
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
