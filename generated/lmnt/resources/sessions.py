"""The names by which applications of the official package import speech sessions, which are all async there."""

from __future__ import annotations

from ..errors import APIResponseValidationError
from ..models.speech_session_error import SpeechSessionError as SpeechSessionError
from ..models.speech_session_flush_complete import SpeechSessionFlushComplete as SpeechSessionFlushComplete
from ..models.speech_session_ready import SpeechSessionReady as SpeechSessionReady
from ..models.speech_session_reset_complete import SpeechSessionResetComplete as SpeechSessionResetComplete
from ..models.speech_session_timestamps import SpeechSessionTimestamps as SpeechSessionTimestamps
from ..session.asynchronous import AsyncSpeechSession
from ..session.events import SpeechSessionAudio as SpeechSessionAudio
from ..session.events import SpeechSessionEvent
from .speech_sessions import AsyncSpeechSessionsResource

SpeechSession = AsyncSpeechSession
SpeechSessionResponse = SpeechSessionEvent
UnexpectedMessageError = APIResponseValidationError
AsyncSessionsResource = AsyncSpeechSessionsResource
