"""Every failure, with every call that can meet it, waiting and awaiting, over every protocol that can show it."""

from __future__ import annotations

import pytest

import lmnt
from lmnt.transport.direct import connection

from ..client.modes import PARSERS
from ..conftest import is_in_turn
from .item_table import ITEM_ROWS
from .places import Places
from .rows import Fails, Kind, Protocol, Row
from .run import CALLS, ONE_OF_A_KIND, run
from .table import TABLE

CASES = [
    pytest.param(
        row,
        protocol,
        parser,
        id=f"{row.name}, {protocol.value}" + (f" by {parser}" if by_both else ""),
        # Every Python has every row once; what else shows it is shared out.
        marks=() if protocol is row.protocols[0] and parser == "h11" else pytest.mark.once(rows=True),
    )
    for row in TABLE
    for protocol in row.protocols
    # TLS hides nothing from who reads a response, and what an item is, is no question of it: there one is enough.
    for by_both in (protocol is Protocol.HTTP1 and row not in ITEM_ROWS,)
    for parser in (PARSERS if by_both else ["h11"])
    if any(row.expected(kind, protocol) for kind in Kind)
]


@pytest.mark.parametrize(("row", "protocol", "parser"), CASES)
def test_each_failure_is_what_the_table_says(
    row: Row,
    protocol: Protocol,
    parser: str,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr(connection, "RESPONSE_PARSER", PARSERS[parser])
    # What else reads the bytes makes no difference by call: `python -m tests.faults` makes them all there, too. Every
    # call meets every row on one of the Pythons, and one of each kind does on each.
    is_another_reader = parser == "llhttp" or protocol is Protocol.HTTPX
    is_whole = not is_another_reader and is_in_turn(request.config, request.node.nodeid)
    calls = CALLS if is_whole else ONE_OF_A_KIND
    rans = run(row, protocol, places, calls)
    assert rans
    problems = [f"{ran.call.name}, {ran.mode}: {each}" for ran in rans for each in ran.problems]
    assert not problems, "\n".join(problems)


def test_the_names_of_the_rows_are_unique() -> None:
    names = [row.name for row in TABLE]
    assert len(names) == len(set(names))


def test_every_row_makes_some_call() -> None:
    for row in TABLE:
        assert any(row.expected(kind, protocol) for protocol in row.protocols for kind in Kind), row.name


def test_every_error_of_a_response_is_in_the_table() -> None:
    expected = {
        outcome.error
        for row in TABLE
        for kind in Kind
        for protocol in row.protocols
        if isinstance(outcome := row.expected(kind, protocol), Fails)
    }
    # SessionClosedError is of WebSocket sessions; APIError and APIStreamError stand for their subclasses.
    elsewhere = {"APIError", "APIStreamError", "SessionClosedError"}
    errors = {
        name
        for name in lmnt.__all__
        if isinstance(each := getattr(lmnt, name), type) and issubclass(each, lmnt.APIError)
    }
    assert expected == errors - elsewhere
