"""Templates compiled to plain Python, and kept from run to run beside the compiled modules.

Losing them costs time and nothing else: one that is not whole, or was compiled by something else, is compiled again,
and where none can be kept, none is.
"""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import jinja2
from jinja2 import nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame

from . import writing


class PlainCode(CodeGenerator):
    """Attributes and calls as Python has them; to try the other things that Jinja allows took a quarter of a run."""

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802  # its name is the library's
        """Write an attribute."""
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def visit_Call(  # noqa: N802  # its name is the library's
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        """Write a call."""
        self.visit(node.node, frame)
        self.write("(")
        plain = [("", each) for each in (*node.args, *node.kwargs)]
        for stars, each in (*plain, ("*", node.dyn_args), ("**", node.dyn_kwargs)):
            if each is not None:
                self.write(stars)
                self.visit(each, frame)
                self.write(", ")
        self.write("caller=caller)" if forward_caller else ")")


class CompiledTemplates(jinja2.BytecodeCache):
    """Files in a folder, each with the digest of what is in it and of what compiled it.

    The digest tells a file that is not whole, so none has to be written under another name first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Filters of constants are applied when a template is compiled.
        self._compiler = f"{version('jinja2')} ".encode() + b"".join(
            Path(each).read_bytes() for each in (writing.__file__, __file__)
        )

    def get_cache_key(self, name: str, filename: str | None = None) -> str:  # noqa: ARG002  # its name is the protocol's
        """Return what a template is kept under: its name, so that templates at other places replace these."""
        return super().get_cache_key(name)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Have a template that is kept."""
        with suppress(OSError):
            data = self._path(bucket).read_bytes()
            if data.startswith(self._digest(code := data[_SIZE:])):
                bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template."""
        code = bucket.bytecode_to_string()
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            self._path(bucket).write_bytes(self._digest(code) + code)

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{sys.implementation.cache_tag}.template"

    def _digest(self, code: bytes) -> bytes:
        return hashlib.sha256(self._compiler + code).digest()


_SIZE = hashlib.sha256().digest_size
