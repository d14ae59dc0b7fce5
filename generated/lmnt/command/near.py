"""What was meant by a name that is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..errors import Error, NotFoundError
from .output import plain
from .rows import Row, rows


def suggest(error: Exception, client: Any, row: Row, arguments: Mapping[str, Any]) -> None:
    """Add to a NotFoundError the names that are like the one that was given, if the resource can list them."""
    given = [arguments[each.name] for each in row.arguments if each.is_positional and each.name in arguments]
    if isinstance(error, NotFoundError) and given:
        add_near(error, client, row.resource, str(given[-1]))


def add_near(error: NotFoundError, client: Any, resource: str, name: str) -> None:
    """Add the names of a resource that are like the given one."""
    lists = any((each.resource, each.method) == (resource, "list") for each in rows())
    try:
        listed: Any = getattr(client, resource).list() if lists else ()
    except (Error, TypeError):  # it cannot be listed, or not without arguments: then nothing is suggested
        return
    from difflib import get_close_matches

    items: Any = plain(listed.items if hasattr(listed, "get_next_page") else listed)
    if not isinstance(items, list):
        return
    found = [cast("dict[str, Any]", each) for each in cast("list[object]", items) if isinstance(each, dict)]
    known = {str(each.get(key)).lower(): str(each["id"]) for each in found for key in ("name", "id") if "id" in each}
    if near := get_close_matches(name.lower(), known, 3):
        error.add_note(f"did you mean {' or '.join(dict.fromkeys(known[each] for each in near))}?")
