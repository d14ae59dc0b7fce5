"""Log lines as JSON, an object each, for what collects and searches them."""

from __future__ import annotations

import json
import logging
import time
from typing import Any, Final

FIELDS: Final = "fields"
"""The attribute of a record that holds what its line has beside the text."""


class JsonFormatter(logging.Formatter):
    """Makes the line of a record. It holds what the text holds: neither headers nor queries, so no key."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """Return an object with the time in UTC, the level, the logger, the message, and the fields of the record."""
        line: dict[str, Any] = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
