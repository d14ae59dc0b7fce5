"""Calling every operation of a made package, and comparing what arrives and what is returned with the description."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import json
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from generator.calls import Call
from generator.rendering import Package

from .described import Arrived, Described, Written, same
from .samples import FORMATS, NoSampleError, Samples

KEY = "key-of-the-test"

Run = Callable[[Call, dict[str, Any]], Any]
"""Calls an operation with arguments and returns its result."""


@dataclass
class Outcome:
    """What came of driving a package."""

    driven: int = 0
    without_sample: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])


ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "PaymentRequiredError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
"""The class of each status that has one of its own."""


class Driver:
    """Drives one package.

    Args:
        package: What it was made of.
        module: The package.
        document: The description as the kit reads it, of which the values are made.
        path: The description as it was written, which says what must arrive.
    """

    def __init__(self, package: Package, module: Any, document: Mapping[str, Any], path: Path) -> None:
        self._package = package
        self._module = module
        self._samples = Samples(document)
        self._described = Described(path)
        self._client_name = package.settings.client
        self._seen: list[httpx.Request] = []
        self._answer = httpx.Response(204)

    def drive(self) -> Outcome:
        """Call every operation, waiting and awaiting."""
        outcome = Outcome()
        warnings.simplefilter("ignore")  # the answers of a mock have no length
        with httpx.Client(transport=httpx.MockTransport(self._handle)) as http, asyncio.Runner() as runner:
            client = getattr(self._module, self._client_name)(http_client=http, **self._options())
            transport = httpx.MockTransport(self._handle_awaited)
            awaited = httpx.AsyncClient(transport=transport)
            other = getattr(self._module, f"Async{self._client_name}")(http_client=awaited, **self._options())

            def run_sync(call: Call, arguments: dict[str, Any]) -> Any:
                result = getattr(getattr(client, call.resource), call.method)(**arguments)
                return result.read() if call.is_binary else list(result) if _is_stream(call) else result

            async def awaiting(call: Call, arguments: dict[str, Any]) -> Any:
                result = await getattr(getattr(other, call.resource), call.method)(**arguments)
                if _is_stream(call):
                    return [each async for each in result]
                return result.read() if call.is_binary else result

            runs = {"sync": run_sync, "async": lambda call, arguments: runner.run(awaiting(call, arguments))}
            for call in self._package.calls:
                self._drive(call, runs, outcome)
            runner.run(awaited.aclose())
        return outcome

    def _drive(self, call: Call, runs: Mapping[str, Run], outcome: Outcome) -> None:
        key = (call.operation.method, call.operation.path)
        if key not in self._described.operations:
            outcome.wrong.append(f"{call.id}: nobody described {key}")
            return
        written = self._described.operations[key]
        try:
            arguments, body, given = self.arguments(call, written)
            status, answer = self._response(call)
            errors = dict(self._errors(call, written))
        except NoSampleError:
            outcome.without_sample.append(call.id)
            return
        arrived = Arrived(self._described, written, given)
        problems: list[str] = []
        for mode, run in runs.items():
            self._answer = self._answered(status, answer, call)
            found = [*self._problems(call, run, arguments, body, answer, arrived)]
            if not found:
                found = [
                    each for code in errors for each in self._wrong_error(call, run, arguments, code, errors[code])
                ]
            problems += [f"{mode}: {each}" for each in found]
        outcome.driven += not problems
        outcome.wrong += [f"{call.id}: {each}" for each in problems]

    def _errors(self, call: Call, written: Written) -> Iterator[tuple[int, Any]]:
        """Yield each error that is described: a status, and a body."""
        for name, response in written.responses.items():
            text = name.upper()
            if (text[0] in "45" and (text.isdigit() or text[1:] == "XX")) or (
                text == "DEFAULT" and not {*written.responses} & {"4XX", "5XX"}
            ):
                status = {"4XX": 418, "5XX": 503, "DEFAULT": 500}.get(text) or int(text)
                json_alone = next((each for each in response.get("content") or {} if "json" in each), None)
                body: Any = {"message": "text"}
                named = {str(key).upper(): value for key, value in call.operation.data["responses"].items()}
                described = self._package.description.resolve(named.get(text, {})).get("content", {})
                if json_alone in described:
                    with suppress(NoSampleError):
                        body = self._samples.value(described[json_alone].get("schema", {}), sends=False)
                yield status, body

    def _wrong_error(self, call: Call, run: Run, arguments: dict[str, Any], status: int, body: Any) -> Iterator[str]:
        self._answer = httpx.Response(status, json=body)
        expected = ERRORS.get(status, "InternalServerError" if status >= 500 else "APIStatusError")
        try:
            run(call, arguments)
        except self._module.APIStatusError as error:
            if type(error).__name__ != expected or error.status_code != status:
                yield f"{status} gives {type(error).__name__}, not {expected}"
            elif call.operation.method != "HEAD" and not same(error.body, body):
                yield f"the body of {status} is {json.dumps(error.body)[:100]}, not {json.dumps(body)[:100]}"
        except Exception as error:  # whatever it is, it is a problem of this call
            yield f"{status} gives {type(error).__name__}: {error}"[:300]
        else:
            yield f"{status} gives no error"

    def arguments(self, call: Call, written: Written) -> tuple[dict[str, Any], Any, dict[tuple[str, str], Any]]:
        """Return the arguments of a call, the body that they stand for, and what they say by place and name."""
        found: dict[str, Any] = {}
        given: dict[tuple[str, str], Any] = {}
        for (place, name), (_, node) in call.operation.parameters.items():
            for each in call.arguments:
                if (each.place, each.name) == (place.replace("string", ""), name):
                    content = next(iter(node.get("content", {}).values()), {})
                    sample = self._samples.value(node.get("schema", content.get("schema", {})))
                    found[each.python_name], given[place, name] = _given(sample), sample
        for each in call.at("path"):
            found.setdefault(each.python_name, "text")
            given.setdefault(("path", each.name), "text")
        body = call.body
        if body is None:
            return found, None, given
        if body.form == "raw":
            return {**found, "body": b"bytes"}, b"bytes", given
        if body.form == "text":
            sample = self._samples.value(self._schema_of_body(call))
            found["body"] = sample if isinstance(sample, str) else "text"
            return found, found["body"], given
        assert written.body is not None
        media = written.body.at("content", body.described_as)

        def is_described(value: Any) -> bool:
            return body.form != "json" or "schema" not in media or self._described.allows(media.at("schema"), value)

        shown = [media.get("example"), *(each.get("value") for each in (media.get("examples") or {}).values())]
        schema = self._schema_of_body(call)
        if body.form in ("form", "multipart") and schema.get("type") != "object" and not schema.keys() & _OF_OBJECTS:
            schema = {"type": "object", "required": ["field"]}  # a form has fields, whether described or not
        sample = self._samples.value(schema, fits=is_described, examples=shown)
        if call.series and call.flag and call.flag.is_own and call.flag.argument.place == "body":
            sample[call.flag.argument.name] = False  # with it the success is another one
        if not body.has_fields:
            found["body"] = _given(sample)
            models = [each for each in (body.kind, *body.kind.inner) if each.form == "model"]
            for prop in (prop for each in models for prop in self._package.models.model(each.name).properties):
                if prop.kind.form == "file" and isinstance(sample, dict) and prop.name in sample:
                    found["body"][prop.name] = b"bytes"
            return found, sample, given
        for each in call.at("body"):
            if each.name in sample:
                item = each.kind.inner[0] if each.kind.form == "array" else each.kind
                found[each.python_name] = _given(sample[each.name])
                if item.form == "file":
                    found[each.python_name] = b"bytes" if item is each.kind else [b"bytes"]
        return found, sample, given

    def _schema_of_body(self, call: Call) -> Any:
        body = self._package.description.resolve(call.operation.data["requestBody"])
        assert call.body is not None
        media = body["content"][call.body.described_as]
        return {"type": "array", "items": media["itemSchema"]} if "itemSchema" in media else media.get("schema", {})

    def _response(self, call: Call) -> tuple[int, Any]:
        """Return the status and the body of a success."""
        if _is_stream(call):
            return 200, self._items(call)
        status, result = next(iter(call.successes.items()))
        code = status if isinstance(status, int) else 200
        if result.form != "json":
            return code, result.form
        named = {str(key).upper(): value for key, value in call.operation.data["responses"].items()}
        response = self._package.description.resolve(named.get(str(status), named.get("DEFAULT", {})))
        wanted = call.accept.split(", ")
        media = next(each for name, each in response["content"].items() if name in wanted)
        return code, self._samples.value(media.get("schema", {}), sends=False)

    def _items(self, call: Call) -> list[tuple[str, Any]]:
        """Return the items of a stream: the name of the event of each, and its value."""
        assert call.series
        resolve = self._package.description.resolve
        contents = [resolve(each).get("content", {}) for each in call.operation.data["responses"].values()]
        media = next(
            each
            for content in contents
            for name, each in content.items()
            if "itemSchema" in each and name.partition(";")[0].strip().lower() == call.series.media_type
        )
        schemas = media.get("x-stream-events") or {"message": media["itemSchema"]}
        return [
            (event, self._samples.value(schema, sends=False) if schema else "text") for event, schema in schemas.items()
        ]

    def _answered(self, status: int, answer: Any, call: Call) -> httpx.Response:
        if _is_stream(call):
            assert call.series
            ends = [mark for mark in call.series.ends or () if mark.at is None]
            texts = [each if call.series.is_text else json.dumps(each) for _, each in answer]
            pairs = [*zip((event for event, _ in answer), texts, strict=True)]
            pairs += [(mark.event or "message", mark.data or "") for mark in ends[:1]]
            is_events = call.series.media_type == "text/event-stream"
            lines = [f"event: {event}\ndata: {data}\n\n" if is_events else f"{data}\n" for event, data in pairs]
            start = "\x1e" if call.series.media_type.endswith("-seq") else ""
            content = "".join(start + each for each in lines).encode()
            return httpx.Response(status, content=content, headers={"content-type": call.series.media_type})
        form = next(iter(call.successes.values())).form
        if form == "nothing":
            return httpx.Response(status)
        if form == "json":
            content = json.dumps(answer).encode()  # httpx writes no null
            return httpx.Response(status, content=content, headers={"content-type": "application/json"})
        return httpx.Response(status, content=b"some text", headers={"content-type": call.accept.split(",")[0]})

    def _problems(
        self, call: Call, run: Run, arguments: dict[str, Any], body: Any, answer: Any, arrived: Arrived
    ) -> Iterator[str]:
        self._seen.clear()
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
        yield from arrived.problems(self._seen[0], body, has_body=call.body is not None)
        if _is_stream(call):
            values = [each for _, each in answer]
            found = [each.data if hasattr(each, "retry") else each for each in result]
            if not same(
                plain(found),
                [
                    json.dumps(each) if hasattr(got, "retry") else each
                    for each, got in zip(values, result, strict=False)
                ],
            ):
                yield f"returned {json.dumps(plain(found), default=str)[:150]}, sent {json.dumps(values)[:150]}"
        elif next(iter(call.successes.values())).form == "json" and not same(plain(result), answer):
            yield f"returned {_differing(plain(result), answer)}, sent {_differing(answer, plain(result))}"

    def _handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self._seen.append(request)
        return self._answer

    async def _handle_awaited(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self._seen.append(request)
        return self._answer

    def _options(self) -> dict[str, Any]:
        security = self._package.description.security
        names = [*security.secrets, *(each.arguments["access_token"] for each in security.tokens)]
        key = dict.fromkeys(names, KEY)
        return {"base_url": "http://localhost", "max_retries": 0, **key}


def _is_stream(call: Call) -> bool:
    """Whether what a call returns, with no more arguments than its description asks for, is a stream of items."""
    return call.series is not None and call.flag is None


_OF_OBJECTS = {"$ref", "properties", "additionalProperties", "allOf", "oneOf", "anyOf"}

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


def plain(value: Any) -> Any:
    """Return a result as JSON has it."""
    if hasattr(value, "to_json"):
        return json.loads(value.to_json())
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, tuple({type(each) for each in _IN_PYTHON.values()})):
        return next(text for text, each in _IN_PYTHON.items() if each == value)
    return value


def _differing(one: Any, other: Any) -> str:
    """Return the first part of a value that is not the same in another."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in one if key not in other or not same(one[key], other[key])]
        return f"{keys[0]}: {_differing(one[keys[0]], other.get(keys[0]))}" if keys else "{…}"
    return json.dumps(one, default=str)[:150]
