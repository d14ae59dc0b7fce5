"""Shows what lies between you and the service.

It looks at the key, the address, the proxy, the network, TLS, and what has wrapped the HTTP library. The key itself
is never shown. The exit code is that of the first thing that is wrong.
"""

from __future__ import annotations

import click

from ..common import Common, Leaf
from ..table import PROGRAM


def _run() -> int:
    from ..checks import Subject, look
    from ..failures import told
    from ..output import show
    from ..progress import Progress

    common: Common = click.get_current_context().find_root().obj
    with Progress("doctor") as progress:
        findings = list(look(Subject(common)))
        progress.stop()
    show([{"check": each.check, "state": each.state, "found": each.found} for each in findings], common)
    wrong = next((each.error for each in findings if each.error is not None), None)
    return 0 if wrong is None else told(wrong)[1]


command = Leaf("doctor", _run, text=__doc__ or "", examples=[f"{PROGRAM} doctor", f"{PROGRAM} doctor --json"])
