#!/bin/sh
# pysbd 0.3.4, which with clean=False, its default, only splits a text: a sentence with one of these symbols is not in the result at
# all, or in part, with no error. It puts such symbols in place of full stops and quotation marks while it works, and full stops back
# in place of those that the text had itself, after which the sentence is not found in the text any more. A music note, a flat
# sign or a raised finger is common in subtitles and chats.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pysbd==0.3.4
cat >"$folder/seen.py" <<'PYTHON'
import sys
import unicodedata
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")  # the package's regular expressions are not raw strings

import pysbd

SEEN = {
    "It is in B major. Go on.": ["It is in B major. ", "Go on."],
    "It is in B\u266d major. Go on.": ["Go on."],
    "She sings \u266c along. Go on.": ["Go on."],
    "Look up \u261d now. Go on.": ["Go on."],
    "We sat in the \u2668 spring. Go on.": ["Go on."],
    "The integral \u222f is closed. Go on.": ["Go on."],
    "The sun \u2609 is up. Go on.": ["is up. ", "Go on."],
    "It reads \u0238 here. Go on.": ["It reads ", "here. ", "Go on."],
}
print("pysbd", version("pysbd"))
changed = False
for text, expected in SEEN.items():
    found = pysbd.Segmenter(language="en", clean=False).segment(text)
    changed |= found != expected
    symbol = "".join(unicodedata.name(each) for each in text if each > "\x7f")
    print(f"{symbol or 'none'}: {ascii(text)} {found}" + ("" if found == expected else f"  (was {expected})"))
sys.exit(changed)
PYTHON
"$folder/env/bin/python" "$folder/seen.py"
