"""docs/maintaining.md shows what the commands print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import changes

from .conftest import ROOT, Run

PAGE = (ROOT / "docs" / "maintaining.md").read_text(encoding="utf-8")


def printed(command: str) -> list[list[str]]:
    """Return the lines that the page shows for a command, each time it does."""
    found: list[list[str]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE):
            first, *lines = part.split("\n")
            if first == command:
                found.append([line for line in lines if line.strip() and line != "…"])
    assert found, command
    return found


def counted(text: str) -> str:
    """Return a text without the numbers of modules and lines, which change with every overlay and field."""
    return re.sub(r"@@ .* @@", "@@ … @@", re.sub(r"\d+ modules", "… modules", text))


def test_the_page_shows_what_the_commands_print(
    kit: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    description = kit / "openapi" / "lmnt.yaml"
    field = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    before = "        starred:\n          description: Whether you have starred it."
    text = description.read_text(encoding="utf-8")
    assert before in text
    description.write_text(text.replace(before, field + before), encoding="utf-8")
    command = ".venv/bin/python scripts/regenerate.py"
    told = counted(run("--check")[1]).splitlines()
    assert [line for line in printed(f"{command} --check")[0] if line not in told] == []
    made, refused = printed(command)
    code, said = run()
    assert (code, counted(said)) == (0, counted("\n".join(made) + "\n"))
    description.write_text(text.replace(before, field + '          $ref: "#/timbres"\n' + before), encoding="utf-8")
    assert run() == (2, "\n".join(refused) + "\n")
    description.write_text(text.replace(before, field + before), encoding="utf-8")
    assert changes.main([str(ROOT), str(kit)]) == 0
    said = capsys.readouterr().out
    shown = printed(".venv/bin/python scripts/changes.py --write")[0]
    assert [line for line in shown[1:] if line not in said.splitlines()] == []
    monkeypatch.chdir(ROOT)
    other = f"{command} --spec tests/descriptions/petshop.yaml --package petshop --out /tmp/clients"
    arguments = other.replace("/tmp/clients", str(kit / "clients")).split()[2:]
    code, said = run(*arguments)
    assert (code, counted(said)) == (0, counted("\n".join(printed(other)[0]) + "\n"))
