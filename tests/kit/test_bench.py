"""What scripts/bench makes of figures, that the page has all of them, and that what is measured runs."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks.budgets.__main__ import main
from benchmarks.budgets.measuring import MeasurementError, inherited, measured, servers
from benchmarks.budgets.report import markdown, picture, table
from benchmarks.budgets.results import Figure, Results, Verdict
from benchmarks.budgets.rows import FAST, ROWS, Row, Work

from tests import official

from .conftest import ROOT

ABOUT = {
    "command": "scripts/bench",
    "rounds": 5,
    "python": "P",
    "system": "S",
    "cores": 2,
    "load": 1.4,
    "versions": {"httpx": "1"},
}
WORK = Work("sync", "small_call", times=100)
CALL, GROWTH, NO_LIMIT = (
    Row("a call", "Calls.", WORK, budget=0.5, fast=0.25),
    Row("growth", "Grows.", WORK, budget=5.0, measure="growth"),
    Row("no limit", "Is free.", WORK),
)


def results(*ours: float, fast: tuple[float, ...] = (), growth: float = 1e6) -> Results:
    call = {"lmnt": [each / 1000 for each in ours], "httpx": [0.001] * len(ours), **({FAST: fast} if fast else {})}
    return Results(
        {**ABOUT, "rounds": len(ours)},
        {"a call": call, "growth": {"lmnt": [growth] * len(ours)}, "no limit": call},
    )


@pytest.mark.parametrize(
    ("rounds", "value", "noise", "verdict"),
    [
        ((0.4, 0.5, 0.5, 0.5, 9.0), 0.5, 0.0, Verdict.MET),
        ((0.1, 0.4, 0.6, 0.7, 0.9), 0.6, 0.3, Verdict.WITHIN_NOISE),
        ((0.5, 0.6, 0.6, 0.6, 0.7), 0.6, 0.0, Verdict.MISSED),
        ((0.51, 0.55, 0.59), 0.55, 0.04, Verdict.MISSED),
        ((0.6,), 0.6, 0.0, Verdict.MISSED),
    ],
)
def test_a_budget_is_missed_by_more_than_the_noise(
    rounds: tuple[float, ...], value: float, noise: float, verdict: Verdict
) -> None:
    figure = Figure.of(rounds, 0.5)
    assert (figure.value, figure.noise, figure.verdict) == (pytest.approx(value), pytest.approx(noise), verdict)
    assert Figure.of(rounds, None).verdict is Verdict.NO_BUDGET


def test_rounds_are_compared_one_by_one() -> None:
    """A round in which the machine was slow slows both."""
    found = Results(ABOUT, {"a call": {"lmnt": [1.0, 10.0, 3.0], "httpx": [2.0, 20.0, 6.0]}})
    assert found.figure(CALL) == Figure(0.5, 0.0, 0.5)
    assert found.figure(CALL, "aiohttp") is None


def test_what_is_missed() -> None:
    rows = [CALL, GROWTH, NO_LIMIT]
    assert results(0.5, 0.5, 0.5).missed(rows) == []
    assert [row.title for row, _, _ in results(0.6, 0.6, 0.6, growth=6e6).missed(rows)] == ["a call", "growth"]
    missed = results(0.4, 0.4, fast=(0.0003, 0.0003)).missed(rows)
    assert [(row.title, library, round(figure.value, 3)) for row, library, figure in missed] == [("a call", FAST, 0.3)]


def test_work_that_rows_share_is_measured_once_and_fast_where_it_has_a_budget() -> None:
    assert CALL.columns(fast=False) == {each: (WORK, each) for each in ("lmnt", "httpx", "httpx2", "official")}
    assert CALL.columns(fast=True)[FAST] == (WORK, FAST)
    assert GROWTH.columns(fast=True) == CALL.columns(fast=False)
    beside = Row("many", "Many.", WORK, libraries=("lmnt",), base_work=Work("async", "small_call"))
    assert beside.columns(fast=True) == {"lmnt": (WORK, "lmnt"), "base": (beside.base_work, "lmnt")}
    found = Results(ABOUT, {"many": {"lmnt": [3.0], "base": [2.0]}})
    assert found.figure(beside) == Figure(1.5, 0.0, None)


def test_the_table_the_page_and_the_picture() -> None:
    found = results(0.6, 0.6, 0.6, fast=(0.0002, 0.0002, 0.0002))
    page = markdown(found, [CALL, GROWTH, NO_LIMIT])
    assert "| a call | ≤ 0.50 | 0.60 missed | 0.00 | 0.20 (≤ 0.25) |  |  |  | 1 ms |\n" in page
    assert "| growth | ≤ 5 MB | 1.0 MB | 0.00 |  |  |  |  |  |\n" in page
    assert "| no limit |  | 0.60 | 0.00 |  |" in page
    assert "* **a call**: Calls.\n" in page
    assert "P, S, 2 cores; the load average was 1.4 at most" in page
    assert [line.split("  ")[0] for line in table(found, [CALL, GROWTH]).splitlines()] == ["work", "a call", "growth"]
    svg = ElementTree.fromstring(picture(found, [CALL, GROWTH, NO_LIMIT]))
    bars = [(each.get("class"), each.get("width")) for each in svg.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars == [("bar over", "102.0"), ("fast", "34.0"), ("bar", "102.0"), ("fast", "34.0")]


def test_the_command_fails_when_a_budget_is_missed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bench.json"
    for seconds, code in ((0.0001, 0), (0.002, 1)):
        values = {"lmnt": [seconds] * 5, "httpx": [0.001] * 5}
        file.write_text(json.dumps({"about": ABOUT, "values": {"small call, sync": values}}), "utf-8")
        assert main(["--from", str(file)]) == code
        assert ("missed: small call, sync, lmnt: 2.00" in capsys.readouterr().out) == bool(code)
    for wrong in (["--rows", "nothing"], ["--write", "--quick"], ["--write", "--rows", "call"], ["--no-such"]):
        with pytest.raises(SystemExit, match="2"):
            main(wrong)


def test_the_page_has_a_row_for_each_budget() -> None:
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    drawn = (ROOT / "docs" / "performance.svg").read_text("utf-8")
    for row in ROWS:
        limit = "" if row.budget is None else f"≤ {row.budget:.2f}" if row.is_ratio else f"≤ {row.budget:.0f} MB"
        assert f"| {row.title} | {limit} | " in page
        assert f"* **{row.title}**: {row.meaning}\n" in page
        assert (f">{row.title}" in drawn) == row.is_ratio


def test_work_is_done() -> None:
    with servers() as (urls, trusted):
        for work in (
            Work("cold", "first_call", over="https"),
            Work("sync", "session", size=18, is_shared=True),
            Work("async", "stream", format="mp3", size=9),
        ):
            cost = measured(work, "lmnt", urls[work.over], inherited(trusted))
            assert 0 < cost["cpu"] * work.parts < 60
            assert 1 << 20 < cost["peak"] < 1 << 30
        with pytest.raises(MeasurementError, match="cold unheard, lmnt: Traceback"):
            measured(Work("cold", "unheard"), "lmnt", urls["http"], inherited(trusted))


def test_it_measures_the_official_package_that_the_tests_compare_with() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    assert groups["bench-official"] == [f"lmnt=={official.VERSION}"]
