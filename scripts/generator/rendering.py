"""Rendering the package with the templates."""

from __future__ import annotations

import hashlib
import json
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import jinja2
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from .calls import Call
from .commands import BY_HAND, ROOM, Row, by_hand, groups, rows
from .compiled import CompiledTemplates, PlainCode
from .description import Description
from .first_call import example, first_call
from .import_order import in_order
from .inheritance import open_parents
from .kind import Form, Kind
from .kinds import Kinds
from .long_texts import OVERLAY as LONG_TEXTS
from .long_texts import long_texts
from .models import Models
from .naming import Namer, class_name, python_name
from .overlays import check_client, exports, requirements
from .pages import Pages
from .processes import beside
from .report import Failure, Report, Told, below, refuse
from .resources import LeftOutCall, Resource
from .servers import Servers
from .service import client_headers, request_id_header
from .sessions import OVERLAY, sessions
from .settings import ROOT, STAMP, Settings
from .streams import unwrap
from .webhooks import RESOURCE, webhooks
from .writing import MARKDOWN, default_of, docstring, literal, prose


class Package(Project):
    """The Project of openapi-python-client, with our templates.

    openapi-python-client sets up the Jinja environment, names the classes and modules of models and enumerations, and
    chooses the folder of the package. It is given an outline (the names of models and enumerations), not the
    description: its parser knows no discriminator, no limit, no style, and one status for each operation.
    """

    def __init__(
        self, settings: Settings, document: dict[str, Any], folder: Path, report: Report | None = None
    ) -> None:
        check_client(settings)
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
        self.cli = settings.cli
        self.command_rows: list[Row] = []
        needed = [overlay for overlay in settings.optional if OPTIONAL[_asked_for(overlay)](self)]
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
        self.env.code_generator_class = PlainCode
        self.env.bytecode_cache = CompiledTemplates(Path(__file__).with_name("__pycache__"))
        self.env.auto_reload = False
        self._templates: dict[str, jinja2.Template] = {}
        self.env.undefined = jinja2.StrictUndefined
        self.env.filters.update(literal=literal, prose=prose, docstring=docstring, **MARKDOWN)
        self._resources = self._by_resource()
        headers = client_headers(self.description)
        methods = {name: [call.method for call in each.calls] for name, each in self._resources.items()}
        found = list(sessions(self.description, self.kinds, self.models, security.key_name, headers, methods))
        self.sessions = found if OVERLAY in settings.overlays else []
        longer = long_texts(self.calls, methods)
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
            long_texts=longer if LONG_TEXTS in settings.overlays else {},
            webhooks=self.webhooks,
            resources=self._resources,
            components=self.kinds.components,
            results=self._results(),
            params=self._params,
            exports=exports(settings.overlays, settings.modules),
            Form=Form,
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
        classes = {str(each.class_info.name) for each in [*self.openapi.models, *self.openapi.enums]}
        expected = {name for name, kind in self.kinds.components.items() if is_own(name, kind)}
        losses += [f"the schema {name} was dropped" for name in expected - classes]
        if losses:
            raise Failure("the generator cannot express all of the description:\n  " + "\n  ".join(sorted(losses)))

    def _results(self) -> set[str]:
        """Return the models in successes, also in a list, a map or a union."""
        found: set[str] = set()

        def add(kind: Kind) -> None:
            if kind.form == Form.MODEL:
                found.add(kind.name)
            elif kind.form == Form.UNION and kind.name:
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
        """Write the package, a large one in two processes. What is wrong raises; the list is empty."""
        files = list(self._files())
        for name in {each.name.rpartition("/")[0] for each in files}:
            (self.package_dir / name).mkdir(parents=True, exist_ok=True)

        def write(part: list[File]) -> list[Told]:
            for each in part:
                with open(f"{self.package_dir}/{each.name}", "w", encoding="utf-8") as file:  # noqa: PTH123  # it is fast
                    file.write(self._text(each))
            return self.report.told

        if len(files) < MANY:
            write(files)
        else:
            self.report.include(beside(partial(write, files[::2]), partial(write, files[1::2])))
        return []

    def modules(self) -> dict[str, str]:
        """Render the package: the text of each file by its name, not formatted yet."""
        return {each.name: self._text(each) for each in self._files()}

    def _files(self) -> Iterator[File]:
        yield _file("__init__.py", "package_init.py.jinja")
        yield _file("description.py", "description.py.jinja")
        yield _file("client.py", "client.py.jinja")
        yield _file("calls/http_methods.py", "http_methods.py.jinja")
        yield _file("types/__init__.py", "types_init.py.jinja")
        yield File("py.typed", "")
        yield _file("models/__init__.py", "models_init.py.jinja")
        for model in self.openapi.models:
            name = str(model.class_info.name)
            yield _file(f"models/{model.class_info.module_name}.py", "model.py.jinja", name=name)
        for enum in self.openapi.enums:
            kind = self.kinds.components[str(enum.class_info.name)]
            yield _file(f"models/{enum.class_info.module_name}.py", "literal_enum.py.jinja", kind=kind)
        for name, kind in self.kinds.components.items():
            if not is_own(name, kind):
                template = "union.py.jinja" if kind.form == Form.UNION and kind.name == name else "alias.py.jinja"
                yield _file(f"models/{python_name(name)}.py", template, name=name, kind=kind)
        for folder in ("operations", "resources"):
            yield _file(f"{folder}/__init__.py", "folder_init.py.jinja", folder=folder)
        for session in self.sessions:
            yield _file(f"resources/{session.module}.py", "session_resource.jinja", session=session)
        for name, resource in self._resources.items():
            yield _file(f"resources/{name}.py", "resource.py.jinja", name=name, resource=resource)
            if params := {key: call for key, call in self._params.items() if call.resource == name}:
                yield _file(f"types/{name}.py", "params.py.jinja", params=params)
            for call in resource.calls:
                yield _file(f"operations/{call.module}.py", "operation.py.jinja", call=call)

        paged = next((call for call in self.calls if call.paging), None)
        yield _file("api.md", "api.md.jinja", paged=paged)
        if self.settings.cli:
            commands = by_hand(self.settings)
            named = groups(self._resources, commands)
            # A command of one API alone may be in the place of that of its operation, and have its options.
            every = [each for each in commands if f"{BY_HAND}{each}.py" in self.settings.optional]
            table = self.command_rows = rows(self.settings.package, self.calls, named, every, self.models)
            # The call that shows whether the service answers is one that reads, and needs no arguments.
            reading = (
                call
                for call in self.calls
                if call.operation.method == "GET" and not any(each.required for each in call.arguments)
            )
            probe = first_call(reading)
            told = {"groups": named, "rows": table, "by_hand": commands, "probe": probe}
            yield _file("command/table.py", "command_table.py.jinja", **told)
            yield _file("__main__.py", "main.py.jinja")
        if not self.settings.is_own:  # the page of the project itself is the project's
            first = first_call(self.calls)
            stream = first_call(call for call in self.calls if call.series and not call.flag)
            yield _file(
                "README.md",
                "readme.md.jinja",
                first=first,
                arguments=example(first, self.models) if first else "",
                stream=stream,
                stream_arguments=example(stream, self.models) if stream else "",
                paged=paged,
                paged_arguments=example(paged, self.models) if paged else "",
                requirements=requirements(self.settings.overlays),
            )

    def _template(self, name: str) -> jinja2.Template:
        if name not in self._templates:
            self._templates[name] = template = self.env.get_template(name)
            template.globals = dict(template.globals)  # every rendering copies them, and a ChainMap slowly
        return self._templates[name]

    def _text(self, file: File) -> str:
        """Render a file."""
        if not file.template:
            return ""
        try:
            text = self._template(file.template).render(**file.context)
        except (jinja2.TemplateError, AttributeError) as error:
            name, line = _template_place(error)
            raise Failure(f"templates/{name}, line {line}: {getattr(error, 'message', None) or error}") from error
        if " object at 0x" in text and file.name.endswith(".py"):
            raise Failure(f"{file.name}: templates/{file.template} shows an object in place of its text")
        if file.name.endswith(".md"):
            return f"<!-- {self._stamp.removeprefix('# ').strip().replace('--', '-')} -->\n\n{text}"
        return self._stamp + (text if file.name.endswith("__init__.py") else in_order(text))


@dataclass(frozen=True)
class File:
    """A file of the package: the template that it is made with, if it is not empty, and what that is told."""

    name: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])


def _file(name: str, template: str, /, **context: Any) -> File:
    return File(name, template, context)


def _has_pages(package: Package) -> bool:
    return any(call.paging for call in package.calls)


OPTIONAL: Mapping[str, Callable[[Package], bool]] = {
    "values/forms.py": lambda package: any(call.body is not None and call.body.needs_forms for call in package.calls),
    "settings/servers.py": lambda package: not package.servers.are_plain,
    "calls/tokens.py": lambda package: bool(package.description.security.tokens),
    "calls/webhooks.py": lambda package: bool(package.webhooks.kinds),
    "calls/pagination.py": _has_pages,
    "calls/paging.py": _has_pages,
    ROOM: lambda package: package.cli,
}
"""The overlays, or the room of overlays, that only some packages need, and the condition."""


def _asked_for(overlay: str) -> str:
    return ROOM if overlay.startswith(ROOM) else overlay


MANY = 150
"""The files of a package that are worth a second process."""


def is_own(name: str, kind: Kind) -> bool:
    """Whether the module of a component is one of the generator's own kinds: a model or a list of values, no alias."""
    return kind.name == name and kind.form in (Form.MODEL, Form.CHOICE)


def outline(package: Package) -> dict[str, Any]:
    """Return what the generator's own parser reads: which models and lists of values there are."""
    schemas = {
        name: {"type": "object"} if kind.form == Form.MODEL else {"type": "string", "enum": ["value"]}
        for name, kind in package.kinds.components.items()
        if is_own(name, kind)
    }
    info = {"title": "", "version": ""}
    return {"openapi": "3.1.0", "info": info, "paths": {}, "components": {"schemas": schemas}}


def _template_place(error: Exception) -> tuple[str, int]:
    """Return the template and the line where rendering failed."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return Path(error.filename or error.name or "?").name, error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith("jinja")]
    return Path(frames[-1].filename).name, frames[-1].lineno or 0
