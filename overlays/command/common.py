"""The options that every command has."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from .table import CLIENT, KEYS


class Common:
    """What the options of every command say."""

    def __init__(self) -> None:
        self.json = False
        self.debug = False
        self.base_url: str | None = None
        self.timeout: float | None = None
        self.max_retries: int | None = None

    def client(self) -> Any:
        """Return the client; raises InvalidArgumentError."""
        from importlib import import_module

        from .. import description
        from .failures import NoKeyError

        if description.KEY_IS_DEMANDED and not any(os.environ.get(name, "").strip() for name in KEYS):
            raise NoKeyError("there is no key in the environment; nothing was sent")

        given = {
            name: value for name in ("base_url", "timeout", "max_retries") if (value := getattr(self, name)) is not None
        }
        return getattr(import_module("..client", __package__), CLIENT)(**given)


def option(*names: str, help: str, **settings: Any) -> click.Option:
    """Return an option."""
    made = click.Option(names, **settings)
    made.help = help  # given to Click later, it is shown as it is
    return made


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is not None and parameter.name:
        setattr(context.find_root().obj, parameter.name, value)


def common_options() -> list[click.Parameter]:
    """Return the options of every command."""
    kept: dict[str, Any] = {"expose_value": False, "callback": _keep}
    flag: dict[str, Any] = {**kept, "is_flag": True, "default": None}
    return [
        option("--json", help="Write JSON, for programs, in place of a table.", **flag),
        option("--base-url", metavar="URL", help="Where the API is, in place of the environment's.", **kept),
        option("--timeout", type=float, metavar="SECONDS", help="How long each step of a call may take.", **kept),
        option("--max-retries", type=int, metavar="N", help="How often a call is repeated at most.", **kept),
        option("--debug", help="Show where an error comes from.", **flag),
    ]


def _show_help(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(context.get_help(), color=context.color)
        context.exit()


_HELP: dict[str, Any] = {"is_flag": True, "expose_value": False, "is_eager": True, "callback": _show_help}


class Helped(click.Command):
    """A command whose help is its own: with Click's words come its translations, which take long to load."""

    def get_help_option(self, ctx: click.Context) -> click.Option:
        """Return the option that shows the help."""
        if self._help_option is None:
            self._help_option = option("--help", help="Show this message and exit.", **_HELP)
        return self._help_option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how it is called."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), "Usage: ")


class Leaf(Helped):
    """A command that does something.

    Args:
        name: Its name.
        run: The function that is called with the options.
        text: What it does: one sentence in the first line, and paragraphs.
        options: Its options and arguments.
        examples: Two lines that call it.
        settings: Settings of Click's context.
    """

    def __init__(
        self,
        name: str,
        run: Callable[..., object],
        *,
        text: str,
        options: Sequence[click.Parameter] = (),
        examples: Sequence[str] = (),
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.common = common_options()
        super().__init__(name, settings, run, [*options, *self.common])
        self.text = text
        self.examples = examples

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        gc.enable()
        from .signals import in_good_order

        with in_good_order():
            return super().invoke(ctx)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return what it does."""
        return self.text.partition("\n")[0]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what it does."""
        with formatter.indentation():
            for part in filter(None, self.text.split("\n\n")):
                formatter.write_paragraph()
                formatter.write_text(part)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its options, and then those of every command."""
        mine = [each for each in self.params if each not in self.common and not isinstance(each, click.Argument)]
        shared = [each for each in self.get_params(ctx) if each not in self.params or each in self.common]
        for title, options in (("Options", mine), ("Options of every command", shared)):
            records = [record for each in options if (record := each.get_help_record(ctx))]
            if records:
                with formatter.section(heading(title, ctx)):
                    formatter.write_dl(records, col_max=first_column(formatter))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its examples."""
        if self.examples:
            with formatter.section(heading("Examples", ctx)):
                for line in self.examples:
                    formatter.write(f"{' ' * formatter.current_indent}{line}\n")


def columns() -> int:
    """Return how wide the terminal is; 80 where there is none."""
    try:
        return int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size(1).columns or 80
    except (OSError, ValueError):
        return 80


def first_column(formatter: click.HelpFormatter) -> int:
    """Return how wide the names beside descriptions may be, in a help of any width."""
    return min(30, formatter.width * 2 // 5)


def heading(text: str, context: click.Context) -> str:
    """Return a heading, bold where colours are shown: Click takes that away elsewhere."""
    return text if context.color is False else click.style(text, bold=True)
