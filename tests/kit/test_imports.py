"""A package that could not be imported is refused, as Python refuses it; and what Python meets later is refused too."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.scale import description

import regenerate
from generator.making import add_overlays, render, tidy
from generator.report import Failure
from tests.descriptions.packages import check, settings, texts

MODULE = "models/thing_0.py"

BROKEN = {
    "a name that is not in the module": ("from .thing_1 import Thing7", "models/thing_0.py: it imports Thing7"),
    "one in several lines": (
        "from .thing_1 import (\n    Thing1,\n    Thing7,\n)",
        "it imports Thing7 from models.thing_1",
    ),
    "a module that is not there": ("from .thing_7 import Thing7", "it imports Thing7 from models.thing_7"),
    "a module of another folder": ("from ..operations import resource7", "it imports resource7 from operations"),
    "an overlay that is not in the package": ("from ..values import forms", "it imports forms from values"),
    "a name of the package itself": ("from .. import Thing7", "it imports Thing7 from scale"),
    "a package that is not installed": (
        "import not_there.part as part",
        "it imports not_there, which is not installed",
    ),
    "two modules that need each other": ("from ..operations.resource0_make0 import build", "import each other: "),
}
LATER = {
    "in a function": "def use():\n    from .thing_1 import Thing7",
    "in a method": "class Use:\n    def use(self):\n        from .thing_1 import Thing7",
    "for type checkers": "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from .thing_1 import Thing7",
}
RIGHT = {
    "a name": "from .thing_1 import Thing1 as Other",
    "a module": "from . import thing_1",
    "a name that an import made": "from ..values.model import attrs",
    "one of several that are assigned": "A, B = C = 1, 2\ndef use():\n    from .thing_0 import A, B, C",
    "one that is made in a condition": "if True:\n    A: int = 1\ndef use():\n    from .thing_0 import A",
    "modules that need each other in functions": "def use():\n    from ..operations.resource0_make0 import build",
    "a package that need not be installed": "try:\n    import not_there\nexcept ImportError:\n    not_there = None",
    "a text": '"""\nfrom .thing_1 import Thing7\n"""',
    "a text with quotes": 'A = \'"""\'\nfrom .thing_1 import Thing1\nB = r"\\""\nC = \'"""\'',
    "a comment": '# """\nfrom .thing_1 import Thing1',
}
UNDEFINED = {
    "a name that nothing defines": ("print(Thing7)", "Thing7"),
    "one in a function": ("def use():\n    return Thing7", "Thing7"),
    "one in an annotation": ("def use(thing: Thing7) -> None: ...", "Thing7"),
    "one of __all__": ('__all__ = ["Thing7"]', "Thing7"),
    "no Python": ("def use(:\n    pass", "made.py"),
    "an argument twice": ("def use(a, a):\n    pass", "made.py"),
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a package that is sound."""
    folder = tmp_path_factory.mktemp("imports")
    made = render(settings("scale", folder), description(2), folder)
    tidy(folder)
    add_overlays(made.settings, folder)
    return made.package_dir


@pytest.fixture
def with_lines(package: Path) -> Iterator[Callable[[str], None]]:
    """Return what adds lines to a module of the package, until the test ends."""
    sound = (path := package / MODULE).read_text(encoding="utf-8")
    yield lambda lines: path.write_text(f"{sound}\n{lines}\n", encoding="utf-8") and None
    path.write_text(sound, encoding="utf-8")


def python(package: Path) -> str:
    """Return what Python says when it imports the module."""
    module = f"{package.name}.{MODULE.removesuffix('.py').replace('/', '.')}"
    command = [sys.executable, "-c", f"import {package.name}.operations.resource0_make0, {module}"]
    return subprocess.run(command, cwd=package.parent, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize(("lines", "said"), BROKEN.values(), ids=BROKEN)
def test_what_python_cannot_import_is_refused(
    package: Path, with_lines: Callable[[str], None], lines: str, said: str
) -> None:
    with_lines(lines)
    assert "ImportError" in (told := python(package)) or "ModuleNotFoundError" in told
    with pytest.raises(Failure, match=rf"(?s)cannot be imported.*{re.escape(said)}"):
        check(package)


@pytest.mark.parametrize("lines", LATER.values(), ids=LATER)
def test_what_python_would_meet_later_is_refused(package: Path, with_lines: Callable[[str], None], lines: str) -> None:
    with_lines(lines)
    assert not python(package)
    with pytest.raises(Failure, match=r"it imports Thing7 from models\.thing_1, which has no such name"):
        check(package)


@pytest.mark.parametrize("lines", ["", *RIGHT.values()], ids=["nothing", *RIGHT])
def test_what_python_can_import_is_not_refused(package: Path, with_lines: Callable[[str], None], lines: str) -> None:
    with_lines(lines)
    assert not python(package)
    check(package)


@pytest.mark.parametrize(("lines", "said"), UNDEFINED.values(), ids=UNDEFINED)
def test_what_nothing_defines_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "made.py").write_text(f"{lines}\n", encoding="utf-8")
    with pytest.raises(Failure, match=rf"(?s)ruff refuses the rendered package:.*{said}"):
        tidy(tmp_path)


def test_a_package_that_cannot_be_imported_is_not_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No description that we know makes one; a fault in a template or in the list of overlays would."""
    (tmp_path / "scale.json").write_text(json.dumps(description(1)), encoding="utf-8")
    given = ["--spec", str(tmp_path / "scale.json"), "--package", "scale", "--out", str(tmp_path / "out")]
    assert regenerate.main(given) == 0
    before = texts(tmp_path / "out")
    monkeypatch.setattr("generator.rendering.in_order", lambda text: text.replace("as _codec", "as _codes"))
    assert regenerate.main(given) == 2
    assert "Undefined name `_codec`" in capsys.readouterr().err
    assert texts(tmp_path / "out") == before
