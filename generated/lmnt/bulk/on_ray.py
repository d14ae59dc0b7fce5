"""The engine `ray`: batches of lines, spoken by the workers of a Ray cluster. Ray Data does the scheduling."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from ..client import Lmnt
from ..errors import Error, InvalidArgumentError
from ..settings.pacing import Pace
from .lines import WAITS, Asking, speak
from .manifest import Line
from .places import Place
from .results import Result

if TYPE_CHECKING:
    from .agenda import Run

AT_ONCE = 4
"""The requests that a worker makes at once, and the lines of a batch that are asked for again if it is killed."""

MOST_BLOCKS = 2000
"""The parts in which the lines are given to Ray; each has some memory of its own."""


class Speaker:
    """What a worker runs: it has a client of its own, since none can be sent to it.

    Args:
        make: Makes the client.
        place: Where the files go.
        at_once: How many requests it makes at once.
    """

    def __init__(self, make: Callable[[], Lmnt], place: Place, at_once: int) -> None:
        self._client, self._place = make(), place
        self._pace = Pace("bulk", at_once, WAITS)
        self._pool = ThreadPoolExecutor(at_once)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[bytes]]:
        """Speak the lines of a batch; returns their results, or the errors that are to end the run."""
        return {
            "outcome": [pickle.dumps(each) for each in self._pool.map(self._speak, map(pickle.loads, batch["line"]))]
        }

    def _speak(self, line: Line) -> Result | Exception:
        asking = Asking(line, self._place, self._pace, self._client.max_retries)
        try:
            return speak(self._client, asking, _wait)
        except Exception as error:  # it is raised where the run is
            return error


def _wait(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def run_on_ray(run: Run, client: Lmnt | Callable[[], Lmnt], concurrency: int) -> None:
    """Run all lines on the Ray cluster that this process is connected to, or that is there to be connected to.

    Raises:
        InvalidArgumentError: Ray is not installed, or the client cannot be made elsewhere.
        Error: There is no cluster, or it has failed.
    """
    lines = list(iter(run.take, None))
    make = _maker(client) if isinstance(client, Lmnt) else client
    for found in _outcomes(lines, make, run.place, concurrency) if lines else ():
        if isinstance(found, Exception):
            raise found
        run.report(found)


def _outcomes(
    lines: list[Line], make: Callable[[], Lmnt], place: Place, concurrency: int
) -> Iterator[Result | Exception]:
    """Yield what becomes of each line, as it ends."""
    ray, data = _imported()
    at_once = min(AT_ONCE, concurrency)
    try:
        if not ray.is_initialized():
            ray.init(address="auto", log_to_driver=False)
        blocks = max(1, min(-(-len(lines) // at_once), MOST_BLOCKS))
        rows = data.from_items([{"line": pickle.dumps(line)} for line in lines], override_num_blocks=blocks)
        spoken = rows.map_batches(
            Speaker,
            fn_constructor_args=(make, place, at_once),
            batch_size=at_once,
            compute=data.ActorPoolStrategy(min_size=1, max_size=-(-concurrency // at_once)),
            num_cpus=0.5,  # it waits most of the time
        )
        for row in spoken.iter_rows():
            yield cast("Result | Exception", pickle.loads(row["outcome"]))
    except (ray.exceptions.RayError, ConnectionError, TypeError) as error:  # the last one for what cannot be sent
        raise Error(f"Ray has failed: {str(error).strip().splitlines()[-1]:.300}") from error


def _imported() -> tuple[Any, Any]:
    try:
        # So that types can be checked where it is not: it is large, and no dependency.
        return import_module("ray"), import_module("ray.data")
    except ImportError as error:
        raise InvalidArgumentError(
            "engine='ray' needs Ray Data, here and on the cluster: pip install 'ray[data]'"
        ) from error


def _maker(client: Lmnt) -> Callable[[], Lmnt]:
    """Return what makes a client with the settings of another one; it holds the key."""
    kind = cast("Callable[..., Lmnt]", type(client))  # in a copy of the package its arguments may be others
    options = client._options  # pyright: ignore[reportPrivateUsage]  # the only place that knows all
    return partial(
        kind,
        api_key=client.api_key,
        base_url=options.base_url,
        timeout=options.timeout,
        deadline=options.deadline,
        max_retries=options.max_retries,
        strict=options.strict,
    )
