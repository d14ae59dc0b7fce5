"""How many examples the widest property tests try, and lists that are drawn fast."""

from __future__ import annotations

import os
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))
"""./scripts/test tries 5,000 on the first Python."""

T = TypeVar("T")


def some(choices: Sequence[T], most: int) -> st.SearchStrategy[list[T]]:
    """Draw any of these, in any order, as often as it comes.

    Hypothesis draws and shrinks a text of bytes as well as a list, and several times as fast.
    """
    return st.binary(max_size=most).map(lambda drawn: [choices[byte % len(choices)] for byte in drawn])


def numbers(most: int) -> st.SearchStrategy[list[int]]:
    """Draw numbers from 0 to 65535, such as places where something is cut: none for the least that is drawn."""

    def drawn(seed: int) -> list[int]:
        return Random(seed).choices(range(65_536), k=seed % (most + 1))

    return st.integers(0, (1 << 24) - 1).map(drawn)
