#!/bin/sh
# py-yaml12 0.2.0, "a modern YAML 1.2 parser", on valid YAML 1.2 (core schema, section 10.3.2 of YAML 1.2.2):
#   an integer of more than 64 bits becomes a float, and loses digits; one in hexadecimal becomes a text;
#   what has the tag !!int, !!bool or !!null and stands in quotes stays a text.
# Exits 0 while it does, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check "py-yaml12==0.2.0"
cat >"$folder/seen.py" <<'PYTHON'
import sys

from yaml12 import __version__, parse_yaml

SEEN = {
    "a: 123456789012345678901234567890": {"a": 1.2345678901234568e29},
    "a: 0xffffffffffffffffffff": {"a": "0xffffffffffffffffffff"},
    "a: !!int '100'": {"a": "100"},
    "a: !!bool 'true'": {"a": "true"},
    "a: !!null ''": {"a": ""},
}
print("py-yaml12", __version__)
changed = False
for text, expected in SEEN.items():
    found = parse_yaml(text)
    changed |= repr(found) != repr(expected)
    print(f"{text!r:40} {found!r}" + ("" if repr(found) == repr(expected) else f"  (was {expected!r})"))
sys.exit(changed)
PYTHON
"$folder/env/bin/python" "$folder/seen.py"
