"""A server that notes what arrives and answers as a test says, and clients of a made package that call it."""

from __future__ import annotations

import asyncio
import inspect
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from generator.reading import load_description
from generator.report import Report

from .packages import HERE, load, make_all

CONTEXT = ssl.create_default_context()

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Seen:
    """A request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Echo:
    """The server; a context manager. `answer` makes the answer of a request; without it all are 204."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answer: Callable[[Seen], Answer] = lambda _: (204, {}, b"")
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):  # any method
                    return self._answer
                raise AttributeError(name)

            def _answer(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, self.path, headers, content)
                echo.seen.append(seen)
                status, fields, body = echo.answer(seen)
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def answered(value: object, status: int = 200, **headers: str) -> Answer:
    """Return the answer that is a value as JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return status, {"content-type": "application/json", **named}, json.dumps(value).encode()


def made(name: str, folder: Path) -> tuple[Any, Report]:
    """Return the package of a description of this folder, and the report of it."""
    report = Report(["all"])
    make_all({name: load_description(HERE / f"{name}.yaml", report)}, folder, report)
    return load(name, folder), report


class Caller:
    """Calls methods of clients, waiting or awaiting."""

    def __init__(self, package: Any, echo: Echo, *, awaits: bool) -> None:
        self.package = package
        self.echo = echo
        self.awaits = awaits
        self._kind = getattr(package, ("Async" if awaits else "") + package.__name__.capitalize())

    def client(self, **options: Any) -> Any:
        """Return a client of the server."""
        return self._kind(**{"base_url": self.echo.url, "max_retries": 0, **options})

    def call(self, path: str, *args: Any, options: Mapping[str, Any] | None = None, **kwargs: Any) -> Any:
        """Call `<resource>.<method>` of a new client; return the result."""
        return self.of(self.client(**(options or {})), path, *args, **kwargs)

    def of(self, client: Any, path: str, *args: Any, **kwargs: Any) -> Any:
        """Call `<resource>.<method>` of a client, and close it."""
        self.echo.seen.clear()

        async def run() -> Any:
            async with client:
                return await _result(client, path, *args, **kwargs)

        if self.awaits:
            return asyncio.run(run())
        with client:
            return _result(client, path, *args, **kwargs)

    def several(self, client: Any, paths: list[str]) -> list[Any]:
        """Call several methods at the same time; return the results, or what was raised."""
        self.echo.seen.clear()

        async def run() -> list[Any]:
            async with client:
                return await asyncio.gather(*(_result(client, each) for each in paths), return_exceptions=True)

        if self.awaits:
            return asyncio.run(run())
        found: list[Any] = []

        def one(path: str) -> None:
            try:
                found.append(_result(client, path))
            except Exception as error:  # it is what a test looks at
                found.append(error)

        threads = [threading.Thread(target=one, args=(path,)) for path in paths]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        client.close()
        return found


def _result(client: Any, path: str, *args: Any, **kwargs: Any) -> Any:
    owner = client
    for step in path.split("."):
        owner = getattr(owner, step)
    found = owner(*args, **kwargs)
    assert inspect.isawaitable(found) == type(client).__name__.startswith("Async")
    return found
