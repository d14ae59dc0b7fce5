#!/bin/sh
# Three seconds of Ogg Opus whose first granule position is 100 seconds too high, as in what is recorded from a stream that runs
# already: it may be larger than the samples of its page, so that the beginning of a stream can be cropped and a live stream be
# joined (RFC 7845 section 4.5). The length of what is there is the difference. What it is said to be, and what is decoded:
#   soundfile 0.14.0                  3 s
#   mutagen 1.48.1, tinytag 2.3.2     103 s: the last granule position alone
#   PyAV 18.1.0                       103 s as the duration of container and stream, whose start is 100 s
# All who hand out samples hand out three seconds of them. Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import io
import struct
from importlib.metadata import version

import av
import mutagen
import numpy
import soundfile
from tinytag import TinyTag

RATE = 48000


def crc(page):
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = value << 1 ^ (0x04C11DB7 if value & 1 << 31 else 0)
        value &= 0xFFFFFFFF
    return struct.pack("<I", value)


def later(data, seconds):
    """Return the Ogg pages of `data` with granule positions that are `seconds` later: bytes 6 to 13 of a page, CRC at 22."""
    pages = b""
    while data:
        size = 27 + data[26] + sum(data[27 : 27 + data[26]])
        page, data = data[:size], data[size:]
        (position,) = struct.unpack("<q", page[6:14])
        if position > 0:
            page = page[:6] + struct.pack("<q", position + seconds * RATE) + page[14:22] + bytes(4) + page[26:]
            page = page[:22] + crc(page) + page[26:]
        pages += page
    return pages


buffer = io.BytesIO()
soundfile.write(buffer, numpy.sin(numpy.arange(3 * RATE) / 20) / 2, RATE, format="OGG", subtype="OPUS")
for start in (0, 100):
    data = later(buffer.getvalue(), start)
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        av_says = container.duration / av.time_base, float(stream.duration * stream.time_base), container.start_time / av.time_base
        decoded = sum(frame.samples for frame in container.decode(stream)) / RATE
    said = {
        f"soundfile {version('soundfile')}": soundfile.info(io.BytesIO(data)).duration,
        f"mutagen {version('mutagen')}": mutagen.File(io.BytesIO(data)).info.length,
        f"tinytag {version('tinytag')}": TinyTag.get("live.opus", file_obj=io.BytesIO(data)).duration,
        f"PyAV {version('av')}, container": av_says[0],
        f"PyAV {version('av')}, stream": av_says[1],
    }
    for name, seconds in said.items():
        print(f"from {start} s: {name}: {seconds:.0f} s")
    print(f"from {start} s: PyAV: starts at {av_says[2]:.0f} s, decodes {decoded:.0f} s; soundfile reads {len(soundfile.read(io.BytesIO(data))[0]) / RATE:.0f} s")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    soundfile==0.14.0 mutagen==1.48.1 tinytag==2.3.2 av==18.1.0 numpy==2.4.6
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
from 0 s: soundfile 0.14.0: 3 s
from 0 s: mutagen 1.48.1: 3 s
from 0 s: tinytag 2.3.2: 3 s
from 0 s: PyAV 18.1.0, container: 3 s
from 0 s: PyAV 18.1.0, stream: 3 s
from 0 s: PyAV: starts at 0 s, decodes 3 s; soundfile reads 3 s
from 100 s: soundfile 0.14.0: 3 s
from 100 s: mutagen 1.48.1: 103 s
from 100 s: tinytag 2.3.2: 103 s
from 100 s: PyAV 18.1.0, container: 103 s
from 100 s: PyAV 18.1.0, stream: 103 s
from 100 s: PyAV: starts at 100 s, decodes 3 s; soundfile reads 3 s
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
