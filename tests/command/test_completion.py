"""Each shell completes the command, as it does when a person presses Tab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.usefixtures("place"), pytest.mark.once(rows=True)]

ASKING = {
    "bash": (
        ["bash", "--norc", "-c"],
        'eval "$(lmnt completion bash)"; COMP_WORDS=({line}); COMP_CWORD={last};'
        ' $(complete -p lmnt | sed "s/.*-F \\([^ ]*\\).*/\\1/") lmnt; printf "%s\\n" "${{COMPREPLY[@]}}"',
    ),
    "fish": (["fish", "--no-config", "-c"], "lmnt completion fish | source; complete --do-complete '{line}'"),
}
CASES = [
    ("lmnt vo", "voices"),
    ("lmnt voices sh", "show"),
    ("lmnt speak --for", "--format"),
    ("lmnt speak x --subtitles s", "srt"),
]


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with the command."""
    script = tmp_path / "bin" / "lmnt"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m lmnt "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return f"{script.parent}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_bash_and_fish(name: str, line: str, wanted: str, path: str) -> None:
    command, script = ASKING[name]
    ran = subprocess.run(
        [shell(name), *command[1:], script.format(line=line, last=len(line.split()) - 1)],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert wanted in [each.partition("\t")[0] for each in ran.stdout.splitlines()], ran


@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_zsh(line: str, wanted: str, path: str) -> None:
    # zpty has zsh show its completions as a person would see them.
    script = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -d {dump}; bindkey "^I" complete-word
eval "$(lmnt completion zsh)"
print READY-$((40+2))'
zpty -r shell out '*READY-42*'
zpty -w -n shell $'{line}\\t'
for i in {{1..100}}; do zpty -r -t shell more && out+=$more; [[ $out == *{wanted}* ]] && break; sleep 0.1; done
print -r -- $out
"""
    ran = subprocess.run(
        [shell("zsh"), "-f", "-c", script.format(line=line, wanted=f"'{wanted}'", dump="dump")],
        env={**os.environ, "PATH": path, "TERM": "xterm"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert wanted in ran.stdout.partition("READY-42")[2], ran


def test_the_script_of_another_shell_is_refused(path: str) -> None:
    ran = subprocess.run(
        ["lmnt", "completion", "csh"], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "'csh' is not one of" in ran.stderr
