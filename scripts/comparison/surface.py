"""Differences in Python, for applications that import the package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .change import Change
from .members import differences
from .package import Surface, plain, rank


def compare(old: Surface, new: Surface) -> Iterator[Change]:
    """Yield what differs, each once, called by the class that defines it, else by the first name that leads to it."""
    found: dict[tuple[str, str, str], tuple[tuple[bool, bool, int, str], str, Change]] = {}
    for path, member, change in differences(old, new):
        there = new if path in new.members else old
        place = (there.is_inherited(path), *rank(path))
        key = (plain(member.canonical_path), change.kind, change.text)
        found[key] = min(found.get(key, (place, path, change)), (place, path, change), key=lambda each: each[0])
    alike: dict[tuple[str, str], dict[str, Change]] = {}
    for _, path, change in sorted(found.values(), key=lambda each: rank(each[1])):
        # By different ways there, the plain one first.
        paths = alike.setdefault((change.kind, change.text), {})
        if plain(path) not in map(plain, paths):
            paths[path] = change
    tails = {path.partition(".")[2] for path in old.members.keys() & new.members.keys()}
    common = tails & set(old.operations) & set(new.operations)
    for paths in alike.values():
        methods = {path: path.partition(".")[2] for path in paths if path.partition(".")[2] in common}
        change = next(iter(paths.values()))
        if len(common) > 1 and set(methods.values()) == common:
            yield replace(change, text=f"the method of every operation {change.text}", operations=tuple(sorted(common)))
        for path in [path for path in paths if path not in methods or set(methods.values()) != common]:
            operations = tuple(sorted({*old.operations_of(path), *new.operations_of(path)}))
            yield replace(paths[path], text=f"`{path}` {change.text}", operations=operations)
