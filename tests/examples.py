"""How many examples the widest property tests try."""

from __future__ import annotations

import os

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))
"""./scripts/test tries 5,000 on the first Python."""
