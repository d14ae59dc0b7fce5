"""How the generator and its packages grow with a description.

    .venv/bin/python benchmarks/scale.py            1,000 operations and 2,000 schemas, and parts of that
    .venv/bin/python benchmarks/scale.py --size 100
    .venv/bin/python benchmarks/scale.py --beside acme.yaml other.json

Prints for each size the seconds and the megabytes of a run, and how long `import` of the package takes compared with a
package of one operation. With `--beside` it makes the packages of these descriptions, and prints the seconds beside
those of `openapi-python-client generate`: the two take turns, and the better of two runs of each counts. What else the
machine does slows the one that uses several processors more, so the seconds of the processors stand there too. Both may
keep what Python compiles, as in a shell without PYTHONDONTWRITEBYTECODE.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def description(operations: int) -> dict[str, Any]:
    """Return a description of so many operations and twice as many schemas, of all kinds."""
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for number in range(operations):
        # Every tenth operation begins a resource.
        tag, thing = f"resource{number // 10}", f"Thing{number}"
        parts = {f"#/components/schemas/Part{each}" for each in (number, number // 2)}
        schemas[f"Part{number}"] = {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"const": f"part{number}"}, "at": {"type": "string", "format": "date-time"}},
        }
        schemas[thing] = {
            "description": f"Thing number {number}, with a text so long that it is wrapped when it is a docstring.",
            "type": "object",
            "required": ["id", "name"],
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": "string", "minLength": 1},
                "state": {"type": "string", "enum": ["new", "old"]},
                "parts": {"type": "array", "items": {"oneOf": [{"$ref": part} for part in sorted(parts)]}},
                "next": {"$ref": f"#/components/schemas/Thing{(number + 1) % operations}"},
            },
        }
        body = {"application/json": {"schema": {"$ref": f"#/components/schemas/{thing}"}}}
        paths[f"/things{number}/{{id}}"] = {
            "post": {
                "operationId": f"{tag}.make{number}",
                "tags": [tag],
                "summary": f"Makes thing number {number}.",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                ],
                "requestBody": {"required": True, "content": body},
                "responses": {"200": {"description": "The thing.", "content": body}},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Scale", "version": "1"},
        "servers": [{"url": "https://scale.example.com"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def run(folder: Path, operations: int) -> tuple[float, float]:
    """Make the package; return the seconds and the megabytes of the largest process."""
    spec = folder / f"scale{operations}.json"
    spec.write_text(json.dumps(description(operations)), encoding="utf-8")
    start = time.perf_counter()
    command = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "--spec", str(spec)]
    made = subprocess.Popen(
        [*command, "--package", f"scale{operations}", "--out", str(folder / f"{operations}")], stdout=subprocess.DEVNULL
    )
    return _measured(made, start, f"{operations} operations: the generator failed")[:2]


def _measured(made: subprocess.Popen[bytes], start: float, failed: str) -> tuple[float, float, float]:
    """Wait for a run; return its seconds, the megabytes of its largest process, and the seconds of all processors."""
    _, status, usage = os.wait4(made.pid, 0)
    if status:
        raise SystemExit(failed)
    return time.perf_counter() - start, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def beside(folder: Path, specs: list[Path]) -> None:
    """Print what the stock generator and this one take for descriptions."""
    heads = f"{'stock':>8} {'CPU':>6} {'MB':>6} {'this':>8} {'CPU':>6} {'MB':>6} {'ratio':>6} {'of CPU':>6}"
    print(f"{'description':>28} {heads}")
    for index, spec in enumerate(specs):
        stock_command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--overwrite"]
        our_command = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "--leave-out", "all"]
        commands = [
            [*stock_command, "--path", str(spec.resolve()), "--output-path", str(folder / f"stock{index}")],
            [*our_command, "--spec", str(spec), "--package", f"beside{index}", "--out", str(folder / f"beside{index}")],
        ]
        best = [(float("inf"),) * 3] * 2
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(2):
            for each, command in enumerate(commands):
                start = time.perf_counter()
                quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                made = subprocess.Popen(command, env=environment, **quiet)
                best[each] = min(best[each], _measured(made, start, f"{command[0]} failed on {spec}"))
        columns = " ".join(f"{seconds:>8.1f} {cpu:>6.1f} {size:>6.0f}" for seconds, size, cpu in best)
        stock, ours = best
        print(f"{spec.name[-28:]:>28} {columns} {ours[0] / stock[0]:>6.2f} {ours[2] / stock[2]:>6.2f}", flush=True)


def import_times(folder: Path, *sizes: int, rounds: int = 15) -> list[float]:
    """Return the CPU seconds of a program that imports each package and names its client: the best of all rounds.

    They take turns, so that what else the machine does slows them alike.
    """
    best = [float("inf")] * len(sizes)
    for _ in range(rounds):
        for index, operations in enumerate(sizes):
            code = f"import scale{operations}, time; scale{operations}.Scale{operations}; print(time.process_time())"
            command, there = [sys.executable, "-c", code], folder / f"{operations}"
            ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=there)
            best[index] = min(best[index], float(ran.stdout))
    return best


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1000, help="operations of the largest description (1000)")
    parser.add_argument("--beside", type=Path, nargs="+", metavar="FILE", help="compare with the stock generator")
    given = parser.parse_args()
    size = given.size
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.beside:
            beside(folder, given.beside)
            return
        print(f"{'operations':>10} {'schemas':>8} {'seconds':>8} {'a piece':>9} {'MB':>6} {'import':>8} {'ratio':>6}")
        for operations in dict.fromkeys((1, size // 4, size // 2, size)):
            seconds, megabytes = run(folder, operations)
            base, imported = import_times(folder, 1, operations)
            piece = f"{seconds / operations * 1000:.1f} ms" if operations > 1 else ""
            print(
                f"{operations:>10} {2 * operations:>8} {seconds:>8.1f} {piece:>9} {megabytes:>6.0f}"
                f" {imported:>6.2f} s {imported / base:>6.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
