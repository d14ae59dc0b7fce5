"""The package as the templates render it."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import math
import re
import textwrap
import traceback
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from .calls import Call
from .description import Description, Failure, refuse
from .keywords import problems
from .kinds import Kind, Kinds
from .naming import Namer, class_name, python_name
from .security import auth_of
from .sessions import OVERLAY, sessions
from .settings import ROOT, Settings

FIELDS_OF_THE_KEY = ("x-request-id", "request-id", "x-correlation-id", "x-trace-id")


class Package(Project):
    """The generator, with templates of ours and the layout of our package.

    Its parser gives the operations by tag, the models and the lists of values, each with its names. What they hold is
    read from the description itself: the parser knows no discriminator, no limit, no style and one status for each
    operation.
    """

    def __init__(self, settings: Settings, document: dict[str, Any], folder: Path) -> None:
        if wrong := list(problems(document)):
            raise Failure.of(wrong)
        digest = hashlib.sha256(json.dumps(document, default=str).encode()).hexdigest()
        origins = Namer(document).name_all()
        self.description = Description(document)
        self.settings = settings
        self.kinds = Kinds(self.description, origins)
        self.calls = [Call(each, self.description, self.kinds) for each in self.description.operations.values()]
        config = Config.from_sources(
            ConfigFile(literal_enums=True, post_hooks=[], package_name_override=settings.package),
            MetaType.NONE,
            settings.spec,
            "utf-8",
            overwrite=True,
            output_path=folder,
        )
        parsed = GeneratorData.from_dict(outline(self), config=config)
        if isinstance(parsed, GeneratorError):
            raise Failure(f"{parsed.header}: {parsed.detail}")
        super().__init__(openapi=parsed, config=config, custom_template_path=ROOT / "templates")
        self._refuse_losses()
        self.env.bytecode_cache = _COMPILED
        self.env.undefined = jinja2.StrictUndefined
        self.env.filters.update(literal=literal, prose=prose)
        self._resources = self._by_resource()
        auth = auth_of(document)
        headers = client_headers(self.description)
        found = list(sessions(self.description, self.kinds, auth.key, headers))
        self.sessions = found if OVERLAY in settings.overlays else []
        self._offer(
            settings=settings,
            document=document,
            digest=digest,
            description=self.description,
            auth=auth,
            base_url=base_url(document),
            request_id_header=request_id_header(self.description),
            client_headers=headers,
            sessions=self.sessions,
            resources=self._resources,
            components=self.kinds.components,
            results=self._results(),
            exports=exports(settings.overlays),
            class_name=class_name,
            schema_of=lambda name: self.kinds.schema(str(name)),
            model_of=lambda name: self.kinds.model(str(name)),
            tags_of=self.kinds.tags,
            shown=self.kinds.shown,
            default_of=default_of,
        )

    def _offer(self, **names: Any) -> None:
        """Give names to all templates."""
        self.env.globals.update(names)

    def _by_resource(self) -> dict[str, Resource]:
        """Return the resources by the attribute of the client."""
        about = {each["name"]: each.get("description", "") for each in self.description.document.get("tags", [])}
        found: dict[str, Resource] = {}
        for call in self.calls:
            tag = call.operation.tag
            resource = found.setdefault(call.resource, Resource(tag, about.get(tag, ""), self.kinds.components))
            if resource.tag != tag or call.method in {each.method for each in resource.calls}:
                raise refuse(
                    call.operation.pointer,
                    f"it would be called {call.resource}.{call.method}, as another operation is",
                    "rename one of them",
                )
            resource.calls.append(call)
        return found

    def _refuse_losses(self) -> None:
        """Stop if the generator dropped or doubted anything: its own exit code would be 0."""
        losses = [f"{error.header} {error.detail or ''}".strip() for error in self._get_errors()]
        collections = self.openapi.endpoint_collections_by_tag.values()
        operations = sum(len(collection.endpoints) for collection in collections)
        if operations != len(self.calls):
            losses.append(f"{len(self.calls) - operations} operations were dropped")
        classes = {str(each.class_info.name) for each in [*self.openapi.models, *self.openapi.enums]}
        expected = {name for name, kind in self.kinds.components.items() if is_own(name, kind)}
        losses += [f"the schema {name} was dropped" for name in expected - classes]
        if losses:
            raise Failure("the generator cannot express all of the description:\n  " + "\n  ".join(sorted(losses)))

    def _results(self) -> set[str]:
        """Return the models that a success holds, or a list, a map or a union of which it holds."""
        found: set[str] = set()

        def add(kind: Kind) -> None:
            if kind.form == "model":
                found.add(kind.name)
            elif kind.form == "union" and kind.name:
                inner = self.kinds.components[kind.name].inner
                for each in inner:
                    add(each)
            for each in kind.inner:
                add(each)

        for call in self.calls:
            for result in call.results:
                add(result.kind)
        return found

    def build(self) -> list[GeneratorError]:
        """Render the package. What is wrong raises; the list is empty."""
        try:
            self._render()
        except jinja2.TemplateError as error:
            name, line = _template_place(error)
            raise Failure(f"templates/{name}, line {line}: {error.message or error}") from error
        return []

    def _render(self) -> None:
        self.package_dir.mkdir(parents=True)
        self._write("__init__.py", "package_init.py.jinja")
        self._write("description.py", "description.py.jinja")
        self._write("client.py", "client.py.jinja")
        (self.package_dir / "py.typed").touch()
        self._build_models()
        for name, kind in self.kinds.components.items():
            if not is_own(name, kind):
                template = "union.py.jinja" if kind.form == "union" and kind.name == name else "alias.py.jinja"
                self._write(f"models/{python_name(name)}.py", template, name=name, kind=kind)
        for folder in ("operations", "resources"):
            self._write(f"{folder}/__init__.py", "folder_init.py.jinja", folder=folder)
        for session in self.sessions:
            self._write(f"resources/{session.module}.py", "session_resource.jinja", session=session)
        for name, resource in self._resources.items():
            self._write(f"resources/{name}.py", "resource.py.jinja", name=name, resource=resource)
            for call in resource.calls:
                self._write(f"operations/{call.module}.py", "operation.py.jinja", call=call)

    def _write(self, name: str, template: str, /, **context: Any) -> None:
        path = self.package_dir / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.env.get_template(template).render(**context), encoding="utf-8")


class Resource:
    """The operations of one tag."""

    def __init__(self, tag: str, about: str, components: Mapping[str, Kind]) -> None:
        self.tag = tag
        self.about = about
        self.calls: list[Call] = []
        name = class_name(tag)
        names = {f"{prefix}{name}{ending}" for prefix in ("", "Async") for ending in ("", *_ACCESS)}
        # A tag `pet` and a schema `Pet` are two things.
        self.class_name = f"{name}Resource" if names & components.keys() else name


_ACCESS = ("WithRawResponse", "WithStreamingResponse")


def is_own(name: str, kind: Kind) -> bool:
    """Whether the generator itself renders the module of a component: a model or a list of values, no alias of one."""
    return kind.name == name and kind.form in ("model", "choice")


def outline(package: Package) -> dict[str, Any]:
    """Return what the generator's own parser reads: which operations, models and lists of values there are."""
    schemas: dict[str, Any] = {}
    for name, kind in package.kinds.components.items():
        if is_own(name, kind):
            schemas[name] = {"type": "object"} if kind.form == "model" else {"type": "string", "enum": ["value"]}
    paths = {
        f"/{index}": {
            call.operation.method.lower(): {
                "operationId": call.module,
                "tags": [call.resource],
                "responses": {"200": {"description": ""}},
            }
        }
        for index, call in enumerate(package.calls)
    }
    info = {"title": "", "version": ""}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def base_url(document: Mapping[str, Any]) -> str:
    """Return where the API is: the first server, its variables at their defaults; empty if that is no URL."""
    servers = document.get("servers") or [{"url": ""}]
    url = str(servers[0]["url"])
    for name, variable in servers[0].get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable["default"]))
    return url if url.startswith(("http://", "https://")) else ""


def request_id_header(description: Description) -> str:
    """Return the header that names a request: the one marked with x-request-id, else one that is called so."""
    marked, named = "", ""
    for operation in description.operations.values():
        for response in operation.data["responses"].values():
            for name, header in description.resolve(response).get("headers", {}).items():
                if description.resolve(header).get("x-request-id"):
                    marked = marked or name.lower()
                if name.lower() in FIELDS_OF_THE_KEY:
                    named = named or name.lower()
    return marked or named or FIELDS_OF_THE_KEY[0]


def client_headers(description: Description) -> dict[str, str]:
    """Return the headers that the client sends by itself, marked with x-client-header."""
    found: dict[str, str] = {}
    for operation in description.operations.values():
        for pointer, parameter in operation.parameters.values():
            if parameter.get("x-client-header"):
                schema = description.resolve(parameter.get("schema", {}))
                if parameter["in"] != "header" or "default" not in schema:
                    raise refuse(pointer, "x-client-header needs a value to send", "make it a header with a default")
                found[parameter["name"]] = str(schema["default"])
    return found


def default_of(schema: Mapping[str, Any]) -> str:
    """Return a sentence on the default of the server, if there is one."""
    found = schema.get("default")
    text = {True: "true", False: "false"}.get(found, found) if isinstance(found, bool) else found
    return "" if found is None else f" The server's default is `{text}`."


class _Compiled(jinja2.BytecodeCache):
    """The compiled templates, for a process that makes many packages."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before, if it was."""
        if bucket.key in self._codes:
            bucket.load_bytecode(io.BytesIO(self._codes[bucket.key]))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._codes[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def _template_place(error: jinja2.TemplateError) -> tuple[str, int]:
    """Return the template and the line where rendering failed."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return Path(error.filename or error.name or "?").name, error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith("jinja")]
    return Path(frames[-1].filename).name, frames[-1].lineno or 0


def literal(value: Any) -> str:
    """Return a value of the description as Python has it; what it holds stays a value."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Failure(f"{value} cannot be written in JSON: write a number")
    return repr(value)


def prose(text: Any, indent: int = 0) -> str:
    """Return the description's text, wrapped, as the inside of a docstring: it can end neither the text nor a line."""
    text = "".join(
        each
        for each in str(text or "")
        if each in "\n\t" or not unicodedata.category(each).startswith(("C", "Zl", "Zp"))
    )
    paragraphs = (" ".join(part.split()) for part in _paragraphs(text))
    wrapped = "\n\n".join(textwrap.fill(part, 112 - indent, break_long_words=False) for part in paragraphs)
    escaped = wrapped.replace("\\", "\\\\")
    # No run of quotes, and none at the end, may end the text.
    escaped = re.sub(r'"{2,}|"$', lambda found: found.group().replace('"', '\\"'), escaped)
    return textwrap.indent(escaped, " " * indent).lstrip()


def _paragraphs(text: str) -> list[str]:
    found: list[list[str]] = [[]]
    for line in text.strip().split("\n"):
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [" ".join(part) for part in found]


def exports(overlays: list[str]) -> dict[str, str]:
    """Return the names that overlays list in __all__, and the module of each."""
    found: dict[str, str] = {}
    for overlay in overlays:
        module = overlay.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        found |= dict.fromkeys(_offered(overlay), module)
    return dict(sorted(found.items()))


@cache
def _offered(overlay: str) -> list[str]:
    for node in ast.parse((ROOT / "overlays" / overlay).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return []
