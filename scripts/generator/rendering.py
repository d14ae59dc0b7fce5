"""Rendering the package with the templates."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from .calls import Call
from .description import Description, RawOperation
from .first_call import example, first_call
from .inheritance import open_parents
from .kinds import Kind, Kinds
from .models import Models
from .naming import CLIENT_NAMES, Namer, class_name, python_name
from .pages import Pages
from .report import Failure, Report, below, refuse
from .servers import Servers
from .service import client_headers, request_id_header
from .sessions import OVERLAY, sessions
from .settings import ROOT, STAMP, Settings
from .streams import unwrap
from .webhooks import RESOURCE, webhooks
from .writing import MARKDOWN, default_of, literal, prose


class Package(Project):
    """The Project of openapi-python-client, with our templates.

    openapi-python-client sets up the Jinja environment, names the classes and modules of models and enumerations, and
    chooses the folder of the package. It is given an outline (the names of operations, models and enumerations), not
    the description: its parser knows no discriminator, no limit, no style, and one status for each operation.
    """

    def __init__(
        self, settings: Settings, document: dict[str, Any], folder: Path, report: Report | None = None
    ) -> None:
        _check_client(settings)
        digest = hashlib.sha256(json.dumps(document, default=str).encode()).hexdigest()
        self.report = report = report or Report()
        self.description = Description(document, report, settings.names)
        ids = {each.pointer: each.id for each in self.description.operations}
        open_parents(document, report.moved)
        unwrap(document)
        namer = Namer(document, ids, report.moved)
        namer.name_all()
        self._stamp = f"{STAMP}{settings.shown_spec}. Do not edit.\n"
        self.kinds = Kinds(self.description, namer)
        self.models = Models(self.description, self.kinds)
        security = self.description.security
        self.servers = Servers(self.description, [*security.secrets, *security.token_arguments])
        self.calls = list(self._calls())
        pages = Pages(self.models, report, settings.pagination)
        for call in self.calls:
            call.paging = pages.of(call)
        pages.check()
        self.webhooks = webhooks(self.description, self.kinds, self.models)
        needed = [overlay for overlay in settings.optional if OPTIONAL[overlay](self)]
        self.settings = settings = replace(settings, overlays=[*settings.overlays, *needed])
        self.models.read_all()
        report.expressed = len(self.calls)
        report.check()
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
        self.env.auto_reload = False
        self.env.undefined = jinja2.StrictUndefined
        self.env.filters.update(literal=literal, prose=prose, **MARKDOWN)
        self._resources = self._by_resource()
        headers = client_headers(self.description)
        methods = {name: [call.method for call in each.calls] for name, each in self._resources.items()}
        found = list(sessions(self.description, self.kinds, self.models, security.key_name, headers, methods))
        self.sessions = found if OVERLAY in settings.overlays else []
        self._offer(
            settings=settings,
            document=document,
            digest=digest,
            description=self.description,
            security=security,
            servers=self.servers,
            base_url=self.servers.base_url,
            request_id_header=request_id_header(self.description),
            client_headers=headers,
            sessions=self.sessions,
            webhooks=self.webhooks,
            resources=self._resources,
            components=self.kinds.components,
            results=self._results(),
            params=self._params,
            exports=exports(settings.overlays),
            class_name=class_name,
            schema_of=lambda name: self.kinds.schema(str(name)),
            model_of=lambda name: self.models.model(str(name)),
            tags_of=self.models.tags,
            default_member=self.models.default_member,
            python_name=python_name,
            at_run_time=lambda text: re.sub(r"_models\.\w+", "object", text),
            fields_named=self.models.fields_named,
            default_of=default_of,
        )

    def _calls(self) -> Iterator[Call]:
        """Yield the operations that can be expressed; the others are left out."""
        self.left_out: list[LeftOutCall] = []
        for each in self.description.operations:
            call = Call(each, self.description, self.kinds, self.models, self.servers)
            try:
                call.check()
            except Failure as failure:
                self.report.leave_out(each.id, each.pointer, failure)
                self.left_out.append(LeftOutCall(each, "; ".join(problem.reason for problem in failure.problems)))
            else:
                yield call

    def _offer(self, **names: Any) -> None:
        """Set the globals of all templates."""
        self.env.globals.update(names)

    def _by_resource(self) -> dict[str, Resource]:
        """Return the resources by the attribute of the client."""
        tags = self.description.document.get("tags", [])
        about = {each.get("name"): each.get("description", "") for each in tags}
        found: dict[str, Resource] = {}
        taken = {"SyncResource", "AsyncResource", *self.kinds.components}
        operations: list[Call | LeftOutCall] = [*self.calls, *self.left_out]
        for call in operations:
            name = call.operation.name
            if name.resource not in found:
                found[name.resource] = Resource(name.tag, about.get(name.tag, ""), taken)
                taken.update(found[name.resource].classes)
            resource = found[name.resource]
            if isinstance(call, Call):
                resource.calls.append(call)
            else:
                resource.left_out.append(call)
        if self.webhooks.kinds and RESOURCE not in found:
            found[RESOURCE] = Resource(RESOURCE, "The messages that the service sends by itself.", taken)
        return found

    def _refuse_losses(self) -> None:
        """Stop if openapi-python-client dropped anything or warned: its own exit code would be 0."""
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
        """Return the models in successes, also in a list, a map or a union."""
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

    @cached_property
    def _params(self) -> dict[str, Call]:
        """Return the calls with keyword arguments, by the name of the type of these."""
        found: dict[str, Call] = {}
        for resource in self._resources.values():
            calls = [call for call in resource.calls if call.named]
            used = {kind.name for call in calls for each in call.named for kind in each.kind.named()}
            for call in calls:
                said = call.operation.data.get("x-params")
                name = class_name(f"{call.id} Arguments") if said is None else str(said)
                while said is None and (name in found or name in used or name in self.kinds.components):
                    name = f"{name.removesuffix('Arguments')}CallArguments"
                if name != class_name(name):
                    raise refuse(
                        below(call.operation.pointer, "x-params"),
                        f"{said!r} is not what a class can be called here",
                        f"write {class_name(name)}",
                    )
                # A chosen name may hide that of a model in `types`, if no argument is of that model.
                if name in found or name in used or (said is None and name in self.kinds.components):
                    raise refuse(
                        call.operation.pointer,
                        f"the type of its arguments would be called {name}, as another type is",
                        "give it a name with x-params",
                    )
                found[name] = call
        return found

    def build(self) -> list[GeneratorError]:
        """Write the package, unformatted. Errors are raised; the returned list is empty."""
        modules = self.modules()
        self.package_dir.mkdir(parents=True)
        for name, text in modules.items():
            path = self.package_dir / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return []

    def modules(self) -> dict[str, str]:
        """Render the package: the unformatted text of each file by its name."""
        try:
            return dict(self._files())
        except jinja2.TemplateError as error:
            name, line = _template_place(error)
            raise Failure(f"templates/{name}, line {line}: {error.message or error}") from error

    def _files(self) -> Iterator[tuple[str, str]]:
        yield self._file("__init__.py", "package_init.py.jinja")
        yield self._file("description.py", "description.py.jinja")
        yield self._file("client.py", "client.py.jinja")
        yield self._file("calls/http_methods.py", "http_methods.py.jinja")
        yield self._file("types/__init__.py", "types_init.py.jinja")
        yield "py.typed", ""
        yield self._file("models/__init__.py", "models_init.py.jinja")
        for model in self.openapi.models:
            yield self._file(f"models/{model.class_info.module_name}.py", "model.py.jinja", model=model)
        for enum in self.openapi.enums:
            yield self._file(f"models/{enum.class_info.module_name}.py", "literal_enum.py.jinja", enum=enum)
        for name, kind in self.kinds.components.items():
            if not is_own(name, kind):
                template = "union.py.jinja" if kind.form == "union" and kind.name == name else "alias.py.jinja"
                yield self._file(f"models/{python_name(name)}.py", template, name=name, kind=kind)
        for folder in ("operations", "resources"):
            yield self._file(f"{folder}/__init__.py", "folder_init.py.jinja", folder=folder)
        for session in self.sessions:
            yield self._file(f"resources/{session.module}.py", "session_resource.jinja", session=session)
        for name, resource in self._resources.items():
            yield self._file(f"resources/{name}.py", "resource.py.jinja", name=name, resource=resource)
            if params := {key: call for key, call in self._params.items() if call.resource == name}:
                yield self._file(f"types/{name}.py", "params.py.jinja", params=params)
            for call in resource.calls:
                yield self._file(f"operations/{call.module}.py", "operation.py.jinja", call=call)

        paged = next((call for call in self.calls if call.paging), None)
        yield self._page("api.md", paged=paged)
        if not self.settings.is_own:  # this project has a README of its own
            first = first_call(self.calls)
            stream = first_call(call for call in self.calls if call.series and not call.flag)
            yield self._page(
                "README.md",
                first=first,
                arguments=example(first, self.models) if first else "",
                stream=stream,
                stream_arguments=example(stream, self.models) if stream else "",
                paged=paged,
                paged_arguments=example(paged, self.models) if paged else "",
                requirements=requirements(self.settings.overlays),
            )

    def _page(self, name: str, **context: Any) -> tuple[str, str]:
        """Render a page of Markdown."""
        text = self.env.get_template(f"{name.lower()}.jinja").render(**context)
        return name, f"<!-- {self._stamp.removeprefix('# ').strip().replace('--', '-')} -->\n\n{text}"

    def _file(self, name: str, template: str, /, **context: Any) -> tuple[str, str]:
        text = self.env.get_template(template).render(**context)
        if " object at 0x" in text:
            raise Failure(f"{name}: templates/{template} shows an object in place of its text")
        return name, self._stamp + text


@dataclass(frozen=True)
class LeftOutCall:
    """An operation that is left out, and the reason."""

    operation: RawOperation
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        """The HTTP method and the path."""
        return self.operation.method, self.operation.path


class Resource:
    """The operations of one tag."""

    def __init__(self, tag: str, about: str, taken: AbstractSet[str]) -> None:
        self.tag = tag
        self.about = about
        self.calls: list[Call] = []
        self.left_out: list[LeftOutCall] = []
        self.class_name = f"{class_name(tag)}Resource"
        # A tag `pet` and a schema `PetResource` must not collide, nor the tags `async_pet` and `pet`.
        while not taken.isdisjoint(self.classes):
            self.class_name += "Group"

    @property
    def classes(self) -> list[str]:
        """The classes in its module."""
        endings = ("", "WithRawResponse", "WithStreamingResponse")
        return [f"{prefix}{self.class_name}{ending}" for prefix in ("", "Async") for ending in endings]


OPTIONAL: Mapping[str, Callable[[Package], bool]] = {
    "values/forms.py": lambda package: any(call.body is not None and call.body.needs_forms for call in package.calls),
    "settings/servers.py": lambda package: not package.servers.are_plain,
    "calls/tokens.py": lambda package: bool(package.description.security.tokens),
    "calls/webhooks.py": lambda package: bool(package.webhooks.kinds),
    "calls/pagination.py": lambda package: any(call.paging for call in package.calls),
}
"""The overlays that only some packages need, and the condition."""


def is_own(name: str, kind: Kind) -> bool:
    """Whether a component is a model or an enumeration, which openapi-python-client names, and not an alias."""
    return kind.name == name and kind.form in ("model", "choice")


def outline(package: Package) -> dict[str, Any]:
    """Return the outline that openapi-python-client's parser reads: operations, models and enumerations, by name."""
    schemas: dict[str, Any] = {}
    for name, kind in package.kinds.components.items():
        if is_own(name, kind):
            schemas[name] = {"type": "object"} if kind.form == "model" else {"type": "string", "enum": ["value"]}
    paths = {
        f"/{index}": {
            "get": {
                "operationId": call.module,
                "tags": [call.resource],
                "responses": {"200": {"description": ""}},
            }
        }
        for index, call in enumerate(package.calls)
    }
    info = {"title": "", "version": ""}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


class _Compiled(jinja2.BytecodeCache):
    """A cache of compiled templates, for a process that makes many packages."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a cached template, if there is one."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Cache a compiled template."""
        self._codes[(bucket.key, bucket.checksum)] = bucket.code


_COMPILED = _Compiled()


def requirements(overlays: list[str]) -> list[str]:
    """Return the requirements of a package with these overlays, as listed in its `vendor`."""
    texts = [(ROOT / "overlays" / overlay).read_text(encoding="utf-8") for overlay in overlays]
    imported = {name for text in texts for name in re.findall(r"^ *(?:import|from) (\w+)", text, re.MULTILINE)}
    copying = ast.parse((ROOT / "overlays" / "vendor" / "copying.py").read_text(encoding="utf-8"))
    known = next(
        ast.literal_eval(node.value)
        for node in copying.body
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "REQUIREMENTS" and node.value
    )
    return sorted({requirement for name, requirement in known.items() if name in imported | {"attrs"}})


def _template_place(error: jinja2.TemplateError) -> tuple[str, int]:
    """Return the template and the line where rendering failed."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return Path(error.filename or error.name or "?").name, error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith("jinja")]
    return Path(frames[-1].filename).name, frames[-1].lineno or 0


def _check_client(settings: Settings) -> None:
    """Refuse a name of the client, or of its error class, that the package already uses."""
    taken = {*exports([*settings.overlays, *settings.optional]), *CLIENT_NAMES}
    for name in (settings.client, f"Async{settings.client}", f"{settings.client}Error"):
        if name in taken:
            raise Failure(f"--package {settings.package!r}: {name} is another name of the package; take another name")


def exports(overlays: list[str]) -> dict[str, str]:
    """Return the names that overlays list in __all__, and the module of each."""
    found: dict[str, str] = {}
    for overlay in overlays:
        module = overlay.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        found |= dict.fromkeys(_listed((ROOT / "overlays" / overlay).read_text(encoding="utf-8")), module)
    return dict(sorted(found.items()))


@cache
def _listed(source: str) -> list[str]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return []
