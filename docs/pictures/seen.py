"""What users of several clients see when speech fails: it runs them and writes seen.json."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from drawing import HERE, ROOT

CLIENTS = {
    "this client": ("lmnt", True),
    "official lmnt": ("lmnt", False),
    "openai": ("openai", True),
    "httpx": ("httpx", True),
    "httpx2": ("httpx2", True),
    "aiohttp": ("aiohttp", True),
    "requests": ("requests", True),
    "this client, session": ("lmnt session", True),
    "official lmnt, session": ("lmnt session", False),
    "websockets": ("websockets", True),
}
"""By what it is called in pictures: what it is called in asking.py, and whether it is in this environment."""


def main() -> None:
    """Run each client in its environment against the same server."""
    sys.path.insert(0, str(ROOT))
    from tests.official import official

    from lmnt_server.process import running

    found = {}
    with running(engine="espeak", faults=True) as server:
        for name, (client, is_here) in CLIENTS.items():
            python = Path(sys.executable) if is_here else official()
            package = client.partition(" ")[0]
            told = "from importlib.metadata import version; print(version({!r}))"
            distribution = "lmnt-client" if package == "lmnt" and is_here else package
            run = [str(python), "-P", str(HERE / "asking.py"), client, server.base_url]
            lines = subprocess.run(run, capture_output=True, text=True, check=True, timeout=300).stdout.splitlines()
            asked = subprocess.run(
                [str(python), "-c", told.format(distribution)], capture_output=True, text=True, check=True
            )
            found[name] = {"version": asked.stdout.strip(), "seen": [json.loads(line) for line in lines]}
            print(name, found[name]["version"], [each["error"] for each in found[name]["seen"]])
    (HERE / "seen.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
