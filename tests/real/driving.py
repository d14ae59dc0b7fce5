"""Calling every operation of a made package, and comparing what arrives and what is returned with the description."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import json
import re
import uuid
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx

from generator.calls import Call
from generator.rendering import Package

from .samples import FORMATS, NoSampleError, Samples

KEY = "key-of-the-test"


@dataclass
class Outcome:
    """What came of driving a package."""

    driven: int = 0
    without_sample: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])


class Driver:
    """Drives one package."""

    def __init__(self, package: Package, module: Any, document: Mapping[str, Any]) -> None:
        self._package = package
        self._module = module
        self._samples = Samples(document)
        self._client_name = package.settings.client
        self._seen: list[httpx.Request] = []
        self._answer = httpx.Response(204)

    def drive(self) -> Outcome:
        """Call every operation, waiting and awaiting."""
        outcome = Outcome()
        warnings.simplefilter("ignore")  # the answers of a mock have no length
        for call in self._package.calls:
            try:
                arguments, body = self._arguments(call)
                status, answer = self._response(call)
            except NoSampleError:
                outcome.without_sample.append(call.id)
                continue
            problems = [
                f"{mode}: {each}"
                for mode, run in (("sync", self._sync), ("async", self._async))
                for each in self._problems(call, run, arguments, body, status, answer)
            ]
            outcome.driven += not problems
            outcome.wrong += [f"{call.id}: {each}" for each in problems]
        return outcome

    def _arguments(self, call: Call) -> tuple[dict[str, Any], Any]:
        """Return the arguments of a call, and the body that they stand for."""
        found: dict[str, Any] = {}
        for (place, name), (_, node) in call.operation.parameters.items():
            for each in call.arguments:
                if (each.place, each.name) == (place.replace("string", ""), name):
                    content = next(iter(node.get("content", {}).values()), {})
                    found[each.python_name] = _given(self._samples.value(node.get("schema", content.get("schema", {}))))
        for each in call.at("path"):
            found.setdefault(each.python_name, "text")
        body = call.body
        if body is None:
            return found, None
        schema = self._schema_of_body(call)
        if body.form in ("raw", "text"):
            found["body"] = "text" if body.form == "text" else b"bytes"
            return found, found["body"]
        sample = self._samples.value(schema)
        if not body.has_fields:
            found["body"] = _given(sample)
            return found, sample
        for each in call.at("body"):
            if each.name in sample:
                item = each.kind.inner[0] if each.kind.form == "array" else each.kind
                found[each.python_name] = _given(sample[each.name])
                if item.form == "file":
                    found[each.python_name] = b"bytes" if item is each.kind else [b"bytes"]
        return found, sample

    def _schema_of_body(self, call: Call) -> Any:
        body = self._package.description.resolve(call.operation.data["requestBody"])
        assert call.body is not None
        return body["content"][call.body.described_as].get("schema", {})

    def _response(self, call: Call) -> tuple[int, Any]:
        """Return the status and the body of a success."""
        status, result = next(iter(call.successes.items()))
        code = status if isinstance(status, int) else 200
        if result.form != "json":
            return code, result.form
        named = {str(key).upper(): value for key, value in call.operation.data["responses"].items()}
        response = self._package.description.resolve(named.get(str(status), named.get("DEFAULT", {})))
        wanted = call.accept.split(", ")
        media = next(each for name, each in response["content"].items() if name in wanted)
        return code, self._samples.value(media.get("schema", {}), sends=False)

    def _answered(self, status: int, answer: Any, call: Call) -> httpx.Response:
        form = next(iter(call.successes.values())).form
        if form == "nothing":
            return httpx.Response(status)
        if form == "json":
            return httpx.Response(status, json=answer)
        return httpx.Response(status, content=b"some text", headers={"content-type": call.accept.split(",")[0]})

    def _problems(
        self, call: Call, run: Any, arguments: dict[str, Any], body: Any, status: int, answer: Any
    ) -> Iterator[str]:
        self._seen.clear()
        self._answer = self._answered(status, answer, call)
        try:
            result = run(call, arguments)
        except self._module.InvalidArgumentError as error:
            yield f"refused {error}"[:300]
            return
        except Exception as error:  # whatever it is, it is a problem of this call
            yield f"{type(error).__name__}: {error}"[:300]
            return
        if len(self._seen) != 1:
            yield f"{len(self._seen)} requests"
            return
        yield from self._wrong_request(call, self._seen[0], body)
        if next(iter(call.successes.values())).form == "json" and not _same(_plain(result), answer):
            yield f"returned {_differing(_plain(result), answer)}, sent {_differing(answer, _plain(result))}"

    def _wrong_request(self, call: Call, request: httpx.Request, body: Any) -> Iterator[str]:
        if request.method != call.operation.method.upper():
            yield f"method {request.method}"
        template = re.split(r"\{[^{}]*\}", call.operation.path.partition("#")[0])
        pattern = "[^/]+".join(re.escape(part) for part in template)
        path = request.url.raw_path.decode().partition("?")[0]
        if not re.fullmatch(pattern, unquote(path.replace("%2F", "%252F"))):
            yield f"path {path}"
        if call.body is not None and call.body.form == "json" and body is not None:
            sent = json.loads(request.content) if request.content else None
            if not _same(sent, body):
                yield f"body {json.dumps(sent)[:150]}, given {json.dumps(body)[:150]}"
            elif not self._samples.allows(self._schema_of_body(call), sent, sends=True):
                yield "the body is not what the schema says"

    def _handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self._seen.append(request)
        return self._answer

    def _options(self) -> dict[str, Any]:
        security = self._package.description.security
        names = [*security.secrets, *(each.arguments["access_token"] for each in security.tokens)]
        key = dict.fromkeys(names, KEY)
        return {"base_url": "http://localhost", "max_retries": 0, **key}

    def _sync(self, call: Call, arguments: dict[str, Any]) -> Any:
        transport = httpx.MockTransport(self._handle)
        with httpx.Client(transport=transport) as http:
            client = getattr(self._module, self._client_name)(http_client=http, **self._options())
            result = getattr(getattr(client, call.resource), call.method)(**arguments)
            return result.read() if call.is_binary else result

    def _async(self, call: Call, arguments: dict[str, Any]) -> Any:
        async def handle(request: httpx.Request) -> httpx.Response:
            await request.aread()
            self._seen.append(request)
            return self._answer

        async def run() -> Any:
            async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http:
                client = getattr(self._module, f"Async{self._client_name}")(http_client=http, **self._options())
                result = await getattr(getattr(client, call.resource), call.method)(**arguments)
                return result.read() if call.is_binary else result

        return asyncio.run(run())


_IN_PYTHON: Mapping[str, Any] = {
    FORMATS["date"]: datetime.date.fromisoformat(FORMATS["date"]),
    FORMATS["date-time"]: datetime.datetime.fromisoformat(FORMATS["date-time"]),
    FORMATS["uuid"]: uuid.UUID(FORMATS["uuid"]),
    FORMATS["time"]: datetime.time.fromisoformat(FORMATS["time"]),
    FORMATS["duration"]: datetime.timedelta(days=1),
    FORMATS["decimal"]: decimal.Decimal(FORMATS["decimal"]),
    FORMATS["byte"]: b"hello",
}
"""The samples that a caller gives as what they are."""


def _given(value: Any) -> Any:
    """Return a value as a caller gives it."""
    if isinstance(value, dict):
        return {key: _given(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_given(each) for each in value]
    return _IN_PYTHON.get(value, value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """Return a result as JSON has it."""
    if hasattr(value, "to_json"):
        return json.loads(value.to_json())
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, tuple({type(each) for each in _IN_PYTHON.values()})):
        return next(text for text, each in _IN_PYTHON.items() if each == value)
    return value


def _same(one: Any, other: Any) -> bool:
    """Whether two values of JSON say the same: a time may be written in several ways."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("+00:00", "Z") == other.replace("+00:00", "Z")
    return bool(one == other)


def _differing(one: Any, other: Any) -> str:
    """Return the first part of a value that is not the same in another."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in one if key not in other or not _same(one[key], other[key])]
        return f"{keys[0]}: {_differing(one[keys[0]], other.get(keys[0]))}" if keys else "{…}"
    return json.dumps(one, default=str)[:150]
