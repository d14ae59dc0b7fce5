"""OpenAPI Overlay documents, 1.0 and 1.1, which change a description before anything else reads it.

Both versions follow the rules of 1.1, which defines what 1.0 leaves open. They are unrelated to the Python
modules of overlays/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonpath_rfc9535 as jsonpath

from .description import load
from .report import Applied, Failure, Report, below

_DOCUMENT = {"overlay", "info", "extends", "actions"}
_ACTION = {"target", "description", "update", "copy", "remove"}


def apply_overlays(document: dict[str, Any], description: Path, overlays: Iterable[Path], report: Report) -> None:
    """Apply overlay documents to a description, in order; raises Failure."""
    for path in overlays:
        overlay = load(path)
        _check(overlay, path, description)
        for index, action in enumerate(overlay["actions"]):
            place = f"{path.name}#{below('', 'actions', index)}"
            verb, places = _apply(document, action, place, str(overlay["overlay"]))
            report.applied.append(Applied(path.name, index, action["target"], verb, places))


def _check(overlay: Mapping[str, Any], path: Path, description: Path) -> None:
    version = overlay.get("overlay")
    if not isinstance(version, str) or not re.match(r"1\.[01](\.|$)", version):
        raise Failure(f"{path.name}: `overlay` is {version!r}, no version that can be read; write overlay: 1.1.0")
    _check_keys(overlay, _DOCUMENT, path.name)
    actions = overlay.get("actions")
    if not isinstance(actions, list) or not actions:
        raise Failure(f"{path.name}#/actions: there is no list of actions; write one with a target each")
    if "extends" in overlay and not _is_for(overlay["extends"], path, description):
        raise Failure(
            f"{path.name}#/extends: it is for {overlay['extends']!r}, and this is {description.name}; take the other"
        )


def _is_for(extends: Any, path: Path, description: Path) -> bool:
    """Whether an overlay may be for this description, by its `extends`."""
    try:
        parts = urlsplit(str(extends))
        if parts.scheme not in ("", "file"):
            return True  # perhaps downloaded from there
        meant = (path.parent / unquote(parts.path)).resolve()
    except ValueError:  # not a valid URI or path
        return False
    return meant == description.resolve() or (meant.name == description.name and not meant.exists())


def _check_keys(node: Mapping[str, Any], known: set[str], place: str) -> None:
    for key in node:
        if key not in known and not key.startswith("x-"):
            raise Failure(f"{place}: {key!r} is no field of an overlay here; known: {', '.join(sorted(known))}")


def _apply(document: dict[str, Any], action: Any, place: str, version: str) -> tuple[str, int]:
    """Carry out one action; return what it did and the number of places."""
    if not isinstance(action, Mapping):
        raise Failure(f"{place}: {action!r} is no action; write an object with a target")
    _check_keys(action, _ACTION, place)
    given = [key for key in ("update", "copy") if key in action]
    if not isinstance(action.get("remove", False), bool):
        raise Failure(f"{place}/remove: {action['remove']!r} is neither true nor false")
    verb = "remove" if action.get("remove") else given[0] if len(given) == 1 else ""
    if not verb:
        raise Failure(f"{place}: it has {' and '.join(given) or 'nothing to do'}; write update, copy or remove: true")
    nodes = _find(action.get("target"), document, f"{place}/target")
    if not nodes:
        raise Failure(f"{place}/target: {action['target']} selects nothing; take the action out, or mend its target")
    if verb == "remove":
        return verb, _remove(document, nodes, place)
    value = action.get("update")
    if verb == "copy":
        if version.startswith("1.0"):
            raise Failure(f"{place}/copy: overlays have it from 1.1 on; write overlay: 1.1.0")
        found = _find(action["copy"], document, f"{place}/copy")
        if len(found) != 1:
            raise Failure(f"{place}/copy: {action['copy']} selects {len(found)} nodes; one can be copied")
        value = found[0].value
    if len({_kind(node.value) for node in nodes}) > 1:
        raise Failure(f"{place}/target: {action['target']} selects objects, arrays and others mixed; let them be alike")
    value = deepcopy(value)  # the copy may be a part of the target
    changed = sum(_update(document, node.location, value, place) for node in nodes)
    if not changed:
        raise Failure(f"{place}: what {action['target']} selects is so already; take the action out")
    return verb, changed


def _find(path: Any, document: dict[str, Any], place: str) -> Sequence[jsonpath.JSONPathNode]:
    if not isinstance(path, str):
        raise Failure(f"{place}: {path!r} is no JSONPath; write a text such as $.paths")
    try:
        return list({node.location: node for node in jsonpath.find(path, document)}.values())
    except jsonpath.JSONPathError as error:
        said = str(error).partition("\n")[0]  # what follows, in newer releases of the library, points at the place
        raise Failure(f"{place}: {path!r} is no JSONPath (RFC 9535): {said}") from error


def _remove(document: Any, nodes: Sequence[jsonpath.JSONPathNode], place: str) -> int:
    # From the inside out, and from the end of a list to its start, so that no place moves before it is removed.
    def order(location: tuple[int | str, ...]) -> tuple[int, int]:
        return len(location), location[-1] if isinstance(location[-1], int) else -1

    if any(not node.location for node in nodes):
        raise Failure(f"{place}/target: the description itself cannot be removed")
    for *within, last in sorted((node.location for node in nodes), key=order, reverse=True):
        del _at(document, within)[last]
    return len(nodes)


def _update(document: Any, location: tuple[int | str, ...], value: Any, place: str) -> bool:
    """Merge a value into a place; return whether that has changed."""
    target = _at(document, location)
    if isinstance(target, dict):
        return _merge(target, value, place, location)
    if isinstance(target, list):
        added = value if isinstance(value, list) else [value]
        target += deepcopy(added)
        return bool(added)
    if isinstance(value, dict | list):
        raise _incompatible(value, target, place, location)
    *within, last = location
    _at(document, within)[last] = value
    return not _same(target, value)


def _merge(target: dict[str, Any], value: Any, place: str, location: Sequence[int | str]) -> bool:
    if not isinstance(value, dict):
        raise _incompatible(value, target, place, location)
    changed = False
    for key, item in value.items():
        there = target.get(key)
        if key in target and _kind(there) != _kind(item):
            raise _incompatible(item, there, place, (*location, key))
        if key in target and isinstance(there, dict):
            changed |= _merge(there, item, place, (*location, key))
        elif key in target and isinstance(there, list):
            there += deepcopy(item)
            changed |= bool(item)
        else:
            changed |= key not in target or not _same(there, item)
            target[key] = deepcopy(item)
    return changed


def _incompatible(value: Any, target: Any, place: str, location: Sequence[int | str]) -> Failure:
    return Failure(
        f"{place}: at {below('', *location) or '/'} stands {_kind(target)}, and {_kind(value)} cannot be merged with it"
    )


def _at(document: Any, location: Sequence[int | str]) -> Any:
    for step in location:
        document = document[step]
    return document


def _kind(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "an array" if isinstance(value, list) else "a plain value"


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
