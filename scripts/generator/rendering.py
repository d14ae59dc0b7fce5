"""The package as the templates render it."""

from __future__ import annotations

import ast
import copy
import re
import textwrap
import traceback
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from openapi_python_client import Project, strings
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from .description import Description, Failure, RawOperation, load
from .sessions import OVERLAY, SessionOperation, sessions

ROOT = Path(__file__).resolve().parents[2]

# Names that a schema may not take in a class or a signature, beside Python's own keywords. Unlike the generator's own
# list it leaves out builtins that no annotation of ours uses, so that `format` and `type` keep their names.
RESERVED = {
    *("str", "int", "float", "bool", "bytes", "list", "dict", "object", "property", "classmethod"),
    *(
        "self",
        "cls",
        "true",
        "false",
        "extra_headers",
        "extra_query",
        "extra_body",
        "timeout",
        "deadline",
        "max_retries",
    ),
    *("additional_properties", "json_fields", "json_rest", "from_dict", "to_dict", "to_json"),
}


@dataclass(frozen=True)
class Settings:
    """What openapi/generator.yaml says, or the command line in its place."""

    spec: Path
    out: Path
    package: str
    client: str
    version: str
    overlays: list[str]

    @classmethod
    def read(cls, spec: Path | None, package: str | None, out: Path | None) -> Settings:
        """Read the settings; refuses keys it does not know."""
        path = ROOT / "openapi" / "generator.yaml"
        data = load(path)
        known = {"package", "client", "version", "overlays"}
        unknown = (data.keys() - known) | (data["overlays"].keys() - {"shared", "own"})
        if unknown:
            raise Failure(f"{path.name}: unknown key {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        name = package or data["package"]
        if not name.isidentifier():
            raise Failure(f"--package {name!r} is no Python name")
        return cls(
            spec=(spec or ROOT / "openapi" / "lmnt.yaml").resolve(),
            out=(out or ROOT / "generated").resolve(),
            package=name,
            client=strings.pascal_case(package) if package else data["client"],
            version=data["version"],
            overlays=[*data["overlays"]["shared"], *([] if spec else data["overlays"]["own"])],
        )


@dataclass(frozen=True)
class Argument:
    """One argument of a call: the generator's view of it, and the schema as it was written."""

    prop: Any
    schema: Any


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call, by the place their values go to."""

    path: list[Argument]
    query: list[Argument]
    header: list[Argument]
    body_fields: list[Argument]
    body: Any

    @property
    def named(self) -> list[Argument]:
        """The arguments that are given by name."""
        return [*self.body_fields, *self.query, *self.header]

    @property
    def props(self) -> list[Any]:
        """All arguments, as the generator sees them."""
        return [each.prop for each in [*self.path, *self.named]]


@dataclass(frozen=True)
class Result:
    """What a success holds: its type, its codec and its media type, as text for the templates."""

    type: str
    codec: str
    media_type: str
    prop: Any
    binary: bool = False


class Package(Project):
    """The generator, with templates of ours and the layout of our package."""

    def __init__(self, settings: Settings, description: Description, folder: Path) -> None:
        config = Config.from_sources(
            ConfigFile(literal_enums=True, post_hooks=[], package_name_override=settings.package),
            MetaType.NONE,
            settings.spec,
            "utf-8",
            overwrite=True,
            output_path=folder,
        )
        strings.RESERVED_WORDS.clear()
        strings.RESERVED_WORDS.update(RESERVED)
        parsed = GeneratorData.from_dict(copy.deepcopy(description.document), config=config)
        if isinstance(parsed, GeneratorError):
            raise Failure(f"{parsed.header}: {parsed.detail}")
        super().__init__(openapi=parsed, config=config, custom_template_path=ROOT / "templates")
        self.settings = settings
        self.components = {
            str(strings.ClassName(name, config.field_prefix)): schema for name, schema in description.schemas.items()
        }
        self.description = description
        self.endpoints = {
            each.name: each for tag in parsed.endpoint_collections_by_tag.values() for each in tag.endpoints
        }
        self._refuse_losses()
        self.sessions = self._sessions() if OVERLAY in settings.overlays else []
        self.env.undefined = jinja2.StrictUndefined
        self.env.filters.update(literal=repr, prose=prose)
        self._offer(
            settings=settings,
            description=description,
            sessions=self.sessions,
            kind=lambda prop: type(prop).__name__.removesuffix("Property"),
            models_in=models_in,
            plain=plain,
            exports=exports(settings.overlays),
            fields=self._arguments,
            result_of=self._result,
            schema_of=lambda prop: self.components[str(prop.class_info.name)],
            default_of=self._default,
            response_text=lambda endpoint: description.success(self._raw(endpoint))[1].get("description", ""),
        )

    def _sessions(self) -> list[SessionOperation]:
        """Return what opens a WebSocket session."""
        models = {str(each.class_info.name): each for each in self.openapi.models}
        schemas = {name: self.description.properties(schema) for name, schema in self.components.items()}
        auth_header, client_headers = self.description.auth_header, self.description.client_headers
        return list(sessions(self.description.document, models, schemas, auth_header, client_headers))

    def _offer(self, **names: Any) -> None:
        """Give names to all templates."""
        self.env.globals.update(names)

    def _refuse_losses(self) -> None:
        """Stop if the parser dropped or doubted anything: its own exit code would be 0."""
        losses = [f"{error.header} {error.detail or ''}".strip() for error in self._get_errors()]
        named = {str(strings.PythonIdentifier(name, "field_")): name for name in self.description.operations}
        losses += [f"the operation {name} was dropped" for key, name in named.items() if key not in self.endpoints]
        classes = {each.class_info.name for each in [*self.openapi.models, *self.openapi.enums]}
        expected = {
            str(strings.ClassName(name, "field_")): name
            for name in self.description.schemas.keys() - self.description.aliases - self.description.unions.keys()
        }
        losses += [f"the schema {name} was dropped" for key, name in expected.items() if key not in classes]
        losses += [f"{name} has no name: put its schema under components" for name in classes - expected.keys()]
        losses += [
            f"{name} is used by another schema: a union can only stand for itself"
            for name in self.description.used_unions
        ]
        if losses:
            raise Failure("the generator cannot express all of the description:\n  " + "\n  ".join(sorted(losses)))

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
        tags = {each["name"]: each.get("description", "") for each in self.description.document.get("tags", [])}
        operations: dict[str, list[dict[str, Any]]] = {
            tag: [{"endpoint": endpoint, "raw": self._raw(endpoint)} for endpoint in collection.endpoints]
            for tag, collection in self.openapi.endpoint_collections_by_tag.items()
        }
        models = {
            str(each.class_info.name): str(each.class_info.module_name)
            for each in [*self.openapi.models, *self.openapi.enums]
        }
        models |= {name: snake(name) for name in self.description.unions}
        self._offer(operations=operations, tags=tags, models=dict(sorted(models.items())), results=self._results())
        self._write("__init__.py", "package_init.py.jinja")
        self._write("description.py", "description.py.jinja")
        self._write("client.py", "client.py.jinja")
        self._write("types/__init__.py", "types_init.py.jinja")
        self._write("types/params.py", "params.py.jinja")
        (self.package_dir / "py.typed").touch()
        self._build_models()
        for name, schema in self.description.unions.items():
            self._write(f"models/{snake(name)}.py", "union.py.jinja", name=name, schema=schema)
        for folder in ("operations", "resources"):
            self._write(f"{folder}/__init__.py", "folder_init.py.jinja", folder=folder)
        for session in self.sessions:
            self._write(f"resources/{session.module}.py", "session_resource.jinja", session=session)
        for tag, items in operations.items():
            self._write(f"resources/{tag}.py", "resource.py.jinja", tag=tag)
            for item in items:
                self._write(f"operations/{item['endpoint'].name}.py", "operation.py.jinja", **item)

    def _arguments(self, endpoint: Any, raw: RawOperation) -> Arguments:
        """Return the arguments of an operation, by place."""
        places: dict[str, list[Argument]] = {"path": [], "query": [], "header": []}
        for place, found in places.items():
            for prop in getattr(endpoint, f"{place}_parameters"):
                parameter = raw.parameters[(place, prop.name.get_untrusted_value())]
                if not parameter.get("x-client-header"):
                    found.append(Argument(prop, parameter["schema"]))
        if endpoint.cookie_parameters:
            raise Failure(f"{raw.id}: parameters in cookies cannot be generated")
        if len(endpoint.bodies) > 1:
            raise Failure(f"{raw.id}: exactly one media type for the request body can be generated")
        body = endpoint.bodies[0] if endpoint.bodies else None
        fields: list[Argument] = []
        if body is not None:
            if body.body_type.value not in ("json", "files") or not hasattr(body.prop, "required_properties"):
                raise Failure(
                    f"{raw.id}: a body of {body.content_type.get_untrusted_value()} that is no object of fields"
                )
            schemas = self.description.properties(self.components[str(body.prop.class_info.name)])
            fields = [
                Argument(prop, schemas[prop.name.get_untrusted_value()])
                for prop in [*body.prop.required_properties, *body.prop.optional_properties]
            ]
        names = [str(each.prop.python_name) for each in [*places["path"], *places["query"], *places["header"], *fields]]
        for name in names:
            if names.count(name) > 1:
                raise Failure(f"{raw.id}: two arguments would be called {name}; rename one in the description")
        return Arguments(places["path"], places["query"], places["header"], fields, body)

    def _result(self, endpoint: Any) -> Result:
        """Return what a success of an operation holds."""
        raw = self._raw(endpoint)
        status, response = self.description.success(raw)
        media_type = next(iter(response.get("content", {})), "*/*")
        prop = next(each for each in endpoint.responses.patterns if each.status_code.pattern == str(status)).prop
        macros: Any = self.env.get_template("types.jinja", globals=self.env.globals).module
        kind = type(prop).__name__
        if kind == "FileProperty":
            return Result("bytes", "None", media_type, None, binary=True)
        if kind == "ListProperty":
            inner = prop.inner_property
            return Result(
                f"_model.ResultList[{macros.annotation(inner, 'read')}]",
                f"_model.result_list({macros.codec(inner, None)})",
                media_type,
                prop,
            )
        if media_type != "application/json":
            raise Failure(f"{raw.id}: a success of {media_type} that is neither JSON nor binary")
        return Result(macros.annotation(prop, "read"), macros.codec(prop, None), media_type, prop)

    def _raw(self, endpoint: Any) -> RawOperation:
        return next(raw for key, raw in self.description.operations.items() if snake(key) == endpoint.name)

    def _default(self, schema: Any) -> str:
        found = schema.get("default", self.description.resolve(schema).get("default"))
        text = {True: "true", False: "false"}.get(found, found) if isinstance(found, bool) else found
        return "" if found is None else f" The server's default is `{text}`."

    def _results(self) -> set[str]:
        """Return the models that a success holds, or a list of which it holds."""
        props = [
            response.prop
            for endpoint in self.endpoints.values()
            for response in endpoint.responses.patterns
            if response.status_code.pattern.startswith("2")
        ]
        return {str(each.class_info.name) for prop in props for each in models_in(prop)}

    def _write(self, name: str, template: str, /, **context: Any) -> None:
        path = self.package_dir / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.env.get_template(template).render(**context), encoding="utf-8")


def snake(name: str) -> str:
    """Return a name in snake case, as the generator writes it."""
    return strings.snake_case(name)


def _template_place(error: jinja2.TemplateError) -> tuple[str, int]:
    """Return the template and the line where rendering failed."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return Path(error.filename or error.name or "?").name, error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith("jinja")]
    return Path(frames[-1].filename).name, frames[-1].lineno or 0


def plain(text: Any) -> Any:
    """Return a text of the description as it was written; the generator hides it behind a type of its own."""
    return text.get_untrusted_value() if hasattr(text, "get_untrusted_value") else text


def models_in(prop: Any) -> list[Any]:
    """Return the models and enums that a property's type names, each once."""
    inner = [*getattr(prop, "inner_properties", [])]
    if (item := getattr(prop, "inner_property", None)) is not None:
        inner.append(item)
    found = [prop] if hasattr(prop, "class_info") else [each for part in inner for each in models_in(part)]
    return list({each.class_info.name: each for each in found}.values())


def prose(text: Any, indent: int = 0) -> str:
    """Return the description's text, wrapped, as the inside of a docstring: it can end neither the text nor a line."""
    text = str(plain(text) or "")
    text = "".join(
        each for each in text if each in "\n\t" or not unicodedata.category(each).startswith(("C", "Zl", "Zp"))
    )
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))
    wrapped = "\n\n".join(textwrap.fill(part, 112 - indent, break_long_words=False) for part in paragraphs)
    escaped = wrapped.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    escaped = re.sub(r'"$', '\\"', escaped)
    return textwrap.indent(escaped, " " * indent).lstrip()


def exports(overlays: list[str]) -> dict[str, str]:
    """Return the names that overlays list in __all__, and the module of each."""
    found: dict[str, str] = {}
    for overlay in overlays:
        for node in ast.parse((ROOT / "overlays" / overlay).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["__all__"]:
                module = overlay.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                found |= dict.fromkeys(ast.literal_eval(node.value), module)
    return dict(sorted(found.items()))
