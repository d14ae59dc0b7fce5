"""Clients: how they are made, copied, changed and closed."""

from __future__ import annotations

import importlib
import inspect
import pickle
from copy import deepcopy
from typing import Any

import httpx
from shared import outcome, show

import lmnt
from lmnt import AsyncLmnt, Lmnt

client = Lmnt()
show("names", lmnt.Client is Lmnt, lmnt.AsyncClient is AsyncLmnt, lmnt.__title__)
show("version", lmnt.__version__)
show("defaults", lmnt.DEFAULT_TIMEOUT, lmnt.DEFAULT_MAX_RETRIES, lmnt.DEFAULT_CONNECTION_LIMITS)
show("settings", client.timeout, client.max_retries)
show("base URL", type(client.base_url).__name__, client.base_url)
show("base URL given", Lmnt(base_url=httpx.URL("http://127.0.0.1:1/below")).base_url)
show("without a key", outcome(lambda: issubclass(type(Lmnt(api_key="")), Lmnt)))
show("key with spaces", Lmnt(api_key="My API Key").api_key)
show("strict", type(Lmnt(_strict_response_validation=True)).__name__)
show("closed", client.is_closed(), client.close(), client.is_closed())
with Lmnt() as entered:
    show("entered", entered.is_closed())
show("left", entered.is_closed())

show("private modules", outcome(lambda: importlib.import_module("lmnt._types").__name__))

client = Lmnt(default_headers={"x-one": "1"}, default_query={"a": "1"}, timeout=7, max_retries=4)
copy = client.with_options(timeout=None, max_retries=0, default_headers={"x-two": "2"})
show("copy", type(copy).__name__, copy.timeout, copy.max_retries, copy.api_key == client.api_key)
show("deep copy", outcome(lambda: type(deepcopy(client)).__name__))
show("pickled", outcome(lambda: len(pickle.dumps(client))))
show("copy of nothing", client.copy().timeout, client.copy().max_retries)
show("copy is with_options", inspect.signature(Lmnt.copy) == inspect.signature(Lmnt.with_options))


def exclusive() -> None:
    """Headers cannot be added and replaced at once."""
    try:
        client.copy(default_headers={}, set_default_headers={})
    except ValueError:
        show("exclusive headers", "ValueError")


exclusive()
client.api_key, client.max_retries, client.timeout = "another", 1, 3.0
client.base_url = "http://127.0.0.1:1/below"
show("changed", client.api_key, client.max_retries, client.timeout, client.base_url)
show("changed copy", client.copy().api_key, client.copy().base_url)
show("no retries", outcome(lambda: Lmnt(max_retries=None)))
show("wrong HTTP client", outcome(lambda: Lmnt(http_client=object())))

for kind in (lmnt.DefaultHttpxClient, lmnt.DefaultAsyncHttpxClient):
    http = kind(headers={"x-one": "1"})
    show(kind.__name__.lstrip("_"), http.timeout, http.follow_redirects, http.headers["x-one"])
    show(
        f"{kind.__name__.lstrip('_')} base",
        [base.__name__ for base in kind.__mro__ if base in (httpx.Client, httpx.AsyncClient)],
    )
show(
    "timeout of an HTTP client",
    Lmnt(http_client=httpx.Client()).timeout,
    Lmnt(http_client=httpx.Client(timeout=3)).timeout,
)
show("own HTTP client", len(Lmnt(http_client=lmnt.DefaultHttpxClient(timeout=3)).voices.list()) > 1)
show("aiohttp", issubclass(lmnt.DefaultAioHttpClient, httpx.AsyncClient))
show("transport", lmnt.Transport is httpx.BaseTransport, lmnt.Timeout is httpx.Timeout, lmnt.NoneType is type(None))
show("not given", lmnt.NOT_GIVEN, bool(lmnt.NOT_GIVEN), isinstance(lmnt.not_given, lmnt.NotGiven), bool(lmnt.omit))


def raising(request: httpx.Request) -> None:
    """Refuse a request, as an application may."""
    raise LookupError(request.url.path)


seen: list[Any] = []
hooks = {
    "request": [lambda request: seen.append(request.url.path)],
    "response": [lambda answer: seen.append(answer.status_code)],
}
hooked = Lmnt(http_client=lmnt.DefaultHttpxClient(event_hooks=hooks))
show("hooks", hooked.voices.retrieve("leah").id, seen)
refusing = Lmnt(http_client=httpx.Client(event_hooks={"request": [raising]}), max_retries=0)
show("hook that raises", outcome(refusing.voices.list))
proxied = Lmnt(http_client=lmnt.DefaultHttpxClient(proxy="http://127.0.0.1:9"), max_retries=0)
show("proxy", outcome(proxied.voices.list))
settings = httpx.Client(
    headers={"x-one": "1"}, params={"q": "2"}, event_hooks={"request": [lambda request: seen.append(request)]}
)
Lmnt(http_client=settings).voices.list()
show("settings of an HTTP client", seen[-1].headers["x-one"], seen[-1].url.query)
mounted = lmnt.DefaultHttpxClient(transport=httpx.HTTPTransport(local_address="0.0.0.0"))
show("transport of an HTTP client", len(Lmnt(http_client=mounted).voices.list()) > 1)
