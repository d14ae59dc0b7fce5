"""What the environment variable <prefix>_LOG asks for."""

from __future__ import annotations

import logging
import os

from . import description

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO}


def set_up() -> None:
    """Write the log of this package and of httpx to standard error, unless the application has said where logs go."""
    level = _LEVELS.get(os.environ.get(f"{description.ENV_PREFIX}_LOG", "").lower())
    if level is None:
        return
    logging.basicConfig(
        format="[%(asctime)s - %(name)s:%(lineno)d - %(levelname)s] %(message)s", datefmt="%Y-%m-%d %H:%M:%S"
    )
    for name in (__package__, "httpx"):
        logging.getLogger(name).setLevel(level)
