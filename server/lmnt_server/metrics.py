"""What the server counts, for Prometheus. Processes that share a folder (`PROMETHEUS_MULTIPROC_DIR`) count together."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from .engines import Block, Engine
from .engines.cast import SystemVoice

# When each count was begun: a line for each, which several processes do not have either.
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client does not annotate it

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable of the environment that prometheus_client looks at when it is imported."""

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

OPERATION: Final = "lmnt.operation"
"""The key of the ASGI scope under which the application says what a request is for: its method and its path."""

_SECONDS: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24)


class Metrics:
    """The counts of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        kind: Any = {"registry": self._registry, "namespace": "lmnt_server"}
        live: Any = {**kind, "multiprocess_mode": "livesum"}
        self.requests = Counter(
            "requests",
            "Requests and sessions that have ended, by status or close code.",
            ("operation", "status"),
            **kind,
        )
        self.failures = Counter("failures", "Requests and sessions that failed, by error type.", ("type",), **kind)
        self.characters = Counter("characters", "Characters given to the engine.", **kind)
        self.audio = Counter("audio_seconds", "Seconds of speech made.", **kind)
        self.first_byte = Histogram(
            "first_byte_seconds",
            "Seconds from a request to the first byte of its body.",
            ("operation",),
            buckets=_SECONDS,
            **kind,
        )
        self.requests_open = Gauge("requests_open", "Requests under way.", **live)
        self.sessions_open = Gauge("sessions_open", "Sessions under way.", **live)

    def text(self) -> bytes:
        """Return the counts of all processes that count together, in Prometheus's text format."""
        registry = self._registry
        if FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client does not annotate it
        return generate_latest(registry)


class Metered:
    """An engine whose work is counted."""

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self._engine = engine
        self._metrics = metrics

    @property
    def rate(self) -> int:
        """The engine's."""
        return self._engine.rate

    @property
    def voices(self) -> Sequence[SystemVoice]:
        """The engine's."""
        return self._engine.voices

    def speak(self, text: str, **how: Any) -> Generator[Block]:
        """Speak as the engine does."""
        self._metrics.characters.inc(len(text))
        rate = 2 * self._engine.rate
        with closing(self._engine.speak(text, **how)) as blocks:
            for block in blocks:
                self._metrics.audio.inc(len(block.pcm) / rate)
                yield block
