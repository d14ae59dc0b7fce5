from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    # Thousands of tests and what they import stay to the end: no collection of garbage needs to look at them again,
    # nor one after each 700 objects. The tests that need one ask for it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
