"""Other people's descriptions, made into packages and driven: `python -m tests.real`."""

from __future__ import annotations

import sys
from pathlib import Path

# As pyproject.toml has it for pytest.
if (scripts := str(Path(__file__).resolve().parents[2] / "scripts")) not in sys.path:
    sys.path.insert(0, scripts)
