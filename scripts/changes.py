"""Report what changed for callers between two versions of this project, and the next version that follows.

The descriptions and the public Python interfaces are compared; the bodies of functions are not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from comparison import surface, wire
from comparison.change import joined, with_python_side
from comparison.release import changelog
from comparison.reports import FORMATS, Report
from comparison.trees import Tree, is_shallow, last_tag, open_tree
from generator.report import Failure

ROOT = Path(__file__).resolve().parents[1]


def compare(old: Tree, new: Tree) -> Report:
    """Compare two trees."""
    api = joined(wire.compare(old.api, new.api))
    client = joined(surface.compare(old.surface, new.surface))
    return Report(old, new, joined(with_python_side(api, client)))


def write(path: Path, report: Report) -> None:
    """Add the changes to a changelog."""
    version = report.new.version if report.is_raised else report.proposed
    text = path.read_text(encoding="utf-8") if path.exists() else "# Changelog\n\n"
    path.write_text(changelog(text, version, report.changes), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  scripts/changes.py                          what changed since the last tag\n"
        "  scripts/changes.py --write                  and say it in CHANGELOG.md\n"
        "  scripts/changes.py v0.1.0 v0.2.0 --format markdown\n"
        "  scripts/changes.py ../other/tree . --fail-on-breaking\n\n"
        "version: below 1.0 a breaking change raises the second number and any other change the third;\n"
        "from 1.0 on a breaking change raises the first, an addition the second, any other change the third\n"
        "exit codes: 0 done, or no tag yet; 1 as the --fail options say; 2 the two cannot be compared",
    )
    parser.add_argument("old", nargs="?", metavar="OLD", help="a revision or a folder (the last tag)")
    parser.add_argument("new", nargs="?", metavar="NEW", help="a revision or a folder (the working tree)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="the form of the report (%(default)s)")
    parser.add_argument("--write", action="store_true", help="add the changes to CHANGELOG.md, under the next version")
    parser.add_argument("--fail-on-breaking", action="store_true", help="exit 1 if there are breaking changes")
    parser.add_argument(
        "--fail-on-version", action="store_true", help="exit 1 if NEW's version is lower than its changes ask for"
    )
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="changes-") as scratch:
        try:
            named = given.old or last_tag(ROOT)
            if named is None:
                shallow = " This clone is shallow: it may not hold a tag that there is." if is_shallow(ROOT) else ""
                print(
                    f"There is no tag yet, so no release to compare with: write CHANGELOG.md by hand.{shallow}",
                    file=sys.stderr,
                )
                return 0
            old = open_tree(ROOT, named, Path(scratch, "old"))
            new = open_tree(ROOT, given.new, Path(scratch, "new")) if given.new else Tree("the working tree", ROOT)
            report = compare(old, new)
            if given.write and report.changes:
                write(ROOT / "CHANGELOG.md", report)
        except Failure as failure:
            print(f"error: {failure}", file=sys.stderr)
            return 2
        print(FORMATS[given.format](report))
    failed = (given.fail_on_breaking and report.is_breaking) or (given.fail_on_version and not report.is_raised)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
