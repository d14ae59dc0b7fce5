from __future__ import annotations

import gc
import os

import pytest


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Share the work out to one process more than there are processors, since tests wait too, for other programs.

    Files and tests that are named run in this process, which is faster for few of them, and can be debugged.
    """
    named = any(each.partition("::")[0].endswith(".py") for each in config.args)
    return 0 if named else (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What takes longest comes first, so that no process is at work on it when the others have nothing left to do.
    items.sort(key=lambda item: "kit" not in item.path.parts)


def pytest_collection_finish() -> None:
    # Thousands of tests and what they import stay to the end: no collection of garbage needs to look at them again,
    # nor one after each 700 objects. The tests that need one ask for it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
