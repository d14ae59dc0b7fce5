"""Copy the package of this tree into another project, or check a copy there; needs nothing installed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "generated"))

from lmnt.vendor.__main__ import main

if __name__ == "__main__":
    sys.exit(main(prog="scripts/vendor.py"))
