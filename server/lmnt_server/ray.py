"""The server as a deployment of Ray Serve, for more than one machine: `serve run lmnt_server.ray:app`.

Its arguments are the options of `lmnt-server` that are not about a port or processes, such as `engine=tone` or
`keys=/etc/keys`, and `replicas=2` for a number of replicas that stays. Each replica has an engine of its own; what the
server remembers is in one actor, which all of them ask.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any, Final, cast

from .__main__ import command_line
from .configured import application, quotas_of
from .errors import ApiError
from .limits import Quotas
from .store import Store

# So that types can be checked where it is not: it is large, and no dependency.
ray: Any = import_module("ray")
serve: Any = import_module("ray.serve")

_AT_MOST: Final = 8
"""Replicas, where no number is given."""

_BUSY: Final = 8
"""Requests and sessions under way in a replica above which another one is started."""


_NOT_HERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("--host", "--port", "--tls-cert", "--tls-key"), "Ray Serve's proxy listens"),
    **dict.fromkeys(("--workers", "--worker", "--stop-on-eof"), "Ray Serve starts and stops the replicas"),
    "--requests-at-once": "a replica that is killed could not take its own back",
}


def app(args: Mapping[str, Any]) -> Any:
    """Return the application for `serve.run` or `serve run`.

    Raises:
        ValueError: if an argument is none of the options, or cannot be obeyed.
    """
    options, replicas = _options(args)

    def build() -> Any:
        # In the replica, which so has an engine of its own.
        # Detached, for else it would die with the replica that happened to make it.
        name = f"lmnt-server store {options.data} {quotas_of(options)}"
        actor = ray.remote(_Keeper).options(
            name=name, lifetime="detached", get_if_exists=True, max_restarts=-1, num_cpus=0
        )
        keeper: Any = actor.remote(options)
        return application(options, cast("Store", cast("object", SharedStore(keeper, quotas_of(options)))))

    scale = {"min_replicas": replicas or 1, "max_replicas": replicas or _AT_MOST, "target_ongoing_requests": _BUSY}
    deployment = serve.deployment(
        serve.ingress(build)(),
        name="lmnt-server",
        autoscaling_config=scale,
        max_ongoing_requests=8 * _BUSY,
        graceful_shutdown_timeout_s=options.drain,
    )
    return deployment.bind()


def _options(args: Mapping[str, Any]) -> tuple[argparse.Namespace, int]:
    given = dict(args)
    replicas = int(given.pop("replicas", 0))
    words: list[str] = []
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if option in _NOT_HERE:
            raise ValueError(f"{name} has no meaning here: {_NOT_HERE[option]}")
        values = cast("list[object]", value if isinstance(value, list) else [value])
        words += [option if str(each).lower() == "true" else f"{option}={each}" for each in values]
    try:
        options = command_line().parse_args(words)
    except SystemExit as error:
        shown = (word for word in words if not word.startswith("--api-key"))
        raise ValueError(f"not an option of lmnt-server, or a wrong value: {' '.join(shown)}") from error
    return options, replicas


class _Keeper:
    """Has the store."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._store = Store(options.data, quotas_of(options))

    def do(self, method: str, args: Any, kwargs: Any) -> Any:
        """Return what a method of the store returns, and nothing, or nothing and the facts of its error."""
        try:
            return getattr(self._store, method)(*args, **kwargs), None
        except ApiError as error:
            return None, (error.type, error.message, error.status, dict(error.headers))


class SharedStore:
    """A `Store` that is somewhere else."""

    waits = True

    def __init__(self, keeper: Any, quotas: Quotas) -> None:
        self._keeper = keeper
        self.quotas = quotas

    def close(self) -> None:
        """Do nothing: others have it too."""

    def __getattr__(self, method: str) -> Any:
        return partial(self._do, method)

    def _do(self, method: str, *args: Any, **kwargs: Any) -> Any:
        try:
            result, failure = ray.get(self._keeper.do.remote(method, args, kwargs))
        except ray.exceptions.RayActorError as error:
            raise ApiError("internal_server_error", "The server cannot reach its data now.", status=503) from error
        if failure is not None:
            type, message, status, headers = failure
            raise ApiError(type, message, status=status, headers=headers)
        return result
