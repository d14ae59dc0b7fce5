"""The report, in the forms that people and programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .change import Change, Effect, Layer
from .release import bullets, is_enough, next_version, sentence
from .trees import Tree

TITLES: Mapping[Effect, str] = {Effect.BREAKING: "Breaking", Effect.ADDITION: "New", Effect.NOTE: "Also"}


@dataclass(frozen=True)
class Report:
    """What differs between two trees."""

    old: Tree
    new: Tree
    changes: list[Change]

    @property
    def proposed(self) -> str:
        """The lowest version that the new tree may be released as."""
        return next_version(self.old.version, self.changes)

    @property
    def is_breaking(self) -> bool:
        """Whether a program that is as it was may fail."""
        return any(each.effect is Effect.BREAKING for each in self.changes)

    @property
    def is_raised(self) -> bool:
        """Whether the new tree's version says what changed."""
        return is_enough(self.new.version, self.proposed)

    @property
    def verdict(self) -> str:
        """What follows for the version, in a sentence."""
        if not self.changes:
            return "Nothing changed for a caller."
        breaks = "some break" if self.is_breaking else "none breaks"
        remedy = "" if self.is_raised else ": raise it there and run scripts/regenerate.py"
        return (
            f"The next version is {self.proposed} at least: "
            f"of the changes since {self.old.version} {breaks} a program.\n"
            f"openapi/generator.yaml says {self.new.version}{remedy}."
        )


def text(report: Report) -> str:
    """Return the report for a terminal."""
    lines = [f"{report.new.package}: from {report.old.name} to {report.new.name}", ""]
    for effect, title in TITLES.items():
        found = [each for each in report.changes if each.effect is effect]
        if found:
            lines.append(title)
        for change in found:
            lines.append(f"  {change.layer:<6}  {sentence(change)}".replace("`", ""))
            lines += [f"            in Python: {each}".replace("`", "") for each in change.python]
        lines += [""] if found else []
    return "\n".join([*lines, report.verdict])


def markdown(report: Report) -> str:
    """Return the report as the text of a release or of a pull request."""
    lines = [f"## {report.new.package} {report.proposed}", "", report.verdict, ""]
    layers: tuple[tuple[Layer, str], ...] = (("API", "### API"), ("client", "### Client"))
    for layer, heading in layers:
        found = bullets(report.changes, layer)
        lines += [heading, "", *found, ""] if found else []
    return "\n".join(lines).rstrip()


def as_json(report: Report) -> str:
    """Return the report for programs."""
    return json.dumps(
        {
            "old": {"name": report.old.name, "version": report.old.version},
            "new": {"name": report.new.name, "version": report.new.version},
            "breaking": report.is_breaking,
            "proposed": report.proposed,
            "raised": report.is_raised,
            "changes": [
                {
                    "layer": each.layer,
                    "effect": each.effect.name.lower(),
                    "kind": each.kind,
                    "text": each.text,
                    "operations": list(each.operations),
                    "python": list(each.python),
                }
                for each in report.changes
            ],
        },
        indent=2,
    )


FORMATS = {"text": text, "markdown": markdown, "json": as_json}
