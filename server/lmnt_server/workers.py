"""Several server processes on one port: starting them, replacing one that dies, and stopping all in order.

Each is this very command as a worker, with the port, the data and the counts that it shares with the others. The system
shares the connections out (SO_REUSEPORT). A worker ends with the process that started it, whose pipe it watches.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

from prometheus_client import multiprocess

from .configured import CannotStartError, quotas_of
from .hosting import GRACE, Stop, claimed
from .metrics import FOLDER
from .process import CANNOT_START, READY
from .store import Store, held

_PATIENCE: Final = 5.0
"""The longest pause, in seconds, before a worker is started in the place of one that died at once."""

_log: Final = logging.getLogger(__name__)


class WorkerRefusedError(CannotStartError):
    """A worker cannot obey an option, and has said so."""


async def supervise(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Run the workers until a signal stops them.

    Args:
        options: what the command line says.
        arguments: the command line.

    Raises:
        CannotStartError: if a worker cannot start.
        StoreError: if the data cannot be kept where they should be.
    """
    if not hasattr(socket, "SO_REUSEPORT"):
        raise CannotStartError("--workers needs a system where processes can share a port (SO_REUSEPORT)")
    with ExitStack() as stack:
        # Also while all workers are down.
        host, port = stack.enter_context(claimed(options.host, options.port))
        data = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        counts = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(held(data))
        store = Store(data, quotas_of(options))
        stack.callback(store.close)
        store.forget_requests()
        command = [sys.executable, "-m", __package__ or "", *arguments, "--worker", "--stop-on-eof"]
        command += ["--host", host, "--port", str(port), "--data", str(data), "--workers", "1"]
        await _Team(command, counts, store, options).run()


class _Team:
    def __init__(self, command: Sequence[str], counts: str, store: Store, options: argparse.Namespace) -> None:
        self._command = command
        self._environment = {**os.environ, FOLDER: counts}
        self._counts = counts
        self._store = store
        self._options = options
        self._workers: set[Process] = set()
        self._is_stopping = False

    async def run(self) -> None:
        stop = Stop(watches_input=self._options.stop_on_eof)
        asked = asyncio.create_task(stop.asked.wait())
        ready = asyncio.create_task(self._start_all())
        places: set[asyncio.Task[None]] = set()
        first: set[asyncio.Future[Any]] = {asked, ready}
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                started = ready.result()
                places = {asyncio.create_task(self._keep(worker)) for worker, _ in started}
                print(f"{READY}{started[0][1]}", flush=True)
                await asked
        finally:
            self._is_stopping = True
            ready.cancel()
            await self._end(stop, places)

    async def _start_all(self) -> list[tuple[Process, str]]:
        # What the first of them cannot do, none of them can: it is told once.
        one = await self._start()
        return [one, *await asyncio.gather(*(self._start() for _ in range(self._options.workers - 1)))]

    async def _start(self) -> tuple[Process, str]:
        """Start a worker, and return it with its base URL once it is ready."""
        worker = await asyncio.create_subprocess_exec(
            # A session of its own: an interrupt from the keyboard comes to this process, which passes it on.
            *self._command, stdin=PIPE, stdout=PIPE, env=self._environment, start_new_session=True
        )  # fmt: skip
        self._workers.add(worker)
        assert worker.stdout is not None
        line = (await worker.stdout.readline()).decode().strip()
        if not line.startswith(READY):
            code = await worker.wait()
            kind = WorkerRefusedError if code == CANNOT_START else CannotStartError
            raise kind(f"a worker ended with exit code {code} before it was ready")
        return worker, line.removeprefix(READY)

    async def _keep(self, worker: Process) -> None:
        """Start another worker in the place of one that dies, again and again."""
        loop = asyncio.get_running_loop()
        pause = 0.0
        while True:
            began = loop.time()
            code = await worker.wait()
            self._bury(worker)
            if self._is_stopping:
                return
            _log.error("worker %d ended with exit code %d: another one takes its place", worker.pid, code)
            pause = 0.0 if loop.time() - began > _PATIENCE else min(max(2 * pause, 0.1), _PATIENCE)
            while True:
                await asyncio.sleep(pause)
                try:
                    worker, _ = await self._start()
                    break
                except CannotStartError as error:
                    _log.error("%s", error)  # what it wrote itself says more than this traceback
                    pause = min(max(2 * pause, 0.1), _PATIENCE)

    def _bury(self, worker: Process) -> None:
        self._workers.discard(worker)
        self._store.forget_requests(worker.pid)
        forget: Any = multiprocess.mark_process_dead  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - no types
        forget(worker.pid, self._counts)

    async def _end(self, stop: Stop, places: set[asyncio.Task[None]]) -> None:
        self._signal(signal.SIGTERM)
        hurried = asyncio.create_task(stop.hurried.wait())
        all_gone: asyncio.Future[list[int]] = asyncio.gather(*(worker.wait() for worker in self._workers))
        patience = self._options.drain + 4 * GRACE
        first: set[asyncio.Future[Any]] = {hurried, all_gone}
        await asyncio.wait(first, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if hurried.done():
            self._signal(signal.SIGTERM)
            await asyncio.wait({all_gone}, timeout=4 * GRACE)
        self._signal(signal.SIGKILL)
        for place in places:
            place.cancel()

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.returncode is None:
                with suppress(ProcessLookupError):
                    worker.send_signal(number)
