"""Whether what the modules of a package import from each other is there.

Python would tell, too, but to run all modules took as long as to render them, and it meets the imports within functions
only when these are called. What else a module may lack is told by ruff, which looks for names that nothing defines.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from itertools import chain

from .report import Failure

_PROSE = re.compile(
    r'''"""(?:[^"\\]++|\\.|"(?!""))*+"""|"(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+'|\#[^\n]*''', re.DOTALL
)
"""Strings and comments, in which anything may stand."""

# A pattern that begins with the end of a line is searched several times faster than one of the start of a line.
_BLOCK = re.compile(r"\n(?:if|elif|else|try|except|finally|with|for)\b.*(?:\n(?: .*|(?=\n)))+")
"""A compound statement of a module, in which names are the module's as well."""

_IMPORT = re.compile(r"\n( *)from (\.*)([\w.]*) import (?:\(([^)]*)\)|([^\n]+))")
_PACKAGE = re.compile(r"\n(?:from|import) (\w+)")
_NAMES = r"(?:(?:(?:async )?def|class|import(?: [\w.]+ as)?) (\w+)|(\w+(?:(?:, | = )\w+)*)(?:: [^\n=]+)? = )"
_OUTER = re.compile(f"\n{_NAMES}")
_INNER = re.compile(f"\n +{_NAMES}")


@dataclass
class Module:
    """What a module has, and what it imports: the module, the name, and whether that is done as soon as it runs.

    What other packages it imports as soon as it runs stands apart.
    """

    names: set[str] = field(default_factory=set[str])
    needs: set[str] = field(default_factory=set[str])
    imports: list[tuple[str, str, bool]] = field(default_factory=list[tuple[str, str, bool]])


def check_imports(package: str, texts: Mapping[str, str]) -> None:
    """Refuse a package of which a module imports what is not there, or is imported by what it imports.

    Args:
        package: Its name.
        texts: Its modules by their names, such as `models/voice.py`.
    """
    paths = {_dotted(path): path for path in texts}
    modules = {name: _read(name, path, texts[path]) for name, path in paths.items()}
    needed = {each: name for name, module in modules.items() for each in module.needs}
    problems = [
        f"{paths[name]}: it imports {each}, which is not installed"
        for each, name in needed.items()
        if each not in sys.stdlib_module_names and find_spec(each) is None
    ]
    problems += [
        f"{paths[name]}: it imports {wanted} from {source or package}, which has no such name"
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


def _dotted(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix("__init__").removesuffix(".")


def _join(module: str, name: str) -> str:
    return f"{module}.{name}" if module else name


def _read(name: str, path: str, text: str) -> Module:
    """Read a module: the statements that run with it, and the imports of all."""
    text = _PROSE.sub('""', f"\n{text}")
    found = Module(needs=set(_PACKAGE.findall(text)))
    blocks = _BLOCK.findall(text)
    for bound, assigned in chain(_OUTER.findall(text), *(_INNER.findall(block) for block in blocks)):
        found.names.update([bound] if bound else re.split(", | = ", assigned))
    for block in blocks:
        for _, _, _, several, one in _IMPORT.findall(block):
            found.names.update(_wanted(several or one).values())
    parts = name.split(".") if name else []
    for inner, dots, source, several, one in _IMPORT.findall(text):
        wanted = _wanted(several or one)
        if not inner:
            found.names.update(wanted.values())
        if up := len(dots):
            outer = parts[: len(parts) - up + path.endswith("__init__.py")]
            found.imports += [(".".join([*outer, *filter(None, [source])]), each, not inner) for each in wanted]
    return found


def _wanted(text: str) -> dict[str, str]:
    """Return what an import names, and what each is called here."""
    return {part[0]: part[-1] for part in map(str.split, text.split(",")) if part}
