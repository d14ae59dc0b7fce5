"""Fixtures of pytest for the tests of applications: the local server, and failures on demand.

They are there wherever `lmnt-client[testing]` is installed: a test that takes one as an argument has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # every run of pytest loads this module: what it does not need is not imported
    from .process import ServerProcess


@pytest.fixture(scope="session")
def lmnt_server() -> Iterator[ServerProcess]:
    """The local server, which gives the same audio for the same text.

    From the first test that takes it to the end of the run, the environment leads clients to it: `LMNT_BASE_URL` is its
    address, and `LMNT_API_KEY` is a key. The code under test needs no change.
    """
    from .process import running

    with running(engine="tone", faults=True) as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("LMNT_BASE_URL", server.base_url)
        environment.setenv("LMNT_API_KEY", "any")
        yield server


@pytest.fixture
def lmnt_fault(lmnt_server: ServerProcess) -> Iterator[Callable[[str | None], None]]:
    """A function that has every request fail from its call to the end of the test, such as `lmnt_fault("status=503")`.

    `lmnt_server.faults` lists what can be asked for; a second call takes the place of the first, and None is no fault.
    While the test runs, no client waits before a retry.
    """
    from lmnt import no_retry_waits

    with no_retry_waits():
        yield lmnt_server.suffer
    lmnt_server.suffer(None)
