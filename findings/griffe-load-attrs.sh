#!/bin/sh
# griffe 2.4.1 cannot load the package `attrs` 26.1.0 by itself: its stub overloads a name (`attrs.field`) that its module
# imports from another package (`attr.field`), and merging the two raises AliasResolutionError out of `griffe.load`.
# Exits 0 while griffe behaves so, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check griffe==2.4.1 attrs==26.1.0
cd "$folder"
cat >check.py <<'PYTHON'
import sys
from importlib.metadata import version

import griffe

print("griffe", version("griffe"), "attrs", version("attrs"))
try:
    griffe.load("attrs")
except griffe.AliasResolutionError as error:
    print(f"{type(error).__name__}: {str(error).partition(' (in ')[0]}")
    sys.exit("attrs.field pointing at attr.field" not in str(error))
print("loaded")
sys.exit(1)
PYTHON
venv/bin/python check.py
