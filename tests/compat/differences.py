"""Every difference from the official package 2.13.0, each with its reason. docs/migrating.md is made from this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """One row of the table.

    Args:
        before: What the official package does.
        now: What this package does.
        why: The reason.
        facts: Regular expressions of what `surface.py` finds in the official package alone.
        lines: The lines, as `script/label`, that the scripts print otherwise; regular expressions, too.
    """

    before: str
    now: str
    why: str
    facts: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


CLIENT = r"lmnt\.(Async)?(Lmnt|Client)"

TABLE: dict[str, list[Difference]] = {
    "Speech that breaks off": [
        Difference(
            "A stream that dies after its 200 raises an `httpx` exception, or none at all, and leaves half a file",
            "`StreamResetError`, `StreamTruncatedError` or `StreamTimeoutError`, all an `LmntError`; the file's name never holds"
            " half a file",
            "Whoever catches `LmntError` must catch this, and half a file must not pass for a complete one",
            lines=("failing/cut short", "failing/half a file", "program/broken stream", "program/broken file is left"),
        ),
        Difference(
            "`generate()` whose body breaks off is sent again, up to twice, and so are uploads and deletions that may have arrived",
            "Nothing is sent again once a 200 has begun, and uploads and deletions never; the error says what happened",
            "Each of those requests was paid for, or made another voice",
            lines=("failing/speech cut short", "failing/paid for", "failing/uploads"),
        ),
        Difference(
            "A 200 without a byte is audio; so is an MP3 file that stops within a frame, or an HTML page",
            "`StreamTruncatedError`; for the page `APIResponseValidationError`",
            "None of these is what was paid for",
            lines=("failing/(no audio at all|half a frame|HTML for audio)",),
        ),
        Difference(
            "A file that cannot be written is an `OSError`, and audio is written to pipes and devices, too",
            "`FileError`, an `LmntError`; to regular files alone: for others iterate over `iter_bytes()`",
            "A pipe or a device cannot be renamed when the download is complete",
            lines=("responses/(no such folder|device)",),
        ),
        Difference(
            "A body whose end nothing proves, as in HTTP/1.0, is taken for complete",
            "A warning, `UnverifiedStreamWarning`; an error with `strict=True`",
            "It looks like a connection that was lost",
        ),
        Difference(
            "A stream that was read to its end raises `httpx.StreamConsumed` when it is iterated again",
            "`StreamAlreadyConsumed`, as `read()` raises in both",
            "No exception of another package leaves this one",
            lines=("responses/twice",),
        ),
        Difference(
            "A step that is cancelled or given too little time, as by `asyncio.wait_for(anext(…))`, ends the iteration: the next"
            " one says that the body is over, and the rest is lost",
            "The next step goes on where that one was; one that a signal interrupted is an error at the next step. The same in"
            " sessions and in streams of events",
            "Half of the audio looked like all of it",
            lines=("asynchronous/steps of 20 ms",),
        ),
        Difference(
            "A part that nobody asked for (206, `Content-Range`), a body that is shorter than its `Content-Length` and ends with"
            " trailers, and a stream of events that stops within one are taken for complete",
            "`StreamTruncatedError`",
            "What came is compared with what was announced",
        ),
        Difference(
            "A body in which no event is, such as JSON Lines, is an empty `Stream`",
            "`APIResponseValidationError`",
            "What came was not what was asked for, and nothing of it was handed out",
        ),
        Difference(
            "Audio is asked for with `Accept-Encoding: gzip, deflate`",
            "With `identity`",
            "A coding makes audio no smaller",
            lines=("arguments/codings",),
        ),
    ],
    "Sessions": [
        Difference(
            "`create()` returns before the server has said `ready`; what the server refuses comes as a `SpeechSessionError`"
            " message, which `stream_audio_to_file` ignores",
            "`create()` waits for `ready`, and an `error` message is raised, there or while iterating: `NotFoundError`,"
            " `RateLimitError` and so on, as over HTTP",
            "A wrong key gave an empty file and no error",
            lines=("conversations/no such voice", "program/refused session"),
        ),
        Difference(
            "Every end of the connection ends the iteration, whatever its close code",
            "Only a session whose work is done ends so: `send_finish` was called and all was answered. Any other end is a"
            " `SessionClosedError`, also your own `close()` before that",
            "A server that failed looked like one that had said all",
            lines=("conversations/closed and read",),
        ),
        Difference(
            "Sending on a closed session does nothing, and `send_flush` returns a number all the same",
            "An error",
            "The text was lost without a word",
            lines=("conversations/closed and sent to",),
        ),
        Difference(
            "Arguments are not checked, and connection failures are `OSError` or an exception of `websockets`",
            "`InvalidArgumentError` before anything is sent; `APIConnectionError`",
            "No exception of another package leaves this one",
            lines=("conversations/no such format", "conversations/nobody there"),
        ),
        Difference(
            "A message of a type that is not known raises `UnexpectedMessageError`; one that is no JSON `ValueError`",
            "The first is handed out as an `UnknownEvent`; the second raises `APIResponseValidationError`, which"
            " `UnexpectedMessageError` is another name of",
            "The service may add message types at any time",
        ),
        Difference(
            "`SpeechSession(api_key, voice, …)` and `connect()`",
            "`client.speech.sessions.create(…)`",
            "A session shares the settings of its client: proxies, TLS, timeouts, retries",
            facts=(
                r"lmnt\.resources\.sessions\.SpeechSession\(.+\)",
                r"lmnt\.resources\.sessions\.SpeechSession\.connect",
            ),
        ),
        Difference(
            "`session.api_key` and `session.websocket`",
            "Not there",
            "The key belongs in no object that is logged; the connection is the session's own",
            facts=(r"lmnt\.resources\.sessions\.SpeechSession\.(api_key|websocket)",),
        ),
        Difference(
            "Optional arguments of `sessions.create` are None",
            "They are `omit`, as in the other methods; None means the same here",
            "One way to leave out an argument",
            facts=(r"lmnt\.resources\.sessions\.AsyncSessionsResource\.create\(\w+=None\)",),
        ),
        Difference(
            "`lmnt.resources.AsyncSessionsResource`",
            "`lmnt.resources.sessions.AsyncSessionsResource`",
            "The names of `lmnt.resources` are generated from the description, where sessions are part of speech",
            facts=(r"lmnt\.resources\.AsyncSessionsResource(\.create.*|\(.*\))?",),
        ),
    ],
    "Errors": [
        Difference(
            "402 is a bare `APIStatusError`",
            "`PaymentRequiredError`, which is one",
            "To be out of credits needs an answer of its own",
            lines=("failing/402",),
        ),
        Difference(
            "The status alone says which error is raised",
            "The error type that the server names says it, and the status if there is none",
            "One `except` serves both HTTP and sessions, where errors have no status",
            lines=("failing/408", "failing/409", "failing/422", "low_level/patch"),
        ),
        Difference(
            "`error.message` and `str(error)` are the body as Python writes it",
            "`message` is what the server says; `str(error)` is one sentence that ends with the request id",
            "Messages are for people",
            lines=("failing/message", "failing/message says", "program/error message"),
        ),
        Difference(
            "The request id is that of the header",
            "That of the header, else of the body",
            "Proxies drop headers",
            lines=("failing/id in the body alone",),
        ),
        Difference(
            "`error.request` and `error.response.request` have the API key in their headers",
            "It is covered there: `…`",
            "Errors are logged and sent to collectors of errors",
            lines=("failing/key in the request",),
        ),
        Difference(
            "`error.response`, and `http_response` whose body was read, are what httpx gave",
            "Copies with the body, free of the connection, without `Content-Encoding` and `Transfer-Encoding`",
            "Bodies are read and checked by this package; what they were coded with is undone",
        ),
        Difference(
            "`error.request` and `error.response` are always there",
            "They are None for what fails within a session, and for an error that is made by hand without them",
            "A session has no HTTP request",
        ),
        Difference(
            "Errors are made with positional arguments: `APITimeoutError(request)`, `APIResponseValidationError(response, body)`;"
            " without a message they have one",
            "By keyword: `APITimeoutError(request=…)`, `APIResponseValidationError(response=…, body=…)`; the first argument is the"
            " message",
            "So errors can be pickled, and leave worker processes",
            facts=(
                r"lmnt\.APITimeoutError\(1: request\)",
                r"lmnt\.APIResponseValidationError\((1: response|2: body|message=None)\)",
                r"lmnt\.APIConnectionError\(message='Connection error\.'\)",
            ),
        ),
        Difference(
            "What cannot be read as described is returned all the same: HTML as a text, a missing field as None",
            "`APIResponseValidationError`, with the request id and the start of the body. `_strict_response_validation` is"
            " accepted, since it is always so",
            "The failure came later, elsewhere, as `AttributeError` or not at all",
            lines=("results/no JSON", "results/no field", "results/a missing field"),
        ),
        Difference(
            "Mistakes in arguments raise `TypeError`, `ValueError`, `RuntimeError`, `AttributeError` or `FileNotFoundError`, or are"
            ' sent and come back as a 400, or are guessed at, as `tags="sea"` is',
            "`InvalidArgumentError`, an `LmntError` and a `ValueError`, before anything is sent",
            "One error for one thing, and no request that cannot succeed",
            lines=(
                "arguments/upload of a (missing file|text)",
                "clients/(no retries|wrong HTTP client)",
                "failing/(an empty id|no such format|a number for a text)",
                "low_level/no such type",
            ),
        ),
        Difference(
            "A call on a closed client is tried three times, then an `APIConnectionError`",
            "An `LmntError` at once",
            "It is no matter of the connection",
            lines=("failing/closed",),
        ),
        Difference(
            "`DefaultAioHttpClient()` without the extra `aiohttp` raises `RuntimeError`",
            "`InvalidArgumentError`",
            "As above",
        ),
    ],
    "Clients and requests": [
        Difference(
            "An empty API key is taken",
            "`InvalidArgumentError`; so are keys with control characters or characters outside ASCII",
            "A key that was not set is a mistake better found at the start",
            lines=("clients/without a key",),
        ),
        Difference(
            "White space around a key or the value of a header, such as the end of a line of a file, is sent, or fails in the HTTP library",
            "It is taken off, with a warning",
            "It is no part of the value (RFC 9110 section 5.5)",
        ),
        Difference(
            'An id goes into the path as it is: `retrieve("../../account")` asks for the account, `retrieve("list")` for the list',
            "It is one segment, percent-encoded; an id that leads to another operation is refused",
            "Ids may come from users",
            lines=("failing/a path in an id", "failing/an id that is a path"),
        ),
        Difference(
            "`get`, `post` and the others take a URL of any host",
            "A path below the base URL; for another host make another client",
            "The API key goes with each request, and to no other host",
            lines=("low_level/another host",),
        ),
        Difference(
            "A redirect to another host takes the API key along; a POST that is answered by 302 is sent again as a GET",
            "The key stays with its host; a 301, 302 or 303 is followed by a GET alone. Redirects are followed with an"
            " `http_client` of your own, too",
            "The other host could use the key; a GET does nothing of what the POST was to do",
            lines=("failing/key for another host", "failing/POST that is redirected"),
        ),
        Difference(
            "A `Retry-After` of more than 60 seconds is ignored, and the call repeated within seconds",
            "The error is raised at once, with `retry_after`",
            "A server that asks for patience gets it, and the application decides",
            lines=("failing/(a long wait|tries of a long wait)",),
        ),
        Difference(
            "A list in the query is joined: `many=a,b`",
            "It repeats its name: `many=a&many=b`",
            "The default of OpenAPI (form, exploded); the API has no parameter that takes a list",
            lines=("arguments/query of many",),
        ),
        Difference(
            "The tags of a new voice are sent as `tags[]`",
            "As `tags`, the name that the API's description gives them",
            "Frameworks take the brackets for a part of the name",
            lines=("arguments/tags of .+",),
        ),
        Difference(
            "An upload is bytes, an `io.IOBase` object or a path; other files are a `RuntimeError`, and one whose `read` is awaited cannot be sent",
            "Whatever can be read: also `bytearray`, `NamedTemporaryFile`, the uploads of frameworks and, in `AsyncLmnt`, awaited files",
            "Files come from frameworks as they are",
            lines=("arguments/upload of a (bytearray|temporary file)",),
        ),
        Difference(
            "An upload that cannot be rewound, such as a pipe, is sent with a wrong length, and empty when it is sent again",
            "It is read to a temporary file first; `AsyncLmnt` refuses a pipe that would hold up the event loop",
            "The recording must arrive complete, at the second try too",
            lines=("arguments/upload of a pipe",),
        ),
        Difference(
            "Each request says which Python, system and machine it comes from, in `X-Lmnt-…` headers",
            "`User-Agent` and `X-Lmnt-Retry-Count` alone",
            "Nobody needs it to answer",
            lines=("arguments/own headers",),
        ),
        Difference(
            "A header that differs from one of the client's in its case is sent beside it: `x-a: 1, 2`",
            "It takes its place, and `omit` takes it away",
            "Names of headers have no case (RFC 9110 section 5.1)",
            lines=("arguments/header in another case",),
        ),
        Difference(
            "A dictionary in the query becomes `a[b]=1`",
            "`InvalidArgumentError`",
            "The API has no such parameter, and there is no one way to write it",
            lines=("arguments/query within a query",),
        ),
        Difference(
            "A header given as `omit` leaves the default of httpx in its place",
            "It is not sent",
            "That is what `omit` says",
            lines=("arguments/header left out",),
        ),
        Difference(
            "HTTP/1.1 alone",
            "`Lmnt(http2=True)` with the extra `http2`, `ssl_context=` and `proxy=`; TCP keep-alive is on",
            "On an idle network a long request died without a word",
        ),
        Difference(
            "`copy.copy(client)` shares the connections, and `copy.deepcopy` and `pickle.dumps` raise a bare `TypeError`",
            "Both copies have connections of their own, but for an `http_client` that was given; to pickle one is a `NotPicklableError`, also a"
            " `TypeError`, that says what to do",
            "`dataclasses.asdict` and frameworks copy what they are given; `with_options` is what shares connections",
            lines=("clients/(deep copy|pickled)",),
        ),
        Difference(
            "`default_headers`, `default_query`, `auth_headers`, `platform_headers()`, `user_agent`, `qs` and `custom_auth` of a client",
            "Not there; `http_client` has hooks for what they were overridden for",
            "They are how that client is made inside, and one of them shows the key",
            facts=(
                rf"{CLIENT}\.(default_headers|default_query|auth_headers|platform_headers|user_agent|qs|custom_auth)(\(.*\))?",
            ),
        ),
        Difference(
            "`client.request(cast_to, options)`, `client.get_api_list(…)`, and `_extra_kwargs` of `copy()`",
            "Not there; `get`, `post`, `put`, `patch` and `delete` are",
            "They take objects of private classes, and the API has no pages",
            facts=(rf"{CLIENT}\.(request|get_api_list)(\(.*\))?", rf"{CLIENT}\.(copy|with_options)\(_extra_kwargs.*\)"),
        ),
        Difference(
            "`APIResponse(…)`, `Stream(…)` and the like are made with `cast_to`, `client` and so on",
            "Made by the package alone",
            "Nobody else has what they are made of",
            facts=(
                r"lmnt\.(Async)?APIResponse\((cast_to|client|options|raw|retries_taken|stream|stream_cls)(=.*)?\)",
                r"lmnt\.(Async)?Stream\((cast_to|client)\)",
            ),
        ),
    ],
    "Models": [
        Difference(
            "Models are pydantic's, and so are their `model_fields`, `model_config`, `model_json_schema`, `construct` and `__dict__`",
            "attrs classes, with `from_dict`, `to_dict`, `to_json`, iteration, and of pydantic's methods `model_dump`, `model_dump_json`,"
            " `model_validate`, `model_validate_json`, `model_construct`, `model_copy`, `model_extra`, `model_fields_set`, `dict`, `json` and"
            " `copy`. Models of pydantic may have fields of them, and FastAPI may return them",
            "`import lmnt` loads no other package, and an application is free to use any version of pydantic",
            facts=(
                r"lmnt\.BaseModel\.(copy|dict|json|construct)(\(.*\))?",
                r"lmnt\.BaseModel\.model_(config|fields|json_schema)(\(.*\))?",
            ),
        ),
        Difference(
            "`to_dict`, `to_json`, `model_dump` and `model_dump_json` take `warnings`, the last two `round_trip`, `context` and more",
            "They do not",
            "There is nothing to warn of: values are checked when they are read",
            facts=(r"lmnt\.BaseModel\.to_(dict|json)\(warnings.*\)",),
        ),
        Difference(
            "`Voice(…)` checks what it is given, makes models of dictionaries and takes fields of any name, as does `voice.note = …`",
            "It takes what it is given as it is, and no other names; `Voice.model_validate({…})` checks, and takes all",
            "To make a model costs nothing; what comes from a server is always checked",
            lines=("results/by hand, .+",),
        ),
        Difference(
            "`repr()` of a model has all its fields",
            "Those that are not None; never a key",
            "Readable, and safe to log",
            lines=("results/repr",),
        ),
        Difference(
            "`to_dict()` of a message made by hand leaves out its `type`",
            "It is there",
            "The message would not be understood without it",
            lines=("results/flush made by hand",),
        ),
        Difference(
            "`request_id` is a field of each model, and part of what `==` compares",
            "It is on results, on each item of a list and on the list, also an empty one; two equal voices are equal",
            "Parts of a result never had one: theirs was None",
            facts=(r"lmnt\.(BaseModel|types\.\w+|resources\.sessions\.SpeechSession[A-Z]\w+)\.request_id",),
            lines=("results/equal", "results/an empty list"),
        ),
        Difference(
            "`SpeechSessionAudio` is a model",
            "A dataclass with `audio` and `type`",
            "Bytes have no place in JSON",
        ),
        Difference(
            "Two classes are called `Timestamp`",
            "One",
            "They have the same fields",
        ),
        Difference(
            "`lmnt.types.voice` and the like are files",
            "`from lmnt.types.voice import Voice` works; a type checker finds all names in `lmnt.types` alone",
            "One place to import from",
        ),
    ],
    "The package": [
        Difference(
            "`lmnt._types`, `lmnt._exceptions`, `lmnt._response` and other modules whose names begin with `_`",
            "Not there. Their names are in `lmnt`: `FileTypes`, `Headers`, `NotFoundError`, `BinaryAPIResponse` and so on",
            "They are how that package is made inside",
            lines=("clients/private modules",),
        ),
        Difference(
            "`lmnt.__version__` is 2.13.0",
            "0.1.0",
            "It is another package",
            lines=("clients/version",),
        ),
        Difference(
            "Python 3.10; pydantic, anyio, distro, sniffio, typing-extensions",
            "Python 3.11; attrs",
            "Five dependencies: attrs, certifi, h11, httpx and websockets, none of them imported before it is needed",
        ),
        Difference(
            "`LMNT_LOG=debug` logs what is sent, texts and headers",
            "Methods, paths, statuses and request ids",
            "Texts and keys belong in no log",
        ),
    ],
}


def markdown() -> str:
    """Return the tables, as docs/migrating.md has them."""
    lines: list[str] = []
    for title, rows in TABLE.items():
        lines += ["", f"## {title}", "", "| Before | Now | Why |", "| --- | --- | --- |"]
        lines += [f"| {row.before} | {row.now} | {row.why} |".replace("  ", " ") for row in rows]
    return "\n".join(lines) + "\n"


def rows() -> list[Difference]:
    """Return all rows."""
    return [row for each in TABLE.values() for row in each]
