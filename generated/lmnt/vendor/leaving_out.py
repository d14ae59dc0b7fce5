"""The package without some of its resources, and without the modules that only those use.

Dependencies are read from the imports of the modules. Entire modules are left out, and from the others entire imports,
definitions and entries of tables; if that is not enough, an error is raised.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import PurePosixPath

COMMAND = ("command/", "__main__.py")
"""The command line, which is that of all resources, and is not in a copy without some of them."""

RESOURCES, ARGUMENTS = "resources", "types"
"""The folders with one module for each resource: its methods, and the types of their arguments."""

INDEXES = ("__init__.py", "resources/__init__.py", "operations/__init__.py", "models/__init__.py", "types/__init__.py")
"""Modules that only re-export names, which does not count as using them."""

Sources = Mapping[str, bytes]
"""The files of a package by their path in it."""


class RefusedError(Exception):
    """Nothing was changed; the text says why and what to do."""


def leave_out(sources: Sources, only: Collection[str]) -> dict[str, bytes]:
    """Return the sources with only the named resources.

    Args:
        sources: The files of the package.
        only: The resources to keep.

    Raises:
        RefusedError: A name is not a resource, or a module that is kept needs one that is left out.
    """
    sources = {name: text for name, text in sources.items() if not name.startswith(COMMAND)}
    graph = _Graph(sources)
    known = graph.resources()
    if unknown := [name for name in only if name not in known]:
        raise RefusedError(f"there is no resource {unknown[0]!r}; there are {', '.join(known)}")
    if not only:
        raise RefusedError(f"no resource would be left; there are {', '.join(known)}")
    unwanted = {f"{folder}/{name}.py" for folder in (RESOURCES, ARGUMENTS) for name in known if name not in only}
    # Other modules in these folders belong to the resources that they use.
    ending = graph.reached(unwanted) - graph.reached(f"{RESOURCES}/{name}.py" for name in only)
    unwanted |= {name for name in graph.users(ending) if PurePosixPath(name).parent.name == RESOURCES} - {*INDEXES}
    candidates = graph.reached(unwanted & graph.trees.keys()) - {*INDEXES}
    gone = candidates - graph.reached((name for name in sources if name not in candidates), without=unwanted)
    return {name: _without(graph, name, gone) for name in sources if name not in gone}


class _Graph:
    """Which modules of a package import which."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.trees = {name: ast.parse(text) for name, text in sources.items() if name.endswith(".py")}
        self.imports = {
            name: [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
            for name, tree in self.trees.items()
        }
        self._uses: dict[str, set[str]] = {
            name: set() if name in INDEXES else self._imported(name) for name in self.trees
        }

    def resources(self) -> list[str]:
        """Return the names of the resources that the clients have."""
        paths = map(PurePosixPath, self._uses["client.py"] - {*INDEXES})
        return sorted(path.stem for path in paths if path.parent.name == RESOURCES)

    def users(self, modules: Collection[str]) -> set[str]:
        """Return the modules that use one of these."""
        return {name for name, used in self._uses.items() if not used.isdisjoint(modules)}

    def _imported(self, name: str) -> set[str]:
        return {
            module for node in self.imports[name] for alias in node.names for module in self._used_by(name, node, alias)
        }

    def _used_by(self, name: str, node: ast.ImportFrom, alias: ast.alias) -> set[str]:
        """Return the modules that an import uses; an import of an index uses those of the names taken from it."""
        module = self.module(name, node, alias)
        if module not in INDEXES:
            # Python runs the __init__ of each folder on the way.
            return {each for each in (module, f"{PurePosixPath(module).parent}/__init__.py") if each in self.trees}
        folder = str(PurePosixPath(module).parent)
        found = {*self.attributes(name, node, alias).values()} or {self._behind(module, alias.name)}
        return {each for each in self.trees if PurePosixPath(each).parent.name == folder} if "" in found else found

    def attributes(self, name: str, node: ast.ImportFrom, alias: ast.alias) -> dict[ast.Attribute, str]:
        """Return each `_models.Voice`, where `_models` is an index that `name` imports, and the module of the class.

        It is empty for any other import, and for any other use of the index.
        """
        index = self.module(name, node, alias)
        if index not in INDEXES or PurePosixPath(index).parent.name != alias.name:
            return {}
        nodes = [*ast.walk(self.trees[name])]
        names = [each for each in nodes if isinstance(each, ast.Name) and each.id == (alias.asname or alias.name)]
        found = [each for each in nodes if isinstance(each, ast.Attribute) and each.value in names]
        return {each: self._behind(index, each.attr) for each in found} if len(found) == len(names) else {}

    def _behind(self, index: str, name: str) -> str:
        """Return the module from which an index imports a name; nothing if it does not."""
        modules = (
            self.module(index, node, alias)
            for node in self.imports[index]
            for alias in node.names
            if node.level and (alias.asname or alias.name) == name
        )
        return next(modules, "")

    def module(self, name: str, node: ast.ImportFrom, alias: ast.alias) -> str:
        """Return the module of the package that an import in `name` imports from, or nothing."""
        parts = PurePosixPath(name).parts
        if not node.level or node.level > len(parts):
            return ""
        base = "/".join([*parts[: len(parts) - node.level], *(node.module or "").split(".")]).strip("/")
        inner = f"{base}/{alias.name}".strip("/")
        candidates = (f"{inner}.py", f"{inner}/__init__.py", f"{base}.py", f"{base}/__init__.py".strip("/"))
        return next((each for each in candidates if each in self.sources), "")

    def reached(self, start: Iterable[str], without: Collection[str] = ()) -> set[str]:
        """Return these modules and all that they use, directly or indirectly."""
        found: set[str] = set()
        waiting = list(start)
        while waiting:
            name = waiting.pop()
            if name not in found and name not in without:
                found.add(name)
                waiting += self._uses.get(name, ())
        return found


def _without(graph: _Graph, name: str, gone: Collection[str]) -> bytes:
    """Return a module without its imports from modules that are left out."""
    imports = [
        node
        for node in graph.imports.get(name, ())
        if any(graph.module(name, node, each) in gone for each in node.names)
    ]
    attributes = [
        node
        for each in graph.imports.get(name, ())
        for alias in each.names
        for node, module in graph.attributes(name, each, alias).items()
        if module in gone
    ]
    if not imports and not attributes:
        return graph.sources[name]
    mixed = [node for node in imports if not all(graph.module(name, node, each) in gone for each in node.names)]
    if mixed:
        raise RefusedError(f"{name}, line {mixed[0].lineno}, imports what stays together with what is left out")
    cut = _Cut(name, imports, attributes)
    spans = list(cut.spans(graph.trees[name].body))
    return _drop_lines(graph.sources[name].decode(), spans).encode()


class _Cut:
    """The parts of a module to remove with some of its imports and of its `_models.Voice`."""

    def __init__(self, name: str, imports: list[ast.ImportFrom], attributes: list[ast.Attribute]) -> None:
        self.module = name
        self.imports = imports
        self.attributes = attributes
        self.names = {alias.asname or alias.name for node in imports for alias in node.names}

    def spans(self, body: list[ast.stmt]) -> Iterator[tuple[int, int]]:
        """Yield the first and the last line of each removed part."""
        for node in body:
            if node in self.imports:
                yield node.lineno, node.end_lineno or node.lineno
            elif not self._mentions(node):
                continue
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.end_lineno or node.lineno
            elif isinstance(node, ast.ClassDef):
                yield from self.spans(node.body)
            elif isinstance(node, ast.If) and not node.orelse:
                inner = list(self.spans(node.body))
                yield from inner if len(inner) < len(node.body) else [(node.lineno, node.end_lineno or node.lineno)]
            elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List | ast.Dict):
                yield from self._entries(node.value)
            else:
                raise RefusedError(f"{self.module}, line {node.lineno}, needs what is left out")

    def _entries(self, table: ast.List | ast.Dict) -> Iterator[tuple[int, int]]:
        firsts: list[ast.expr | None] = list(table.keys if isinstance(table, ast.Dict) else table.elts)
        lasts = table.values if isinstance(table, ast.Dict) else table.elts
        entries = [(first or last, last) for first, last in zip(firsts, lasts, strict=True)]
        lines = [table.lineno, *(first.lineno for first, _ in entries), table.end_lineno or table.lineno]
        if any(after <= before for before, after in pairwise(lines)):
            raise RefusedError(f"{self.module}, line {table.lineno}: the entries do not stand on lines of their own")
        for first, last in entries:
            if self._mentions(first) or self._mentions(last):
                yield first.lineno, last.end_lineno or last.lineno

    def _mentions(self, node: ast.AST) -> bool:
        """Whether a node names something that is left out: in code, as a text in a table, or by importing it."""
        return any(
            (isinstance(each, ast.Name) and each.id in self.names)
            or (isinstance(each, ast.Constant) and each.value in self.names)
            or each in self.imports
            or each in self.attributes
            for each in ast.walk(node)
        )


def _drop_lines(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text without these lines, and without the empty lines around a removed definition."""
    lines = text.splitlines(keepends=True)
    dropped: set[int] = set()
    for first, last in spans:
        dropped.update(range(first, last + 1))
        starts_definition = lines[first - 1].lstrip().startswith(("@", "def ", "async def ", "if "))
        while starts_definition and not lines[first - 2].strip():
            first -= 1
            dropped.add(first)
    return "".join(line for number, line in enumerate(lines, 1) if number not in dropped)
