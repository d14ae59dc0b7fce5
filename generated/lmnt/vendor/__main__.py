"""The command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .. import description
from .copying import (
    PYTHON,
    RECORD,
    Copy,
    ModifiedError,
    Record,
    check_destination,
    files_of_copy,
    place,
    replaceable,
)
from .leaving_out import RefusedError

DONE, MODIFIED, REFUSED, OUTDATED = range(4)


def main(arguments: list[str] | None = None, prog: str | None = None) -> int:
    """Copy the package, or check a copy; returns the exit code."""
    package = description.PACKAGE
    parser = argparse.ArgumentParser(
        prog=prog or f"python -m {(__package__ or package)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"Copy {package} {description.VERSION} into another project, as one folder under any name.\n\n"
        f"DEST becomes the package: src/acme/_vendor/{package} is imported as acme._vendor.{package}. Its imports are\n"
        f"relative, so no file differs from the original. {RECORD} in it says what it was made from, what has\n"
        "to be installed for it, and the SHA-256 of each file. Nothing outside DEST is written.",
        epilog="examples:\n"
        f"  %(prog)s src/acme/_vendor/{package}\n"
        f"  %(prog)s src/acme/{package}_client --only ONE,OTHER\n"
        f"  %(prog)s src/acme/_vendor/{package} --update      take over this version, if nobody edited the copy\n"
        f"  %(prog)s src/acme/_vendor/{package} --check       for the other project's CI\n\n"
        "exit codes: 0 done, or unmodified and current; 1 modified (the files are named); 2 refused, or wrong usage;\n"
        "3 unmodified, but made from another version than this",
    )
    parser.add_argument("dest", metavar="DEST", type=Path, help="the folder of the copy; its own folder must be there")
    parser.add_argument(
        "--only",
        metavar="NAMES",
        help="keep these resources alone, separated by commas; a wrong name is told what there is",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="change nothing; say whether a copy is as it was made")
    group.add_argument("--update", action="store_true", help="replace an unmodified copy, with the resources it has")
    given = parser.parse_args(arguments)
    only = None if given.only is None else [name.strip() for name in given.only.split(",") if name.strip()]
    dest: Path = given.dest.absolute()
    try:
        return check(dest, only) if given.check else copy(dest, only, update=given.update)
    except RefusedError as error:
        print(f"error: {error}\nNothing was changed.", file=sys.stderr)
        return MODIFIED if isinstance(error, ModifiedError) else REFUSED
    except OSError as error:
        print(f"error: {error.filename or dest}: {error.strerror}\nNothing was changed.", file=sys.stderr)
        return REFUSED


def copy(dest: Path, only: list[str] | None, *, update: bool) -> int:
    """Make a copy, or update one."""
    check_destination(dest)
    there = replaceable(dest)
    if there is None and update:
        raise RefusedError(f"there is no copy in {dest}; leave out --update to make one")
    files = files_of_copy(there.record.only if there and only is None else only)
    fresh = Record.parse(files[RECORD])
    if there and there.record == fresh:
        print(f"{dest} is current: {fresh.package} {fresh.version}")
        return DONE
    if there and not update:
        raise RefusedError(f"{dest} is a copy of {fresh.package} {there.record.version} already; --update replaces it")
    place(files, dest)
    print(f"{dest}: {fresh.package} {fresh.version}, {len(files)} files")
    print(f"It needs Python {PYTHON} and {', '.join(fresh.requirements)}.")
    return DONE


def check(dest: Path, only: list[str] | None) -> int:
    """Report whether a copy is unmodified, and whether it is up to date with this package."""
    there = Copy.read(dest)
    fresh = Record.parse(files_of_copy(there.record.only if only is None else only)[RECORD])
    if there.edits:
        print(f"{dest} is modified:", *there.edits, sep="\n  ")
    outdated = there.record != fresh
    if outdated:
        same = " too, with other files or resources" if there.record.version == fresh.version else ""
        print(f"{dest} is outdated: made from {fresh.package} {there.record.version}, here is {fresh.version}{same}")
    if not there.edits and not outdated:
        print(f"{dest} is unmodified and current: {fresh.package} {fresh.version}")
    return MODIFIED if there.edits else OUTDATED if outdated else DONE


if __name__ == "__main__":
    sys.exit(main())
