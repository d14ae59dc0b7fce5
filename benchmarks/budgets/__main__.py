"""The command line; scripts/bench runs it in an environment that has all it needs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .measuring import ROOT, MeasurementError, measure
from .report import markdown, picture, table
from .results import Results
from .rows import ROWS

DESCRIPTION = """\
What our client costs beside bare httpx, httpx2, aiohttp, websockets and the official package, and whether it keeps to
its budgets. All ask the same local servers. The first run makes the environments .venv-bench and .venv-bench-official,
which takes a minute; a run takes some ten, a quick one two.

  ./scripts/bench                          all rows; the table goes to standard output
  ./scripts/bench --quick --rows async     the rows whose titles have "async" in them, less exactly, in a minute
  ./scripts/bench --rows list session      those with either word
  ./scripts/bench --full --write           the run that docs/performance.md and its picture are made from
  ./scripts/bench --json out/bench.json    what each round measured, for programs
  ./scripts/bench --from out/bench.json    the table of an earlier run; with --write, the page

How to read the table: each figure is CPU time as a multiple of bare httpx's at the same work, unless its row says
otherwise; `noise` is how far apart the middle half of the rounds is. Nothing else should run meanwhile.

Exit code: 0 if every budget is met, or missed by no more than the noise; 1 if one is missed by more; 2 if the arguments
are wrong or something cannot be measured."""


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", metavar="WORDS", default=[], help="only rows with one of these words")
    parser.add_argument("--list", action="store_true", help="say what rows there are, and what each is, and stop")
    parser.add_argument(
        "--quick", action="store_true", help="three rounds in place of five, and each a quarter as long"
    )
    parser.add_argument("--full", action="store_true", help="files are of 1 GiB in place of 256 MiB")
    parser.add_argument("--fast", action="store_true", help="measure the extra `fast` too (makes .venv-bench-fast)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write what each round measured")
    parser.add_argument("--from", type=Path, metavar="FILE", dest="source", help="measure nothing: take it from there")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and docs/performance.svg")
    given = parser.parse_args(arguments)
    words = [word.lower() for word in given.rows]
    rows = [
        row.scaled(full=given.full, quick=given.quick)
        for row in ROWS
        if not words or any(w in row.title.lower() for w in words)
    ]
    if not rows:
        parser.error(f"no row has {' or '.join(given.rows)} in its title; --list shows them")
    if given.write and (words or given.quick):
        parser.error("--write is for all rows at their full length: leave out --rows and --quick")
    if given.list:
        print("\n".join(f"{row.title}\n    {row.meaning}" for row in rows))
        return 0
    if given.source:
        results = Results(**json.loads(given.source.read_text("utf-8")))
    else:
        command = " ".join(
            ["scripts/bench", *(f"--{each}" for each in ("full", "fast", "write") if getattr(given, each))]
        )
        try:
            results = measure(rows, 3 if given.quick else 5, command, fast=given.fast, progress=_progress)
        except MeasurementError as error:
            print(f"\nscripts/bench: {error}", file=sys.stderr)
            return 2
        _progress("")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps({"about": results.about, "values": results.values}, indent=1), "utf-8")
    if given.write:
        (ROOT / "docs" / "performance.md").write_text(markdown(results, rows), "utf-8")
        (ROOT / "docs" / "performance.svg").write_text(picture(results, rows), "utf-8")
    print(table(results, rows))
    missed = results.missed(rows)
    for row, library, figure in missed:
        print(f"missed: {row.title}, {library}: {figure.value:.2f}, budget {figure.budget}, noise {figure.noise:.2f}")
    return 1 if missed else 0


def _progress(text: str) -> None:
    """Show what is going on in one line, which the next one replaces; nothing where nobody looks on."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
