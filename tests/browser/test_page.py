"""The server's page, and pages of other places, in a real browser: Chromium, driven by Selenium."""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from lmnt_server.description import lmnt
from lmnt_server.process import ServerProcess, running

from .pages import Page, eventually, opened

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "out"
"""Git ignores it."""

TEXT = 'Hello there, you. It\'s "spoken" now.'
WORDS = ["Hello", "there", "you", "It's", "spoken", "now"]


@pytest.fixture(scope="module")
def server(elsewhere: str) -> Iterator[ServerProcess]:
    with running(engine="espeak", faults=True, arguments=["--access-log", "--cors", elsewhere]) as process:
        yield process


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of another place, with an empty page."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "index.html").write_text("<!doctype html><title>elsewhere</title>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_address[1]}"
        site.shutdown()


@pytest.fixture
def page(browser: webdriver.Chrome, server: ServerProcess) -> Page:
    return opened(browser, server)


def test_a_text_is_heard_and_its_words_light_up_as_they_are_spoken(page: Page, server: ServerProcess) -> None:
    page.set_text(TEXT)
    page["speak"].click()
    assert page["words"].text == TEXT
    seen = [word for word in page.heard() if word[0].isalnum()]
    # A word of a few milliseconds may fall between two looks.
    assert seen == [word for word in WORDS if word in seen]
    assert len(seen) >= 5
    told = re.fullmatch(r"First audio after (\d+) ms · request (req_\w{22})", page["told"].text)
    assert told is not None
    assert int(told[1]) < 2000
    eventually(lambda: f'{told[2]} "WEBSOCKET /v1/ai/speech/stream" 1000' in server.log())
    assert page["trouble"].text == ""
    assert page["words"].text == TEXT
    errors = [entry for entry in page.browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert errors == []


def test_the_lines_for_a_shell_and_for_python_do_the_same(page: Page, tmp_path: Path) -> None:
    page.set_text('It\'s "quoted" $HOME `ls` \\ é 🙂')
    page.browser.execute_script("document.getElementById('language').value = 'fr'")
    page["speak"].click()
    page.heard()
    lines = {name: page[name].text for name in ("curl", "python")}
    assert lines["curl"].startswith(f"curl '{page.browser.current_url}v1/ai/speech/bytes' ")
    assert '"language":"fr"' in lines["curl"]
    assert 'language="fr"' in lines["python"]
    key = page["key"].get_attribute("value")
    assert not any(f"{key}" in line.replace("localhost", "") for line in lines.values())
    environment = {**os.environ, "LMNT_API_KEY": "any", "PYTHONPATH": str(ROOT / "generated")}
    sizes = set()
    for command in (["sh", "-c", lines["curl"]], [sys.executable, "-c", lines["python"]]):
        subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True, timeout=60)
        sizes.add((tmp_path / "speech.mp3").stat().st_size)
        (tmp_path / "speech.mp3").unlink()
    assert len(sizes) == 1


def test_stop(page: Page) -> None:
    page.set_text("A long text. " * 100)
    page["speak"].click()
    eventually(lambda: "First audio" in page["told"].text)
    page["text"].send_keys(Keys.ESCAPE)
    assert page["told"].text == "Stopped."
    assert not page["stop"].is_enabled()
    page.set_text("Again.")
    page["text"].send_keys(Keys.CONTROL, Keys.ENTER)
    assert page.heard()[0] == "Again"


def test_stars_are_kept(page: Page, server: ServerProcess) -> None:
    stars = page.browser.find_elements(By.CSS_SELECTOR, "button.star")
    ids = [
        voice["id"] for voice in httpx.get(server.base_url + "/v1/ai/voice/list", headers={"x-api-key": "local"}).json()
    ]
    assert len(stars) == len(ids)
    star = stars[3]
    assert star.accessible_name == "Star Elowen"
    star.click()
    eventually(lambda: star.get_attribute("aria-pressed") == "true")
    listed = httpx.get(server.base_url + "/v1/ai/voice/list?starred=true", headers={"x-api-key": "local"}).json()
    assert [voice["id"] for voice in listed] == ["elowen"]
    page.browser.refresh()
    eventually(lambda: page.browser.find_elements(By.CSS_SELECTOR, "button.star"))
    first = page.browser.find_elements(By.CSS_SELECTOR, "button.star")[0]
    assert (first.accessible_name, first.get_attribute("aria-pressed")) == ("Star Elowen", "true")
    first.click()
    page.browser.find_element(By.CSS_SELECTOR, "[aria-label='Use Gordon']").click()
    assert page["voice"].get_attribute("value") == "gordon"


def test_trouble_is_told(page: Page) -> None:
    page.browser.execute_script("document.getElementById('key').value = ''")
    page["speak"].click()
    eventually(lambda: page["trouble"].text)
    assert page["trouble"].text.startswith("The API key is missing")
    assert page["trouble"].aria_role == "alert"
    eventually(lambda: not page["stop"].is_enabled())


def test_all_of_it_can_be_used_with_the_keyboard_and_has_a_name(page: Page) -> None:
    page["text"].click()
    names = []
    for _ in range(8):
        element = page.browser.switch_to.active_element
        assert element.accessible_name, element.get_attribute("outerHTML")
        names.append(element.accessible_name)
        element.send_keys(Keys.TAB)
    assert names[:6] == ["Text", "Voice", "Language", "API key", "Speak", "What is spoken"]
    unnamed = page.browser.execute_script(
        "return [...document.querySelectorAll('button, input, select, textarea')].filter(each => !each.labels?.length"
        " && !each.textContent.trim() && !each.ariaLabel).length"
    )
    assert unnamed == 0
    assert page["told"].aria_role == "status"
    codes = page.browser.execute_script(
        "return [...document.querySelectorAll('#language option')].map(each => each.value)"
    )
    assert codes == lmnt().at("#/components/schemas/Language")["enum"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read_and_a_picture_is_kept(page: Page, scheme: str) -> None:
    emulated = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", emulated)
    page["speak"].click()
    eventually(lambda: page.browser.find_elements(By.CSS_SELECTOR, "#words .now"))
    PICTURES.mkdir(exist_ok=True)
    page.browser.save_screenshot(str(PICTURES / f"page-{scheme}.png"))
    contrasts = page.browser.execute_script(
        """
        const light = colour => colour.match(/[0-9.]+/g).slice(0, 3)
            .map(each => each / 255).map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
            .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
        const ground = element => {
            const see = each => /rgba?\\(0, 0, 0, 0\\)/.test(getComputedStyle(each).backgroundColor);
            while (element && see(element)) element = element.parentElement;
            return getComputedStyle(element).backgroundColor;
        };
        return [...document.querySelectorAll(
            "h1, p, label, button:not(:disabled), textarea, pre, li div, #words .now")].map(element => {
            const [one, other] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
            return [element.tagName, (one + 0.05) / (other + 0.05)];
        });
        """
    )
    # WCAG 2.2, 1.4.3: 4.5 to 1.
    assert [each for each in contrasts if each[1] < 4.5] == []
    page["stop"].click()
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_nothing_comes_from_elsewhere(page: Page, server: ServerProcess) -> None:
    page["speak"].click()
    page.heard()
    names = page.browser.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert names
    assert all(name.startswith((server.base_url, "data:")) for name in names)


# ---- pages of other places


FETCH = """
const done = arguments[arguments.length - 1];
const headers = {"content-type": "application/json", authorization: "Bearer k", "x-stainless-lang": "js"};
fetch(arguments[0], {method: "POST", headers, body: JSON.stringify({input: "Hi.", model: "tts-1", voice: "alloy"})})
    .then(async answer =>
        done([answer.status, answer.headers.get("request-id"), (await answer.arrayBuffer()).byteLength]))
    .catch(error => done(String(error)));
"""
SOCKET = """
const done = arguments[arguments.length - 1], socket = new WebSocket(arguments[0].replace("http", "ws"));
socket.onopen = () => socket.send(JSON.stringify({type: "init", "X-API-Key": "k", voice: "leah"}));
socket.onmessage = event => done(JSON.parse(event.data).type);
socket.onclose = event => done(event.code);
"""


def test_a_page_of_an_origin_that_may_uses_both_apis(
    browser: webdriver.Chrome, server: ServerProcess, elsewhere: str
) -> None:
    browser.get(elsewhere)
    status, request_id, length = browser.execute_async_script(FETCH, server.base_url + "/v1/audio/speech")
    assert status == 200
    assert request_id.startswith("req_")
    assert length > 1000
    assert browser.execute_async_script(SOCKET, server.base_url + "/v1/ai/speech/stream") == "ready"


def test_a_page_of_another_origin_uses_nothing(browser: webdriver.Chrome, elsewhere: str) -> None:
    with running(engine="tone", arguments=["--no-page"]) as closed:
        browser.get(elsewhere)
        assert "TypeError" in browser.execute_async_script(FETCH, closed.base_url + "/v1/audio/speech")
        assert browser.execute_async_script(SOCKET, closed.base_url + "/v1/ai/speech/stream") == 1006
        assert httpx.get(closed.base_url).status_code == 404
        assert json.loads(httpx.get(closed.base_url).text)["error"]["type"] == "not_found_error"
