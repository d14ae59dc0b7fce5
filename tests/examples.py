"""How many examples the widest property tests try."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import settings

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))
"""./scripts/test tries 5,000 of each test on one of the Pythons."""

FEW = 200
"""What the other Pythons try."""

IS_IN_TURN: Callable[[str], bool] = lambda _: True  # noqa: E731  # pytest says better, before it imports the tests
"""Whether this Python is the one for a test of this name."""

T = TypeVar("T", bound=Callable[..., Any])


def many(test: T) -> T:
    """Have a property test try EXAMPLES."""
    number = EXAMPLES if IS_IN_TURN(test.__name__) else FEW
    return settings(max_examples=number, deadline=None, database=None)(test)
