"""Make the package of each description in ../shared/descriptions, import it, call every operation, and check its types.

Usage: python -m tests.real [NAME…] [--folder DIR]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from generator.description import load
from generator.making import add_overlays, tidy
from generator.naming import METHODS
from generator.reading import load_description
from generator.rendering import Package
from generator.report import Failure, Report
from generator.settings import Settings
from tests.descriptions.packages import check, import_all
from tests.descriptions.test_real import FOLDER, NO_FOLDER, entries

from .driving import Driver, Outcome

COLUMNS = "{:24} {:>10} {:>9} {:>5} {:>8} {:>6} {:>9} {:>5} {:>7}"


MOST_CHECKED = 100
"""The operations of the largest package whose types are always checked."""


def package_name(name: str) -> str:
    """Return what the package of a description is called."""
    return "real_" + "".join(each if each.isalnum() else "_" for each in name)


def described_in(folder: Path) -> dict[str, tuple[Path, int]]:
    """Return the descriptions of a folder that is no index: the file of each, and how many operations it has."""
    found: dict[str, tuple[Path, int]] = {}
    for path in sorted(each for end in ("json", "yaml", "yml") for each in folder.rglob(f"*.{end}")):
        with suppress(Failure):
            paths = document.get("paths") if str((document := load(path)).get("openapi")).startswith("3.") else {}
            items = [each for each in (paths or {}).values() if isinstance(each, dict)]
            if count := sum(method in each for each in items for method in METHODS):
                found[path.relative_to(folder).with_suffix("").as_posix()] = path, count
    return found


def run(name: str, path: Path, operations: int, folder: Path, *, shown: int) -> bool:
    """Make and drive one; print its line of the table. Return whether all is right."""
    begun = time.monotonic()
    report, package = Report(["all"]), package_name(name)
    outcome, made = Outcome(), None
    try:
        settings = Settings.read(path, package, folder)
        document = load_description(path, report)
        made = Package(settings, document, folder / package, report)
        made.build()
        tidy(folder / package)
        add_overlays(made.settings, folder)
        check(folder / package)
        import_all(client := import_module(package))
        outcome = Driver(made, client, document, path).drive()
    except Failure as failure:
        outcome.wrong.append(str(failure))
    left_out = len(made.left_out) if made else operations
    numbers = (operations, report.expressed, len(report.told), left_out, outcome.driven, len(outcome.without_sample))
    print(COLUMNS.format(name[-24:], *numbers, len(outcome.wrong), f"{time.monotonic() - begun:.1f}"), flush=True)
    for each in outcome.wrong[:shown]:
        print(f"    {each}", flush=True)
    return not outcome.wrong


def mistyped(folder: Path, packages: list[str]) -> list[str]:
    """Return what `mypy --strict` finds in packages."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file", ""]
    paths = [str(folder / each) for each in packages]
    run = subprocess.run([*command, *paths], capture_output=True, text=True, check=False, cwd=folder)
    return [each for each in (run.stdout + run.stderr).splitlines() if each]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="the short names of INDEX.tsv; all without one")
    parser.add_argument("--show", type=int, default=3, metavar="N", help="how many faults of each are shown")
    parser.add_argument("--all-types", action="store_true", help=f"check those of over {MOST_CHECKED} operations too")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="drive the descriptions of another folder")
    given = parser.parse_args()
    if given.folder is None and not FOLDER.is_dir():
        print(f"skipped: {NO_FOLDER}")
        return 0
    heads = ("description", "operations", "expressed", "told", "left out", "driven", "no sample", "wrong", "seconds")
    print(COLUMNS.format(*heads))
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        known = described_in(given.folder) if given.folder else entries()
        names = given.names or list(known)
        right = [run(name, *known[name], Path(folder), shown=given.show) for name in names]
        small = [name for name in names if given.all_types or known[name][1] <= MOST_CHECKED]
        wrong = mistyped(Path(folder), [package_name(name) for name in small]) if small else []
        print(f"mypy --strict on {len(small)} packages: {len(wrong)} faults", flush=True)
        print("\n".join(f"    {each}" for each in wrong[: given.show]))
    return 0 if all(right) and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
