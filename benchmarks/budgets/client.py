"""One measurement: does a piece of work with one library, in this process, and prints what that cost as JSON.

    python client.py STYLE WORK LIBRARY BASE_URL ARGUMENTS

Nothing is imported before the work begins that the work itself might have to import.
"""

import sys
import time

MODULES = {"official": "lmnt", "lmnt+fast": "lmnt"}
"""What libraries are imported as, where that is not their name."""


class Clock:
    """What passes while it runs: CPU time of this process, user and system, and time."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what has passed."""
        self.cpu = self.wall = 0.0
        self._begun: tuple[float, float] | None = None

    def start(self) -> None:
        """Run; what has passed since an earlier start that was not stopped does not count."""
        self._begun = time.process_time(), time.perf_counter()

    def stop(self) -> None:
        """Stop, unless it has been stopped."""
        if self._begun is not None:
            self.cpu += time.process_time() - self._begun[0]
            self.wall += time.perf_counter() - self._begun[1]
            self._begun = None


def imports(module: str, base_url: str) -> None:  # noqa: ARG001  # all work takes both
    """Import a library."""
    __import__(module)


def first_call(module: str, base_url: str) -> None:
    """Import a library, make a client and a call."""
    if module == "lmnt":
        from lmnt import Lmnt

        with Lmnt(api_key="key", base_url=base_url) as client:
            client.voices.retrieve("leah")
    elif module == "aiohttp":
        import asyncio

        import aiohttp

        async def call() -> None:
            async with aiohttp.ClientSession(base_url) as session, session.get("/v1/ai/voice/leah") as response:
                response.raise_for_status()
                await response.json()

        asyncio.run(call())
    else:
        httpx = __import__(module)
        with httpx.Client(base_url=base_url) as bare:
            bare.get("/v1/ai/voice/leah").raise_for_status().json()


COLD = {"imports": imports, "first_call": first_call}


def main(style: str, work: str, library: str, base_url: str, *arguments: str) -> None:
    """Run from the command line."""
    clock, growth = Clock(), 0
    module = MODULES.get(library, library)
    if style == "cold":
        clock.start()
        COLD[work](module, base_url)
        clock.stop()
    else:
        from benchmarks.budgets import work as works

        growth = works.run(style, work, module, base_url, clock, *arguments)
    uses_httptools = "httptools" in sys.modules
    from benchmarks.budgets.memory import peak

    cost = {"cpu": clock.cpu, "wall": clock.wall, "peak": peak(), "growth": growth, "httptools": uses_httptools}

    import json

    print(json.dumps(cost))


if __name__ == "__main__":
    main(*sys.argv[1:])
