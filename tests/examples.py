"""How many examples the widest property tests try."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import settings

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))
"""./scripts/test tries 5,000 of each test, an equal share on each Python."""

T = TypeVar("T", bound=Callable[..., Any])


def many(test: T) -> T:
    """Have a property test try EXAMPLES."""
    return settings(max_examples=EXAMPLES, deadline=None, database=None)(test)
