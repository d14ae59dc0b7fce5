"""The log of the package: whether anybody listens, and the level set by the environment variable <prefix>_LOG."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Literal

from .. import description

if TYPE_CHECKING:
    import logging

_logs: list[logging.Logger] = []

LEVELS = {"debug": 10, "info": 20}
"""The numbers that `logging` has for them."""


def listener(level: Literal["debug", "info"]) -> logging.Logger | None:
    """Return the logger of this package; None if it is not enabled for this level.

    Where `logging` was never imported nobody listens, and it is not imported here: that takes as long as a call.
    """
    if not _logs:
        module: Any = sys.modules.get("logging")
        if not hasattr(module, "getLogger"):
            return None
        # A vendored copy, which has another name, has a log of its own.
        _logs.append(module.getLogger(description.__package__))
    return _logs[0] if _logs[0].isEnabledFor(LEVELS[level]) else None


def set_up() -> None:
    """Write the logs of this package and of httpx to standard error, unless the application has configured logging."""
    level = LEVELS.get(os.environ.get(f"{description.ENV_PREFIX}_LOG", "").lower())
    if level is None:
        return
    import logging

    logging.basicConfig(
        format="[%(asctime)s - %(name)s:%(lineno)d - %(levelname)s] %(message)s", datefmt="%Y-%m-%d %H:%M:%S"
    )
    for name in (description.__package__, "httpx"):
        logging.getLogger(name).setLevel(level)
