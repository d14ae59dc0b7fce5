"""The tests, some of which are programs too: `python -m tests.faults`, `python -m tests.real`."""

from __future__ import annotations

import sys
from pathlib import Path

# As pyproject.toml has it for pytest.
if (scripts := str(Path(__file__).resolve().parents[1] / "scripts")) not in sys.path:
    sys.path.insert(0, scripts)
