#!/bin/sh
# ruamel.yaml 0.19.1, whose default is YAML 1.2, on valid YAML 1.2 (core schema, section 10.3.2 of YAML 1.2.2):
#   0b11, 1_000, 0x1_0, -0o7 and -0x1 become numbers, 2001-12-14 a date: each is a text in YAML 1.2;
#   = and << as values, which are texts too, raise ConstructorError;
#   in a quoted text U+0085 becomes a space, since it breaks lines in YAML 1.1 (not in 1.2: section 5.4).
# Exits 0 while it does, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check "ruamel.yaml==0.19.1"
cat >"$folder/seen.py" <<'PYTHON'
import sys

from ruamel.yaml import YAML, __version__

SEEN = {
    "a: 0b11": "{'a': 3}",
    "a: 1_000": "{'a': 1000}",
    "a: 0x1_0": "{'a': 16}",
    "a: -0o7": "{'a': -7}",
    "a: -0x1": "{'a': -1}",
    "a: 2001-12-14": "{'a': datetime.date(2001, 12, 14)}",
    "a: =": "ConstructorError",
    "a: <<": "ConstructorError",
    'a: "b\x85c"': "{'a': 'b c'}",
}
print("ruamel.yaml", __version__)
changed = False
for text, expected in SEEN.items():
    try:
        found = repr(YAML(typ="safe", pure=True).load(text))
    except Exception as error:
        found = type(error).__name__
    changed |= found != expected
    print(f"{text!r:24} {found}" + ("" if found == expected else f"  (was {expected})"))
sys.exit(changed)
PYTHON
"$folder/env/bin/python" "$folder/seen.py"
