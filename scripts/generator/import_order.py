"""The imports of a rendered module: once each, those that are used alone, in the order of isort.

Ruff has the last word. What it finds in order it reads once, and every repair costs it another reading.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

_HEAD = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+"""\n+(?:from __future__ import annotations\n+)?(?P<comment>(?:#[^\n]*\n)*)',
    re.DOTALL,
)
_IMPORT = re.compile(r"(?:from (\S+) )?import ([^\n(]+)\n|\n")


def in_order(text: str) -> str:
    """Return a module with its first imports in order, without those that nothing can be using."""
    if not (head := _HEAD.match(text)):
        return text
    found: dict[tuple[str, str], None] = {}
    place = head.end()
    while line := _IMPORT.match(text, place):
        place = line.end()
        found |= dict.fromkeys((line[1] or "", each.strip()) for each in (line[2] or "").split(",") if line[2])
    rest = text[place:]
    used = [(source, name) for source, name in found if _has(rest, name.rsplit(" ", 1)[-1])]
    sections = ["".join(_lines(part)) for part in _sections(used)]
    gap = "\n\n" if re.match(r"@|class |(?:async )?def ", rest) else "\n"
    between = "\n" if head["comment"] else "\n\n"
    return head[0].rstrip() + between + "\n".join(filter(None, sections)) + gap + rest


def _has(text: str, word: str) -> bool:
    """Whether a word is in a text: most are near its start, so that it takes less to look than to find all words."""
    end = 0
    while (start := text.find(word, end)) >= 0:
        end = start + len(word)
        before, after = text[start - 1 : start], text[end : end + 1]
        if not (before.isalnum() or before == "_" or after.isalnum() or after == "_"):
            return True
    return False


def _sections(found: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Return the standard library's imports, those of other packages, and those of the package itself."""
    sections: list[list[tuple[str, str]]] = [[], [], []]
    for source, name in found:
        top = (source or name).split(".")[0].split(" ")[0]
        sections[2 if source.startswith(".") else 0 if top in sys.stdlib_module_names else 1].append((source, name))
    return sections


def _lines(found: list[tuple[str, str]]) -> list[str]:
    """Return the lines of a section: modules, then names from modules, the farthest first."""
    plain = {(source, name) for source, name in found if source and " as " not in name}
    together: dict[str, list[str]] = {}
    for source, name in sorted(plain, key=lambda each: (each[0], _rank(each[1]))):
        together.setdefault(source, []).append(name)
    several = list(together.items())
    several += [(source, [name]) for source, name in found if (source, name) not in plain]
    several.sort(key=lambda each: (bool(each[0]), _far(each[0]), _rank(each[1][0])))
    return [_line(source, names) for source, names in several]


def _far(source: str) -> tuple[int, str, str]:
    name = source.lstrip(".")
    return len(name) - len(source), name.lower(), name


def _rank(name: str) -> tuple[int, str, str]:
    """Constants, classes, and what else there is, as isort tells them apart: by their letters."""
    name = name.split(" ")[0]
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower(), name


def _line(source: str, names: list[str]) -> str:
    line = f"from {source} import {', '.join(names)}" if source else f"import {names[0]}"
    return (
        f"{line}\n"
        if len(line) <= 120
        else f"from {source} import (\n" + "".join(f"    {each},\n" for each in names) + ")\n"
    )
