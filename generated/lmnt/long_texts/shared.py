"""What the sync and the async long text share: the order, the audio laid end to end, what is told."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import attrs

from .. import description
from ..calls.api_client import AsyncAPIClient, SyncAPIClient
from ..calls.operation import Operation
from ..errors import APIResponseValidationError, APITimeoutError, Error, InvalidArgumentError, StreamAlreadyConsumed
from ..errors.handles import Handle
from ..models.speech_generate_detailed_response import SpeechGenerateDetailedResponse
from ..models.timestamp import Timestamp
from ..settings.deadline import Deadline
from ..settings.options import CallOptions, or_default
from ..settings.pacing import Pace
from ..streams.reading import OneReader
from ..values.bodies import JSONBody
from .arguments import LongText
from .joining import Joiner, UnjoinableError, joiners
from .pieces import LongTextProgress, SpeechPiece, named
from .schedule import Attempt, Audio, Part, Schedule
from .splitting import Splitter

if TYPE_CHECKING:
    from .journal import Journal

_FORM = "1"
"""The version of the journal and of how texts are split."""


class BaseLongSpeech(Handle):
    """The base of both long texts."""

    _refusal = "can be neither copied nor pickled: make one where it is needed"

    def __init__(self, client: SyncAPIClient | AsyncAPIClient, long_text: LongText, call: CallOptions) -> None:
        long_text.check()
        self._long_text = long_text
        self._call = call
        options = client._options  # pyright: ignore[reportPrivateUsage]  # a long text is calls of its client
        self._max_retries = or_default(call.max_retries, options.max_retries)
        splitter = Splitter(long_text.text, long_text.piece_length, long_text.most)
        self._splitting = threading.Lock()
        self._spans: Iterator[tuple[int, int]] | None = splitter.spans()
        self._pieces = [SpeechPiece(0, *next(self._spans))]
        if not splitter.is_easy:
            self._split()
        self._first = self._plain(self._pieces[0])
        self._joiner = self._new_joiner()
        self._process = os.getpid()
        self._reading = OneReader("this long text")
        self._ready: deque[bytes] = deque()
        self._schedule: Schedule | None = None
        self._deadline: Deadline | None = None
        self._error: Error | None = None
        self._is_over = self._is_file = False
        self._there: list[SpeechPiece] = []  # the pieces whose audio is there
        self.complete = False
        """True once all audio was handed out, and no piece was left out."""

    def _split(self) -> None:
        """Split the rest of the text, which may take longer than asking for the first piece."""
        with self._splitting:  # threads may look at the pieces
            if self._spans is not None:
                self._pieces += [SpeechPiece(index, *span) for index, span in enumerate(self._spans, 1)]
                self._spans = None

    @property
    def pieces(self) -> Sequence[SpeechPiece]:
        """The pieces of the text, in order."""
        self._split()
        return self._pieces

    @property
    def request_ids(self) -> Sequence[str]:
        """The ids of the requests that made the audio handed out so far, in the order of the text."""
        made = (piece for piece in self.pieces if piece.begins is not None and piece.request_ids)
        return [piece.request_ids[-1] for piece in made]

    @property
    def timestamps(self) -> Sequence[Timestamp]:
        """When each word of the audio handed out so far is spoken, from the start of all of it, if asked for."""
        return [each for piece in self.pieces for each in piece.timestamps]

    @property
    def seconds(self) -> float:
        """The length of the audio handed out so far."""
        return self._joiner.seconds

    @property
    def skipped(self) -> Sequence[SpeechPiece]:
        """The pieces that were left out so far, each with its error."""
        return [piece for piece in self.pieces if piece.error is not None]

    def __repr__(self) -> str:
        there = sum(piece.begins is not None for piece in self.pieces)
        return f"<{type(self).__name__} {there} of {len(self.pieces)} pieces>"

    def _text_of(self, piece: SpeechPiece) -> str:
        text, most = self._long_text.text[piece.start : piece.stop], self._long_text.most
        return text if len(text) <= most else f"{text.strip()} "[:most]  # the end of a piece may be much space

    def _plain(self, piece: SpeechPiece) -> Operation[bytes]:
        """Return the call that speaks a piece."""
        long_text = self._long_text
        return long_text.plain(**{long_text.argument: self._text_of(piece)}, **long_text.given)

    def _timed(self, piece: SpeechPiece) -> Operation[SpeechGenerateDetailedResponse] | None:
        """Return the call that also returns the time of each word; None if that is not wanted."""
        long_text = self._long_text
        if long_text.timed is None:
            return None
        return long_text.timed(**{long_text.argument: self._text_of(piece), long_text.flag: True}, **long_text.given)

    def _new_joiner(self) -> Joiner:
        join = joiners().get(self._first.media_type)
        if join is None:
            raise InvalidArgumentError("there is no way to join audio of this format: take another one")
        return join(self._long_text.rate)

    def _claim(self) -> OneReader:
        if self._process != os.getpid():
            raise Error("this long text belongs to the process that made it: make one in each process")
        return self._reading

    def _begin(self, journal: Journal | None = None) -> Schedule:
        """Begin to ask for the pieces; those in the journal are there."""
        if self._schedule is None:
            self._is_file = journal is not None
            limit = or_default(self._call.deadline, None)
            self._deadline = Deadline.starting_now(limit)
            there = {} if journal is None else journal.facts
            concurrency = self._long_text.concurrency
            self._schedule = Schedule(
                [piece for piece in self.pieces if piece.index not in there] if journal is not None else self._pieces,
                self._pieces,
                Pace("a long text", concurrency, self._max_retries, self._deadline),
                self._max_retries,
                self._deadline,
                # What is not in the journal yet is lost if the process is killed.
                ahead=2 * concurrency if journal is None else concurrency,
                in_order=journal is None,
                is_live=self._long_text.timed is None,
                skips=self._long_text.on_error == "skip",
            )
        elif self._is_file:
            raise StreamAlreadyConsumed("this long text went to a file: make another one")
        return self._schedule

    def _options(self, attempt: Attempt) -> CallOptions:
        """Return the settings of a request; raises APITimeoutError if the deadline has passed."""
        left = self._call.deadline
        if self._deadline is not None:
            left = self._deadline.remaining
            if not left:
                raise APITimeoutError(f"{self._deadline} passed")
        call = self._call
        return CallOptions(call.headers, call.query, call.body, call.timeout, left, 0, retries=attempt.number)

    def _audio(self, result: SpeechGenerateDetailedResponse) -> Audio:
        try:
            content = base64.b64decode(result.audio, validate=True)
        except ValueError as error:
            raise APIResponseValidationError(
                f"the audio is no base64 ({error})", request_id=result.request_id
            ) from error
        if not content:
            raise APIResponseValidationError("there was no audio in it", request_id=result.request_id)
        return Audio(content, result.timestamps or ())

    def _lay(self, part: Part) -> None:
        """Lay audio after what was handed out; raises APIResponseValidationError if that is impossible."""
        piece, joiner = part.piece, self._joiner
        if piece.begins is None:
            piece.begins = joiner.clock
        self._keep(self._joined(joiner, piece, part.chunk or (part.audio.content if part.audio else b"")))
        if part.audio is not None:
            self._keep(self._joined(joiner, piece, None))
            piece.seconds = joiner.clock - piece.begins
            piece.timestamps = _later(part.audio.timestamps, piece.begins)
            self._there.append(piece)
            self._tell()

    def _joined(self, joiner: Joiner, piece: SpeechPiece, audio: bytes | None) -> bytes:
        try:
            return joiner.end_piece() if audio is None else joiner.feed(audio)
        except UnjoinableError as error:
            # Another request would bring the same.
            ids = piece.request_ids
            failure = APIResponseValidationError(
                f"its audio cannot be joined: {error}", request_id=ids[-1] if ids else None
            )
            piece.error = self._error = named(failure, piece, len(self.pieces))
            raise self._error from error

    def _keep(self, data: bytes) -> None:
        if data:
            self._ready.append(data)

    def _tell(self) -> None:
        """Call the function for progress."""
        if self._long_text.on_progress is not None:
            self._long_text.on_progress(
                LongTextProgress(
                    len(self._there),
                    len(self.pieces),
                    sum(piece.stop - piece.start for piece in self._there),
                    len(self._long_text.text),
                    sum(piece.seconds for piece in self._there),
                )
            )

    def _note(self, piece: SpeechPiece, request_id: str | None) -> None:
        if request_id is not None and request_id not in piece.request_ids:
            piece.request_ids.append(request_id)

    def _failure(self, attempt: Attempt, error: BaseException) -> Error:
        """Return the error of an attempt that has ended with an exception."""
        if isinstance(error, Error):
            self._note(attempt.piece, getattr(error, "request_id", None))
            return error
        failure = Error(f"asking for it was interrupted ({type(error).__name__}: {error})")
        failure.__cause__ = error
        return failure

    def _check(self, schedule: Schedule) -> None:
        """Raise the error of a text that was closed before its end, or has failed."""
        if self._error is not None:
            raise self._error.with_traceback(None)
        if schedule.is_closed and not self._is_over:
            raise Error("this long text was closed before its end: make another one")

    def _closed(self) -> None:
        if self._schedule is not None:
            self._schedule.close()
        if not self._is_over:
            self._ready.clear()

    def _check_any(self) -> None:
        """Raise the first error if every piece was left out: that is no audio."""
        if self.skipped and not self._there:
            self._error = self.skipped[0].error
            raise cast("Error", self._error)

    def _end(self) -> None:
        """End the text, whose pieces were all handed out or left out."""
        self._check_any()
        self._is_over = True
        self.complete = not self.skipped

    def _journal(self, file: str | os.PathLike[str], *, resume: bool) -> Journal:
        """Return the journal, and take over what it knows of the pieces."""
        if self._schedule is not None:
            raise StreamAlreadyConsumed("this long text was read before: make another one")
        from .journal import Journal  # not needed by who iterates

        journal = Journal(file, self._identity(), resume=resume)
        for index, facts in journal.facts.items():
            piece = self.pieces[index]
            piece.request_ids = list(facts["request_ids"])
            piece.seconds = facts["seconds"]
            self._there.append(piece)
        return journal

    def _identity(self) -> Mapping[str, str]:
        """Return what the file is made of."""
        body = self._first.body
        fields = cast("Mapping[str, object]", body.value if isinstance(body, JSONBody) else {})
        bounds = ",".join(str(piece.stop) for piece in self.pieces)
        return {
            "text": _digest(self._long_text.text),
            "pieces": _digest(bounds),
            "timestamps": str(self._long_text.timed is not None),
            **{name: str(value) for name, value in fields.items() if value != self._text_of(self.pieces[0])},
            "extra_body": _digest(repr(self._call.body)),
            "version": " ".join([_FORM, *map(str, description.CLIENT_HEADERS.values())]),
        }

    def _write_down(self, journal: Journal, part: Part) -> None:
        """Add a whole piece to the journal."""
        audio, piece = part.audio, part.piece
        if audio is None:
            return
        alone = self._new_joiner()
        self._joined(alone, piece, audio.content)
        self._joined(alone, piece, None)
        facts: dict[str, object] = {"request_ids": piece.request_ids, "seconds": alone.clock}
        if audio.timestamps:
            facts["timestamps"] = [[each.text, each.start, each.duration] for each in audio.timestamps]
        journal.add(piece.index, audio.content, facts)
        piece.seconds = alone.clock
        self._there.append(piece)

    def _assemble(self, journal: Journal) -> None:
        """Make the file of the pieces in the journal."""
        self._check_any()
        download = journal.target()
        try:
            download.open()
            length = 0
            for piece in self.pieces:
                if piece.index not in journal.facts:
                    continue
                piece.begins = self._joiner.clock
                for data in (journal.audio(piece.index), None):
                    joined = self._joined(self._joiner, piece, data)
                    download.write(joined)
                    length += len(joined)
                times = cast("list[tuple[str, float, float]]", journal.facts[piece.index].get("timestamps", []))
                piece.timestamps = _later(
                    [Timestamp(text=text, start=start, duration=duration) for text, start, duration in times],
                    piece.begins,
                )
            tail = self._joiner.tail()
            download.write(tail)
            if header := self._joiner.header(length + len(tail)):
                download.begin_with(header)
            download.commit()
            self._end()
        except BaseException as error:
            download.discard(error)
            raise


def _later(timestamps: Sequence[Timestamp], seconds: float) -> Sequence[Timestamp]:
    """Return timestamps that count from another start."""
    return [attrs.evolve(each, start=each.start + seconds) for each in timestamps]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
