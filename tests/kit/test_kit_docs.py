"""docs/kit-keywords.md has the table of keywords that the generator reads by, docs/kit.md what the commands print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.keywords import TABLES
from tests.descriptions.test_pages import Server

from .conftest import ROOT, Run

PAGE = (ROOT / "docs" / "kit.md").read_text(encoding="utf-8")
KEYWORDS = (ROOT / "docs" / "kit-keywords.md").read_text(encoding="utf-8")


def rows() -> list[str]:
    """Return the table, a line for what several keywords of an object have in common."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for table, uses in TABLES.items():
        for key, use in uses.items():
            outcome = "told" if use.means else "documentation" if use.why else "expressed"
            said = f"{use.why}; {use.means}" if use.means else use.why
            found.setdefault((table, outcome, said), []).append(f"`{key}`")
    return [f"| {table} | {', '.join(keys)} | {outcome} | {said} |" for (table, outcome, said), keys in found.items()]


def test_the_table_of_keywords_is_that_of_the_code() -> None:
    there = [line for line in KEYWORDS.splitlines() if line.startswith("| ")]
    assert there[2:] == rows()


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.close()


def counted(text: str) -> str:
    """Return a text without how many modules there are, which changes with every overlay."""
    return re.sub(r"\d+ modules", "… modules", text)


def test_the_page_shows_what_the_commands_print_and_the_code_that_runs(
    run: Run, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = PAGE.partition("## In five minutes")[2].partition("\n## ")[0]
    blocks = re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)
    assert [language for language, _ in blocks] == ["yaml", "console", "yaml", "console", "python"]
    texts = [text for _, text in blocks]
    monkeypatch.chdir(tmp_path)
    Path("acme.yaml").write_text(texts[0], encoding="utf-8")
    Path("mend.yaml").write_text(texts[2], encoding="utf-8")
    printed: list[str] = []
    for line in (line for text in (texts[1], texts[3]) for line in text.splitlines() if line.startswith("$ ")):
        program, *arguments = line.split()[1:]
        said = Path(arguments[0]).read_text("utf-8") if program == "cat" else run(*arguments[1:])[1]
        printed.append(f"{line}\n{said}")
    assert counted(texts[1] + texts[3]) == counted("".join(printed))
    jobs = {"/jobs": {"data": [{"id": "a"}], "next": "b"}, "/jobs?after=b": {"data": [{"id": "c", "done": True}]}}
    server.answer = lambda path, query, body: (  # noqa: ARG005  # what a server is asked with
        200, {}, ["began"] if path.endswith("trace") else jobs[path + ("?after=b" if query else "")]
    )  # fmt: skip
    Path("use.py").write_text(texts[4], encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": "clients", "ACME_API_KEY": "mine", "ACME_BASE_URL": server.url}
    used = subprocess.run(
        [sys.executable, "use.py"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (used.stdout, used.stderr) == ("a ['began']\nc ['began']\n", "")
    assert server.targets == ["/jobs", "/jobs/a/trace", "/jobs?after=b", "/jobs/c/trace"]
