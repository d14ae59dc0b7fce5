"""The package as a whole: its names, what importing it costs, and what it may import."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

import lmnt
from lmnt import models, operations, resources
from lmnt_server.description import lmnt as description

PACKAGE = Path(lmnt.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def run(code: str, **environment: str) -> str:
    paths = os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SNIPPET = """\
from lmnt import Lmnt
client = Lmnt()
voice_response = client.voices.retrieve('leah')
print(voice_response.request_id)
"""


def test_the_snippet_of_the_errors_page(server: Any) -> None:
    output = run(SNIPPET, LMNT_API_KEY="any", LMNT_BASE_URL=server.base_url)
    assert output.startswith("req_")
    assert len(output.strip()) == 26


def test_importing_loads_nothing_heavy() -> None:
    loaded = run("import sys, lmnt; print('\\n'.join(sys.modules))").split()
    assert "lmnt" in loaded
    heavy = ("httpx", "httpcore", "attrs", "attr", "websockets", "h2", "ssl", "asyncio", "json")
    assert [name for name in loaded if name.partition(".")[0] in heavy] == []
    assert not {name for name in loaded if name.startswith("lmnt.")}


def test_a_name_is_imported_when_it_is_first_used() -> None:
    code = "import sys, lmnt; lmnt.LmntError; print('attrs' in sys.modules); lmnt.Lmnt; print('attrs' in sys.modules)"
    assert run(code).split() == ["False", "True"]


CALLS = """\
import asyncio, sys, lmnt
with lmnt.Lmnt(timeout=5) as client:
    client.voices.list()
    client.speech.generate(text="hi", voice="leah").read()
    try: client.voices.retrieve("nobody")
    except lmnt.NotFoundError as raised: error = raised
print(error.request_id[:4])
async def main():
    async with lmnt.AsyncLmnt() as client: await client.voices.list()
asyncio.run(main())
print(*(name for name in ("httpx", "httpcore", "httpx2", "anyio") if name in sys.modules))
print(error.request, error.response, "httpx" in sys.modules)
"""


def test_calls_on_the_direct_road_load_no_library(server: Any) -> None:
    output = run(CALLS, LMNT_API_KEY="any", LMNT_BASE_URL=server.base_url)
    assert output.split("\n")[:2] == ["req_", ""]
    assert output.rstrip().endswith("<Response [404 Not Found]> True")


def test_a_first_call_loads_only_what_it_needs(server: Any) -> None:
    code = "import sys, lmnt; lmnt.Lmnt().voices.retrieve('leah'); print('\\n'.join(sys.modules))"
    loaded = run(code, LMNT_API_KEY="any", LMNT_BASE_URL=server.base_url).split()
    unneeded = {
        *("encodings.idna", "lmnt.calls.events", "lmnt.streams.containers", "lmnt.streams.sequences"),
        *("lmnt.models.error_response", "lmnt.models.voice_create_params", "lmnt.operations.voices_create"),
    }
    assert "lmnt.operations.voices_retrieve" in loaded
    assert unneeded.isdisjoint(loaded)


@pytest.mark.parametrize("first", ["import lmnt.client", "import lmnt.resources.voices", "from lmnt import Lmnt"])
def test_no_module_takes_the_place_of_a_name(first: str) -> None:
    code = f"{first}\nimport lmnt\nfor name in lmnt.__all__: print(name, type(getattr(lmnt, name)).__name__)"
    kinds = dict(line.split() for line in run(code).splitlines())
    assert [name for name, kind in kinds.items() if kind == "module"] == [
        "audio",
        "bulk",
        "models",
        "resources",
        "types",
    ]
    assert kinds["omit"] == "Omit"


def test_every_module_can_be_imported_first() -> None:
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in MODULES]
    code = (
        "import sys\nfrom importlib import import_module\n"
        f"for name in {[name.removesuffix('.__init__') for name in names]!r}:\n"
        "    for each in [each for each in sys.modules if each.partition('.')[0] == 'lmnt']: del sys.modules[each]\n"
        "    import_module(name)\n"
    )
    assert run(code) == ""


def test_public_names() -> None:
    assert len(set(lmnt.__all__)) == len(lmnt.__all__)
    assert set(lmnt.__all__) <= set(dir(lmnt))
    for name in lmnt.__all__:
        assert getattr(lmnt, name) is getattr(lmnt, name)
    # Everything visible without an underscore is public, but for the modules themselves.
    modules = {path.stem for path in PACKAGE.iterdir()} | {"TYPE_CHECKING", "annotations"}
    assert {name for name in dir(lmnt) if not name.startswith("_")} - modules == set(lmnt.__all__) - {
        "__title__",
        "__version__",
        "audio",
        "bulk",
        "models",
        "resources",
        "types",
    }
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lmnt.nothing  # noqa: B018


def test_public_names_are_sorted() -> None:
    def order(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    assert sorted(lmnt.__all__, key=order) == list(lmnt.__all__)
    assert sorted(models.__all__, key=order) == list(models.__all__)


def test_what_modules_offer_is_public() -> None:
    offered: set[str] = set()
    for path in PACKAGE.glob("*.py"):
        if path.stem != "__init__":
            offered |= set(getattr(import_module(f"lmnt.{path.stem}"), "__all__", ()))
    assert {"LmntError" if name == "Error" else name for name in offered} <= set(lmnt.__all__)


def test_models() -> None:
    assert set(models.__all__) == {name for name in dir(models) if name[0].isupper() and name != "TYPE_CHECKING"}
    for name in models.__all__:
        value = getattr(models, name)
        if inspect.isclass(value) and value.__module__ != "builtins":  # a schema may be another name of a plain type
            assert issubclass(value, lmnt.Model)
            assert value.json_fields().keys() <= {field.name for field in attrs.fields(value)}
    with pytest.raises(AttributeError):
        models.Nothing  # noqa: B018


def test_it_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()
    assert (PACKAGE / "py.typed").read_bytes() == b""


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


def test_what_the_package_imports() -> None:
    allowed = {*sys.stdlib_module_names, "attrs", "certifi", "h11", "httpx", "websockets"}
    allowed |= {"httptools"}  # by the extra `fast`, and done without where it is not
    allowed |= {"anyio"}  # likewise, and for event loops other than asyncio's alone
    allowed |= {"click", "rich", "lmnt_server"}  # by the command, which says so where they are not
    allowed |= {"pydantic", "pydantic_core", "typing_extensions"}  # which ask for what imports them
    allowed |= {"av", "numpy"}  # by the extra `audio`, and by what needs them alone
    found: dict[str, set[str]] = {}
    for path in MODULES:
        for level, name in imports(path):
            top = name.partition(".")[0]
            assert level or top in allowed, f"{path.name} imports {name}"
            assert top != PACKAGE.name or level, f"{path.name} imports its own package by name"
            found.setdefault(top, set()).add(path.relative_to(PACKAGE).as_posix())
    assert found["httpx"] == {"hints/http_types.py", "transport/defaults.py", "transport/library.py"}
    assert found["websockets"] == {"session/closes.py", "session/handshake.py", "session/websocket.py"}
    assert found["av"] == found["numpy"] == {"audio/samples.py"}
    assert "attrs" in found
    assert found["pydantic"] == found["pydantic_core"] == found["typing_extensions"] == {"hints/pydantic_schemas.py"}


NOTES = {"__slotnames__", "__annotations__"}
"""What is left on a class of which an object was copied, or that was asked for its annotations, as other tests do."""


def test_each_method_is_the_same_waiting_and_awaiting() -> None:
    for path in PACKAGE.joinpath("resources").glob("[a-z]*.py"):
        module = import_module(f"{resources.__name__}.{path.stem}")
        kinds = [
            value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__
        ]
        opens_a_session = "SpeechSession" in vars(module)
        plain = {kind.__name__: kind for kind in kinds if not kind.__name__.startswith("Async")}
        for name, kind in plain.items():
            twin = getattr(module, f"Async{name}")
            assert vars(kind).keys() - NOTES == vars(twin).keys() - NOTES
            for attribute, value in vars(kind).items():
                if inspect.isfunction(value) and attribute != "__init__":
                    other = vars(twin)[attribute]
                    # What opens a session, or a streaming response, is awaited or entered itself; a long text is
                    # iterated.
                    is_entered = opens_a_session or name.endswith("WithStreamingResponse")
                    assert inspect.iscoroutinefunction(other) is not (is_entered or attribute == "generate_long")
                    assert inspect.signature(value).parameters == inspect.signature(other).parameters
                    assert value.__doc__ == other.__doc__
    assert vars(lmnt.Lmnt).keys() - NOTES == vars(lmnt.AsyncLmnt).keys() - NOTES


def test_every_operation_has_a_method() -> None:
    names = {path.stem for path in PACKAGE.joinpath("operations").glob("[a-z]*.py")}
    assert names == {operation.id.replace(".", "_") for operation in description().operations}
    client = lmnt.Lmnt(api_key="k")
    for name in names:
        module = import_module(f"{operations.__name__}.{name}")
        resource, _, method = name.partition("_")
        arguments = inspect.signature(module.build).parameters
        call = getattr(getattr(client, resource), method)
        assert list(arguments) == [each for each in inspect.signature(call).parameters if each in arguments]
        for access in ("with_raw_response", "with_streaming_response"):
            assert callable(getattr(getattr(getattr(client, access), resource), method))


def test_no_warning_while_a_client_is_made_and_dropped() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in (lmnt.Lmnt, lmnt.AsyncLmnt):
            kind(api_key="k")
