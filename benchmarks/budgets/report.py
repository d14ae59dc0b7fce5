"""The results for readers: a table for the terminal, docs/performance.md, and its picture."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from statistics import median

from .results import Figure, Results, Verdict
from .rows import BASE, FAST, LLHTTP, OURS, Row

OTHERS = ("httpx2", "aiohttp", "official")

HEADINGS = ("work", "budget", "lmnt", "noise", "with `fast`", *OTHERS, "bare httpx")


def cells(results: Results, row: Row) -> list[str]:
    """Return the line of a row, without what is only measured where it was not."""
    ours, fast = results.figure(row), results.figure(row, FAST)
    others = [results.figure(row, library) for library in OTHERS]
    return [
        row.title,
        _limit(row, row.budget),
        _value(row, ours),
        f"{ours.noise:.2f}" if ours else "",
        f"{_value(row, fast)} ({_limit(row, row.fast)})".strip() if row.fast else "",
        *(_value(row, other) for other in others),
        _absolute(results, row),
    ]


def _limit(row: Row, limit: float | None) -> str:
    return "" if limit is None else f"≤ {limit:.2f}" if row.is_ratio else f"≤ {limit:.0f} MB"


def _value(row: Row, figure: Figure | None) -> str:
    if figure is None:
        return ""
    value = f"{figure.value:.2f}" if row.is_ratio else f"{figure.value:.1f} MB"
    return f"{value} {figure.verdict.value}" if figure.verdict in (Verdict.MISSED, Verdict.WITHIN_NOISE) else value


def _absolute(results: Results, row: Row) -> str:
    """Return what 1 is: a time, or bytes."""
    if not row.is_ratio:
        return ""
    value = median(results.base(row))
    if row.measure == "peak":
        shown = f"{value / 1e6:.1f} MB"
    else:
        unit, scale = next(each for each in (("s", 1), ("ms", 1e3), ("µs", 1e6)) if value * each[1] >= 1)
        shown = f"{value * scale:.3g} {unit}"
    return shown if row.base == BASE and not row.base_work else f"{shown} ({OURS if row.base_work else row.base})"


def table(results: Results, rows: Sequence[Row]) -> str:
    """Return the results as a table for a terminal."""
    lines = [list(HEADINGS), *(cells(results, row) for row in results.of(rows))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


INTRODUCTION = """\
# Performance

What a call costs, beside bare [httpx](https://www.python-httpx.org) at the same work: 0.5 is half of it.

![Bars: what calls cost beside bare httpx, httpx2, aiohttp and the official package](pictures/peers.svg)

A row for each kind of work, and our budgets:

![Bars: what our client costs, for each row of the table below; a tick is the budget](performance.svg)

A budget is what we aim at. `missed` is above it by more than the noise, `within noise` by less. `fast` is the extra
of that name, `official` the official package `lmnt`; what is empty was not measured.
"""

LEFT_OVER = """\
## What the budgets leave

For some rows a part of the cost is not ours to save: what the request has to go through is measured alone. For
HTTP/1.1 that is a socket and the parser with nothing of a client, no header, check, retry or limit, and a dictionary
as the result; for HTTP/2 it is httpx2, which carries our calls. A budget leaves the rest for all that our client does:
arguments, headers and URL, the choice of the road, the pool, timeouts, retries, errors, what proves that the body is
complete, the model.

| work | parser | alone | budget | left for us | we take |
| --- | --- | --- | --- | --- | --- |
"""

TAKEN = """
What we take is spread thin: in a profile of small calls (cProfile, llhttp) each makes 294 function calls, 358 where it
is awaited, and none but the socket's `send` and `poll` takes more than some 2 % of the time. Of an import, a client and
a first call 0.47 are an interpreter that imports `typing`, `socket`, `json`, attrs and h11 and makes such a request.
"""

METHOD = """\
## How it is measured

`{command}` makes this page: {rounds} rounds, in each of which every library has its turn at every row. A measurement
is a process of its own; it warms up, and then its CPU time counts, user and system (or what the row says). The servers
are one other process on the same machine, which sends bytes made beforehand: HTTP/1.1 and sessions without TLS, unless
the row says otherwise, HTTP/2 by granian. The figure is the median over the rounds of the ratio within each; the noise
is how far apart the middle half of them is. Awaiting clients run on asyncio's own event loop, and each may have 1,000
connections.

{python}, {system}, {cores} cores; the load average was {load} at most, of which some 1.5 is the measuring itself.
{versions}.
"""


def markdown(results: Results, rows: Sequence[Row]) -> str:
    """Return docs/performance.md."""
    measured = results.of(rows)
    about = results.about
    lines = [
        _line(HEADINGS),
        _line(["---"] * len(HEADINGS)),
        *(_line(cells(results, row)) for row in measured),
    ]
    return (
        "\n".join(
            [
                INTRODUCTION,
                *lines,
                "",
                LEFT_OVER + "".join(_left(results, row) for row in measured) + TAKEN,
                "## What each row is",
                "",
                *(f"* **{row.title}**: {row.meaning}" for row in measured),
                "",
                METHOD.format(
                    **{each: about[each] for each in ("command", "rounds", "python", "system", "cores", "load")},
                    versions=", ".join(f"{name} {version}" for name, version in about["versions"].items()),
                ),
            ]
        ).rstrip("\n")
        + "\n"
    )


def _left(results: Results, row: Row) -> str:
    """Return what the floors of a row leave of its budget."""
    lines = []
    for floor, library, budget in zip(row.floors, (OURS, FAST), (row.budget, row.fast), strict=False):
        alone, ours = results.figure(row, floor), results.figure(row, library)
        if alone is not None and ours is not None and budget is not None:
            unit = median(results.base(row)) * 1e6
            shown = (
                f"{alone.value:.2f}",
                f"{budget:.2f}",
                *(f"{(each - alone.value) * unit:.0f} µs" for each in (budget, ours.value)),
            )
            lines.append(_line((row.title, {LLHTTP: "llhttp"}.get(floor, floor), *shown)) + "\n")
    return "".join(lines)


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.number, .legend { fill: #57606a }
.bar { fill: #4078c0 } .over { fill: #d1752b } .fast { fill: #7b5ea7 }
.one { stroke: #8c959f } .budget { stroke: #24292f; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #d1d7e0 } .number, .legend { fill: #9198a1 }
  .bar { fill: #6ca4f8 } .over { fill: #e8924a } .fast { fill: #b79ae6 } .budget { stroke: #f0f6fc }
}"""

LEFT, UNIT, TOP, STEP = 220, 170, 44, 22
"""Pixels: where bars begin, how long 1 is, where the first is, and from one to the next."""

LEGEND = "bar: our client, orange where it misses its budget, the tick; * beside what the table says"

LONGEST = 2.0
"""A bar that would be longer is cut; its number says how long."""


def picture(results: Results, rows: Sequence[Row]) -> str:
    """Return a picture of the ratios in SVG, for light and dark backgrounds."""
    shown = [(row, figure) for row in results.of(rows) if row.is_ratio and (figure := results.figure(row))]
    width, height = LEFT + int(UNIT * LONGEST) + 48, TOP + STEP * len(shown) + 8
    one = LEFT + UNIT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<style>\n{STYLE}\n</style>",
        f'<text class="legend" x="8" y="16">{LEGEND}</text>',
        f'<text class="legend" x="{one}" y="34" text-anchor="middle">1 = bare httpx</text>',
        f'<line class="one" x1="{one}" y1="{TOP - 4}" x2="{one}" y2="{height - 4}"/>',
    ]
    for number, (row, figure) in enumerate(shown):
        top = TOP + STEP * number
        length = UNIT * min(figure.value, LONGEST)
        kind = "bar over" if figure.verdict is Verdict.MISSED else "bar"
        title = row.title if row.base == BASE and not row.base_work else f"{row.title} *"
        parts += [
            f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(title)}</text>',
            f'<rect class="{kind}" x="{LEFT}" y="{top + 3}" width="{length:.1f}" height="12" rx="2"/>',
            f'<text class="number" x="{LEFT + length + 6:.1f}" y="{top + 13}">{figure.value:.2f}</text>',
        ]
        if fast := results.figure(row, FAST):
            thin = f"{UNIT * min(fast.value, LONGEST):.1f}"
            parts.append(f'<rect class="fast" x="{LEFT}" y="{top + 16}" width="{thin}" height="3"/>')
        if figure.budget is not None:
            at = f"{LEFT + UNIT * figure.budget:.1f}"
            parts.append(f'<line class="budget" x1="{at}" y1="{top}" x2="{at}" y2="{top + 18}"/>')
    return "\n".join([*parts, "</svg>", ""])
