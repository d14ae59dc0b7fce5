"""What is copied or pickled: clients become clients of their own, values stay equal, and the rest says what to do."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import multiprocessing
import pickle
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import attrs
import cloudpickle
import httpx
import pytest

import lmnt
from lmnt import models
from lmnt.session.events import SpeechSessionAudio, UnknownEvent
from lmnt.values.results import ResultDict, ResultList, ResultText, stamp

from .modes import KEY, Sync
from .peers import Connection, head, json_response

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
VOICE = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready"}


@dataclasses.dataclass
class Holder:
    client: Any
    name: str = "holder"


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "asdict": lambda client: dataclasses.asdict(Holder(client))["client"],
    "a resource": lambda client: copy.deepcopy(client.voices)._client,
    "raw access": lambda client: copy.deepcopy(client.with_raw_response.voices).list.__self__._client,
    "streaming access": lambda client: copy.deepcopy(client.voices.with_streaming_response).list.__self__._client,
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_a_client_of_its_own(mode: Sync, peer: Callable[..., Any], how: str) -> None:
    listening = peer(json_response([]))
    client = mode.client(base_url=listening.base_url, timeout=7, max_retries=5, default_headers={"x-a": "1"})
    client = client.with_options(default_query={"q": "1"})
    mode.run(client.voices.list())
    other = COPIES[how](client)
    assert type(other) is type(client)
    assert (other.api_key, other.base_url, other.timeout, other.max_retries) == (KEY, client.base_url, 7, 5)
    for _ in range(2):
        mode.run(other.voices.list())
    assert listening.connections == 2
    assert listening.requests[-1].headers["x-a"] == "1"
    assert listening.requests[-1].target.endswith("?q=1")
    other.api_key = "other"
    assert client.api_key == KEY
    mode.run(other.close())
    assert mode.run(client.voices.list()) == []
    again = COPIES[how](client)
    mode.run(client.close())
    assert mode.run(again.voices.list()) == []
    mode.run(again.close())


def test_a_copy_has_resources_of_its_own(mode: Sync) -> None:
    client = mode.client()
    for name in ("voices", "speech", "with_raw_response"):
        used = getattr(client, name)
        assert getattr(copy.copy(client), name) is not used
    assert copy.copy(client).voices._client is not client
    assert copy.copy(client.voices)._client is client
    both = copy.deepcopy({"client": client, "voices": client.voices, "again": client})
    assert both["client"] is both["voices"]._client is both["again"]


def test_what_an_application_adds_to_a_client_is_copied(mode: Sync) -> None:
    class Own(mode.kind):  # type: ignore[name-defined,misc]  # the kind is of the mode
        def __init__(self, team: list[str]) -> None:
            super().__init__(api_key=KEY)
            self.team = team
            self.me = self

    client = Own(["a"])
    assert copy.copy(client).team is client.team is client.with_options(timeout=1).team
    deep = copy.deepcopy(client)
    assert (deep.team, deep.team is client.team, deep.me is deep) == (["a"], False, True)


def test_copies_share_the_http_client_of_the_application(mode: Sync, peer: Callable[..., Any]) -> None:
    listening = peer(json_response([]))
    client = mode.client(base_url=listening.base_url, http_client=mode.http_kind(headers={"x-of-the-application": "1"}))
    other = copy.deepcopy(client)
    for each in (client, other):
        mode.run(each.voices.list())
        assert listening.requests[-1].headers["x-of-the-application"] == "1"
    assert listening.connections == 1
    mode.run(other.close())
    with pytest.raises(lmnt.LmntError, match="closed"):
        mode.run(client.voices.list())


def test_a_client_is_copied_while_it_is_used(peer: Callable[..., Any]) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def answer(connection: Connection) -> None:
        reached.set()
        assert go_on.wait(10)
        connection.send(json_response(VOICE))

    listening = peer(answer, json_response([]))
    with lmnt.Lmnt(api_key=KEY, base_url=listening.base_url) as client:
        names: list[str] = []
        calling = threading.Thread(target=lambda: names.append(client.voices.retrieve("leah").name))
        calling.start()
        assert reached.wait(10)
        with copy.deepcopy(client) as other:
            assert other.voices.list() == []
        go_on.set()
        calling.join()
        assert names == ["Leah"]


def handles(mode: Sync, client: Any) -> Iterator[tuple[Any, str, bool]]:
    """Yield what belongs to its process, what is said of it, and whether it can be copied."""
    told = "cannot be pickled, since it holds a key and connections: make one in each process"
    yield client, f"Lmnt {told}", True
    yield client.with_options(timeout=1), told, True
    yield Holder(client), told, True
    for each in (client, client.with_raw_response, client.with_streaming_response):
        yield each.voices, told, True
        yield each.voices.list, told, True
        yield each, told, True
    yield client.speech.with_streaming_response, told, True
    yield client.speech.sessions, told, True
    pending = client.speech.with_streaming_response.generate(text="hi", voice="leah")
    yield pending, told, True
    with mode.entered(pending) as response:
        yield response, "APIResponse cannot be pickled, nor copied before its body was read", False
        yield pending, "cannot be pickled", False
        mode.run(response.read())
        yield response, "keep what `read", True
    yield mode.run(client.speech.generate(text="hi", voice="leah")), "keep what `read", True
    yield mode.run(client.with_raw_response.voices.list()), "keep what `read", True
    kind = lmnt.Stream if mode.name == "sync" else lmnt.AsyncStream
    stream = mode.run(client.get("/v1/ai/voice/list", cast_to=object, stream=True, stream_cls=kind[object]))
    yield stream, "Stream can be neither copied nor pickled: keep the items", False
    mode.run(stream.close())
    opening = client.speech.sessions.create(voice="leah")
    if mode.name == "async":
        yield opening, "SessionOpener can be neither copied nor pickled: open a session", False
    with mode.entered(opening) as session:
        yield session, "SpeechSession can be neither copied nor pickled: open a session", False


def test_what_belongs_to_its_process_says_what_to_do(mode: Sync, client: Any) -> None:
    tried = 0
    for handle, told, can_be_copied in handles(mode, client):
        ways: list[Callable[[Any], Any]] = [partial(pickle.dumps, protocol=each) for each in PROTOCOLS]
        ways.append(cloudpickle.dumps)
        if not can_be_copied:
            ways.append(copy.deepcopy)
        for way in ways:
            with pytest.raises(lmnt.NotPicklableError, match=told) as caught:
                way(handle)
            assert isinstance(caught.value, TypeError)
            assert KEY not in str(caught.value)
            tried += 1
        if can_be_copied:
            assert type(copy.deepcopy(handle)) is type(copy.copy(handle)) is type(handle)
    assert tried > 100


def test_what_an_application_holds_is_told_apart(mode: Sync, client: Any) -> None:
    """What is safe to copy within an object that also holds a client: `attrs.asdict` leaves it as it is."""
    holder = attrs.make_class("Attrs", ["client"])(client)
    assert attrs.asdict(holder)["client"] is dataclasses.replace(Holder(client), name="x").client is client
    assert mode.run(client.voices.retrieve("leah")).id == "leah"


def test_a_response_is_copied_once_its_body_is_here(mode: Sync, client: Any) -> None:
    with mode.entered(client.speech.with_streaming_response.generate(text="hi", voice="leah")) as streamed:
        for way in (copy.copy, copy.deepcopy, lambda value: dataclasses.asdict(Holder(value))):
            with pytest.raises(lmnt.NotPicklableError, match="before its body was read"):
                way(streamed)
        content = mode.run(streamed.read())
        again = copy.deepcopy(streamed)
    assert mode.run(again.read()) == content
    assert (again.request_id, again.status_code, again.complete) == (streamed.request_id, 200, True)
    raw = mode.run(client.with_raw_response.voices.list())
    voices = mode.run(raw.parse())
    copied = mode.run(copy.deepcopy(raw).parse())
    assert copied == voices
    assert copied is not voices


def test_a_process_is_told_before_it_is_started() -> None:
    with lmnt.Lmnt(api_key=KEY) as client:
        process = multiprocessing.get_context("spawn").Process(target=print, args=(client,))
        with pytest.raises(lmnt.NotPicklableError, match="make one in each process"):
            process.start()


def test_an_asynchronous_client_is_copied_within_its_loop(peer: Callable[..., Any]) -> None:
    def answer(connection: Connection) -> None:
        connection.send(head(200, {"content-type": "application/json", "content-length": "2"}) + b"[]")

    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=peer(answer).base_url) as client:
            calls = [asyncio.create_task(client.voices.list()) for _ in range(3)]
            await asyncio.sleep(0)
            copies = [copy.deepcopy(client) for _ in range(3)]
            results = await asyncio.gather(*calls, *(each.voices.list() for each in copies))
            assert results == [[]] * 6
            for each in copies:
                await each.close()

    asyncio.run(main())


class Mine(lmnt.Model):
    """A model of an application's own."""

    id: str
    count: int | None = None


class Named(models.Voice):
    """A model of ours that an application has made its own."""


def values() -> Iterator[Any]:
    voice = models.Voice.from_dict({**VOICE, "starred": None, "unknown": [1, {"a": 2}]})
    yield voice
    yield Mine.from_dict({"id": "a", "count": None, "more": 1})
    yield Named.from_dict({**VOICE, "starred": None})
    yield ResultList([voice])
    yield ResultDict({"voice": voice})
    yield ResultText("text")
    yield SpeechSessionAudio(b"audio")
    yield UnknownEvent("new", {"type": "new"})
    yield lmnt.Timeout(5)
    yield httpx.URL("http://localhost")


WAYS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {each}": lambda value, each=each: pickle.loads(pickle.dumps(value, each)) for each in PROTOCOLS},
    "cloudpickle": lambda value: pickle.loads(cloudpickle.dumps(value)),
}


@pytest.mark.parametrize("way", WAYS)
def test_values_stay_equal(way: str) -> None:
    for value in values():
        stamp(value, "req_1")
        again = WAYS[way](value)
        assert type(again) is type(value)
        assert again == value
        assert repr(again) == repr(value)
        for name in ("request_id", "model_fields_set", "additional_properties"):
            assert getattr(again, name, None) == getattr(value, name, None), name
    mine = Mine.from_dict({"id": "a", "count": 1})
    mine.note = "added"  # type: ignore[attr-defined]  # a model of the application takes any name
    assert WAYS[way](mine).note == "added"
    assert mine.model_copy(update={"id": "b"}, deep=way == "deepcopy").to_dict() == {"id": "b", "count": 1}


@pytest.mark.parametrize("way", WAYS)
def test_what_stands_for_nothing_given_stays_what_it_is(way: str) -> None:
    for each in (lmnt.omit, lmnt.not_given, lmnt.NOT_GIVEN):
        assert WAYS[way](each) is each
        assert type(each)() is each
    assert lmnt.omit is not lmnt.not_given
    assert not lmnt.omit
    assert dataclasses.asdict(Holder(lmnt.omit))["client"] is lmnt.omit
