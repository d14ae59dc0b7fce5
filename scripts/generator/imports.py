"""Whether what the modules of a package import from each other is there.

Python would tell, too, but to run all modules took as long as to render them, and it meets the imports within functions
only when these are called. What else a module may lack is told by ruff, which looks for names that nothing defines.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

from .report import Failure

_PROSE = re.compile(r'''"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*''', re.DOTALL)
"""Strings and comments, in which anything may stand."""

_STATEMENT = re.compile(r"^(?=[^\s)\]}])", re.MULTILINE)
_IMPORT = re.compile(r"^ *from (\.*)([\w.]*) import (?:\(([^)]*)\)|([^\n]+))", re.MULTILINE)
_PACKAGE = re.compile(r"^ *(?:from|import) (\w+)", re.MULTILINE)
_NAMES = re.compile(
    r"^ *(?:(?:(?:async )?def|class|import(?: [\w.]+ as)?) (\w+)|(\w+(?:(?:, | = )\w+)*)(?:: [^\n=]+)? = )",
    re.MULTILINE,
)
_OWN = re.compile(r"(?:@.*\n)*(?:async )?(?:def|class) (\w+)")
"""A function or a class, whose other names are its own."""


@dataclass
class Module:
    """What a module has, and what it imports: the module, the name, and whether that is done as soon as it runs.

    What other packages it imports as soon as it runs stands apart.
    """

    names: set[str] = field(default_factory=set[str])
    needs: set[str] = field(default_factory=set[str])
    imports: list[tuple[str, str, bool]] = field(default_factory=list[tuple[str, str, bool]])


def check_imports(package: Path) -> None:
    """Refuse a package of which a module imports what is not there, or is imported by what it imports."""
    paths = {_dotted(path.relative_to(package)): path for path in package.rglob("*.py")}
    modules = {name: _read(name, path) for name, path in paths.items()}
    needed = {each: name for name, module in modules.items() for each in module.needs}
    problems = [
        f"{paths[name].relative_to(package)}: it imports {each}, which is not installed"
        for each, name in needed.items()
        if each not in sys.stdlib_module_names and find_spec(each) is None
    ]
    problems += [
        f"{paths[name].relative_to(package)}: it imports {wanted} from {source or package.name}, which has no such name"
        for name, module in modules.items()
        for source, wanted, _ in module.imports
        if wanted not in (modules[source].names if source in modules else ()) and _join(source, wanted) not in modules
    ]
    graph = {
        name: {source for source, wanted, at_once in module.imports if at_once and _join(source, wanted) not in modules}
        for name, module in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        problems.append(f"modules import each other: {' → '.join(error.args[1])}")
    if problems:
        raise Failure("the rendered package cannot be imported:\n" + "\n".join(problems))


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def _join(module: str, name: str) -> str:
    return f"{module}.{name}" if module else name


def _read(name: str, path: Path) -> Module:
    """Read a module: the statements that run with it, and the imports of all."""
    found = Module()
    is_package = path.name == "__init__.py"
    for statement in _STATEMENT.split(_PROSE.sub('""', path.read_text(encoding="utf-8"))):
        own = _OWN.match(statement)
        at_once = own is None and not statement.startswith(("if TYPE_CHECKING", "try:"))
        if at_once:
            found.needs.update(_PACKAGE.findall(statement))
        for dots, source, several, one in _IMPORT.findall(statement):
            wanted = dict(_wanted(several or one))
            if own is None:
                found.names.update(wanted.values())
            if dots:
                up = len(dots) - is_package
                parts = name.split(".")[: -up or None] if name else []
                target = ".".join([*parts, *filter(None, [source])])
                found.imports += [(target, each, at_once) for each in wanted]
        if own is not None:
            found.names.add(own[1])
        else:
            for bound, assigned in _NAMES.findall(statement):
                found.names.update([bound] if bound else re.split(", | = ", assigned))
    return found


def _wanted(text: str) -> Iterator[tuple[str, str]]:
    """Yield what an import names, and what it is called here."""
    for each in filter(None, (part.split() for part in text.split(","))):
        yield each[0], each[-1]
