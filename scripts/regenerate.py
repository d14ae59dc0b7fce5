"""Make the client package from its OpenAPI description.

The package consists of templates/, rendered with the description, and the modules of overlays/. Nothing is dropped
silently: a part that the generator cannot express stops the run, and the old package stays unchanged.
"""

from __future__ import annotations

import gc
import sys
from importlib.util import find_spec, module_from_spec

if __name__ == "__main__":
    gc.disable()  # a description lives as long as the run does
    # openapi-python-client imports them for descriptions in the network, which are refused here: they stay empty.
    sys.modules |= {name: module_from_spec(spec) for name in ("httpcore", "httpx") if (spec := find_spec(name))}

import argparse
import os
from dataclasses import replace
from pathlib import Path

from generator.making import PINNED, check_tools, make
from generator.manifest import Manifest
from generator.placing import check_place, differences, lock, put_in_place, workspace
from generator.reading import load_description
from generator.report import Failure, Report
from generator.settings import Settings

TOO_DEEP = "the description nests schemas too deep in each other: name some under components, and refer to them"


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  scripts/regenerate.py                   after a change in openapi/, templates/ or overlays/\n"
        "  scripts/regenerate.py --check           say whether generated/ is what its sources give\n"
        "  scripts/regenerate.py --spec acme.yaml --package acme --out clients",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 and show a diff if the package is stale"
    )
    parser.add_argument("--spec", type=Path, metavar="FILE", help="another description (with --package and --out)")
    parser.add_argument(
        "--overlay",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="an OpenAPI Overlay document that mends the description first; repeatable, in this order",
    )
    parser.add_argument("--package", metavar="NAME", help="the name of the other package")
    parser.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="ID",
        help="an operation that cannot be expressed and need not be in the package; repeatable; `all` for a first look",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what was told and left out to FILE, as JSON")
    parser.add_argument(
        "--manifest",
        type=Path,
        metavar="FILE",
        help="write each operation, how it is called and what it takes, as JSON",
    )
    parser.add_argument(
        "--allow-remote", action="store_true", help="fetch what the description refers to from the network"
    )
    parser.add_argument("--cli", action="store_true", help="give the other package a command line: python -m NAME")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the other package goes: DIR/NAME")
    given = parser.parse_args(arguments)
    if given.spec and not (given.package and given.out):
        parser.error("--spec needs --package and --out too, so that it cannot replace the package in generated/")
    if given.package and not given.out:
        parser.error("--package needs --out too: generated/ holds one package")
    try:
        settings = Settings.read(given.spec, given.package, given.out, given.overlay)
        settings = replace(settings, allow_remote=given.allow_remote, cli=settings.cli or given.cli)
        report = Report([*settings.leave_out, *given.leave_out])
        try:
            if given.out and not given.check:
                check_place(settings)
            return (_check if given.check else _regenerate)(settings, report, given.manifest)
        finally:
            if given.report:
                given.report.write_text(report.json(), encoding="utf-8")
    except (Failure, OSError, RecursionError) as failure:
        told = TOO_DEEP if isinstance(failure, RecursionError) else failure
        print(f"error: {told}\nNothing was changed.", file=sys.stderr)
        return 2


def _make(settings: Settings, report: Report, folder: Path, manifest: Path | None) -> None:
    """Make the package, its lock, and its manifest if requested."""
    check_tools(settings)
    mended, allowed = settings.overlay_documents, settings.allow_remote
    document = load_description(settings.spec, report, mended, allow_remote=allowed)
    package = make(settings, document, folder, report)
    (folder / "lock.json").write_text(lock(settings, folder / settings.package, PINNED), encoding="utf-8")
    if manifest:
        manifest.write_text(Manifest(package).json(), encoding="utf-8")


def _check(settings: Settings, report: Report, manifest: Path | None) -> int:
    """Compare the existing package with a new one."""
    with workspace(None) as folder:
        _make(settings, report, folder, manifest)
        found = list(differences(settings, folder))
    print("".join(found) or f"{settings.package} is what its sources give.", end="\n")
    if found:
        print("The package is stale, or was edited by hand. Run scripts/regenerate.py.", file=sys.stderr)
    return 1 if found else 0


def _regenerate(settings: Settings, report: Report, manifest: Path | None) -> int:
    """Put the package in place, with the report beside it."""
    text = settings.out / "report.txt"
    with workspace(settings.out) as folder:
        _make(settings, report, folder, manifest)
        put_in_place(folder / settings.package, settings.out / settings.package)
        (folder / "lock.json").replace(settings.out / "lock.json")
        text.unlink(missing_ok=True)
        if report.summary():
            text.write_text(report.text(), encoding="utf-8")
    count = len(list((settings.out / settings.package).rglob("*.py")))
    print(f"{settings.package} {settings.version}: {count} modules in {settings.out.name}/{settings.package}")
    if report.summary():
        print(f"{report.summary()}: see {settings.out.name}/report.txt")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # to take apart all that was read takes a tenth of the run
