from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    # Thousands of tests and what they import stay to the end: no collection of garbage needs to look at them again.
    gc.collect()
    gc.freeze()
