"""espeak-ng in a process of its own, which the engine starts as a program: `python espeak_child.py`.

The C library (`speak_lib.h`, version 1.52, by ctypes) trusts its input more than a server may: there are texts that
make it crash. Here that ends this process alone. Requests come on standard input and replies go to standard output,
all pickled: a `Request`, then the first samples, as soon as they are made, then a `Reply`. Before them comes the rate,
in hertz. The process ends with its standard input, so it never outlives the server.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
from collections.abc import Callable
from typing import Any, Final

import espeakng_loader  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has no types

_SYNCHRONOUS: Final = 2  # espeak_AUDIO_OUTPUT: samples go to the callback, and the call returns when all have
_DONT_EXIT: Final = 0x8000
_CHARACTERS_UTF8: Final = 1
_END_PAUSE: Final = 0x1000  # a pause after the last sentence, as there is after the others
_POSITION_CHARACTER: Final = 1
_EVENT_END_OF_LIST: Final = 0
_EVENT_WORD: Final = 1
_RATE, _VOLUME, _PITCH = 1, 2, 3  # espeak_PARAMETER


Request = tuple[str, str, int, int, bool]
"""A text, espeak-ng's name of a voice with its variant after a plus sign, a pitch from 0 to 99, words in a minute from
80 to 450, and whether there is a pause after the text, as there is between its sentences."""

Reply = tuple[bytes, list[tuple[int, int, int]]] | str
"""The other samples, and the words in the order of the text (begin and length in characters, first sample), or what
went wrong."""

_HEAD: Final = 0.1
"""Seconds of the samples that are sent first."""


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Library:
    """espeak-ng itself, which is one for the process.

    Args:
        send: takes the first samples of each text.
    """

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._is_begun = False
        self._c: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self.rate: int = self._c.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
        self._samples = bytearray()
        self._words: dict[int, tuple[int, int, int]] = {}
        self._settings: tuple[str, int, int] | None = None
        # ctypes keeps no reference to a callback that C holds.
        self._callback = _Callback(self._receive)
        self._c.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str, pitch: int, words_per_minute: int, pause: bool) -> Reply:
        """Return the reply to a request."""
        if self._settings != (voice, pitch, words_per_minute):
            self._settings = None
            if self._c.espeak_SetVoiceByName(voice.encode()) != 0:
                return f"espeak-ng has no voice {voice}"
            for parameter, value in ((_RATE, words_per_minute), (_VOLUME, 80), (_PITCH, pitch)):
                self._c.espeak_SetParameter(parameter, value, 0)
            self._settings = (voice, pitch, words_per_minute)
        self._samples.clear()
        self._words.clear()
        self._is_begun = False
        # C ends a string at the first NUL.
        encoded = text.replace("\0", " ").encode() + b"\0"
        size = ctypes.c_size_t(len(encoded))
        flags = _CHARACTERS_UTF8 | (_END_PAUSE if pause else 0)
        result = self._c.espeak_Synth(encoded, size, 0, _POSITION_CHARACTER, 0, flags, None, None)
        if result != 0:
            return f"espeak-ng cannot speak: error {result}"
        return bytes(self._samples), sorted(word for word in self._words.values() if word[0] < len(text))

    def begin(self) -> None:
        """Send the first samples, if they are not sent yet; there may be none."""
        if not self._is_begun:
            self._is_begun = True
            self._send(bytes(self._samples))
            self._samples.clear()

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self._samples += ctypes.string_at(samples, 2 * count)
            if not self._is_begun and len(self._samples) >= 2 * _HEAD * self.rate:
                self.begin()
        index = 0
        while events[index].type != _EVENT_END_OF_LIST:
            event = events[index]
            if event.type == _EVENT_WORD:
                # Several events of one place (a number, read as several words) are one piece of the text.
                begin = max(event.text_position - 1, 0)  # the library counts from 1
                self._words.setdefault(begin, (begin, event.length, event.sample))
            index += 1
        return 0


def main() -> None:
    """Answer requests until there are no more."""
    # An interrupt from the keyboard comes to the server too, which then ends this process in its own time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever the library prints must not come between the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(content: Reply | bytes | int) -> None:
        pickle.dump(content, replies)
        replies.flush()

    library = Library(send)
    send(library.rate)
    while True:
        try:
            request: Request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        reply = library.speak(*request)
        library.begin()
        send(reply)


if __name__ == "__main__":
    main()
