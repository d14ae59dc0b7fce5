"""docs/findings.md has a row for each script of findings/, with the versions that the script installs."""

from __future__ import annotations

import re

from .blocks import ROOT

ROW = re.compile(r"^\| [^|]+ \| ([^|]+) \| [^|]+ \| `(findings/[^`]+)` \|$", re.MULTILINE)


def test_each_finding_has_its_row() -> None:
    rows = ROW.findall((ROOT / "docs" / "findings.md").read_text(encoding="utf-8"))
    scripts = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "findings").glob("*.sh"))
    assert sorted(script for _, script in rows) == scripts, "docs/findings.md has a line for each script, and no other"
    for versions, script in rows:
        text = (ROOT / script).read_text(encoding="utf-8")
        assert [each for each in versions.split(", ") if each not in text] == [], script
