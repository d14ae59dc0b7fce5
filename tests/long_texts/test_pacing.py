"""The pace of a group of calls: what runs at once, and that a 429 is one for all of them."""

from __future__ import annotations

import pytest

from lmnt import InternalServerError, RateLimitError
from lmnt.settings.deadline import Deadline
from lmnt.settings.pacing import Pace


def limited(after: float | None = None) -> RateLimitError:
    return RateLimitError("slow down", retry_after=after, retry_safe=True)


def test_no_more_calls_than_the_most_run_at_once() -> None:
    pace = Pace("book", 2, 2)
    assert pace.wait(10.0) == 0
    first = pace.begin()
    pace.begin()
    assert pace.wait(10.0) is None
    assert not pace.end(first, None, 10.0)
    assert pace.wait(10.0) == 0
    pace.abandon()
    pace.begin()
    assert pace.wait(10.0) == 0


def test_all_wait_for_the_time_that_the_server_names_and_half_as_many_go_on() -> None:
    pace = Pace("book", 8, 2)
    begun = [pace.begin() for _ in range(8)]
    assert pace.end(begun[0], limited(7), 100.0)
    assert pace.wait(100.0) is None
    # The others that were under way then met the same limit: they lengthen nothing and halve nothing.
    assert all(pace.end(each, limited(7), 101.0) for each in begun[1:])
    assert pace.wait(103.0) == 4
    assert pace.wait(107.0) == 0
    assert [pace.wait(107.0) if pace.begin() is not None else 0 for _ in range(4)] == [0, 0, 0, None]


def test_without_a_time_the_delay_doubles() -> None:
    pace = Pace("book", 4, 3)
    delays: list[float] = []
    now = 0.0
    for _ in range(3):
        pace.end(pace.begin(), limited(), now)
        delays.append(pace.wait(now) or 0)
        now += 100
    assert all(high * 0.75 <= delay <= high for delay, high in zip(delays, (0.5, 1, 2), strict=True))


def test_successes_bring_the_number_back() -> None:
    pace = Pace("book", 4, 2)
    pace.end(pace.begin(), limited(0), 0.0)
    running = 0
    for _ in range(20):
        pace.end(pace.begin(), None, 1.0)
    while pace.wait(1.0) == 0:
        running += pace.begin() >= 0
    assert running == 4


def test_waits_in_a_row_are_max_retries_at_most_and_a_success_begins_again() -> None:
    pace = Pace("book", 1, 1)
    assert pace.end(pace.begin(), limited(0), 0.0)
    pace.end(pace.begin(), None, 0.0)
    assert pace.end(pace.begin(), limited(0), 0.0)
    with pytest.raises(RateLimitError) as caught:
        pace.end(pace.begin(), limited(0), 0.0)
    assert caught.value.__notes__ == ["book was tried 2 times"]
    assert pace.wait(0.0) == 0


@pytest.mark.parametrize(("after", "deadline"), [(61, None), (5, Deadline.starting_now(2))])
def test_what_takes_too_long_is_not_waited_for(after: float, deadline: Deadline | None) -> None:
    pace = Pace("book", 1, 5, deadline)
    with pytest.raises(RateLimitError):
        pace.end(pace.begin(), limited(after), 0.0)


def test_another_failure_is_the_call_s_own() -> None:
    pace = Pace("book", 4, 0)
    assert not pace.end(pace.begin(), InternalServerError("no"), 0.0)
    assert pace.wait(0.0) == 0
