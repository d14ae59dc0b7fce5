"""Speech sessions as applications of the official package import them: there all are asynchronous."""

from __future__ import annotations

from ..async_speech_session import AsyncSpeechSession
from ..errors import APIResponseValidationError
from ..session_events import SpeechSessionEvent
from .speech_sessions import AsyncSpeechSessionsResource

SpeechSession = AsyncSpeechSession
SpeechSessionResponse = SpeechSessionEvent
UnexpectedMessageError = APIResponseValidationError
AsyncSessionsResource = AsyncSpeechSessionsResource
