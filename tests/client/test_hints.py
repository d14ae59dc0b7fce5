"""What annotations say at run time, to those who look at them, and what they cost those who do not."""

from __future__ import annotations

import ast
import inspect
import os
import typing
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any, cast

import attrs
import httpx
import httpx2
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError, validate_call

import lmnt
from lmnt import AsyncLmnt, Lmnt, models, omit, types
from lmnt.models import Voice
from tests.hints import Walk

from .test_package import run

VOICE = {"id": "a", "name": "A", "owner": "me", "state": "ready"}


@pytest.fixture(scope="module")
def walk() -> Walk:
    return Walk(lmnt)


def test_everything_public_can_be_looked_at(walk: Walk) -> None:
    assert walk.problems == []


def test_the_walk_comes_by_everything(walk: Walk) -> None:
    def classes(module: ModuleType) -> set[str]:
        found = {name: getattr(module, name) for name in module.__all__}
        return {each.__qualname__ for each in found.values() if inspect.isclass(each) and "lmnt" in each.__module__}

    seen = {each.__qualname__ for each in walk.asked.values() if inspect.isclass(each)}
    assert classes(lmnt) | classes(models) | classes(types) | classes(lmnt.resources) <= seen
    assert {"LmntWithRawResponse", "AsyncSessionOpener", "AsyncResponseContextManager"} <= seen
    for name in ("voices.VoicesResource.list", "voices.AsyncVoicesResourceWithRawResponse.list"):
        assert f"lmnt.resources.{name}" in walk.asked


@pytest.mark.parametrize(
    "first",
    [
        "client = lmnt.Lmnt(api_key='key')",
        "client = lmnt.Lmnt(api_key='key'); client.voices.list; client.with_raw_response.voices",
        "from lmnt import models, types; models.Voice; types.VoiceListParams",
    ],
)
def test_what_is_not_looked_at_is_not_imported(first: str) -> None:
    code = f"import sys, lmnt\n{first}\nprint('\\n'.join(sys.modules))"
    loaded = set(run(code).split())
    assert loaded.isdisjoint({"pydantic", "pydantic_core", "typing_extensions", "websockets", "lmnt.session.sync"})
    assert "lmnt.models.plan" not in loaded


def test_hints_load_what_they_name() -> None:
    code = (
        "import sys, typing, lmnt\n"
        "hints = typing.get_type_hints(lmnt.resources.SpeechResource.__dict__['sessions'].func)\n"
        "print(hints['return'].__name__, 'websockets' in sys.modules)"
    )
    assert run(code) == "SpeechSessionsResource True\n"


def test_hints_are_the_types_themselves() -> None:
    client = Lmnt(api_key="key")
    hints = typing.get_type_hints(client.voices.list)
    assert hints["return"] == lmnt.ResultList[Voice]
    assert hints["timeout"] == float | httpx.Timeout | httpx2.Timeout | lmnt.NotGiven | None
    assert hints["owner"] == models.VoiceOwnerFilter | lmnt.Omit
    assert typing.get_type_hints(Lmnt.__init__)["http_client"] == httpx.Client | httpx2.Client | None
    assert inspect.signature(client.voices.list, eval_str=True).return_annotation == lmnt.ResultList[Voice]
    attrs.resolve_types(Voice)
    assert attrs.fields(Voice).owner.type == models.VoiceOwner | str


def test_raw_and_streaming_methods_say_what_they_return() -> None:
    def returned(method: Any) -> str:
        return str(inspect.signature(method, eval_str=True).return_annotation).replace("lmnt.calls.responses.", "")

    client, asynchronous = Lmnt(api_key="key"), AsyncLmnt(api_key="key")
    listed = "APIResponse[lmnt.values.results.ResultList[lmnt.models.voice.Voice]]"
    assert returned(client.with_raw_response.voices.list) == listed
    assert (
        returned(client.voices.with_streaming_response.list) == f"lmnt.calls.resource.ResponseContextManager[{listed}]"
    )
    assert returned(asynchronous.voices.with_raw_response.list) == f"Async{listed}"
    assert (
        returned(asynchronous.with_streaming_response.speech.generate)
        == "lmnt.calls.resource.AsyncResponseContextManager[AsyncStreamedBinaryAPIResponse]"
    )


def test_a_model_of_an_application_can_be_looked_at() -> None:
    class Own(lmnt.BaseModel):
        id: str
        voice: Voice

    assert typing.get_type_hints(Own.__init__)["additional_properties"] == dict[str, Any]
    attrs.resolve_types(Own)


# pydantic


def test_a_typed_dict_is_checked() -> None:
    adapter = TypeAdapter(types.SpeechGenerateParams)
    given = {"text": "Hello.", "voice": "leah", "format": "mp3"}
    assert adapter.validate_python(given) == given
    for wrong in ({"voice": "leah"}, {**given, "format": "ogg"}):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)
    schema = adapter.json_schema()
    assert schema["required"] == ["text", "voice"]
    assert schema["description"] == "The arguments of `speech.generate`."
    assert typing.is_typeddict(types.SpeechGenerateParams)


@pytest.mark.parametrize("file", [b"RIFF", Path("a.wav"), ("a.wav", b"RIFF")])
def test_a_file_is_taken_as_it_is(file: object) -> None:
    assert TypeAdapter(types.VoiceCreateParams).validate_python({"file": file, "name": "A"})["file"] == file


def test_a_file_is_a_path_in_json() -> None:
    adapter = TypeAdapter(types.VoiceCreateParams)
    assert adapter.json_schema()["properties"]["file"]["format"] == "path"
    assert adapter.validate_json('{"file": "a.wav", "name": "A"}')["file"] == Path("a.wav")
    with pytest.raises(ValidationError, match="a file must be a path"):
        adapter.validate_json('{"file": 5, "name": "A"}')
    with Path(os.devnull).open("rb") as opened:
        assert adapter.validate_python({"file": opened, "name": "A"})["file"] is opened


def test_results_are_read_and_written() -> None:
    class Page(BaseModel):
        voices: lmnt.ResultList[Voice]
        by_id: lmnt.ResultDict[Voice]
        text: lmnt.ResultText
        anything: object

    page = Page.model_validate({"voices": [VOICE], "by_id": {"a": VOICE}, "text": "a", "anything": [1]})
    assert page.voices == [Voice(**VOICE)]
    assert (type(page.voices), type(page.by_id), type(page.text)) == (
        lmnt.ResultList,
        lmnt.ResultDict,
        lmnt.ResultText,
    )
    page.anything = page.voices
    written = page.model_dump(mode="json", exclude_none=True)
    assert written["by_id"]["a"]["id"] == written["anything"][0]["id"] == "a"
    assert Page.model_json_schema()["properties"]["voices"]["type"] == "array"


def described(method: Any) -> dict[str, Any]:
    """Return what pydantic says of a method once its annotations were looked up, which it leaves to those who ask."""
    plain = method.__func__
    function = FunctionType(plain.__code__, plain.__globals__, plain.__name__, plain.__defaults__, plain.__closure__)
    function.__dict__.update(plain.__dict__)
    function.__kwdefaults__ = plain.__kwdefaults__
    function.__annotations__ = typing.get_type_hints(plain, include_extras=True)
    return TypeAdapter(MethodType(function, method.__self__)).json_schema()


@pytest.mark.parametrize("kind", [Lmnt, AsyncLmnt])
def test_the_arguments_of_a_method_are_described_without_the_settings_of_the_call(kind: Any) -> None:
    client = kind(api_key="key")
    for place in (client.voices, client.voices.with_raw_response, client.voices.with_streaming_response):
        schema = described(place.list)
        assert schema["properties"] == {
            "owner": {
                "anyOf": [{"enum": ["system", "me", "all"], "type": "string"}, {"type": "null"}],
                "default": None,
                "title": "Owner",
            },
            "starred": {
                "anyOf": [{"type": "boolean"}, {"enum": ["true", "false"], "type": "string"}, {"type": "null"}],
                "default": None,
                "title": "Starred",
            },
        }
    assert set(described(client.voices.create)["properties"]) == {
        *("file", "name", "description", "gender", "tags"),
    }
    assert set(described(client.speech.sessions.create)["properties"]) == {
        *("voice", "format", "language", "sample_rate", "return_timestamps"),
    }


def test_null_is_what_is_not_given(server: Any) -> None:
    with Lmnt(api_key="any", base_url=server.base_url) as client:
        listed = validate_call(client.voices.list)
        assert len(listed(owner=None, starred=None)) == len(listed(owner=omit, timeout=30)) > 0
        with pytest.raises(ValidationError, match="not given"):
            listed(owner=5)


@pytest.mark.parametrize("name", ["__pydantic_serializer__", "__pydantic_validator__"])
def test_a_model_tells_others_nothing_of_pydantic(name: str) -> None:
    code = "import inspect\nfrom lmnt.models import Voice\n"
    code += f"inspect.getmembers(Voice); print(hasattr(Voice, {name!r}))"
    assert run(code) == "False\n"


def test_protocols_can_be_checked_when_a_program_runs() -> None:
    # Libraries that check arguments do so with isinstance.
    found: list[str] = []
    for path in sorted(Path(lmnt.__file__).parent.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            bases = [ast.unparse(base) for base in node.bases] if isinstance(node, ast.ClassDef) else []
            is_protocol = any(base.partition("[")[0] == "Protocol" for base in bases)
            if is_protocol and "runtime_checkable" not in map(ast.unparse, cast("ast.ClassDef", node).decorator_list):
                found.append(f"{path.name}: {node.name}")
    assert found == []
