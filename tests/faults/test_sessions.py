"""Every failure of a session, however the session is used, waiting and awaiting."""

from __future__ import annotations

import pytest

from .places import Places
from .session_run import run
from .session_table import SESSION_TABLE, SessionRow


@pytest.mark.parametrize("row", SESSION_TABLE, ids=lambda row: row.name)
def test_each_failure_is_what_the_table_says(row: SessionRow, places: Places) -> None:
    problems = [f"{ran.way.value}, {ran.mode}: {each}" for ran in run(row, places) for each in ran.problems]
    assert not problems, "\n".join(problems)
