"""What is printed: tables for people, JSON for programs, and bytes."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, cast

import click

from ..errors import FileError
from ..values.formats import text_of

if TYPE_CHECKING:
    from .common import Common
    from .progress import Progress

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal obeys in place of showing it."""


def clean(text: str) -> str:
    """Return a text of the service as one line that a terminal shows and does not obey."""
    return _CONTROLS.sub(
        lambda found: " " if found[0] in "\n\r\t" else found[0].encode("unicode_escape").decode(), text
    )


def plain(value: Any) -> Any:
    """Return a result as JSON has it."""
    if hasattr(value, "to_dict"):
        return value.to_dict(mode="json")
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("Sequence[object]", value)]
    text = text_of(value)
    return value if text is None else text


def to_json(value: object, indent: int | None = 2) -> str:
    """Return a plain value as JSON that a terminal shows and does not obey."""
    encoding = getattr(sys.stdout, "encoding", None) or ""
    text = json.dumps(value, indent=indent, ensure_ascii=not encoding.lower().startswith("utf"))
    return re.sub("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", lambda found: f"\\u{ord(found[0]):04x}", text)


def write(text: str) -> None:
    """Write a line to standard output; raises FileError."""
    if sys.stdout is None:
        raise FileError("cannot write standard output: it is closed", path="-")
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError(f"cannot write standard output: {error.strerror}", path="-") from error


def show(value: object, common: Common) -> None:
    """Print a result."""
    found = plain(value)
    if common.json:
        write(to_json(found))
    elif isinstance(found, str | int | float):
        write("\n".join(map(clean, str(found).split("\n"))))
    elif found:
        is_list = isinstance(found, list)
        rows = cast("list[Any]", found) if is_list else [{"": key, " ": item} for key, item in _flat(found)]
        show_table(rows, heads=is_list)


def _flat(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of an object, and those of objects in it."""
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from _flat(cast("Mapping[str, Any]", item), f"{before}{key}.")
        else:
            yield f"{before}{key}", item


def show_lines(items: Iterable[object], progress: Progress) -> None:
    """Print items as they come, each as a line of JSON."""
    for item in items:
        progress.stop()
        write(to_json(plain(item), indent=None))


def show_items(pages: Any, common: Common, progress: Progress) -> None:
    """Print the items of all pages: as lines of JSON, or as one table."""
    if common.json:
        show_lines(pages, progress)
    else:
        items = list(pages)
        progress.stop()
        show(items, common)


def show_table(rows: Sequence[Any], *, heads: bool = True) -> None:
    """Print a table, or where a terminal is too narrow for one, the fields of each row below each other.

    A column without a value in any row is left out.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from .common import columns

    lines: list[Mapping[str, Any]] = [row if isinstance(row, Mapping) else {"": row} for row in rows]
    names = list(
        dict.fromkeys(name for line in lines for name, value in line.items() if value not in (None, "", [], {}))
    )
    table = Table(box=None, pad_edge=False, show_header=heads, header_style="bold")
    for index, name in enumerate(names):
        table.add_column(Text(clean(name)), style="bold" if index == 0 and not heads else "", overflow="fold")
    for line in lines:
        table.add_row(*(Text(_cell(line.get(name))) for name in names))
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    # Programs that read a table want a row in a line, however long that is.
    console = Console(soft_wrap=not is_terminal, width=columns() if is_terminal else 10_000, height=25)
    longest = (
        max(map(cell_len, f"{name} {' '.join(_cell(line.get(name)) for line in lines)}".split())) for name in names
    )
    if heads and (sum(longest) + 2 * len(names)) * _FOLDED > console.width:
        for number, line in enumerate(lines):
            if number:
                write("")
            show_table([{"": name, " ": line.get(name)} for name in names], heads=False)
        return
    with console.capture() as captured:
        console.print(table)
    write("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


_FOLDED = 0.8
"""How much of the width of their longest words columns need at least: below that, a table cannot be read."""


def _cell(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in cast("list[object]", value)):
        return clean(", ".join(cast("list[str]", value)))
    return "" if value is None else clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def target_of(output: str | None) -> str:
    """Return where bytes go; raises UsageError if that would be a terminal, and was not asked for."""
    if output is None and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a terminal cannot show bytes: name a file with -o, or - for standard output")
    return output or "-"


def save(chunks: Iterator[bytes], target: str) -> int:
    """Write bytes to a file, which has its name only when it is complete, or to `-`; return how many.

    Raises:
        FileError: It cannot be written.
    """
    count = 0

    def counted() -> Iterator[bytes]:
        nonlocal count
        for chunk in chunks:
            count += len(chunk)
            yield chunk

    if is_file(target):
        from ..streams.downloads import save as save_file

        save_file(counted(), target)
        return count
    if target == "-" and sys.stdout is None:
        raise FileError("cannot write standard output: it is closed", path="-")
    called = "standard output" if target == "-" else target
    try:
        file: IO[bytes] = sys.stdout.buffer if target == "-" else open(target, "wb", buffering=0)  # noqa: PTH123, SIM115  # a device
        try:
            for chunk in counted():
                file.write(chunk)
                file.flush()
        finally:
            if target != "-":
                file.close()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError(f"cannot write {called}: {error.strerror}", path=target) from error
    return count


def is_file(target: str) -> bool:
    """Whether bytes become a file of this name: not if a device or a pipe has it, or it is standard output."""
    try:
        mode = os.stat(target).st_mode  # noqa: PTH116  # pathlib takes long to import
    except (OSError, ValueError):
        return target != "-"
    return target != "-" and (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def tell_saved(target: str, count: int, common: Common, **more: object) -> None:
    """Tell that a file is complete."""
    if common.json and target != "-":
        write(to_json({"file": target, "bytes": count, **more}))
    elif target != "-":
        told = "".join(f", {name} {value}" for name, value in more.items() if value)
        click.echo(clean(f"wrote {target}: {count:,} bytes{told}"), err=True)
