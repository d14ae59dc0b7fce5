"""What other generators make of the descriptions in `../shared/descriptions`, beside this one.

    .venv/bin/python benchmarks/generators.py PYTHON          PYTHON: 3.12 or later, which one of the others needs
    .venv/bin/python benchmarks/generators.py PYTHON --only openapi-generator figma

The others are installed from the registry into an environment of their own, in versions that are said here;
openapi-generator needs Java beside that. Prints for each how many packages it writes, how many of these compile and
import, how many operations those hold (one of several tags counts for each, where each has a class of it), and the
seconds.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT.parent / "shared" / "descriptions"
LIMIT = 300
"""Seconds for one package."""

TRY_IMPORTS = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
package = importlib.import_module("client")
for each in pkgutil.walk_packages(package.__path__, "client."):
    importlib.import_module(each.name)
"""


@dataclass(frozen=True)
class Tool:
    """A generator.

    Args:
        requirement: What is installed of it; nothing for this one.
        command: How it is called, with `{spec}` and `{out}`.
        method: What each operation of a package has once.
        needs: What its packages import.
    """

    requirement: str
    command: Sequence[str]
    method: str
    needs: Sequence[str] = ()


TOOLS = {
    "this one": Tool(
        "",
        [
            *(sys.executable, str(ROOT / "scripts/regenerate.py"), "--spec", "{spec}", "--package", "client"),
            *("--out", "{out}", "--leave-out", "all"),
        ],
        r"^def build\(",
    ),
    "openapi-python-client": Tool(
        "openapi-python-client==0.29.1",
        ["openapi-python-client", "generate", "--path", "{spec}", "--meta", "none", "--output-path", "{out}/client"],
        r"^def sync_detailed\(",
        ("httpx", "attrs", "python-dateutil"),
    ),
    "openapi-generator": Tool(
        "openapi-generator-cli==7.26.0",
        [
            *("openapi-generator-cli", "generate", "-g", "python", "-i", "{spec}", "-o", "{out}"),
            *("--package-name", "client", "--skip-validate-spec"),
        ],
        r"^    def \w+_with_http_info\(",
        ("urllib3", "python-dateutil", "pydantic>=2.11", "typing-extensions"),
    ),
    "unihttp-openapi-generator": Tool(
        "unihttp-openapi-generator==0.3.1",
        [
            *("unihttp-openapi-generator", "generate", "{spec}", "-o", "{out}", "--package-name", "client"),
            *("--serializer", "pydantic", "--client", "both"),
        ],
        r"^class \w+\(BaseMethod",
        ("unihttp>=0.2.9", "aiohttp>=3.10", "requests>=2.32", "pydantic"),
    ),
}


@dataclass
class Count:
    """What became of the descriptions with one generator."""

    written: int = 0
    compile: int = 0
    imported: int = 0
    operations: int = 0
    seconds: float = 0


def entries() -> dict[str, Path]:
    """Return the first file of each description."""
    with (FOLDER / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        return {row["short-name"]: FOLDER / row["entry"] for row in csv.DictReader(file, delimiter="\t")}


def succeeds(*command: str) -> bool:
    """Run a command for as long as it may take; return whether it went well."""
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=LIMIT).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def run(name: str, tool: Tool, spec: Path, scripts: Path, count: Count) -> None:
    """Have one generator make one package, and look at it."""
    python = str(scripts / "python") if tool.requirement else sys.executable
    with tempfile.TemporaryDirectory() as out:
        program, *arguments = [part.format(spec=spec, out=out) for part in tool.command]
        begun = time.monotonic()
        went_well = succeeds(str(scripts / program) if tool.requirement else program, *arguments)
        seconds = time.monotonic() - begun
        modules = list(Path(out, "client").rglob("*.py"))
        texts = [each.read_text(encoding="utf-8") for each in modules]
        found = sum(len(re.findall(tool.method, text, re.MULTILINE)) for text in texts)
        compiles = bool(modules) and succeeds(python, "-m", "compileall", "-q", str(Path(out, "client")))
        imports = compiles and succeeds(python, "-c", TRY_IMPORTS, out)
    count.written += went_well and bool(modules)
    count.compile += compiles
    count.imported += imports
    count.operations += found if imports else 0
    count.seconds += seconds
    print(
        f"  {name}: {spec.name}: {found} operations, compiles {compiles}, imports {imports}, {seconds:.1f} s",
        flush=True,
    )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", help="the Python of the others")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the short names of INDEX.tsv; all without one")
    parser.add_argument("--only", choices=list(TOOLS), help="one generator alone")
    given = parser.parse_args()
    tools = {name: tool for name, tool in TOOLS.items() if given.only in (None, name)}
    specs = [path for name, path in entries().items() if not given.names or name in given.names]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([given.python, "-m", "venv", folder], check=True)
        wanted = [each for tool in tools.values() if tool.requirement for each in (tool.requirement, *tool.needs)]
        if wanted:
            subprocess.run([f"{folder}/bin/python", "-m", "pip", "install", "--quiet", *wanted], check=True)
        counts = {name: Count() for name in tools}
        for spec in specs:
            for name, tool in tools.items():
                run(name, tool, spec, Path(folder, "bin"), counts[name])
    first = f"of {len(specs)} descriptions"
    print(f"{first:28}{'written':>9}{'compile':>9}{'import':>9}{'operations':>12}{'seconds':>9}")
    for name, each in counts.items():
        print(f"{name:28}{each.written:9}{each.compile:9}{each.imported:9}{each.operations:12}{each.seconds:9.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
