"""Calling an operation: from the options to what is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import click

from .common import Common, option
from .inputs import parse_json
from .parameters import Value, of_json, options_of
from .rows import Argument, Row

if TYPE_CHECKING:
    from .progress import Progress


class Calling:
    """What a command of the description runs.

    Args:
        row: The operation.
    """

    def __init__(self, row: Row) -> None:
        self.row = row

    def options(self) -> Iterator[click.Parameter]:
        """Yield the arguments and options of the command."""
        row = self.row
        if places := [each for each in row.arguments if each.is_positional]:
            metavar = " ".join(each.option.upper() for each in places)
            yield click.Argument(["_places"], nargs=-1, metavar=metavar)
        yield from options_of(row)
        if row.arguments:
            told = "A file with an object of JSON: the arguments by name; - for standard input. Options go before it."
            yield option("--input", "_input", metavar="FILE", help=told)
        if row.gives == "bytes":
            yield option("-o", "--output", "_output", metavar="FILE", help="The file to write; - is standard output.")
        if row.gives == "pages":
            yield option("--all", "_all", is_flag=True, help="Go on to the pages after the first.")
        if row.has_stream:
            yield option("--stream", "_stream", is_flag=True, help="Write the items as they come.")

    def __call__(self, **given: Any) -> None:
        """Call the operation and print what it gives."""
        from .progress import Progress

        common: Common = click.get_current_context().find_root().obj
        arguments = self._arguments(given)
        if given.get("_stream"):
            arguments["stream"] = True
        with common.client() as client, Progress(" ".join(self.row.path)) as progress:
            try:
                self._call(client, arguments, given, common, progress)
            except Exception as error:
                from .near import suggest

                suggest(error, client, self.row, arguments)
                raise

    def _arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of the method; raises UsageError for one that is wrong or missing."""
        from ..values.codec import MismatchError

        found = {each.name: given[each.name] for each in self.row.arguments if given[each.name] not in (None, ())}
        free = [each for each in self.row.arguments if each.is_positional and each.name not in found]
        places = given.get("_places", ())
        if len(places) > len(free):
            raise click.UsageError(f"too many arguments: {' '.join(places[len(free) :])}")
        for each, text in zip(free, places, strict=False):
            texts = text.split(",") if each.kind.startswith("*") else [text]
            values = [Value(each.kind).convert(one, None, click.get_current_context()) for one in texts]
            found[each.name] = values if each.kind.startswith("*") else values[0]
        source = given.get("_input")
        for name, value in _object_of(source).items() if source else ():
            argument = self._called(name)
            try:
                found.setdefault(argument.name, of_json(argument.kind, value))
            except MismatchError as error:
                raise click.UsageError(f"{source}: {error.under(name)}") from error
        for each in self.row.arguments:
            if each.required and each.name not in found:
                raise click.UsageError(f"--{each.option} is missing")
        lists = {each.name for each in self.row.arguments if each.kind.startswith("*")}
        return {name: list(value) if name in lists else value for name, value in found.items()}

    def _called(self, name: str) -> Argument:
        for each in self.row.arguments:
            if name in (each.wire_name, each.name, each.option):
                return each
        known = ", ".join(each.wire_name for each in self.row.arguments)
        raise click.UsageError(f"--input: there is no argument {name!r}; there are {known}")

    def _call(
        self, client: Any, arguments: Mapping[str, Any], given: Mapping[str, Any], common: Common, progress: Progress
    ) -> None:
        from . import output

        row, resource = self.row, getattr(client, self.row.resource)
        if row.gives == "bytes":
            target = output.target_of(given["_output"])
            with getattr(resource.with_streaming_response, row.method)(**arguments) as response:
                length = response.headers.get("content-length")
                count = output.save(progress.counting(response.iter_bytes(), int(length or 0)), target)
            output.tell_saved(target, count, common)
            return
        result = getattr(resource, row.method)(**arguments)
        if given.get("_all"):
            output.show_items(result, common, progress)
        elif hasattr(result, "__next__"):
            output.show_lines(result, progress)
        else:
            if hasattr(result, "get_next_page"):
                result = result.result if common.json else result.items
            elif hasattr(result, "iter_bytes"):
                result = result.read()
            progress.stop()
            output.show(result, common)


def _object_of(source: str) -> Mapping[str, Any]:
    found: Any = parse_json(f"@{source}")
    if not isinstance(found, Mapping):
        raise click.UsageError(f"{source} holds no object of JSON")
    return cast("Mapping[str, Any]", found)
