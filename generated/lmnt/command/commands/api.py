"""Sends any request, with your key, and prints the answer.

JSON is printed as JSON, a text as it is, and bytes go to the file that -o names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from ..common import Common, Leaf, option
from ..table import EXAMPLE_PATH, PROGRAM

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY")


def _run(
    method: str,
    path: str,
    data: str | None,
    query: Sequence[str],
    header: Sequence[str],
    file: Sequence[str],
    output: str | None,
    include: bool,
) -> None:
    if "://" in path or path.startswith("//"):  # what stands there may hold a key, and is not shown
        raise click.UsageError("PATH stands behind the address, such as /v1/…; --base-url names another address")
    from pathlib import Path

    from ... import APIResponse
    from ..inputs import parse_json, read_text
    from ..output import save, target_of, tell_saved
    from ..progress import Progress

    common: Common = click.get_current_context().find_root().obj
    body: Any = None if data is None else parse_json(read_text("-") if data == "-" else data)
    files = [(name, Path(place)) for name, place in _pairs(file, "=", "--file", str.strip)] or None
    options: dict[str, Any] = {
        "headers": {"accept": "*/*", **dict(_pairs(header, ":", "--header", str.strip))},
        "params": _by_name(_pairs(query, "=", "--query", str)),
    }
    with common.client() as client, Progress(f"{method} {path.partition('?')[0]}") as progress:
        response = client._request(method, path, APIResponse, body, files, options)
        progress.stop()
        if include:
            _tell_head(response)
        kind = response.content_type.partition(";")[0].strip().lower()
        if output is None and (kind.startswith("text/") or kind.endswith(("json", "xml"))):
            _print(kind, response.text())
        elif content := response.read():
            target = target_of(output)
            tell_saved(target, save(iter([content]), target), common)


def _print(kind: str, text: str) -> None:
    import json

    from ..output import clean, to_json, write

    if kind.endswith("json"):
        try:
            write(to_json(json.loads(text)))
            return
        except ValueError:  # it says that it is JSON, and is not: shown as it came
            pass
    write("\n".join(map(clean, text.removesuffix("\n").split("\n"))))


def _tell_head(response: Any) -> None:
    from ..output import clean

    click.echo(f"{response.http_version} {response.status_code}", err=True)
    for name, value in response.headers.multi_items():
        click.echo(clean(f"{name}: {value}"), err=True)


def _pairs(given: Sequence[str], separator: str, called: str, tidy: Callable[[str], str]) -> list[tuple[str, str]]:
    """Return names and values; what is wrong is not shown, since it may be a key."""
    found: list[tuple[str, str]] = []
    for number, each in enumerate(given, 1):
        name, between, value = each.partition(separator)
        if not (between and name.strip()):
            raise click.UsageError(f"{called}: number {number} is no name{separator}value")
        found.append((name.strip(), tidy(value)))
    return found


def _by_name(pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


command = Leaf(
    "api",
    _run,
    text=__doc__ or "",
    options=[
        click.Argument(["method"], type=click.Choice(_METHODS, case_sensitive=False), metavar="METHOD"),
        click.Argument(["path"]),
        option("-d", "--data", metavar="JSON", help="The body; @FILE reads it from a file, and - from standard input."),
        option("-q", "--query", metavar="NAME=VALUE", multiple=True, help="A parameter of the query; repeatable."),
        option("-H", "--header", metavar="NAME:VALUE", multiple=True, help="A header; repeatable."),
        option("-F", "--file", metavar="NAME=FILE", multiple=True, help="A file, in a form; repeatable."),
        option("-o", "--output", metavar="FILE", help="The file to write the body to; - is standard output."),
        option("-i", "--include", is_flag=True, help="Write the status and the headers to standard error."),
    ],
    examples=[f"{PROGRAM} api GET {EXAMPLE_PATH}", f"{PROGRAM} api GET {EXAMPLE_PATH} --include -o answer.json"],
)
