"""lmnt.audio.play: which program plays what, by programs that note what they were given, and by real ones."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lmnt import InvalidArgumentError, LmntError, audio
from lmnt.audio.playing import PLAYERS

from .sounds import seconds, spoken

pytestmark = pytest.mark.once(rows=True)

FAKE = """#!{python}
import json, pathlib, sys
print("something went wrong", file=sys.stderr)
pathlib.Path({note!r}).write_text(json.dumps([*sys.argv, list(pathlib.Path(sys.argv[-1]).read_bytes()[:100])]))
sys.exit({code})
"""


class Programs:
    """A folder of programs, which is the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._note = folder, folder / "note"

    def make(self, name: str, code: int = 0) -> Path:
        path = self.folder / name
        path.write_text(FAKE.format(python=sys.executable, note=str(self._note), code=code))
        path.chmod(0o755)
        return path

    def noted(self) -> tuple[str, list[str], bytes]:
        program, *arguments, start = json.loads(self._note.read_text())
        return Path(program).name, arguments, bytes(start)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return Programs(folder)


@pytest.mark.parametrize("name", PLAYERS)
def test_each_player_gets_its_arguments_and_the_file(name: str, programs: Programs) -> None:
    programs.make(name)
    for format in PLAYERS[name][1]:
        audio.play(spoken(format))
        program, arguments, start = programs.noted()
        assert (program, tuple(arguments[:-1])) == (name, tuple(PLAYERS[name][0]))
        assert arguments[-1].endswith(f".{format}")
        assert start == spoken(format)[:100]
        assert not Path(arguments[-1]).exists(), "the temporary file is gone"


def test_the_first_one_that_knows_the_format(programs: Programs) -> None:
    programs.make("aplay")
    programs.make("ffplay")
    audio.play(spoken("webm"))
    assert programs.noted()[0] == "ffplay"
    programs.make("mpv")
    audio.play(spoken("webm"))
    assert programs.noted()[0] == "mpv"


def test_samples_alone_are_played_as_wav(programs: Programs) -> None:
    programs.make("aplay")
    for format in ("pcm_s16le", "pcm_f32le"):
        audio.play(spoken(format), format=format, sample_rate=24000)
        assert programs.noted()[2][:44] == spoken("wav")[:44]


def test_a_file_is_played_where_it_is_whatever_its_name(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.make("mpv")
    monkeypatch.chdir(tmp_path)
    for name in ("--version", "$(touch there); 'quoted' \"twice\" é.mp3", "-", "http:..mp3"):
        Path(name).write_bytes(spoken("mp3"))
        audio.play(name)
        assert programs.noted()[1][-1] == str(tmp_path / name)
    assert not Path("there").exists()


def test_another_program(programs: Programs) -> None:
    programs.make("mine")
    audio.play(spoken("aac"), player="mine")
    assert len(programs.noted()[1]) == 1
    audio.play(spoken("aac"), player=["mine", "--loud", "; rm"])
    assert programs.noted()[1][:-1] == ["--loud", "; rm"]
    with pytest.raises(InvalidArgumentError, match="there is no program 'other'"):
        audio.play(spoken("aac"), player="other")
    with pytest.raises(InvalidArgumentError, match="there is no program ''"):
        audio.play(spoken("aac"), player="")
    with pytest.raises(InvalidArgumentError, match="no program was named"):
        audio.play(spoken("aac"), player=[])


def test_what_fails(programs: Programs) -> None:
    with pytest.raises(LmntError, match="no program that plays webm is installed: install one of mpv, ffplay, or name"):
        audio.play(spoken("webm"))
    programs.make("mpv", code=3)
    with pytest.raises(LmntError, match=r"mpv failed \(3\): something went wrong"):
        audio.play(spoken("webm"))
    programs.make("mpv").write_text("#!/no/such/interpreter\n")
    with pytest.raises(LmntError, match="mpv cannot be started: No such file"):
        audio.play(spoken("webm"))


REAL = {"ffplay": {"SDL_AUDIODRIVER": "dummy"}, "mpv": {}}
"""Players that need no sound card, and the environment that tells them so."""


@pytest.mark.parametrize("name", [each for each in REAL if shutil.which(each)])
@pytest.mark.parametrize("format", ["mp3", "aac", "wav", "webm", "ulaw"])
def test_a_real_player_plays_it_to_its_end(name: str, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in REAL[name].items():
        monkeypatch.setenv(variable, value)
    arguments: Any = None if name == "ffplay" and not shutil.which("mpv") else [name, *PLAYERS[name][0]]
    if name == "mpv":
        arguments.append("--ao=null")
    began = time.monotonic()
    speech = spoken(format, text="Hello.")
    audio.play(speech, player=arguments)
    assert time.monotonic() - began > seconds(speech) * 0.8
    with pytest.raises(LmntError, match="failed"):
        audio.play(b"RIFF" + os.urandom(100), player=arguments)
