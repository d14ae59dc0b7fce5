#!/bin/sh
# hibari-tts 0.2.1 raises on texts that people may send, out of what turns them into phonemes:
#   a number of 40 digits: IndexError, for there is no name for its groups (hibari/g2p/numbers.py, cardinal);
#   a digit that is no decimal, raised or encircled, beside certain letters: ValueError of int() (hibari/g2p/lexicon.py, extend_num).
# Its network says how long each phoneme is, inside, and its package gives it to nobody; the times are 75 ms late.
# Exits 0 while it does, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check hibari-tts==0.2.1
cat >"$folder/check.py" <<'PYTHON'
import sys

import hibari
from hibari.g2p import G2P

SEEN = {"9" * 40: "IndexError", "¹\x03I": "ValueError", "\U000976a8①": "ValueError", "12": "twˈɛlv"}
print("hibari", hibari.__version__)
g2p = G2P()
changed = False
for text, expected in SEEN.items():
    try:
        found = g2p(text)
    except Exception as error:
        found = type(error).__name__
    changed |= found != expected
    print(f"{text[:12]!r:16} {found}" + ("" if found == expected else f"  (was {expected})"))
sys.exit(changed)
PYTHON
"$folder/venv/bin/python" -P "$folder/check.py"
