"""Every failure of a session, however it is used, waiting and awaiting; and what the documentation says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lmnt
from lmnt_server.process import running

from .places import Places
from .rows import Fails
from .session_run import run
from .session_table import SESSION_TABLE, SessionRow

DOCUMENT = (Path(__file__).parents[2] / "docs" / "failures.md").read_text("utf-8")


@pytest.mark.once(rows=True)
@pytest.mark.parametrize("row", SESSION_TABLE, ids=lambda row: row.name)
def test_each_failure_is_what_the_table_says(row: SessionRow, places: Places) -> None:
    problems = [f"{ran.way.value}, {ran.mode}: {each}" for ran in run(row, places) for each in ran.problems]
    assert not problems, "\n".join(problems)


def test_the_names_of_the_rows_are_unique() -> None:
    names = [row.name for row in SESSION_TABLE]
    assert len(names) == len(set(names))


def test_the_kinds_of_errors_in_the_table() -> None:
    found = {row.outcome.error for row in SESSION_TABLE if isinstance(row.outcome, Fails)}
    # A session has no status 422, and an HTTP/2 reset or a cut body cannot happen to it.
    others = {"UnprocessableEntityError", "StreamResetError", "StreamTruncatedError"}
    groups = {"APIError", "APIStreamError"}
    errors = {
        name
        for name in lmnt.__all__
        if isinstance(each := getattr(lmnt, name), type) and issubclass(each, lmnt.APIError)
    }
    assert found == errors - others - groups


def test_the_example_of_the_document(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = re.findall(r"```python\n(.+?)```", DOCUMENT, re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    with running(engine="tone", fault="session-close=1011; at=bytes:20000") as server:
        monkeypatch.setenv("LMNT_API_KEY", "any")
        monkeypatch.setenv("LMNT_BASE_URL", server.base_url)
        exec(compile(example, "docs/failures.md", "exec"), {})
    assert re.match(r"only 20000 bytes came, code 1011; quote req_\w+ to support\n", capsys.readouterr().out)
    assert not list(tmp_path.iterdir())
