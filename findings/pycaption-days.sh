#!/bin/sh
# pycaption 2.3.14 on cues after the first day, as a broadcast or a stream of more than 24 hours has. WebVTT has "two or more" digits
# of hours (W3C WebVTT, "WebVTT timestamp"), and TTML too (TTML1 section 10.3.1, clock-time).
# It reads them right, and writes them a day or more too early: 30:00:01 becomes 06:00:01 in WebVTT, SRT and DFXP, with no error;
# a second cue stands before the first then. webvtt-py 0.6.0 and srt 3.5.3 write what they read.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import re
from importlib.metadata import version

import pycaption
import srt
import webvtt

CUES = """\
WEBVTT

23:59:59.000 --> 24:00:01.000
first

30:00:01.000 --> 100:00:02.000
second
"""
SRT = "1\n23:59:59,000 --> 24:00:01,000\nfirst\n\n2\n30:00:01,000 --> 100:00:02,000\nsecond\n\n"


def times(text):
    return " ".join(re.findall(r"\d+:\d\d:\d\d[.,]\d{3}", text))


captions = pycaption.WebVTTReader().read(CUES)
read = [(each.start // 1_000_000, each.end // 1_000_000) for each in captions.get_captions(captions.get_languages()[0])]
print("pycaption", version("pycaption"), "reads seconds", read)
for writer in (pycaption.WebVTTWriter, pycaption.SRTWriter, pycaption.DFXPWriter):
    print(f"pycaption {version('pycaption')}, {writer.__name__}: {times(writer().write(captions))}")
print(f"webvtt-py {version('webvtt-py')}: {times(webvtt.from_string(CUES).content)}")
print(f"srt {version('srt')}: {times(srt.compose(srt.parse(SRT)))}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pycaption==2.3.14 webvtt-py==0.6.0 srt==3.5.3
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
pycaption 2.3.14 reads seconds [(86399, 86401), (108001, 360002)]
pycaption 2.3.14, WebVTTWriter: 23:59:59.000 00:00:01.000 06:00:01.000 04:00:02.000
pycaption 2.3.14, SRTWriter: 23:59:59,000 00:00:01,000 06:00:01,000 04:00:02,000
pycaption 2.3.14, DFXPWriter: 23:59:59.000 00:00:01.000 06:00:01.000 04:00:02.000
webvtt-py 0.6.0: 23:59:59.000 24:00:01.000 30:00:01.000 100:00:02.000
srt 3.5.3: 23:59:59,000 24:00:01,000 30:00:01,000 100:00:02,000
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
