"""Replacing the old package by the new one, and checking whether the existing one is fresh."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .locks import hold
from .report import Failure
from .settings import ROOT, STAMP, Settings


def lock(settings: Settings, package: Path, tools: Mapping[str, str]) -> str:
    """Return the digests of the package's sources and of its files, as JSON."""
    inputs = [
        settings.spec,
        *settings.overlay_documents,
        *(ROOT / "overlays" / overlay for overlay in (*settings.overlays, *settings.optional)),
        *(ROOT / "templates").rglob("*.*"),
        ROOT / "openapi" / "generator.yaml",
        *(ROOT / "scripts" / "generator").glob("*.py"),
        *(ROOT / "server" / "lmnt_server" / "documents").glob("*.py"),
        ROOT / "scripts" / "regenerate.py",
        ROOT / "LICENSE",
    ]
    return (
        json.dumps(
            {
                "tools": dict(tools),
                "inputs": {_name(path): _digest(path) for path in sorted(set(inputs), key=_name)},
                "outputs": {
                    f"{package.name}/{name}": _digest(path)
                    for name, path in sorted(contents(package), key=lambda each: each[0].split("/"))
                },
            },
            indent=2,
        )
        + "\n"
    )


def contents(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder: what each is called there, with slashes, and its path."""
    start = len(f"{folder}{os.sep}")
    for where, _, names in os.walk(folder):
        inner = f"{where}{os.sep}"[start:].replace(os.sep, "/")
        yield from ((f"{inner}{name}", Path(where, name)) for name in names)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _digest(path: Path) -> str:
    # Of the text: in another repository git may have changed line endings.
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def check_place(settings: Settings) -> None:
    """Refuse to replace files that the generator has not made, or another package's lock."""
    target, told = settings.out / settings.package, settings.out / "lock.json"
    first = target / "__init__.py"
    is_ours = first.is_file() and first.read_bytes().startswith(STAMP.encode())  # a run was killed before its lock
    if os.path.lexists(told):
        is_ours = _is_lock_of(settings.package, told)
        if not is_ours:
            raise Failure(f"{told} is of something else: say another --out, one for each package")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise Failure(f"{target} is no folder: move it away, or say another --out")
    if target.is_dir() and any(target.iterdir()) and not is_ours:
        raise Failure(f"{target} was not made by the generator: move it away, or say another --out")


def _is_lock_of(package: str, path: Path) -> bool:
    try:
        return all(each.startswith(f"{package}/") for each in json.loads(path.read_bytes())["outputs"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


@contextmanager
def workspace(out: Path | None) -> Generator[Path]:
    """Make an empty folder beside the package, and remove it at the end, with those left by killed runs.

    Without a place for the package, as for a comparison, the system chooses the folder.
    """
    if out is None:
        with tempfile.TemporaryDirectory(prefix=_WORKSPACE) as name:
            yield Path(name)
        return
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        # One run at a time cleans up, so that none takes the new folder of another run for a leftover.
        with hold(out):
            for left in out.glob(f"{_WORKSPACE}*"):
                with suppress(BlockingIOError), hold(left, wait=False):
                    shutil.rmtree(left)
            folder = Path(tempfile.mkdtemp(dir=out, prefix=_WORKSPACE))
            held.enter_context(hold(folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


_WORKSPACE = ".regenerate-"


def put_in_place(new: Path, final: Path) -> None:
    """Rename a folder to its final name atomically: there is always either the complete old or the complete new one.

    The old folder gets the name `new`.
    """
    if not final.exists():
        new.rename(final)
    elif not _exchange(new, final):
        # A system that cannot exchange names: between these two steps nothing has the name, but never half a package.
        final.rename(new.with_name(f"{new.name}.old"))
        new.rename(final)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange the names of two folders in one step, with Linux's renameat2 or macOS's renamex_np."""
    if os.name == "nt":  # it exchanges no names
        return False
    import ctypes  # it takes a while, and few runs need it

    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(first), os.fsencode(second)
    at_fdcwd, exchange = -100, 2
    if hasattr(libc, "renameat2"):
        return bool(libc.renameat2(at_fdcwd, names[0], at_fdcwd, names[1], exchange) == 0)
    return hasattr(libc, "renamex_np") and bool(libc.renamex_np(*names, exchange) == 0)


def differences(settings: Settings, fresh: Path) -> Iterator[str]:
    """Compare the existing package with a new one, both ways."""
    import difflib

    names: set[str] = {"lock.json"}
    for folder in (fresh / settings.package, settings.out / settings.package):
        names |= {f"{settings.package}/{name}" for name, _ in contents(folder) if "__pycache__" not in name}
    for name in sorted(names):
        there, made = settings.out / name, fresh / name
        if not there.exists() or not made.exists():
            yield f"{'missing' if made.exists() else 'not made by the generator'}: {name}\n"
        elif _digest(there) != _digest(made):
            old, new = (path.read_text(encoding="utf-8").splitlines(keepends=True) for path in (there, made))
            yield "".join(difflib.unified_diff(old, new, f"there/{name}", f"made/{name}"))
