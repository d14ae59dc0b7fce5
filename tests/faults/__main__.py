"""`python -m tests.faults` makes every failure happen and tells what callers got, as a table or as what is wrong."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TypeVar

from lmnt.transport.direct import connection

from ..client.modes import PARSERS
from . import documents, session_report, session_run
from .places import PROXIES, Places, places
from .report import differences, markdown, seen
from .rows import Protocol, Row
from .run import Ran, run
from .session_table import SESSION_TABLE, SessionRow
from .table import TABLE

AnyRow = TypeVar("AnyRow", Row, SessionRow)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rows; return 1 if any of them is not what the table says."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--table", action="store_true", help="print the results as a Markdown table")
    parser.add_argument("--sessions", action="store_true", help="the failures of sessions, in place of those of calls")
    parser.add_argument("--parser", choices=PARSERS, help="what reads responses; by default llhttp if it is installed")
    parser.add_argument(
        "--write", action="store_true", help="make nothing happen: renew what the documents say from the tables"
    )
    parser.add_argument("words", nargs="*", help="only rows whose names contain one of these words")
    options = parser.parse_args(arguments)
    if options.write:
        for each in documents.write():
            print(f"{each}: renewed")
        return 0
    for name in PROXIES:
        os.environ.pop(name, None)
    if options.parser:
        connection.RESPONSE_PARSER = PARSERS[options.parser]
    if options.sessions:
        return _sessions(options.words, table=options.table)
    rows = _chosen(TABLE, options.words)
    with places() as where:
        results = {row: _run(row, where, f"{number}/{len(rows)}") for number, row in enumerate(rows, 1)}
    found = [line for row, by_protocol in results.items() for line in differences(row, by_protocol)]
    print(markdown(seen(results)) if options.table else _closing_line(len(rows), len(found)))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


def _sessions(words: Sequence[str], *, table: bool) -> int:
    rows = _chosen(SESSION_TABLE, words)
    results: dict[SessionRow, list[session_run.Ran]] = {}
    with places() as where:
        for number, row in enumerate(rows, 1):
            print(f"{number}/{len(rows)} {row.name}", file=sys.stderr)
            results[row] = session_run.run(row, where)
    found = list(session_report.differences(results))
    print(session_report.markdown(session_report.seen(results)) if table else _closing_line(len(rows), len(found)))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


def _chosen(table: Sequence[AnyRow], words: Sequence[str]) -> list[AnyRow]:
    """Return the rows with one of the words in their name; ends the program if there are none."""
    rows = [row for row in table if not words or any(word in row.name for word in words)]
    if not rows:
        near = get_close_matches(" ".join(words), [row.name for row in table], cutoff=0.3)
        print(
            f"no row has {' or '.join(words)} in its name; there are, among others: {', '.join(near)}", file=sys.stderr
        )
        sys.exit(2)
    return rows


def _closing_line(tried: int, wrong: int) -> str:
    rows = "1 row" if tried == 1 else f"{tried} rows"
    return f"{rows} tried: {'all as the table says' if not wrong else f'{wrong} differences from the table'}"


def _run(row: Row, where: Places, progress: str) -> dict[Protocol, list[Ran]]:
    print(f"{progress} {row.name}", file=sys.stderr)
    return {protocol: run(row, protocol, where) for protocol in row.protocols}


if __name__ == "__main__":
    sys.exit(main())
