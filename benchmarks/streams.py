"""Items a second of a stream of events, beside the package openai: the same server, the same events, in one run.

A client of benchmarks/chat.yaml reads what `openai` reads; each is a process of its own, which says what CPU time it
took and how much memory it grew by. The first run makes the environment .venv-openai.

    .venv/bin/python benchmarks/streams.py              three rounds of 20,000 items of 64 bytes, and of 4 KiB
    .venv/bin/python benchmarks/streams.py --long       1,000,000 items too: does memory stay the same?
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import venv
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
OTHER = ROOT / ".venv-openai"
PINNED = "openai==3.57.0"
SIZES = {"64 bytes": 64, "4 KiB": 4096}
TARGET = 2.0
"""Times the items a second of `openai`."""


def event(size: int) -> bytes:
    """Return an event whose text has so many bytes."""
    choice = {"index": 0, "delta": {"content": "a" * size}, "finish_reason": None}
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def serve(listener: socket.socket) -> None:
    """Answer each request with as many events as its model says, in chunks of some 16 KiB."""

    def answer(sock: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data or b'"model"' not in data:
            if not (piece := sock.recv(65536)):
                return
            data += piece
        count, size = map(int, json.loads(data[data.index(b"\r\n\r\n") + 4 :])["model"].split("x"))
        each = max(1, 16384 // len(event(size)))
        block = event(size) * each
        chunk = b"%x\r\n%b\r\n" % (len(block), block)
        last = b"data: [DONE]\n\n"
        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(count // each):
            sock.sendall(chunk)
        rest = event(size) * (count % each) + last
        sock.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(rest), rest))
        sock.close()

    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def client(package: str, base_url: str, *, awaits: bool) -> Any:
    """Return what asks for a stream of events: our client, or that of openai."""
    module: Any = import_module(package)
    prefix = "Async" if awaits else ""
    if package == "openai":
        return getattr(module, f"{prefix}OpenAI")(api_key="key", base_url=base_url).chat.completions
    return getattr(module, f"{prefix}Chat")(base_url=base_url).completions


def read(package: str, awaits: bool, base_url: str, count: int, size: int) -> dict[str, float]:
    """Read a stream and say what it cost."""
    asked: Any = {"model": f"{count}x{size}", "messages": [], "stream": True}
    completions = client(package, base_url, awaits=awaits)
    found: dict[str, float] = {}

    def note(number: int) -> None:
        if number == 1000:
            found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            found["began"] = time.process_time()

    async def wait() -> int:
        number = 0
        async for each in await completions.create(**asked):
            number += len(each.choices)
            note(number)
        return number

    def run() -> int:
        number = 0
        for each in completions.create(**asked):
            number += len(each.choices)
            note(number)
        return number

    number = asyncio.run(wait()) if awaits else run()
    assert number == count, number
    return {
        "rate": (count - 1000) / (time.process_time() - found["began"]),
        "growth": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - found["memory"]) / 1024,
    }


def measured(package: str, folder: str, *arguments: object) -> dict[str, float]:
    """Do it in a process of its own."""
    python = OTHER / "bin" / "python" if package == "openai" else ROOT / ".venv" / "bin" / "python"
    command = [str(python), str(Path(__file__)), "--read", package, *map(str, arguments)]
    run = subprocess.run(command, env={"PYTHONPATH": folder}, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(run.stdout)
    return found


def main() -> int:
    """Run from the command line; returns 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="read 1,000,000 items too, for the memory")
    parser.add_argument("--read", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        package, awaits, *rest = given.read
        print(json.dumps(read(package, awaits == "True", rest[0], int(rest[1]), int(rest[2]))))
        return 0
    if not OTHER.is_dir():
        print(f"making {OTHER.name}", file=sys.stderr)
        venv.create(OTHER, with_pip=True)
        subprocess.run([OTHER / "bin" / "python", "-m", "pip", "install", "--quiet", PINNED], check=True)
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        make = [ROOT / "scripts" / "regenerate.py", "--spec", ROOT / "benchmarks" / "chat.yaml", "--package", "chat"]
        subprocess.run([sys.executable, *map(str, make), "--out", folder], check=True, stdout=subprocess.DEVNULL)
        columns = f"{'items of':<10} {'client':<6} {'ours':>9} {'openai':>9} {'ours / openai':>14}"
        print(f"{columns}  items a second of CPU time")
        for name, size in SIZES.items():
            for awaits in (False, True):
                rounds = []
                for _ in range(3):
                    rates = [
                        measured(each, folder, awaits, base_url, 20_000, size)["rate"] for each in ("chat", "openai")
                    ]
                    rounds.append((*rates, rates[0] / rates[1]))
                ours, theirs, ratio = (median(column) for column in zip(*rounds, strict=True))
                missed = missed or ratio < TARGET
                kind = "async" if awaits else "sync"
                print(f"{name:<10} {kind:<6} {ours:>9,.0f} {theirs:>9,.0f} {ratio:>14.2f}")
        if given.long:
            for awaits in (False, True):
                growth = measured("chat", folder, awaits, base_url, 1_000_000, 64)["growth"]
                print(f"1,000,000 items, {'async' if awaits else 'sync'}: the process grew by {growth:.1f} MB")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
