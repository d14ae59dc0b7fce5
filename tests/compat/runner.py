"""Runs all scripts in one process, and prints what each printed, as JSON."""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"


def main() -> None:
    """Run them in the order of their names."""
    sys.path.insert(0, str(FOLDER))
    printed: dict[str, str] = {}
    for script in sorted(FOLDER.glob("*.py")):
        if script.stem != "shared":
            with contextlib.redirect_stdout(io.StringIO()) as output:
                runpy.run_path(str(script), run_name="__main__")
            printed[script.stem] = output.getvalue()
    print(json.dumps(printed))


if __name__ == "__main__":
    main()
