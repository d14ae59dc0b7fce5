"""Prints what has a shell complete this command.

With bash, put this into ~/.bashrc, and likewise with zsh: eval "$(PROGRAM completion bash)". With fish, write it to
~/.config/fish/completions/PROGRAM.fish.
"""

from __future__ import annotations

import click

from ..common import Leaf
from ..table import PROGRAM


def _run(shell: str) -> None:
    from click.shell_completion import get_completion_class

    from ..output import write
    from ..tree import Root

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    write(kind(Root(), {}, PROGRAM, f"_{PROGRAM}_COMPLETE".upper()).source().strip())


command = Leaf(
    "completion",
    _run,
    text=(__doc__ or "").replace("PROGRAM", PROGRAM),
    options=[click.Argument(["shell"], type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")],
    examples=[
        f'eval "$({PROGRAM} completion bash)"',
        f"{PROGRAM} completion fish > ~/.config/fish/completions/{PROGRAM}.fish",
    ],
)
