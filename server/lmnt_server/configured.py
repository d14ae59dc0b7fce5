"""The application that the command line, or another list of the same options, describes."""

from __future__ import annotations

import argparse
import logging

from starlette.types import ASGIApp

from .app import create_app
from .documents import DocumentError
from .engines import VoicesError, make
from .envelope import access_log
from .faults import FaultSyntaxError
from .keys import Keys, KeysError
from .limits import Limits, Quotas
from .store import Store


class CannotStartError(Exception):
    """An option cannot be obeyed; the message says which and why."""


def quotas_of(options: argparse.Namespace) -> Quotas:
    """Return what the options say that a key may not exceed."""
    return Quotas(options.character_limit, options.characters_per_minute, options.requests_at_once)


def application(options: argparse.Namespace, store: Store) -> ASGIApp:
    """Return the application.

    Raises:
        CannotStartError: if an option cannot be obeyed.
    """
    if options.access_log:
        access_log.setLevel(logging.INFO)
    try:
        return create_app(
            make(options.engine, options.voices),
            store,
            keys=Keys(options.api_key, options.keys),
            names=dict(options.voice),
            origins=options.cors,
            page=options.page,
            faults=options.faults,
            fault=options.fault,
            limits=Limits(
                message_bytes=options.session_max_message,
                init_seconds=options.session_init_timeout,
                idle_seconds=options.session_idle_timeout,
            ),
        )
    except FaultSyntaxError as error:
        raise CannotStartError(f"--fault: {error}") from error
    except (DocumentError, KeysError, VoicesError) as error:
        raise CannotStartError(str(error)) from error
