"""Pages of Python names, from their docstrings: mkdocstrings reads them when the site is built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Final

import lmnt

ROOMS: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "client": (
        "Clients",
        "A client, its settings, and the types that they are of. `Lmnt` and `AsyncLmnt` have the same methods.",
        ("client", "settings", "transport", "hints", "description"),
    ),
    "responses": (
        "Responses and streams",
        "What a call returns when you ask for the response itself.",
        ("calls", "streams"),
    ),
    "sessions": ("Sessions", "Speech while its text is still being written.", ("session",)),
    "long-texts": (
        "Long texts and subtitles",
        "Speech of any length, and what is made of it.",
        ("long_texts", "audio"),
    ),
    "errors": ("Errors", "All are a `LmntError`. [Failures](../failures.md) says which failure is which.", ("errors",)),
    "values": ("Values", "The base of models, and the files that are uploaded.", ("values",)),
}
"""The pages of the names of `lmnt`: a title, a sentence, and the rooms that the names come from."""

MODULES: Final[Mapping[str, tuple[str, str, str]]] = {
    "resources": (
        "Methods",
        "What a client can do, by resource: `client.speech`, `client.voices`, `client.accounts`.",
        "lmnt.resources",
    ),
    "models": ("Models", "What methods return, and the values that they take.", "lmnt.models"),
    "audio": ("lmnt.audio", "What to do with audio once it is there: [audio](../audio.md).", "lmnt.audio"),
    "bulk": ("lmnt.bulk", "Many texts as many files.", "lmnt.bulk"),
    "types": ("Types", "For annotations: what is in `lmnt.types` beside the [models](models.md).", "lmnt.types"),
}
"""The pages of whole modules: those of all that is in their `__all__`."""

SHELLS: Final = ("WithRawResponse", "WithStreamingResponse")
"""How the names of resources end whose methods are those of another one, and are told there."""

TOOLS: Final = ("lmnt_server.pytest_fixtures", "lmnt_server.process", "lmnt_server.faults")
"""The modules that tests of applications use; the last one for its text alone."""


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    rooms: dict[str, list[str]] = {}
    for name in lmnt.__all__:
        module, attribute = lmnt._NAMES[name]
        if attribute and not name.startswith("__"):
            rooms.setdefault(module.partition(".")[0], []).append(name)
    found: dict[str, str] = {}
    for page, (title, sentence, of) in ROOMS.items():
        names = [name for room in of for name in rooms.pop(room, ())]
        found[page] = _page(title, sentence, (_directive(f"lmnt.{name}") for name in sorted(names, key=_order)))
    assert not rooms, f"no page of scripts/pages/names.py has the names of {', '.join(rooms)}"
    shown = {name for name, (_, attribute) in lmnt._NAMES.items() if not attribute}
    assert shown <= MODULES.keys(), f"no page has the modules {', '.join(sorted(shown - MODULES.keys()))}"
    seen = set(lmnt.__all__)
    for page, (title, sentence, module) in MODULES.items():
        names = sorted((name for name in import_module(module).__all__ if name not in seen), key=_order)
        seen.update(names)
        found[page] = _page(title, sentence, (_directive(f"{module}.{name}") for name in names))
    found["testing"] = _page(
        "For tests", "[Testing an application](../testing.md) shows their use.", (_directive(each) for each in TOOLS)
    )
    return found


def _page(title: str, sentence: str, parts: Iterable[str]) -> str:
    return "\n".join([f"# {title}\n", f"{sentence}\n", *parts])


def _directive(path: str) -> str:
    module, _, name = path.rpartition(".")
    value = getattr(import_module(module), name, None)
    if isinstance(value, type) and value.__name__ == name and not value.__module__.startswith("lmnt"):
        return f"## `{name}`\n\nThat of `{value.__module__}`.\n"
    if isinstance(value, type) and value.__name__ != name and value.__name__ in lmnt.__all__:
        return f"## `{name}`\n\nAnother name of [{value.__name__}][lmnt.{value.__name__}].\n"
    options = (
        "\n    options:\n      members: false\n      inherited_members: false\n"
        if path.endswith((*SHELLS, "lmnt_server.faults"))
        else ""
    )
    return f"::: {path}\n{options}"


def _order(name: str) -> tuple[bool, bool, bool, str, bool]:
    """Clients first, then classes and functions, shells, constants; what is awaited beside what is not."""
    is_first = name in ("Lmnt", "AsyncLmnt")
    return not is_first, name.endswith(SHELLS), name.isupper(), name.removeprefix("Async"), name.startswith("Async")
