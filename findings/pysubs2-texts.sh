#!/bin/sh
# pysubs2 1.8.1 on valid subtitles, with no error and no warning; webvtt-py 0.6.0 beside it:
#   WebVTT: the last line of a cue is left out if it is a number, since it is taken for the identifier of the next cue;
#   WebVTT: a comment (NOTE, section 4.1) is spoken: it becomes text of the cue before it;
#   WebVTT: with CR as the end of lines (section 4.1), the texts are empty;
#   SRT: 100:00:01,000 is read as one second: of three digits of hours two are taken, and `1` is passed over.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import io
import warnings
from importlib.metadata import version

import pysubs2
import webvtt

warnings.simplefilter("error")
print(f"pysubs2 {version('pysubs2')}, webvtt-py {version('webvtt-py')}")
BYE = "\n00:03.000 --> 00:04.000\nBye\n"
for form, what, text in (
    ("vtt", "a number as the last line", f"WEBVTT\n\n00:01.000 --> 00:02.500\nThat was in\n1999\n{BYE}"),
    ("vtt", "a comment", f"WEBVTT\n\n00:01.000 --> 00:02.500\nHello\n\nNOTE checked by Ada\n{BYE}"),
    ("vtt", "CR", "WEBVTT\r\r00:01.000 --> 00:02.500\rHello\r"),
    ("srt", "100 hours", "1\n100:00:01,000 --> 100:00:02,500\nHello\n"),
):
    seen = [(each.start / 1000, each.end / 1000, each.text) for each in pysubs2.SSAFile.from_string(text, format_=form)]
    other = [(each.start, each.end, each.text) for each in webvtt.from_buffer(io.StringIO(text, newline=""), format=form)]
    print(f"{form}, {what}:\n  pysubs2 {seen}\n  webvtt-py {other}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pysubs2==1.8.1 webvtt-py==0.6.0
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
pysubs2 1.8.1, webvtt-py 0.6.0
vtt, a number as the last line:
  pysubs2 [(1.0, 2.5, 'That was in'), (3.0, 4.0, 'Bye')]
  webvtt-py [('00:00:01.000', '00:00:02.500', 'That was in\n1999'), ('00:00:03.000', '00:00:04.000', 'Bye')]
vtt, a comment:
  pysubs2 [(1.0, 2.5, 'Hello\\N\\NNOTE checked by Ada'), (3.0, 4.0, 'Bye')]
  webvtt-py [('00:00:01.000', '00:00:02.500', 'Hello'), ('00:00:03.000', '00:00:04.000', 'Bye')]
vtt, CR:
  pysubs2 [(1.0, 2.5, '')]
  webvtt-py [('00:00:01.000', '00:00:02.500', 'Hello')]
srt, 100 hours:
  pysubs2 [(1.0, 2.5, 'Hello')]
  webvtt-py [('100:00:01.000', '100:00:02.500', 'Hello')]
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
