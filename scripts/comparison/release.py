"""What the changes mean for a release: its version, and its section of the changelog."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from packaging.version import InvalidVersion, Version

from generator.report import Failure

from .change import Change, Effect, Layer

UNRELEASED = "not yet released"
SECTIONS: tuple[tuple[Layer, str], ...] = (("API", "### API"), ("client", "### Client"))


def next_version(version: str, changes: Iterable[Change]) -> str:
    """Return the lowest version that these changes may be released as (semver.org, items 4 to 8).

    Below 1.0 a breaking change raises the second number and any other the third. From 1.0 on a breaking change raises
    the first, an addition the second, and any other the third.
    """
    major, minor, patch = (*_parsed(version).release, 0, 0)[:3]
    effects = [each.effect for each in changes]
    if not effects:
        return version
    gravest = max(effects)
    if major == 0:
        return f"0.{minor + 1}.0" if gravest is Effect.BREAKING else f"0.{minor}.{patch + 1}"
    if gravest is Effect.BREAKING:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if gravest is Effect.ADDITION else f"{major}.{minor}.{patch + 1}"


def is_enough(version: str, proposed: str) -> bool:
    """Whether a version is at least the proposed one; one on the way to it (0.2.0rc1) is."""
    return Version(_parsed(version).base_version) >= _parsed(proposed)


def _parsed(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion as error:
        raise Failure(f"{version!r} is no version") from error


def sentence(change: Change) -> str:
    """Return a change as one sentence, with the operations it comes from before it."""
    operations = ", ".join(f"`{each}`" for each in change.operations) if change.layer == "API" else ""
    return f"{operations}: {change.text}" if operations else change.text


def bullets(changes: Iterable[Change], layer: Layer) -> list[str]:
    """Return what the changelog says of one layer, the gravest first."""
    return [
        f"* {'**Breaking:** ' if each.effect is Effect.BREAKING else ''}{sentence(each)}."
        for each in changes
        if each.layer == layer
    ]


def changelog(text: str, version: str, changes: list[Change]) -> str:
    """Return a changelog with these changes in its unreleased section, which is made if there is none.

    What is there stays as it is; a change that it tells word for word is not told again.
    """
    head, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    title = sections[0].splitlines()[0] if sections else ""
    if UNRELEASED not in title:
        sections.insert(0, f"## {version}, {UNRELEASED}\n\n")
    elif not is_enough(title.removeprefix("## ").partition(",")[0].strip(), version):
        sections[0] = sections[0].replace(title, f"## {version}, {UNRELEASED}", 1)
    for layer, heading in SECTIONS:
        sections[0] = _with_bullets(sections[0], heading, bullets(changes, layer))
    return head + "".join(sections)


def _with_bullets(section: str, heading: str, lines: list[str]) -> str:
    told = " ".join(section.split())
    fresh = [line for line in lines if " ".join(line.split()) not in told]
    if not fresh:
        return section
    wrapped = "\n".join(
        textwrap.fill(line, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for line in fresh
    )
    title, *parts = re.split(r"^(?=### )", section, flags=re.MULTILINE)
    titles = [part.splitlines()[0] for part in parts]
    if heading in titles:
        number = titles.index(heading)
        parts[number] = f"{parts[number].rstrip()}\n{wrapped}\n\n"
    else:
        after_api = 1 if titles[:1] == [SECTIONS[0][1]] else 0
        parts.insert(after_api, f"{heading}\n\n{wrapped}\n\n")
    return title + "".join(parts)
