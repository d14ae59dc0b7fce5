"""What a row of the table of failures is: what happens, when, and what the caller gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from .peer import Act, Greeting


class Protocol(Enum):
    """What client and server speak."""

    HTTP1 = "HTTP/1.1"
    TLS = "HTTP/1.1 over TLS"
    HTTP2 = "HTTP/2 by httpx2"
    HTTPX = "HTTP/1.1 by httpx"


EVERY = tuple(Protocol)
ENCRYPTED = (Protocol.TLS, Protocol.HTTP2)
ONE = (Protocol.HTTP1, Protocol.TLS, Protocol.HTTPX)
TWO = (Protocol.HTTP2,)


class Where(Enum):
    """When it goes wrong."""

    BEFORE = "Before the response"
    STATUS = "The response is an error, or a redirect"
    AFTER = "After the 200"
    CONTENT = "The 200 holds something else"
    ITEMS = "A stream of items"
    SOUND = "Nothing is wrong"
    LIMIT = "What nobody can tell"


# ---- what happens


@dataclass(frozen=True)
class Told:
    """The local server is told a fault, as the header `x-lmnt-fault` has it."""

    fault: str


@dataclass(frozen=True)
class Raw:
    """A raw peer does this with each request."""

    act: Act


@dataclass(frozen=True)
class Greets:
    """A raw peer does this with each connection."""

    greeting: Greeting


class Place(Enum):
    """There is nobody to talk to."""

    CLOSED_PORT = "a port on which nobody listens"
    UNKNOWN_HOST = "a host name that does not exist"
    UNTRUSTED = "a server whose certificate nobody vouches for"


Cause: TypeAlias = Told | Raw | Greets | Place

# ---- what the caller gets

ALL: Final = -1
"""As `received`: the whole body."""


@dataclass(frozen=True)
class Fails:
    """An error.

    Args:
        error: its class, by name, exactly.
        attempts: requests (connections, where no request gets through) that the other side counts.
        received: `bytes_received` of the error, and the bytes handed out; None for errors that have none.
        has_id: whether it carries the request id.
        facts: more attributes it has.
        says: what its text contains.
        warns: whether there is a warning before it.
        items: of a stream of items, those handed out; None for as many as are whole in the bytes that came.
    """

    error: str
    attempts: int = 1
    received: int | None = None
    has_id: bool = True
    facts: Mapping[str, object] = field(default_factory=dict[str, object])
    says: str = ""
    warns: bool = False
    items: int | None = None


@dataclass(frozen=True)
class Succeeds:
    """The whole result, with its request id; `received` as in Fails, where None is as many as it may be."""

    complete: bool | None = True
    attempts: int = 1
    received: int | None = ALL


Outcome: TypeAlias = Fails | Succeeds
Outcomes: TypeAlias = Outcome | Mapping[Protocol, Outcome]


class Kind(Enum):
    """Calls that get the same from a failure."""

    SPEECH = "speech"
    JSON = "JSON"
    UPLOAD = "uploads"
    EVENTS = "events"
    LINES = "JSON Lines"


@dataclass(frozen=True, eq=False)
class Row:
    """A failure.

    Args:
        name: what it is called here and in the documentation.
        wire: what the wire shows.
        where: when it goes wrong.
        cause: how it is brought about.
        speech: what calls for speech get; None if there are to be none.
        json: what calls that answer JSON get.
        upload: what uploads and deletions of voices get.
        events: what a stream of server-sent events gets.
        lines: what a stream of JSON Lines gets.
        protocols: where it can happen.
        format: the format of the speech.
        read_timeout: the client's, in seconds.
        connect_timeout: the client's, in seconds.
        strict: the client's.
        without: calls, by name, that it does not make sense for.
        longest_item: bytes that an item may have; None for as many as there may always be.
    """

    name: str
    wire: str
    where: Where
    cause: Cause
    speech: Outcomes | None = None
    json: Outcomes | None = None
    upload: Outcomes | None = None
    events: Outcomes | None = None
    lines: Outcomes | None = None
    protocols: tuple[Protocol, ...] = EVERY
    format: str = "mp3"
    read_timeout: float = 10.0
    connect_timeout: float = 10.0
    strict: bool = False
    without: frozenset[str] = frozenset()
    longest_item: int | None = None

    def expected(self, kind: Kind, protocol: Protocol) -> Outcome | None:
        """Return what calls of a kind get over a protocol."""
        outcomes: Outcomes | None = getattr(self, kind.name.lower())
        return outcomes.get(protocol) if isinstance(outcomes, Mapping) else outcomes


def by_protocol(one: Outcome, two: Outcome) -> Mapping[Protocol, Outcome]:
    return {Protocol.HTTP1: one, Protocol.TLS: one, Protocol.HTTPX: one, Protocol.HTTP2: two}
