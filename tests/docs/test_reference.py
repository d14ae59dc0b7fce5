"""The reference of the site has every public name, every operation and every command; every page is in its menu."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import lmnt
from lmnt_server.documents import read
from pages import http_api, names

from .blocks import PAGES, ROOT

REFERENCE = names.pages()
SITE = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]


def listed(menu: Any) -> list[str]:
    """Return the pages of a menu, and of those in it."""
    if isinstance(menu, str):
        return [menu]
    inner = menu.values() if isinstance(menu, dict) else menu
    return [page for each in inner for page in listed(each)]


def test_every_page_is_in_the_menu_once() -> None:
    menu = listed(SITE["nav"])
    assert len(menu) == len(set(menu))
    written = [Path(page).name for page in PAGES if page.startswith("docs/")]
    made = [f"reference/{page}.md" for page in (*REFERENCE, "http", "speech", "commands", "changelog", "contributing")]
    assert [page for page in (*written, *made) if page not in menu] == []


def test_every_public_name_has_its_place_once() -> None:
    text = "\n".join(REFERENCE.values())
    places = [line.removeprefix("::: ") for line in text.splitlines() if line.startswith("::: ")]
    assert len(places) == len(set(places))
    shown = {place.rpartition(".")[2] for place in places} | {
        line.strip("#` ") for line in text.splitlines() if line.startswith("## `")
    }
    public = {name for name in lmnt.__all__ if not name.startswith("__")}
    modules = {name for name in public if not lmnt._NAMES[name][1]}
    for module in modules:
        public |= set(import_module(f"lmnt.{module}").__all__)
    assert public - modules - shown == set()


@pytest.mark.parametrize("description", ["lmnt.yaml", "speech.yaml"])
def test_every_operation_and_schema_has_its_place(description: str) -> None:
    page = http_api.page(description)
    document = read(ROOT / "openapi" / description)
    for path, item in document["paths"].items():
        for method in item.keys() & set(http_api.METHODS):
            assert f"### `{method.upper()} {path}`\n" in page
    for name in document["components"]["schemas"]:
        assert f"### {name} {{ #{name.lower()} }}\n" in page


def test_no_page_asks_another_host() -> None:
    assert SITE["theme"]["font"] is False
    assert "extra_javascript" not in SITE
    assert all(not each.startswith("http") for each in SITE["extra_css"])
