"""The commands: those of the description in groups, and those that are written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module

import click

from .common import Helped, Leaf, common_options, first_column, heading
from .rows import Row, row, rows
from .table import ABOUT, ADDRESS, BY_HAND, GROUPS, KEYS, PROGRAM, VERSION


class _Commands(Helped, click.Group):  # pyright: ignore[reportUnsafeMultipleInheritance]  # Click calls both
    """Commands that are made when they are called, and listed without being made."""

    def listed(self) -> Mapping[str, str]:
        """Return the name of each command, and what it is for."""
        raise NotImplementedError

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; Click suggests one of those that it knows."""
        self.commands = dict.fromkeys(self.listed(), self)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names."""
        return list(self.listed())

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what they are for."""
        with formatter.indentation():
            formatter.write_paragraph()
            formatter.write_text(self.help or "")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, and then the options."""
        with formatter.section(heading("Commands", ctx)):
            formatter.write_dl(list(self.listed().items()), col_max=first_column(formatter))
        with formatter.section(heading("Options", ctx)):
            records = [record for each in self.get_params(ctx) if (record := each.get_help_record(ctx))]
            formatter.write_dl(records, col_max=first_column(formatter))

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return what they are for."""
        return self.help or ""


class _Resource(_Commands):
    """The operations of a resource."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.help = GROUPS[name]

    def listed(self) -> Mapping[str, str]:
        """Return its operations."""
        return {each.path[1]: each.summary for each in rows() if each.path[0] == self.name and len(each.path) > 1}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of an operation."""
        return _operation((self.name or "", cmd_name))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write two of its examples."""
        _examples((each.examples[0] for each in rows() if each.path[0] == self.name), ctx, formatter)


class Root(_Commands):
    """All of them."""

    def __init__(self) -> None:
        version = click.Option(["--version"], is_flag=True, expose_value=False, is_eager=True, callback=_show_version)
        version.help = "Show the version and exit."
        super().__init__(PROGRAM, params=[*common_options(), version])
        self.help = ABOUT

    def listed(self) -> Mapping[str, str]:
        """Return the commands that are written by hand, and the groups and commands of the description."""
        alone = {each.path[0]: each.summary for each in rows() if len(each.path) == 1}
        used = {each.path[0] for each in rows()}
        groups = {name: about for name, about in GROUPS.items() if name in used - alone.keys()}
        return {**groups, **alone, **BY_HAND}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command or a group."""
        if cmd_name in BY_HAND:
            module = import_module(f".commands.{cmd_name}", __package__)
            command: click.Command = module.command
            return command
        return _operation((cmd_name,)) or (_Resource(cmd_name) if cmd_name in self.listed() else None)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write where the key comes from, and two examples."""
        formatter.write_paragraph()
        formatter.write_text(f"In the environment: {', '.join([*KEYS, ADDRESS])}.")
        _examples((each.examples[0] for each in rows()), ctx, formatter)


def _examples(lines: Iterable[str], context: click.Context, formatter: click.HelpFormatter) -> None:
    with formatter.section(heading("Examples", context)):
        for line, _ in zip((*lines, f"{context.command_path} --help"), range(2), strict=False):
            formatter.write(f"  {line}\n")


def _operation(path: tuple[str, ...]) -> Leaf | None:
    found = next((each for each in rows() if each.path == path), None)
    return None if found is None else _command(row(found.id))


def _command(row: Row) -> Leaf:
    from .calling import Calling

    calling = Calling(row)
    return Leaf(
        row.path[-1],
        calling,
        text=f"{row.summary}\n\n{row.about}",
        options=list(calling.options()),
        examples=row.examples,
    )


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"{PROGRAM} {VERSION}")
        context.exit()


def leaves(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Yield each command with the words that call it, the groups among them."""
    yield context.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from leaves(inner, click.Context(inner, parent=context, info_name=name))
