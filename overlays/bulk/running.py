"""A run over a manifest: its arguments, and the threads or tasks that do it."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import os
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from ..client import AsyncLmnt, Lmnt
from ..errors import Error, InvalidArgumentError
from ..models.language import Language
from ..models.speech_format import SpeechFormat
from ..settings.pacing import Pace
from ..streams.downloads import path_of
from ..transport.event_loops import is_asyncio
from .agenda import OnProgress, Run
from .lines import WAITS, Asking, StoppedError, aspeak, speak
from .manifest import read
from .names import key_of
from .places import Folder, place_of
from .results import Summary

Engine: TypeAlias = Literal["local", "ray"]


def run(
    client: Lmnt | Callable[[], Lmnt],
    manifest: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    results: str | os.PathLike[str] | None = None,
    voice: str | None = None,
    format: SpeechFormat | None = None,
    language: Language | None = None,
    only: Collection[str] | None = None,
    dry_run: bool = False,
    concurrency: int = 8,
    engine: Engine = "local",
    on_progress: OnProgress | None = None,
) -> Summary:
    """Make a file of each line of a manifest.

    A line that fails stops no other one; it has a result that says why, and is asked for again by the next run, while
    those whose files are there are not. A file gets its name when it is whole. A run may be killed at any moment, and
    the next one goes on.

    Args:
        client: The client, or a function that makes one, as `Lmnt` itself does with the settings of the environment.
            The workers of Ray make their own, with its key, base URL, limits of time and retries.
        manifest: JSON Lines (`.jsonl`, `.ndjson`), CSV (`.csv`) or CSV with tabs (`.tsv`), with `id`, `text`, and as
            needed `voice`, `format`, `language`, `out`, `model`, `sample_rate`, `temperature` and `top_p`.
        out: The folder of the files, or a path of fsspec, such as `s3://bucket/speech`.
        results: The file with a result for each line; by default `<manifest>.results.jsonl` in the folder, or with a
            path of fsspec beside the manifest.
        voice: The voice of lines that name none.
        format: The format of lines that name none.
        language: The language of lines that name none.
        only: The ids of the lines to run; None for all that are not done.
        dry_run: Whether to make nothing, and return what a run would need.
        concurrency: How many requests are made at once; fewer for a while after each 429.
        engine: `local`, threads of this process; `ray`, an existing Ray cluster.
        on_progress: A function that is called with each result, and the sum so far; one call at a time.

    Returns:
        The sum of the run.

    Raises:
        InvalidArgumentError: The manifest cannot be read, or an argument cannot be used; nothing was asked for.
        AuthenticationError: The key is wrong; as the next three it ends the run, and the next one goes on.
        PaymentRequiredError: There are no credits left.
        RateLimitError: The server goes on refusing, or asks to wait for more than a minute.
        FileError: The disk is full, or the results cannot be written.
        Error: Another run is at work on this manifest.
    """
    defaults = {"voice": voice, "format": format, "language": language}
    found = _prepared(client, Lmnt, manifest, out, results, defaults, only, concurrency, engine, on_progress)
    if dry_run:
        return found.estimate()
    found.begin(on_progress)
    try:
        if engine == "ray":
            from .on_ray import run_on_ray

            run_on_ray(found, client, concurrency)
        else:
            _run_here(found, client if isinstance(client, Lmnt) else client(), concurrency)
    except BaseException as error:
        found.stop(error)
    return found.end()


def _run_here(run: Run, client: Lmnt, concurrency: int) -> None:
    pace, at_once = Pace("bulk", concurrency, WAITS), max(concurrency // max(run.size, 1), 1)
    ended, one_has_ended = list[None](), threading.Event()

    def work() -> None:
        try:
            _work(run, client, pace, at_once)
        finally:
            ended.append(None)
            one_has_ended.set()

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=[work], daemon=True)
        for _ in range(min(concurrency, run.size))
    ]

    def wait() -> None:
        # Not by `join`: Python 3.11 and 3.12 take a thread for ended if the wait for it is interrupted.
        while len(ended) < sum(thread.ident is not None for thread in threads):
            one_has_ended.wait(0.2)  # for as long as it waits without a limit, a thread of Windows is not interrupted
            one_has_ended.clear()

    try:
        for thread in threads:
            thread.start()
        wait()
    except BaseException as error:
        # What was begun ends; to interrupt again does not wait for it.
        run.stop(error)
        wait()


def _work(run: Run, client: Lmnt, pace: Pace, at_once: int) -> None:
    try:
        while (line := run.take()) is not None:
            run.report(speak(client, Asking(line, run.place, pace, client.max_retries, at_once), run.stopped.wait))
    except StoppedError:
        pass
    except BaseException as error:
        run.stop(error)


async def arun(
    client: AsyncLmnt,
    manifest: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    results: str | os.PathLike[str] | None = None,
    voice: str | None = None,
    format: SpeechFormat | None = None,
    language: Language | None = None,
    only: Collection[str] | None = None,
    dry_run: bool = False,
    concurrency: int = 8,
    on_progress: OnProgress | None = None,
) -> Summary:
    """Make a file of each line of a manifest, by tasks of this event loop; see `run`.

    To cancel it gives up what was begun, and the next run goes on.
    """
    defaults = {"voice": voice, "format": format, "language": language}
    if not is_asyncio():
        raise Error("bulk.arun needs asyncio's event loop; elsewhere use bulk.run, in a thread")
    found = _prepared(client, AsyncLmnt, manifest, out, results, defaults, only, concurrency, "local", on_progress)
    if dry_run:
        return found.estimate()
    found.begin(on_progress)
    pace, at_once = Pace("bulk", concurrency, WAITS), max(concurrency // max(found.size, 1), 1)
    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(concurrency, found.size)):
                tasks.create_task(_awork(found, client, pace, at_once))
    except BaseException as error:
        found.stop(error)
    return found.end()


async def _awork(run: Run, client: AsyncLmnt, pace: Pace, at_once: int) -> None:
    try:
        while (line := run.take()) is not None:
            asking = Asking(line, run.place, pace, client.max_retries, at_once)
            run.report(await aspeak(client, asking, run.stopped.is_set))
    except StoppedError:
        pass
    except Exception as error:
        run.stop(error)


def _prepared(
    client: object,
    kind: type[Lmnt | AsyncLmnt],
    manifest: str | os.PathLike[str],
    out: str | os.PathLike[str],
    results: str | os.PathLike[str] | None,
    defaults: dict[str, str | None],
    only: Collection[str] | None,
    concurrency: int,
    engine: Engine,
    on_progress: OnProgress | None,
) -> Run:
    """Return the run; raises InvalidArgumentError."""
    if not (isinstance(client, kind) or callable(client)):
        raise InvalidArgumentError(f"the client has to be one of {kind.__name__}; got {client!r:.100}")
    if type(concurrency) is not int or not 1 <= concurrency <= 1000:  # True is none
        raise InvalidArgumentError(f"concurrency has to be a number from 1 to 1000; got {concurrency!r}")
    if on_progress is not None and (not callable(on_progress) or iscoroutinefunction(on_progress)):
        raise InvalidArgumentError(f"on_progress has to be a function, and not an async one; got {on_progress!r}")
    if engine not in get_args(Engine):
        raise InvalidArgumentError(f"engine has to be 'local' or 'ray'; got {engine!r}")
    lines = read(manifest, {name: value for name, value in defaults.items() if value is not None})
    if isinstance(only, str) or not isinstance(cast("object", only), Collection | None):
        raise InvalidArgumentError(f"only has to be a list of ids; got {only!r}")
    wanted = None if only is None else {*map(str, only)}
    if wanted and (unknown := wanted - {line.id for line in lines}):
        raise InvalidArgumentError(f"the manifest has no line with the id {min(unknown)!r}")
    place = place_of(out)
    name = f"{Path(os.fsdecode(manifest)).name}.results.jsonl"
    if results is None:
        folder = place.root if isinstance(place, Folder) else Path(os.fsdecode(manifest)).parent
        path = folder / name
    else:
        path = path_of(results)
    if isinstance(place, Folder):
        place.run = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:8]
        own = {key_of(each.as_posix()) for each in (path.absolute(), Path(os.fsdecode(manifest)).absolute())}
        lines = [
            replace(line, problem="it would be written over the manifest or its results")
            if not line.problem and key_of((place.root / line.out).absolute().as_posix()) in own
            else line
            for line in lines
        ]
    return Run(lines, place, path, wanted)
