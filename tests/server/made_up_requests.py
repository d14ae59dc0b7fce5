"""Schemathesis makes up requests from the descriptions, right and wrong ones, and checks every answer against them.

Run by test_server_description.py in a process of its own: to import schemathesis takes as long as many tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from decoded import recording
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis import AuthContext, Case
from schemathesis.specs.openapi.checks import negative_data_rejection

from lmnt_server.audio_operations import MODELS
from lmnt_server.description import audio, lmnt
from lmnt_server.process import ServerProcess, running

VOICES = ["leah", "amy", "nobody"]


# A recording has to be audio, which a schema cannot say.
schemathesis.openapi.format("binary", st.just(recording("Hi")))
lmnt_schema = schemathesis.openapi.from_dict(dict(lmnt().document))
audio_schema = schemathesis.openapi.from_dict(dict(audio().document))
KEY = "the only key"


@lmnt_schema.auth()
class Key:
    """Schemathesis leaves the key out, or takes another one, to see that such requests are refused."""

    def get(self, case: Case[Any], context: AuthContext) -> str:  # noqa: ARG002  # its protocol
        return KEY

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:  # noqa: ARG002  # its protocol
        case.headers["X-API-Key"] = data


@audio_schema.auth()
class Bearer:
    def get(self, case: Case[Any], context: AuthContext) -> str:  # noqa: ARG002  # its protocol
        return KEY

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:  # noqa: ARG002  # its protocol
        case.headers["Authorization"] = f"Bearer {data}"


@pytest.fixture(scope="session")
def guarded() -> Iterator[ServerProcess]:
    """A server that knows one key, so that other keys can be seen to be refused."""
    with running(engine="tone", api_key=KEY) as server:
        yield server


few = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)


@lmnt_schema.parametrize()
@few
def test_every_answer_of_the_lmnt_api_is_as_described(case: Case[Any], guarded: ServerProcess) -> None:
    # A voice made up at random is never there; with these, what comes after that check is reached too.
    body: Any = case.body
    if isinstance(body, dict) and isinstance(body.get("voice"), str) and body["voice"]:
        body["voice"] = VOICES[len(body["voice"]) % len(VOICES)]
    if "id" in (case.path_parameters or {}) and len(str(case.path_parameters["id"])) % 2:
        case.path_parameters["id"] = "leah"
    # In a form everything is text: what was made up as an object arrives as a string, and is right.
    excluded: list[Any] = [negative_data_rejection] if case.media_type == "multipart/form-data" else []
    case.call_and_validate(base_url=guarded.base_url, excluded_checks=excluded)


@audio_schema.parametrize()
@few
def test_every_answer_of_the_audio_api_is_as_described(case: Case[Any], guarded: ServerProcess) -> None:
    body: Any = case.body
    if isinstance(body, dict) and isinstance(body.get("model"), str) and body["model"]:
        body["model"] = [*MODELS, "whisper-1"][len(body["model"]) % (len(MODELS) + 1)]
    # A voice that is not there is a wrong value here, which no schema can say.
    if isinstance(body, dict) and isinstance(body.get("voice"), str) and body["voice"]:
        body["voice"] = "leah"
    if isinstance(body, dict) and isinstance(body.get("voice"), dict) and isinstance(body["voice"].get("id"), str):
        body["voice"]["id"] = body["voice"]["id"] and "alloy"
    if "model" in (case.path_parameters or {}) and len(str(case.path_parameters["model"])) % 2:
        case.path_parameters["model"] = "tts-1"
    case.call_and_validate(base_url=f"{guarded.base_url}/v1")
