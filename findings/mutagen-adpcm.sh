#!/bin/sh
# mutagen 1.48.1 on WAV in IMA ADPCM, Microsoft ADPCM and GSM 6.10, as telephone systems record: it counts one sample for each block
# (nBlockAlign), which holds hundreds, so that a minute lasts a fraction of a second. How many samples there are is in the chunk `fact`.
# Files in PCM and in mu-law are right; soundfile 0.14.0 and tinytag 2.3.2 are right about all.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import io
import struct
from importlib.metadata import version

import mutagen
import numpy
import soundfile
from tinytag import TinyTag

print(", ".join(f"{name} {version(name)}" for name in ("mutagen", "soundfile", "tinytag")))
RATE = 8000
samples = numpy.sin(numpy.arange(60 * RATE) / 9) / 2
for subtype in ("PCM_16", "ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format="WAV", subtype=subtype)
    data = buffer.getvalue()
    fact = data.find(b"fact")
    said = f", fact says {struct.unpack('<I', data[fact + 8 : fact + 12])[0] / RATE:.1f} s" if fact >= 0 else ""
    print(
        f"{subtype}{said}: mutagen {mutagen.File(io.BytesIO(data)).info.length:.2f} s,",
        f"soundfile {soundfile.info(io.BytesIO(data)).duration:.1f} s, tinytag {TinyTag.get(file_obj=io.BytesIO(data)).duration:.1f} s",
    )
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    mutagen==1.48.1 soundfile==0.14.0 tinytag==2.3.2 numpy==2.4.6
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
mutagen 1.48.1, soundfile 0.14.0, tinytag 2.3.2
PCM_16: mutagen 60.00 s, soundfile 60.0 s, tinytag 60.0 s
ULAW, fact says 60.0 s: mutagen 60.00 s, soundfile 60.0 s, tinytag 60.0 s
IMA_ADPCM, fact says 60.0 s: mutagen 0.12 s, soundfile 60.0 s, tinytag 60.0 s
MS_ADPCM, fact says 60.0 s: mutagen 0.12 s, soundfile 60.0 s, tinytag 60.0 s
GSM610, fact says 60.0 s: mutagen 0.19 s, soundfile 60.0 s, tinytag 60.0 s
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
