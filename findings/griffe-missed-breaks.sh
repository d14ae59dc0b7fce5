#!/bin/sh
# griffe 2.4.1 finds no breaking change in any of these edits, each of which breaks callers:
# another base of an exception, a method that became async, a name that left __all__, a field of an attrs class without
# its default, a key of a TypedDict that became required, a Literal with one value less.
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

HEADER = "import attrs\nfrom typing import Literal, Required, TypeAlias, TypedDict\n"
EDITS = {
    "another base": ("class E(ValueError): ...", "class E(TypeError): ..."),
    "async": ("class C:\n    def m(self) -> int: ...", "class C:\n    async def m(self) -> int: ..."),
    "__all__": ("__all__ = ['f', 'g']\ndef f(): ...\ndef g(): ...", "__all__ = ['f']\ndef f(): ...\ndef g(): ..."),
    "attrs default": ("@attrs.define\nclass C:\n    a: int = 1", "@attrs.define\nclass C:\n    a: int"),
    "required key": (
        "class D(TypedDict, total=False):\n    a: int",
        "class D(TypedDict, total=False):\n    a: Required[int]",
    ),
    "Literal": (
        "X: TypeAlias = Literal['a', 'b']\ndef f(a: X) -> None: ...",
        "X: TypeAlias = Literal['a']\ndef f(a: X) -> None: ...",
    ),
    # Found, so that the rest says something.
    "argument removed": ("def f(a, b): ...", "def f(a): ..."),
}


def load(side, text):
    folder = Path(side)
    (folder / "acme").mkdir(parents=True, exist_ok=True)
    (folder / "acme" / "__init__.py").write_text(HEADER + text + "\n", encoding="utf-8")
    return griffe.load("acme", search_paths=[folder], allow_inspection=False)


print("griffe", version("griffe"))
found = {}
for name, (before, after) in EDITS.items():
    found[name] = [each.kind.name for each in griffe.find_breaking_changes(load("before", before), load("after", after))]
    print(f"{name}: {found[name]}")
sys.exit(found != {**dict.fromkeys(EDITS, []), "argument removed": ["PARAMETER_REMOVED"]})
PYTHON
venv/bin/python check.py
