"""Copies of the package in other projects: made, checked, brought up to date, and never written over."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

import lmnt
from lmnt import description
from lmnt.vendor.__main__ import DONE, MODIFIED, OUTDATED, REFUSED, main
from lmnt.vendor.copying import ATTRIBUTES, PACKAGE, RECORD, REQUIREMENTS, ModifiedError, files_of_copy, place
from lmnt.vendor.leaving_out import RefusedError, leave_out
from lmnt_server.process import ServerProcess, running

pytestmark = pytest.mark.once(rows=True)

ROOT = Path(__file__).resolve().parents[2]


def vendor(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def contents(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if "__pycache__" not in name}


def python(*arguments: object, path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=path,
        env={**os.environ, "PYTHONPATH": str(path), **environment},
    )


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a later version of the package."""
    folder = tmp_path_factory.mktemp("newer")
    shutil.copytree(PACKAGE, folder / "lmnt", ignore=shutil.ignore_patterns("__pycache__"))
    edit(folder / "lmnt" / "description.py", f'VERSION = "{lmnt.__version__}"', 'VERSION = "9.8.7"')
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "speaking"
    assert vendor(folder) == DONE
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """A fresh copy of the whole package, alone in its folder."""
    shutil.copytree(whole, tmp_path / "speaking", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "speaking"


def test_a_copy_is_the_package_byte_for_byte_with_its_record(copy: Path) -> None:
    record = json.loads((copy / RECORD).read_bytes())
    copied = contents(copy)
    del copied[RECORD]
    package = contents(PACKAGE)
    del package["api.md"]  # it is of all resources, which a copy may not have
    assert copied == package | {ATTRIBUTES: b"* -text\n"}
    assert copied["LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert record["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in copied.items()}
    assert (record["package"], record["version"], record["only"]) == ("lmnt", lmnt.__version__, None)
    assert record["description"] == description.DIGEST
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(record["requirements"]) <= set(declared["dependencies"]) == set(REQUIREMENTS.values())
    assert record["python"] == declared["requires-python"]
    assert [path.name for path in copy.parent.iterdir()] == ["speaking"]


def test_the_same_again_changes_nothing(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (copy / RECORD).stat().st_ino, (copy / RECORD).stat().st_mtime_ns
    assert vendor(copy) == vendor(copy, "--update") == DONE
    assert "is current" in capsys.readouterr().out
    assert ((copy / RECORD).stat().st_ino, (copy / RECORD).stat().st_mtime_ns) == before


def test_the_script_needs_nothing_installed(tmp_path: Path) -> None:
    run = python("-I", "-S", ROOT / "scripts" / "vendor.py", tmp_path / "speaking", path=tmp_path)
    assert run.returncode == DONE, run.stderr
    assert "attrs>=23.2" in run.stdout
    heavy = "import sys, lmnt.vendor.__main__; print({'attr', 'attrs', 'httpx', 'websockets'} & sys.modules.keys())"
    assert python("-c", heavy, path=PACKAGE.parent).stdout == "set()\n"


# What a check says


def test_a_check_names_each_file_that_differs(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert vendor("--check", copy) == DONE
    assert "unmodified and current" in capsys.readouterr().out
    edit(copy / "calls" / "api_client.py", "from", "  from")
    (copy / "values" / "codec.py").unlink()
    (copy / "mine.py").touch()
    (copy / "errors" / "__init__.py").unlink()
    (copy / "errors" / "__init__.py").symlink_to(PACKAGE / "errors" / "__init__.py")
    (copy / "linked").symlink_to(copy.parent)
    (copy / "models" / "__pycache__").mkdir()
    (copy / "models" / "__pycache__" / "voice.pyc").touch()
    assert vendor("--check", copy) == MODIFIED
    told = capsys.readouterr().out.splitlines()[1:]
    assert [line.strip() for line in told] == [
        "calls/api_client.py changed",
        "errors/__init__.py changed",
        "linked added",
        "mine.py added",
        "values/codec.py missing",
    ]


def test_local_edits_are_never_written_over(copy: Path, newer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(copy / "settings" / "retries.py", "import", "import  ")
    before = contents(copy)
    for arguments in ((copy,), (copy, "--update"), (copy, "--update", "--only", "voices")):
        assert vendor(*arguments) == MODIFIED
        assert "settings/retries.py changed" in capsys.readouterr().err
    run = python("-m", "lmnt.vendor", "--update", copy, path=newer)
    assert (run.returncode, contents(copy)) == (MODIFIED, before)
    with pytest.raises(ModifiedError):  # edited after it was looked at
        place(files_of_copy(None), copy)
    assert contents(copy) == before
    assert [path.name for path in copy.parent.iterdir()] == ["speaking"]


def test_an_older_copy_is_outdated_and_can_be_updated(copy: Path, newer: Path) -> None:
    checked = python("-m", "lmnt.vendor", "--check", copy, path=newer)
    assert (checked.returncode, checked.stderr) == (OUTDATED, "")
    assert f"made from lmnt {lmnt.__version__}, here is 9.8.7" in checked.stdout
    refused = python("-m", "lmnt.vendor", copy, path=newer)
    assert refused.returncode == REFUSED
    assert "--update replaces it" in refused.stderr
    assert python("-m", "lmnt.vendor", copy, "--update", path=newer).returncode == DONE
    assert contents(copy).keys() - {RECORD, ATTRIBUTES} == contents(newer / "lmnt").keys() - {"api.md"}
    assert vendor("--check", copy) == OUTDATED
    assert python("-m", "lmnt.vendor", "--check", copy, path=newer).returncode == DONE


def test_a_copy_checks_itself_and_makes_copies(copy: Path, tmp_path: Path) -> None:
    assert python("-m", "speaking.vendor", "--check", "speaking", path=tmp_path).returncode == DONE
    run = python("-m", "speaking.vendor", "again", "--only", "accounts", path=tmp_path)
    assert run.returncode == DONE, run.stderr
    assert vendor("--check", tmp_path / "again") == DONE
    edit(copy / "hints" / "omitted.py", "class", "class ")
    run = python("-m", "speaking.vendor", "third", path=tmp_path)
    assert (run.returncode, "hints/omitted.py changed" in run.stderr) == (MODIFIED, True)


# Ends of lines


def git(folder: Path, *arguments: str) -> None:
    """Run git as it is set up on Windows."""
    settings = {"core.autocrlf": "true", "core.safecrlf": "false", "user.name": "n", "user.email": "e@example.com"}
    options = [each for name, value in settings.items() for each in ("-c", f"{name}={value}")]
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *options, *arguments], cwd=folder, check=True, capture_output=True, env=os.environ | alone)


def cloned(copy: Path) -> Path:
    """Return the copy as it is in a clone of a repository that its folder is committed to."""
    clone = copy.parent.with_name(f"{copy.parent.name}-clone")
    git(copy.parent, "init", "--quiet")
    git(copy.parent, "add", ".")
    git(copy.parent, "commit", "--quiet", "--message", "Vendored")
    git(copy.parent.parent, "clone", "--quiet", str(copy.parent), str(clone))
    return clone / copy.name


def make_older(copy: Path) -> None:
    """Make of a copy one of a version that wrote no attributes."""
    (copy / ATTRIBUTES).unlink()
    record = json.loads((copy / RECORD).read_bytes())
    del record["files"][ATTRIBUTES]
    (copy / RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")


def test_git_changes_no_end_of_a_line_in_a_copy(copy: Path) -> None:
    before = contents(copy)
    (copy.parent / "other.py").write_bytes(b"1\n")
    clone = cloned(copy)
    assert contents(clone) == before
    assert (clone.parent / "other.py").read_bytes() == b"1\r\n"
    assert vendor("--check", clone) == DONE


def test_ends_of_lines_that_git_has_changed_are_no_edit(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_older(copy)
    clone = cloned(copy)
    assert (clone / "hints" / "omitted.py").read_bytes().count(b"\r\n") > 10
    assert b"\r\n" in (clone / RECORD).read_bytes()
    capsys.readouterr()
    assert vendor("--check", clone) == OUTDATED
    assert "too, with other files" in capsys.readouterr().out
    edit(clone / "hints" / "omitted.py", "class Omit", "class  Omit")
    (clone / "calls" / "api_client.py").write_bytes(
        (clone / "calls" / "api_client.py").read_bytes().replace(b"\r\n", b"\r", 1)
    )
    assert vendor("--check", clone) == MODIFIED
    assert [line.strip() for line in capsys.readouterr().out.splitlines()[1:3]] == [
        "calls/api_client.py changed",
        "hints/omitted.py changed",
    ]
    assert vendor("--update", clone) == MODIFIED
    git(clone, "checkout", "--quiet", ".")
    assert vendor("--update", clone) == DONE
    assert contents(clone) == files_of_copy(None)
    assert vendor("--check", clone) == DONE
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message", "Updated")
    git(clone, "rm", "--quiet", "-r", ".")
    git(clone.parent, "checkout", "--quiet", "HEAD", "--", ".")
    assert contents(clone) == files_of_copy(None)


def crlf(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


def every_other(content: bytes) -> bytes:
    return b"".join(crlf(line) if odd % 2 else line for odd, line in enumerate(content.splitlines(keepends=True)))


@pytest.mark.parametrize(("was", "now"), [(bytes, crlf), (bytes, every_other), (crlf, bytes), (crlf, every_other)])
def test_ends_of_lines_are_told_from_edits(copy: Path, was: Any, now: Any, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads((copy / RECORD).read_bytes())
    record["files"] = {name: hashlib.sha256(was((copy / name).read_bytes())).hexdigest() for name in record["files"]}
    (copy / RECORD).write_text(json.dumps(record), encoding="utf-8")
    for path in copy.rglob("*.*"):
        path.write_bytes(now(path.read_bytes()))
    assert vendor("--check", copy) == (DONE if was is bytes else OUTDATED)
    with (copy / "py.typed").open("ab") as file:
        file.write(b"\r\n")
    assert vendor("--check", copy) == MODIFIED
    assert "py.typed changed" in capsys.readouterr().out


def test_in_what_is_no_text_every_byte_counts(copy: Path) -> None:
    record = json.loads((copy / RECORD).read_bytes())
    record["files"]["data.bin"] = hashlib.sha256(b"\0a\nb").hexdigest()
    (copy / RECORD).write_text(json.dumps(record), encoding="utf-8")
    (copy / "data.bin").write_bytes(b"\0a\nb")
    assert vendor("--check", copy) == OUTDATED
    (copy / "data.bin").write_bytes(b"\0a\r\nb")
    assert vendor("--check", copy) == MODIFIED


def test_a_copy_with_other_ends_of_lines_makes_copies(copy: Path, tmp_path: Path) -> None:
    for path in [*copy.rglob("*.py"), copy / "LICENSE", copy / RECORD]:
        path.write_bytes(crlf(path.read_bytes()))
    assert python("-m", "speaking.vendor", "--check", "speaking", path=tmp_path).returncode == DONE
    run = python("-m", "speaking.vendor", "again", path=tmp_path)
    assert run.returncode == DONE, run.stderr
    assert contents(tmp_path / "again") == files_of_copy(None)


# Where a copy may not go


def test_a_place_that_is_not_ours_is_refused(tmp_path: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "precious.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(copy)
    (tmp_path / "nowhere").symlink_to(tmp_path / "not_there")
    for name, old, new in (
        ("damaged", "{", "["),
        ("other", '"lmnt"', '"acme"'),
        ("odd", '"files": {', '"files": 3, "x": {'),
        ("number", '"only": null', '"only": 5'),
        ("text", '"only": null', '"only": "speech"'),
    ):
        shutil.copytree(copy, tmp_path / name)
        edit(tmp_path / name / RECORD, old, new)
    before = contents(tmp_path)
    places = [
        foreign,
        *(tmp_path / name for name in ("file", "link", "nowhere", "damaged", "other", "odd", "number", "text")),
    ]
    places += [
        tmp_path / "missing" / "speaking",
        tmp_path / "class",
        tmp_path / "not-a-name",
        Path("/"),
        PACKAGE.parent,
    ]
    places += [PACKAGE, PACKAGE / "inner", PACKAGE / "models" / ".." / "inner", copy / ".." / ".."]
    for folder in places:
        for flags in ((), ("--update",)):
            assert vendor(folder, *flags) == REFUSED, folder
            assert "Nothing was changed" in capsys.readouterr().err
    assert contents(tmp_path) == before
    assert vendor(tmp_path / "none", "--update") == REFUSED
    assert vendor(tmp_path / "none", "--check") == REFUSED
    assert not (PACKAGE / "inner").exists()
    assert not (tmp_path / "missing").exists()


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "speaking").mkdir()
    assert vendor(tmp_path / "speaking") == DONE


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="only Linux has a folder that refuses even root")
def test_a_folder_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert vendor("/sys/kernel/speaking") == REFUSED
    assert "Nothing was changed" in capsys.readouterr().err


FULL_DISK = """
import resource, sys
from lmnt.vendor.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
sys.exit(main(sys.argv[1:]))
"""


def test_a_failure_half_way_leaves_what_was_there(copy: Path, newer: Path) -> None:
    before = contents(copy)
    for arguments in ((copy, "--update"), (copy.parent / "fresh",)):
        run = python("-c", FULL_DISK, *arguments, path=newer)
        assert run.returncode == REFUSED, run.stderr
        assert "File too large" in run.stderr
        assert "Traceback" not in run.stderr
    assert contents(copy) == before
    assert [path.name for path in copy.parent.iterdir()] == ["speaking"]


def test_two_at_once_leave_one_whole_copy(tmp_path: Path) -> None:
    files = files_of_copy(None)
    together, failed = Barrier(2), list[Exception]()

    def run() -> None:
        together.wait()
        try:
            place(files, tmp_path / "speaking")
        except Exception as error:
            failed.append(error)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(error, OSError) for error in failed)
    assert vendor("--check", tmp_path / "speaking") == DONE
    assert [path.name for path in tmp_path.iterdir()] == ["speaking"]


# Some of the resources


@pytest.mark.parametrize(
    "names", ["../voices", "voices,../../etc/passwd", "/etc", "voices.py", "", ",", "Voices", "__init__"]
)
def test_what_is_no_resource_cannot_be_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str], names: str) -> None:
    assert vendor(tmp_path / "speaking", "--only", names) == REFUSED
    assert "accounts, speech, voices" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


IMPORT_ALL = """
import importlib, json, logging, pkgutil, sys
from tests.hints import Walk
found = {}
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for each in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(each.name)
    for folder in (package, package.models, package.resources, package.types):
        for each in folder.__all__: getattr(folder, each)
    assert Walk(package).problems == []
    assert logging.getLogger(name).level == logging.INFO
    found[name] = []
    for client in (package.Lmnt(api_key="k"), package.AsyncLmnt(api_key="k")):
        for access in (client, client.with_raw_response, client.with_streaming_response):
            found[name].append([each for each in ("accounts", "speech", "voices") if hasattr(access, each)])
assert not [each for each in logging.root.manager.loggerDict if each.startswith("lmnt")]
print(json.dumps(found))
"""


def test_every_choice_of_resources_is_a_package_that_works(tmp_path: Path) -> None:
    chosen = {"_".join(names): sorted(names) for names in (("speech",), ("voices",), ("voices", "accounts"))}
    for folder, names in chosen.items():
        assert vendor(tmp_path / folder, "--only", f" {', '.join(names)},") == DONE
        assert vendor(tmp_path / folder, "--check") == DONE
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    run = python("-c", IMPORT_ALL, *chosen, path=tmp_path, LMNT_LOG="info", PYTHONPATH=paths)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {folder: [names] * 6 for folder, names in chosen.items()}
    names = {path.name for path in (tmp_path / "voices").rglob("*.py")}
    assert {"voices_list.py", "voice.py", "error_response.py"} <= names
    assert [path.name for path in (tmp_path / "voices" / "types").glob("[a-z]*.py")] == ["voices.py"]
    needs = {folder: json.loads((tmp_path / folder / RECORD).read_bytes())["requirements"] for folder in chosen}
    assert {folder: "websockets>=15" in each for folder, each in needs.items()} == {
        folder: "speech" in kept for folder, kept in chosen.items()
    }
    assert (
        not {"speech.py", "speech_generate.py", "speech_generate_params.py", "accounts_retrieve.py", "plan.py"} & names
    )
    formatted = python("-m", "ruff", "format", "--check", "--isolated", "--line-length", "120", ".", path=tmp_path)
    assert formatted.returncode == 0, formatted.stdout


def test_an_update_keeps_the_choice_unless_told_otherwise(tmp_path: Path, newer: Path) -> None:
    copy = tmp_path / "speaking"
    assert vendor(copy, "--only", "voices") == DONE
    assert python("-m", "lmnt.vendor", copy, "--update", path=newer).returncode == DONE
    assert [path.name for path in (copy / "resources").glob("[a-z]*.py")] == ["voices.py"]
    assert vendor(copy, "--update", "--only", "voices,speech") == DONE
    assert {path.name for path in (copy / "resources").glob("[a-z]*.py")} == {
        "sessions.py",
        "speech.py",
        "speech_sessions.py",
        "voices.py",
    }


LIGHT = {
    "client.py": b"from typing import TYPE_CHECKING\n\nfrom .resources import b\n\n"
    b"if TYPE_CHECKING:\n    from .resources import a as _a\n",
    "resources/a.py": b"from ..models import X\n",
    "resources/b.py": b"",
    "models/__init__.py": b'from .x import X as X\n\n__all__ = [\n    "X",\n]\n',
    "models/x.py": b"X = 1\n",
}


def test_a_block_of_which_nothing_is_left_goes_too() -> None:
    assert leave_out(LIGHT, ["b"]) == {
        "client.py": b"from typing import TYPE_CHECKING\n\nfrom .resources import b\n",
        "resources/b.py": b"",
        "models/__init__.py": b"\n__all__ = [\n]\n",
    }
    assert leave_out(LIGHT, ["a", "b"]) == LIGHT
    whole = {**LIGHT, "session.py": b"from . import models\n"}
    assert "models/x.py" in leave_out(whole, ["b"])


def test_a_module_that_only_a_left_out_resource_uses_goes_with_its_names() -> None:
    whole = {
        **LIGHT,
        "__init__.py": b'from .deep.session import S as T\n\n_NAMES = {\n    "T": ("deep.session", "S"),\n}\n',
        "resources/a.py": b"def f():\n    from ..deep import session\n",
        "deep/__init__.py": b"from ..shared import X\n",
        "deep/session.py": b"from ..omit import X\n",
        "shared.py": b"X = 1\n",
        "omit.py": b"X = 1\n",
        "alone.py": b"from .omit import X\n",
    }
    left = leave_out(whole, ["b"])
    assert whole.keys() - left.keys() == {"resources/a.py", "deep/__init__.py", "deep/session.py", "shared.py"}
    assert left["__init__.py"] == b"\n_NAMES = {\n}\n"
    assert "shared.py" in leave_out({**whole, "alone.py": b"from .deep import other\n", "deep/other.py": b""}, ["b"])


INDEX = {
    "client.py": b"from . import resources as _resources\n\n\n"
    b"class C:\n    def b(self) -> _resources.B: ...\n\n    def a(self) -> _resources.A: ...\n",
    "resources/__init__.py": b"from .a import A as A\nfrom .b import B as B\n",
    "resources/a.py": b"from .. import models as _models\n\nprint(_models.X)\n",
    "resources/b.py": b"from .. import models as _models\n\nprint(_models.Y)\n",
    "models/__init__.py": b"from .x import X as X\nfrom .y import Y as Y\n",
    "models/x.py": b"X = 1\n",
    "models/y.py": b"Y = 1\n",
}


def test_of_an_index_that_is_imported_whole_the_names_that_are_asked_for_count() -> None:
    left = leave_out(INDEX, ["b"])
    assert INDEX.keys() - left.keys() == {"resources/a.py", "models/x.py"}
    assert left["client.py"] == (
        b"from . import resources as _resources\n\n\nclass C:\n    def b(self) -> _resources.B: ...\n"
    )
    assert left["models/__init__.py"] == b"from .y import Y as Y\n"
    for other in (b"print(_models)\n", b"print(_models.X, _models)\n", b"print(_models.no_such_name)\n"):
        unknown = {**INDEX, "other.py": b"from . import models as _models\n\n" + other}
        assert "models/x.py" in leave_out(unknown, ["b"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"from .resources import a\n\nprint(a)\n", "other.py, line 3, needs what is left out"),
        (b"from .resources import a, b\n", "other.py, line 1, imports what stays together with what is left out"),
        (b'from .resources import a\n\nT = ["a", "b"]\n', "other.py, line 3: the entries do not stand on lines"),
        (b"class C:\n    from .resources import a\n    x = a.X\n", "other.py, line 3, needs what is left out"),
    ],
)
def test_what_cannot_be_cut_out_is_refused(text: bytes, told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        leave_out({**LIGHT, "other.py": text}, ["b"])


# Copies at work


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with running(engine="tone") as process:
        yield process


@pytest.fixture
def three(tmp_path: Path, newer: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The installed package, a copy of it and a copy of a later version, in this process."""
    (tmp_path / "acme_a" / "_vendor").mkdir(parents=True)
    (tmp_path / "acme_b").mkdir()
    assert vendor(tmp_path / "acme_a" / "_vendor" / "lmnt") == DONE
    run = python("-m", "lmnt.vendor", tmp_path / "acme_b" / "voice_client", path=newer)
    assert run.returncode == DONE, run.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield [lmnt, import_module("acme_a._vendor.lmnt"), import_module("acme_b.voice_client")]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("acme_a", "acme_b")]:
        del sys.modules[name]


def test_copies_of_different_versions_live_side_by_side(
    three: list[Any], server: ServerProcess, caplog: pytest.LogCaptureFixture
) -> None:
    assert [each.__version__ for each in three] == [lmnt.__version__, lmnt.__version__, "9.8.7"]
    for names in ("Lmnt", "AsyncLmnt", "LmntError", "NotFoundError", "UnverifiedStreamWarning", "Model", "omit"):
        assert len({id(getattr(each, names)) for each in three}) == 3, names
    for number, package in enumerate(three):
        others = [each for each in three if each is not package]
        name = package.__name__
        caplog.clear()
        with caplog.at_level("DEBUG"), package.Lmnt(api_key="any", base_url=server.base_url) as client:
            voice = client.voices.retrieve("leah")
            audio = client.speech.generate(text="Hello.", voice="leah")
            with pytest.raises(package.NotFoundError) as caught:
                client.voices.retrieve("nobody")
        assert audio.complete is True
        assert voice.request_id
        assert type(voice).__module__ == f"{name}.models.voice"
        assert not any(isinstance(caught.value, each.LmntError) for each in others)
        assert {record.name for record in caplog.records if "lmnt" in record.name or "acme" in record.name} == {name}
        for value in (voice, caught.value):
            again = pickle.loads(pickle.dumps(value))
            assert type(again) is type(value)
            assert str(again) == str(value)
        with pytest.raises(package.InvalidArgumentError):
            package.Lmnt(api_key="any").speech.generate(text="Hello.", voice="leah", top_p=three[number - 1].omit)
        with pytest.raises(AttributeError, match=name):
            package.nothing  # noqa: B018

    async def ask(package: Any) -> str:
        async with package.AsyncLmnt(api_key="any", base_url=server.base_url) as client:
            return str((await client.voices.retrieve("ansel")).id)

    async def ask_all() -> list[str]:
        return await asyncio.gather(*(ask(package) for package in three))

    assert asyncio.run(ask_all()) == ["ansel"] * 3


USER = """\
from typing import assert_type

from acme.speaking import AsyncLmnt, Lmnt, NotFoundError
from acme.speaking.models import Voice, Voise
from acme.speaking import TotallyMissing


def name_of(client: Lmnt) -> str:
    try:
        assert_type(client.voices.retrieve("leah"), Voice)
    except NotFoundError as error:
        assert_type(error.request_id, str | None)
    client.voices.retrieve("leah").nam
    return client.voices.retrieve("leah").name


async def left(client: AsyncLmnt) -> int:
    client.speech
    return (await client.accounts.retrieve()).usage.characters
"""


@pytest.mark.once(first=True)
def test_type_checkers_see_the_types_of_a_copy(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    assert vendor(tmp_path / "acme" / "speaking", "--only", "voices,accounts") == DONE
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    # The settings and the cache of the project's own check: what the copy stands on is not read a second time.
    options = ["--config-file", ROOT / "pyproject.toml", "--cache-dir", ROOT / ".mypy_cache", "--strict"]
    run = python("-m", "mypy", *options, "--no-error-summary", "user.py", path=tmp_path, MYPYPATH="")
    assert run.stdout.splitlines() == [
        'user.py:4: error: Module "acme.speaking.models" has no attribute "Voise"; maybe "Voice"?  [attr-defined]',
        'user.py:5: error: Module "acme.speaking" has no attribute "TotallyMissing"  [attr-defined]',
        'user.py:13: error: "Voice" has no attribute "nam"; maybe "name"?  [attr-defined]',
        'user.py:18: error: "AsyncLmnt" has no attribute "speech"  [attr-defined]',
    ]
