"""Running the real server, in a process of its own, from Python: for tests and demonstrations.

```python
with running(engine="tone") as server:
    client = Lmnt(base_url=server.base_url, api_key="any")
```
"""

from __future__ import annotations

import os
import queue
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

READY: Final = "lmnt-server is ready at "
"""What the server prints on standard output, with its base URL after it, when it can be called."""


CANNOT_START: Final = 2
"""The exit code when an option cannot be obeyed; also argparse's."""


class ServerFailedError(Exception):
    """The server did not come up; the message holds what it wrote to standard error."""


class ServerProcess:
    """A server that runs.

    Args:
        popen: its process, the leader of a process group of its own.
        base_url: where it is called.
        log: the file that holds its standard error.
    """

    def __init__(self, popen: subprocess.Popen[str], base_url: str, log: Path) -> None:
        self._popen = popen
        self._log = log
        self.base_url = base_url

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._popen.poll()

    def log(self) -> str:
        """Return what the server has written to standard error."""
        return self._log.read_text("utf-8", errors="replace")

    def suffer(self, fault: str | None) -> None:
        """Have every request suffer a fault from now on, or none; needs `faults=True`.

        Args:
            fault: such as `raise-after=20000; times=1`; see `lmnt_server.faults`. Its `times` are counted anew.

        Raises:
            FaultSyntaxError: if it is not understood; the message says which part.
        """
        from .faults import PLACE, parse  # they need the extra `server`, which whoever runs a server has

        if fault is not None:
            parse(fault)
        put = urllib.request.Request(
            f"{self.base_url}{PLACE}",
            data=None if fault is None else fault.encode(),
            method="DELETE" if fault is None else "PUT",
        )
        # The server is this one's child: nobody has to vouch for it, and it is reached by no proxy.
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting))
        urllib.request.build_opener(*handlers).open(put, timeout=10).close()

    def terminate(self) -> None:
        """Ask the server to stop (SIGTERM), and return at once."""
        self._popen.terminate()

    def kill(self) -> None:
        """Kill the server and all that it started (SIGKILL), and wait until it is gone."""
        _kill_group(self._popen)
        self._popen.wait()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the server has ended, and return its exit code.

        Args:
            timeout: seconds to wait.

        Raises:
            subprocess.TimeoutExpired: if it still runs then.
        """
        return self._popen.wait(timeout)


@contextmanager
def running(
    *,
    engine: str = "espeak",
    tls: tuple[Path, Path] | None = None,
    data: Path | None = None,
    api_key: str | None = None,
    faults: bool = False,
    fault: str | None = None,
    arguments: Sequence[str] = (),
    timeout: float = 20.0,
) -> Generator[ServerProcess]:
    """Run `lmnt-server` on a free port of 127.0.0.1 for as long as the block lasts.

    The server ends with the block, however that ends, and with this process, however this dies: it watches a pipe that
    only this process holds.

    Args:
        engine: as `--engine`.
        tls: the files of a certificate chain and of its key.
        data: as `--data`.
        api_key: as `--api-key`.
        faults: as `--faults`.
        fault: as `--fault`.
        arguments: more of the command line.
        timeout: seconds until it must be ready, and then again until it must have stopped.

    Raises:
        ServerFailedError: if it ends at once, or is not ready in time.
    """
    command = [sys.executable, "-m", "lmnt_server", "--port", "0", "--engine", engine, "--stop-on-eof"]
    if tls is not None:
        command += ["--tls-cert", str(tls[0]), "--tls-key", str(tls[1])]
    if data is not None:
        command += ["--data", str(data)]
    if api_key is not None:
        command.append(f"--api-key={api_key}")
    if faults:
        command.append("--faults")
    if fault is not None:
        command.append(f"--fault={fault}")
    command += arguments
    # The server finds this package where this process found it, installed or not.
    paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "stderr"
        with log.open("wb") as stderr:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env=environment,
                start_new_session=True,
            )
        try:
            base_url = _ready(popen, log, timeout)
        except BaseException:
            _kill(popen)  # it has served nobody: there is nothing to bring to its end
            raise
        try:
            yield ServerProcess(popen, base_url, log)
        finally:
            _stop(popen, timeout)


def _ready(popen: subprocess.Popen[str], log: Path, timeout: float) -> str:
    """Return the base URL from the ready line."""
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(popen.stdout, lines), daemon=True).start()
    try:
        line = lines.get(timeout=timeout)
    except queue.Empty:
        raise ServerFailedError(f"the server was not ready in {timeout} s\n{_text(log)}") from None
    if not line.startswith(READY):
        raise ServerFailedError(f"the server ended with exit code {popen.wait(timeout)}\n{_text(log)}")
    return line.removeprefix(READY).strip()


def _read(stream: IO[str] | None, lines: queue.Queue[str]) -> None:
    """Pass on the first line, empty if there is none, and drop the others, so that the pipe never fills."""
    if stream is not None:
        with suppress(ValueError):  # it was closed meanwhile: the server has ended
            lines.put(stream.readline())
            for _ in stream:
                pass


def _text(log: Path) -> str:
    return log.read_text("utf-8", errors="replace").strip()


def _stop(popen: subprocess.Popen[str], timeout: float) -> None:
    """End the process in good order and reap it, whatever state it is in."""
    try:
        if popen.poll() is None:
            popen.terminate()
            popen.wait(timeout)
    finally:
        _kill(popen)


def _kill(popen: subprocess.Popen[str]) -> None:
    """End the process at once, with all that it started, and reap it."""
    _kill_group(popen)
    popen.wait()
    for stream in (popen.stdin, popen.stdout):
        if stream is not None:
            stream.close()


def _kill_group(popen: subprocess.Popen[str]) -> None:
    if not hasattr(os, "killpg"):
        popen.kill()
        return
    try:
        os.killpg(popen.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it has ended, and so has all that it started
