"""Reading is tolerant, writing is strict, and what does not fit is named by its place."""

from __future__ import annotations

import copy
import datetime
import decimal
import json
import pickle
import types
import uuid
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lmnt
from lmnt.models import (
    AccountRetrieveResponse,
    ErrorResponse,
    Plan,
    SpeechGenerateDetailedResponse,
    SpeechGenerateParams,
    SpeechSessionInit,
    Usage,
    Voice,
    VoiceUpdateParams,
)
from lmnt.models.speech_session_client_message import CODEC as CLIENT_MESSAGE
from lmnt.models.speech_session_server_event import CODEC as SERVER_EVENT
from lmnt.values import casting, codec, formats, model, results, unions
from lmnt.values.codec import MismatchError

MOMENT = datetime.datetime(2026, 2, 3, 4, tzinfo=datetime.UTC)
VOICE: dict[str, Any] = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready"}


def mismatch(convert: Any, value: object) -> str:
    with pytest.raises(MismatchError) as caught:
        convert(value)
    return str(caught.value)


def test_unknown_fields_are_kept() -> None:
    data = VOICE | {"accent": "Welsh", "additional_properties": {"x": 1}}
    voice = Voice.from_dict(data)
    assert voice.additional_properties == {"accent": "Welsh", "additional_properties": {"x": 1}}
    assert voice.to_dict() == data
    assert json.loads(voice.to_json()) == data
    assert "accent='Welsh'" in repr(voice)


def test_unknown_fields_do_not_stand_in_for_missing_ones() -> None:
    every = Voice.from_dict(VOICE | dict.fromkeys(["description", "gender", "preview_url", "starred", "tags", "type"]))
    as_many = {**{key: value for key, value in every.to_dict().items() if key != "type"}, "accent": "Welsh"}
    assert len(as_many) == len(every.to_dict())
    voice = Voice.from_dict(as_many)
    assert (voice.type, voice.additional_properties) == (None, {"accent": "Welsh"})
    assert voice.to_dict() == as_many
    with pytest.raises(lmnt.InvalidArgumentError, match="id must be there"):
        Voice.from_dict({**{key: value for key, value in as_many.items() if key != "id"}, "other": 1})


def test_any_mapping_is_read_and_stays_as_it_is() -> None:
    data = VOICE | {"tags": ["calm"], "accent": ["Welsh"]}
    voice = Voice.from_dict(types.MappingProxyType(data))
    assert voice == Voice.from_dict(data)
    assert voice.tags is not None
    voice.tags.append("slow")
    assert data == VOICE | {"tags": ["calm"], "accent": ["Welsh"]}


def test_a_list_that_is_not_of_one_kind_is_read_as_another() -> None:
    plan = {"type": "free", "character_limit": None, "commercial_use_allowed": False}
    data = [plan, dict(plan)]
    assert casting.codec_of(list[Voice] | list[Plan]).read(data) == [Plan.from_dict(plan)] * 2
    assert data == [plan, plan]


def test_models_of_one_kind_share_no_additional_properties() -> None:
    first, second = Voice.from_dict(VOICE), Voice.from_dict(VOICE)
    first.additional_properties["accent"] = "Welsh"
    assert first.additional_properties == {"accent": "Welsh"}
    assert second.additional_properties == {}
    assert first != second
    assert copy.copy(second) == pickle.loads(pickle.dumps(second)) == second == Voice(**VOICE)


def test_models_of_an_application_are_made_as_it_says() -> None:
    class Shouted(lmnt.Model):
        text: str = attrs.field(converter=str.upper)
        words: list[str] = attrs.field(factory=lambda: ["none"])

        def __attrs_post_init__(self) -> None:
            self.words.append("more")

    class Own(Voice):
        def __attrs_post_init__(self) -> None:
            raise AssertionError("it is no class of attrs")

        def shout(self) -> str:
            return self.name.upper()

    assert Shouted.from_dict({"text": "a"}) == Shouted.from_dict({"text": "a", "words": None})
    assert Shouted.from_dict({"text": "a", "more": 1}).words == ["none", "more"]
    assert Shouted.from_dict({"text": "a", "more": 1}).text == "A"
    assert Own.from_dict(VOICE).shout() == "LEAH"


def test_unknown_enum_values_pass_and_are_written_back() -> None:
    voice = Voice.from_dict(VOICE | {"owner": "a friend", "state": "resting", "type": "cloned"})
    assert (voice.owner, voice.state, voice.type) == ("a friend", "resting", "cloned")
    assert Voice.from_dict(voice.to_dict()) == voice
    error = ErrorResponse.from_dict({"type": "new", "error": {"type": "new_error", "message": "m"}, "request_id": "r"})
    assert (error.type, error.error.type) == ("new", "new_error")


@pytest.mark.parametrize("name", ["description", "gender", "preview_url", "starred", "tags", "type"])
def test_optional_fields_may_be_null_or_missing(name: str) -> None:
    assert getattr(Voice.from_dict(VOICE), name) is None
    assert getattr(Voice.from_dict(VOICE | {name: None}), name) is None


@pytest.mark.parametrize("name", VOICE)
def test_required_fields_may_be_neither(name: str) -> None:
    with pytest.raises(lmnt.InvalidArgumentError, match=f"Voice: {name} must be there; got nothing"):
        Voice.from_dict({key: value for key, value in VOICE.items() if key != name})
    with pytest.raises(lmnt.InvalidArgumentError, match=f"Voice: {name} must be text; got null"):
        Voice.from_dict(VOICE | {name: None})


def test_required_fields_that_may_be_null() -> None:
    plan = Plan.from_dict({"type": "free", "character_limit": None, "commercial_use_allowed": False})
    assert plan.character_limit is None
    assert plan.to_dict()["character_limit"] is None


def test_whole_numbers_with_a_point_are_whole() -> None:
    usage = Usage.from_dict({"characters": 5.0})
    assert usage.characters == 5
    assert isinstance(usage.characters, int)
    for value in (True, 5.5, "5", None):
        with pytest.raises(lmnt.InvalidArgumentError, match="characters must be a whole number"):
            Usage.from_dict({"characters": value})


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_what_is_no_object(data: Any) -> None:
    with pytest.raises(lmnt.InvalidArgumentError, match="must be an object"):
        Voice.from_dict(data)


def test_nested_models() -> None:
    data = {
        "plan": {"type": "x", "character_limit": 5, "commercial_use_allowed": True, "new": 1},
        "usage": {"characters": 4},
    }
    account = AccountRetrieveResponse.from_dict(data)
    assert isinstance(account.plan, Plan)
    assert isinstance(account.usage, Usage)
    assert account.to_dict() == data
    assert account == AccountRetrieveResponse.from_dict(data)
    with pytest.raises(lmnt.InvalidArgumentError, match=r"plan\.type must be text; got an array"):
        AccountRetrieveResponse.from_dict(data | {"plan": data["plan"] | {"type": []}})
    speech = {"audio": "", "timestamps": [{"text": "a", "start": 0, "duration": 1}, {"text": "b", "start": "0"}]}
    with pytest.raises(lmnt.InvalidArgumentError, match=r"timestamps\[1\]\.start must be a number; got '0'"):
        SpeechGenerateDetailedResponse.from_dict(speech)


def test_models_are_written_strictly() -> None:
    params = model.model(SpeechGenerateParams)
    assert params.write(SpeechGenerateParams(text="x", voice="y")) == {"text": "x", "voice": "y"}
    assert params.write({"text": "x", "voice": "y", "format": lmnt.omit}) == {"text": "x", "voice": "y"}
    assert "format must be one of" in mismatch(params.write, SpeechGenerateParams(text="x", voice="y", format="z"))
    assert "must be one of the fields text" in mismatch(params.write, {"text": "x", "voice": "y", "speed": 1})
    assert mismatch(params.write, {"text": "x"}) == "voice must be given; got nothing"
    assert "a SpeechGenerateParams or a mapping" in mismatch(params.write, Voice(**VOICE))
    assert model.model(VoiceUpdateParams).write(VoiceUpdateParams()) == {}


def test_models_must_be_made_by_name() -> None:
    with pytest.raises(TypeError):
        Voice("leah", "Leah", "system", "ready")  # type: ignore[call-arg, misc]


def test_secrets_of_models_are_not_shown() -> None:
    message = SpeechSessionInit.from_dict({"type": "init", "X-API-Key": "hidden", "lmnt-version": "1.2", "voice": "x"})
    assert "hidden" not in repr(message)
    assert "'x'" in repr(message)


def test_unions_are_told_apart_by_their_tag() -> None:
    ready = SERVER_EVENT.read({"type": "ready", "request_id": "r", "new": 1})
    assert type(ready).__name__ == "SpeechSessionReady"
    assert "type must be one of ready, timestamps" in mismatch(SERVER_EVENT.read, {"type": "new"})
    for value in (None, [], {}, {"type": []}, 5):
        assert "type must be one of" in mismatch(SERVER_EVENT.read, value)
    finish = CLIENT_MESSAGE.read({"type": "finish"})
    assert CLIENT_MESSAGE.write(finish) == {"type": "finish"}


@pytest.mark.parametrize(
    ("kind", "good", "written", "bad"),
    [
        (codec.string, "ö", "ö", [5, None, b"x", "\ud800"]),
        (codec.boolean, True, True, [1, "true", None]),
        (codec.integer, 5, 5, [True, 1.5, "5"]),
        (codec.number, 1.5, 1.5, [True, "1.5", float("nan"), float("inf")]),
        (codec.choice(["a", "b"], codec.string), "a", "a", ["c", None, ["a"]]),
        (codec.choice([1, 2], codec.integer), 1, 1, [3, True, "1"]),
        (codec.choice([True], codec.boolean), True, True, [1]),
        (codec.constant("x"), "x", "x", ["y", None]),
        (formats.day, datetime.date(2026, 2, 3), "2026-02-03", ["2026-02-03", 5, MOMENT]),
        (formats.moment, MOMENT, "2026-02-03T04:00:00+00:00", ["x", MOMENT.replace(tzinfo=None)]),
        (formats.uuid, uuid.UUID(int=1), str(uuid.UUID(int=1)), ["x"]),
        (codec.nullable(codec.string), None, None, [5]),
        (codec.array(codec.integer), (1, 2), [1, 2], ["12", {"a": 1}, 5, [None]]),
        (codec.mapping(codec.integer), {"a": 1}, {"a": 1}, [[], 5, {"a": "b"}, {1: 1}]),
        (codec.null, None, None, [0, ""]),
        (codec.limited(codec.mapping(codec.integer), max_length=1), {"a": 1}, {"a": 1}, [{"a": 1, "b": 2}]),
        (codec.limited(codec.array(codec.integer), unique=True), [1, 2], [1, 2], [[1, 1]]),
        (codec.limited(codec.number, multiple_of=0.1), 0.7, 0.7, [0.75]),
        (unions.union(codec.boolean, codec.integer), 5, 5, ["5", None]),
        (codec.limited(codec.string, min_length=1, max_length=2), "ab", "ab", ["", "abc"]),
        (codec.limited(codec.string, pattern="^a+$"), "aa", "aa", ["b"]),
        (codec.limited(codec.array(codec.integer), max_length=1), [1], [1], [[1, 2]]),
        (codec.limited(codec.number, minimum=0, maximum=1), 1, 1, [-0.1, 1.1]),
        (codec.limited(codec.number, above=0, below=1), 0.5, 0.5, [0, 1]),
    ],
)
def test_what_each_codec_writes(kind: Any, good: object, written: object, bad: list[object]) -> None:
    assert kind.write(good) == written
    for value in bad:
        assert mismatch(kind.write, value)


def test_codecs_read_what_they_write() -> None:
    for kind, value in (
        (formats.day, datetime.date(2026, 2, 3)),
        (formats.moment, datetime.datetime(2026, 2, 3, tzinfo=datetime.UTC)),
        (formats.uuid, uuid.uuid4()),
        (formats.clock, datetime.time(1, 2, 3, 4)),
        (formats.decimal, decimal.Decimal("1.10")),
        (formats.octets, bytes(range(256))),
    ):
        assert kind.read(kind.write(value)) == value
        assert "must be" in mismatch(kind.read, "x")
        assert "must be" in mismatch(kind.read, 5)


@given(st.timedeltas())
def test_a_duration_is_read_as_it_was_written(value: datetime.timedelta) -> None:
    assert formats.duration.read(formats.duration.write(value)) == value


@pytest.mark.parametrize(
    "text", ["P1Y", "P2M", "PT0.0000001S", "P99999999999D", "P", "PT", "01:00:00", "P1.5D", "PT1,5H"]
)
def test_what_no_timedelta_is_stays_a_text(text: str) -> None:
    assert formats.duration.read(text) == text


@pytest.mark.parametrize("text", ["aGVsbG8/Pz8=", "aGVsbG8_Pz8", "aGVs\r\nbG8/Pz8="])
def test_base64_is_read_in_any_of_its_spellings(text: str) -> None:
    assert formats.octets.read(text) == b"hello???"


def test_where_a_mismatch_is() -> None:
    deep = codec.mapping(codec.array(codec.array(codec.string)))
    assert mismatch(deep.read, {"a": [["x"], ["y", 5]]}) == "a[1][1] must be text; got 5"
    assert mismatch(codec.string.read, 5) == "the value must be text; got 5"


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "null"), ({}, "an object"), ([], "an array"), ((), "an array"), (5, "5"), (b"x" * 100, "b'xxx")],
)
def test_how_a_value_is_described(value: object, said: str) -> None:
    text = mismatch(codec.string.read, value)
    assert f"got {said}" in text
    assert len(text) < 120


def test_limits_say_their_unit() -> None:
    limit = codec.limited(codec.string, max_length=1)
    assert mismatch(limit.write, "ab") == "the value must be at most 1 character long; got 2"
    # Code points count, as JSON Schema has it: not bytes, not UTF-16 units.
    assert limit.write("𝄞") == "𝄞"
    # A server may send more than a client may.
    assert limit.read("abc") == "abc"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from([Voice, AccountRetrieveResponse, SpeechGenerateDetailedResponse, ErrorResponse]), json_values)
def test_any_json_is_read_or_refused(kind: Any, value: Any) -> None:
    with pytest.raises(lmnt.InvalidArgumentError):
        kind.from_dict(value)


@given(
    st.fixed_dictionaries(
        {name: st.text() for name in VOICE},
        optional={
            "description": st.none() | st.text(),
            "starred": st.none() | st.booleans(),
            "tags": st.lists(st.text()),
            "new": json_values,
        },
    )
)
def test_a_voice_is_written_as_it_was_read(data: dict[str, Any]) -> None:
    voice = Voice.from_dict(data)
    assert repr(voice.to_dict()) == repr(Voice.from_dict(voice.to_dict()).to_dict())
    assert voice.to_dict() == data


def test_results_know_their_request() -> None:
    voice = Voice.from_dict(VOICE)
    assert voice.request_id is None
    voices = results.ResultList([voice])
    results.stamp(voices, "req_1")
    assert (voices.request_id, voice.request_id) == ("req_1", "req_1")
    assert voice == Voice.from_dict(VOICE)
    assert "request_id" not in voice.to_dict()
