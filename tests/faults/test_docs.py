"""The documentation of failures is what the table says, and its example does what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lmnt_server.process import running

from .report import expected, markdown
from .table import TABLE

DOCUMENT = (Path(__file__).parents[2] / "docs" / "failures.md").read_text("utf-8")


def test_the_document_has_the_rows_of_the_table() -> None:
    names = re.findall(r"^\| (.+?) \|", DOCUMENT.partition("## Every failure")[2], re.MULTILINE)
    assert [name for name in names if name not in ("Failure", "---")] == [row.name for row in TABLE]


def test_the_document_says_what_the_table_says() -> None:
    assert DOCUMENT.endswith(markdown(expected(TABLE)) + "\n"), "run: python -m tests.faults --table"


def test_the_example_of_the_document(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = re.findall(r"```python\n(.+?)```", DOCUMENT, re.DOTALL)[0]
    monkeypatch.chdir(tmp_path)
    with running(engine="tone", fault="raise-after=20000") as server:
        monkeypatch.setenv("LMNT_API_KEY", "any")
        monkeypatch.setenv("LMNT_BASE_URL", server.base_url)
        exec(compile(example, "docs/failures.md", "exec"), {})
    assert re.match(r"only 20000 bytes came: .+; quote req_\w+ to support\n", capsys.readouterr().out)
    assert not list(tmp_path.iterdir())
