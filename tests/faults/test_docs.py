"""The documents are what the tables of failures say, and the example does what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lmnt_server.process import running

from . import documents
from .__main__ import main
from .documents import PARTS, ROOT, renewed
from .session_table import SESSION_TABLE
from .table import TABLE

DOCUMENT = (ROOT / "docs" / "failures.md").read_text("utf-8")


@pytest.mark.parametrize("document", PARTS)
def test_the_documents_say_what_the_tables_say(document: str) -> None:
    assert (ROOT / document).read_text("utf-8") == renewed(document), "run: python -m tests.faults --write"


def test_what_is_stale_is_renewed_without_a_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {document: (ROOT / document).read_text("utf-8") for document in PARTS}
    (tmp_path / "docs").mkdir()
    stale = {
        "README.md": [
            (f"{len(TABLE)} failures", "1 failures"),
            (f"{len(SESSION_TABLE)} in a session", "2 in a session"),
        ],
        "docs/failures.md": [
            ("a response, ", "a response, 1, "),
            ("| connection refused | RST in answer to SYN | `APIConnectionError`, 2 attempts |\n", ""),
            ("| 206 of something of unknown size |", "| 206 |"),
            ("### After finish was sent", "### At the end"),
        ],
    }
    for document, changes in stale.items():
        text = wanted[document]
        for now, old in changes:
            assert now in text
            text = text.replace(now, old, 1)
        (tmp_path / document).write_text(text, "utf-8")
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    for told in ("README.md: renewed\ndocs/failures.md: renewed\n", ""):
        assert main(["--write"]) == 0
        assert capsys.readouterr().out == told
    assert {document: (tmp_path / document).read_text("utf-8") for document in PARTS} == wanted


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
