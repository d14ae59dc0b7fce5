from typing import Any

VOICES: dict[str, dict[str, Any]]
