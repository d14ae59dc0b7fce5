"""Show what another release of openapi-python-client changes in the templates that ours replace.

Ours are based on the templates of the pinned release (templates/upstream.json). Before raising the pin, read the
changes, carry over what matters, and record the new digests.
"""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import openapi_python_client

ROOT = Path(__file__).resolve().parents[1]
PINNED = Path(openapi_python_client.__file__).parent / "templates"


def templates_of(release: str, folder: Path) -> Path:
    """Return the templates of a release: from a folder, or from a version that pip downloads into `folder`."""
    given = Path(release)
    if given.is_dir():
        found = sorted(given.rglob("package_init.py.jinja"))
        if not found:
            raise SystemExit(f"error: there is no package_init.py.jinja in {given}: is it openapi-python-client?")
        return found[0].parent
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", str(folder)]
    fetched = subprocess.run([*command, f"openapi-python-client=={release}"], check=False)
    if fetched.returncode:
        raise SystemExit(f"error: pip cannot fetch openapi-python-client {release}")
    return folder / "openapi_python_client" / "templates"


def changes(new: Path, replaced: list[str]) -> Iterator[str]:
    """Yield a unified diff for each replaced template that changed."""
    for name in replaced:
        before = (PINNED / name).read_text(encoding="utf-8").splitlines(keepends=True)
        after = (new / name).read_text(encoding="utf-8").splitlines(keepends=True) if (new / name).is_file() else []
        yield "".join(difflib.unified_diff(before, after, f"pinned/{name}", f"new/{name}"))


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; exit 1 if a replaced template changed."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n  scripts/upstream.py 0.30.0\n  scripts/upstream.py ../openapi-python-client",
    )
    parser.add_argument("release", help="a version, which pip fetches, or a folder with the source of one")
    release = parser.parse_args(arguments).release
    record = json.loads((ROOT / "templates" / "upstream.json").read_text(encoding="utf-8"))
    replaced = sorted(record["templates"])
    with tempfile.TemporaryDirectory() as folder:
        new = templates_of(release, Path(folder))
        found = dict(zip(replaced, changes(new, replaced), strict=True))
        gone = [name for name in replaced if not (new / name).is_file()]
    print("".join(found.values()), end="")
    print(f"openapi-python-client {record['openapi-python-client']} (pinned) and {release}:")
    for name, diff in found.items():
        lines = [line[0] for line in diff.splitlines()[2:]]
        told = f"changed, {lines.count('+')} lines added and {lines.count('-')} removed" if diff else "the same"
        print(f"  {name}: {'gone' if name in gone else told}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
