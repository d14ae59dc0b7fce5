#!/bin/sh
# griffe 2.4.1 reports breaking changes in edits that no call of the function can notice: another name for a parameter
# that is given by position alone, another name for *args or **kwargs. And it takes `dataclasses.field()` for a default:
# that the field has to be given now is no "now required" but "default changed".
# Exits 0 while griffe behaves so, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check griffe==2.4.1
cd "$folder"
cat >check.py <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import griffe

DATACLASS = "import dataclasses\n@dataclasses.dataclass\nclass C:\n    a: list[int] = dataclasses.field({})"
EDITS = {
    "positional-only": ("def f(a, /): ...", "def f(b, /): ..."),
    "variadic": ("def f(*a, **b): ...", "def f(*c, **d): ..."),
    "field()": (DATACLASS.format("default_factory=list"), DATACLASS.format("")),
}
EXPECTED = {
    "positional-only": ["PARAMETER_ADDED_REQUIRED", "PARAMETER_REMOVED"],
    "variadic": ["PARAMETER_REMOVED", "PARAMETER_REMOVED"],
    "field()": ["PARAMETER_CHANGED_DEFAULT"],
}


def load(side, text):
    folder = Path(side)
    (folder / "acme").mkdir(parents=True, exist_ok=True)
    (folder / "acme" / "__init__.py").write_text(text + "\n", encoding="utf-8")
    return griffe.load("acme", search_paths=[folder], allow_inspection=False)


print("griffe", version("griffe"))
found = {}
for name, (before, after) in EDITS.items():
    breakages = griffe.find_breaking_changes(load("before", before), load("after", after))
    found[name] = sorted(each.kind.name for each in breakages)
    print(f"{name}: {found[name]}")
sys.exit(found != EXPECTED)
PYTHON
venv/bin/python check.py
