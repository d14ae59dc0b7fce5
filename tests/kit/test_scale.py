"""The work of the generator grows as the description does. benchmarks/scale.py measures it in seconds."""

from __future__ import annotations

import cProfile
from pathlib import Path

import pytest
from benchmarks.scale import description

from generator.rendering import Package
from tests.descriptions.packages import settings


def calls(folder: Path, operations: int) -> int:
    """Return how many functions are called to render a description: a measure that no other program disturbs."""
    profile = cProfile.Profile()
    with profile:
        Package(settings("scale", folder), description(operations), folder).modules()
    return sum(each.callcount for each in profile.getstats())


def test_the_work_is_linear(tmp_path: Path) -> None:
    calls(tmp_path, 1)  # what is done once in a process
    few, some, many = (calls(tmp_path, operations) for operations in (10, 20, 40))
    assert many - some == pytest.approx(2 * (some - few), rel=0.15)
