"""The parts of the documents that are made from the tables of failures and from the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lmnt.settings.retries import RETRIED_STATUSES

from . import report, session_report
from .session_table import SESSION_TABLE
from .table import TABLE

ROOT = Path(__file__).parents[2]

PARTS: Mapping[str, Mapping[str, str]] = {
    "README.md": {
        r"each of \d+ failures looks like": f"each of {len(TABLE)} failures looks like",
        r"each of \d+ in a session": f"each of {len(SESSION_TABLE)} in a session",
    },
    "docs/failures.md": {
        r"a response, [\d, ]+, and 500": f"a response, {', '.join(map(str, sorted(RETRIED_STATUSES)))}, and 500",
        r"### Before the handshake is done\n.*?(?=\n\n## )": session_report.markdown(
            session_report.expected(SESSION_TABLE)
        ),
        r"### Before the response\n.*\n\Z": report.markdown(report.expected(TABLE)) + "\n",
    },
}
"""What is made in each document: a pattern of where it stands, and what belongs there."""


def renewed(document: str) -> str:
    """Return what a document has to say."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for pattern, made in PARTS[document].items():
        text, times = re.subn(pattern, lambda _, made=made: made, text, flags=re.DOTALL)
        assert times == 1, f"{document} has {times} times what is made: {pattern}"
    return text


def write() -> list[str]:
    """Renew the documents; returns those that changed."""
    changed = [each for each in PARTS if renewed(each) != (ROOT / each).read_text(encoding="utf-8")]
    for each in changed:
        (ROOT / each).write_text(renewed(each), encoding="utf-8")
    return changed
