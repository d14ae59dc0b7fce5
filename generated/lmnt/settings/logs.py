"""The log of the package: who listens to it, and what the environment variable <prefix>_LOG asks for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Literal

from .. import description

if TYPE_CHECKING:
    import logging

_logs: list[logging.Logger] = []

LEVELS = {"debug": 10, "info": 20}
"""As `logging` numbers them."""


def listener(level: Literal["debug", "info"]) -> logging.Logger | None:
    """Return the log of this package; None if nobody takes what has this level.

    Nobody does where `logging` was never imported, and then it is not imported here: that takes as long as a call.
    """
    if not _logs:
        module: Any = sys.modules.get("logging")
        if not hasattr(module, "getLogger"):
            return None
        # Under another name, a copy of this package has a log of its own.
        _logs.append(module.getLogger(description.__package__))
    return _logs[0] if _logs[0].isEnabledFor(LEVELS[level]) else None


def set_up() -> None:
    """Write the log of this package and of httpx to standard error, unless the application has said where logs go."""
    level = LEVELS.get(os.environ.get(f"{description.ENV_PREFIX}_LOG", "").lower())
    if level is None:
        return
    import logging

    logging.basicConfig(
        format="[%(asctime)s - %(name)s:%(lineno)d - %(levelname)s] %(message)s", datefmt="%Y-%m-%d %H:%M:%S"
    )
    for name in (description.__package__, "httpx"):
        logging.getLogger(name).setLevel(level)
