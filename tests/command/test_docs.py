"""docs/cli.md and the README show what the commands say."""

from __future__ import annotations

import pytest

import cli_docs


@pytest.mark.once
def test_the_pages_are_what_the_commands_give(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["cli_docs.py", "--check"])
        assert cli_docs.main() == 0, capsys.readouterr().err


def test_each_command_has_its_part() -> None:
    text = cli_docs.PAGE.read_text(encoding="utf-8")
    for name in ("speak", "bulk", "voices list", "voices show", "voices create", "voices update", "voices delete"):
        assert f"\n## lmnt {name}\n" in text
    for name in ("account", "serve", "doctor", "api", "completion"):
        assert f"\n## lmnt {name}\n" in text
