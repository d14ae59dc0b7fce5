"""Clients as tests of applications make them up, with what a mock takes from a class."""

from __future__ import annotations

import asyncio
import inspect
import pydoc
from typing import Any
from unittest.mock import AsyncMock, Mock, PropertyMock, create_autospec, patch

import pytest

import lmnt
from lmnt import AsyncLmnt, Lmnt

METHODS = [
    *("voices.list", "voices.retrieve", "voices.create", "voices.update", "voices.delete"),
    *("accounts.retrieve", "speech.generate", "speech.generate_detailed"),
]
PLACES = ["", "with_raw_response.", "with_streaming_response."]


def at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = getattr(value, name)
    return value


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", [Lmnt, AsyncLmnt])
def test_every_method_is_there_with_its_arguments(kind: Any, method: str, place: str) -> None:
    resource, _, name = method.partition(".")
    mock = create_autospec(kind, instance=True)
    real = kind(api_key="key")
    for path in {f"{place}{method}", f"{resource}.{place}{name}"}:
        call = at(mock, path)
        required = [
            each.name
            for each in inspect.signature(at(real, path)).parameters.values()
            if each.default is inspect.Parameter.empty
        ]
        with pytest.raises(TypeError, match="no_such"):
            call(**dict.fromkeys(required, "a"), no_such=1)
        if required:
            with pytest.raises(TypeError, match="missing"):
                call()
        made = call(**dict.fromkeys(required, "a"), timeout=5)
        is_awaited = kind is AsyncLmnt and "streaming" not in place
        assert isinstance(call, AsyncMock) is inspect.iscoroutine(made) is is_awaited
        if is_awaited:
            asyncio.run(made)
        call.assert_called_once()


@pytest.mark.parametrize("kind", [Lmnt, AsyncLmnt])
def test_sessions_are_there(kind: Any) -> None:
    mock = create_autospec(kind, instance=True)
    mock.speech.sessions.create(voice="leah", format="mp3")
    with pytest.raises(TypeError, match="voice"):
        mock.speech.sessions.create()
    with pytest.raises(AttributeError):
        mock.speech.sesions  # noqa: B018  # to ask for it is what is tested


def test_what_is_returned_can_be_said() -> None:
    mock = create_autospec(Lmnt, instance=True)
    mock.voices.list.return_value = ["leah"]
    with mock:
        assert mock.voices.list(owner="me") == ["leah"]
    mock.voices.list.assert_called_once_with(owner="me")
    with mock.speech.with_streaming_response.generate(text="a", voice="b") as response:
        response.stream_to_file("a.mp3")
    with pytest.raises(AttributeError):
        mock.voices.lisst  # noqa: B018  # to ask for it is what is tested
    assert isinstance(mock, Lmnt)


def test_what_is_awaited_can_be_said() -> None:
    async def use(client: Any) -> object:
        async with client, client.with_streaming_response.speech.generate(text="a", voice="b") as response:
            await response.stream_to_file("a.mp3")
        async with client.speech.sessions.create(voice="leah") as session:
            await session.send_text("a")
        return await client.voices.list()

    mock = create_autospec(AsyncLmnt, instance=True)
    mock.voices.list.return_value = ["leah"]
    assert asyncio.run(use(mock)) == ["leah"]


def test_a_mock_of_the_class_makes_mocks() -> None:
    with patch("lmnt.Lmnt", autospec=True) as kind:
        client = lmnt.Lmnt(api_key="key")
        client.voices.list()
        kind.return_value.voices.list.assert_called_once_with()
        with pytest.raises(TypeError):
            lmnt.Lmnt("key")  # type: ignore[misc]  # wrong on purpose
    assert lmnt.Lmnt is Lmnt


def test_patches_reach_the_real_client() -> None:
    client = Lmnt(api_key="key")
    resource = lmnt.resources.VoicesResource
    for patched in (
        patch.object(client.voices, "list", autospec=True),
        patch.object(resource, "list", autospec=True),
        patch("lmnt.resources.voices.VoicesResource.list", autospec=True),
        patch.object(client, "voices", autospec=True),
    ):
        with patched:
            assert isinstance(client.voices.list(), Mock)
            with pytest.raises(TypeError):
                client.voices.list(no_such=1)  # type: ignore[call-arg]  # wrong on purpose
    for named in (patch.object(Lmnt, "voices"), patch.object(Lmnt, "voices", new_callable=PropertyMock)):
        with named:
            assert isinstance(Lmnt(api_key="key").voices.list(), Mock)
    assert isinstance(Lmnt(api_key="key").voices, resource)
    assert not isinstance(client.voices, Mock)


@pytest.mark.parametrize("kind", [Lmnt, AsyncLmnt])
def test_mocks_of_other_kinds(kind: Any) -> None:
    for mock in (Mock(spec=kind), Mock(spec_set=kind), create_autospec(kind(api_key="key"))):
        assert callable(mock.voices.list)
        assert callable(mock.with_raw_response.voices.list)
        with pytest.raises(AttributeError):
            mock.voicess  # noqa: B018  # to ask for it is what is tested


@pytest.mark.parametrize("kind", [Lmnt, AsyncLmnt])
def test_the_members_of_a_client_can_be_listed(kind: Any) -> None:
    client = kind(api_key="key")
    of_class, of_client = dict(inspect.getmembers(kind)), dict(inspect.getmembers(client))
    assert of_class["voices"] is type(of_client["voices"])
    assert of_class["with_raw_response"] is type(of_client["with_raw_response"])
    parts = {"accounts", "speech", "voices", "with_raw_response", "with_streaming_response"}
    assert parts <= of_class.keys() & of_client.keys() & {*dir(kind)} & {*dir(client)}
    raw = client.with_raw_response.voices
    assert {"create", "delete", "list", "retrieve", "update"} <= dict(inspect.getmembers(raw)).keys()
    assert client.voices is client.voices


@pytest.mark.parametrize("kind", [Lmnt, AsyncLmnt])
def test_help_tells_of_the_resources(kind: Any) -> None:
    text = pydoc.plain(pydoc.render_doc(kind))
    assert f"voices = <class 'lmnt.resources.voices.{'Async' * (kind is AsyncLmnt)}VoicesResource'>" in text
    assert "The voices that speak, the service's own and yours." in text
    text = pydoc.plain(pydoc.render_doc(kind(api_key="key").voices.with_raw_response.list))
    assert "Lists the voices you can use." in text
