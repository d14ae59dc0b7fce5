#!/bin/sh
# PyYAML, which is of YAML 1.1, on valid YAML:
#   6.0.3: 100,000 lists in each other end the process (a segmentation fault) in yaml.load(text, yaml.CSafeLoader);
#     6.0.4 refuses more than 1000;
#   6.0.4: an anchor that stands again is refused, which YAML 1.1 allows too (section 3.2.2.2: anchors need not be unique).
# On valid YAML 1.2, which is more than it promises:
#   6.0.4: U+0085 within quotes becomes a space, and U+2028 ends a plain text (in YAML 1.2.2, section 5.4, neither breaks a line);
#   6.0.4: an escaped surrogate pair, as json.dump writes, is refused by libyaml's parser, and made two halves by Python's.
# Exits 0 while it does, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 6.0.3 6.0.4; do
    "${PYTHON:-python3}" -m venv "$folder/$version"
    "$folder/$version/bin/python" -m pip install --quiet --disable-pip-version-check "pyyaml==$version"
done
echo "PyYAML 6.0.3"
code=0
"$folder/6.0.3/bin/python" -c "import yaml; yaml.load('[' * 100_000 + ']' * 100_000, yaml.CSafeLoader)" || code=$?
echo "100,000 lists in each other: exit code $code (139 is a segmentation fault)"
[ "$code" = 139 ] || { echo "  (was 139)"; exit 1; }
cat >"$folder/seen.py" <<'PYTHON'
import sys

import yaml

SEEN = {
    ("CSafeLoader", "a: &x 1\nb: &x 2\nc: *x\n"): "ComposerError",
    ("CSafeLoader", 'a: "b\x85c"'): "{'a': 'b c'}",
    ("CSafeLoader", "a: b\u2028c"): "ScannerError",
    ("CSafeLoader", '{"a": "\\ud83d\\ude00"}'): "ScannerError",
    ("SafeLoader", '{"a": "\\ud83d\\ude00"}'): "{'a': '\\ud83d\\ude00'}",
}
print("PyYAML", yaml.__version__)
changed = False
for (loader, text), expected in SEEN.items():
    try:
        found = repr(yaml.load(text, getattr(yaml, loader)))
    except yaml.YAMLError as error:
        found = type(error).__name__
    changed |= found != expected
    print(f"{loader:12} {text!r:32} {found}" + ("" if found == expected else f"  (was {expected})"))
sys.exit(changed)
PYTHON
"$folder/6.0.4/bin/python" "$folder/seen.py"
