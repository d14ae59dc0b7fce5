"""Makes an audio file of each line of a manifest.

MANIFEST is JSON Lines or CSV with `id`, `text` and, as needed, `voice`, `format`, `language` and `out`. A line that
fails stops no other one. What is done is not done again by the same command, so that it goes on after an interrupt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ..common import Common, Leaf, option
from ..failures import SOME_FAILED
from ..parameters import options_of
from ..rows import row

if TYPE_CHECKING:
    from ...bulk import Result, Summary

_SHOWN = 10
"""The failures that are told one by one; all are in the file of results."""


def _run(manifest: str, out: str, results: str | None, only: Sequence[str], **given: Any) -> int:
    from ... import bulk
    from ..output import clean, plain, show
    from ..progress import Progress

    common: Common = click.get_current_context().find_root().obj
    failures: list[Result] = []
    with common.client() as client, Progress("bulk") as progress:

        def tell(result: Result, now: Summary) -> None:
            progress.advance(now.done + now.failed + now.done_before, now.lines, "lines")
            if result.status == "failed":
                failures.append(result)

        summary = bulk.run(client, manifest, out=out, results=results, only=only or None, on_progress=tell, **given)
    show(plain(vars(summary)), common)
    for each in failures[:_SHOWN]:
        click.echo(clean(f"line {each.line}, {each.id}: {each.message}"), err=True)
    if len(failures) > _SHOWN:
        click.echo(clean(f"and {len(failures) - _SHOWN} more, in {summary.results}"), err=True)
    return SOME_FAILED if summary.failed else 0


command = Leaf(
    "bulk",
    _run,
    text=__doc__ or "",
    options=[
        click.Argument(["manifest"]),
        option("-o", "--out", default=".", metavar="DIR", help="The folder of the files; this one without it."),
        option("--results", metavar="FILE", help="The file with a result for each line."),
        option("--voice", metavar="ID", help="The voice of lines that name none."),
        *options_of(
            row("speech.generate"), but=["text", "voice", "model", "sample_rate", "temperature", "top_p", "debug"]
        ),
        option("--only", multiple=True, metavar="ID", help="A line to run again; repeatable."),
        option("--dry-run", is_flag=True, help="Make nothing, and tell what would be needed."),
        option(
            "--concurrency", type=int, default=8, metavar="N", help="How many requests are made at once; 8 without it."
        ),
    ],
    examples=[
        "lmnt bulk manifest.jsonl -o speech --voice leah",
        "lmnt bulk manifest.jsonl --voice leah --dry-run --json",
    ],
)
