"""The site in a real browser: it asks no other host, is found by words and by keys, and fits a narrow screen."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "out" / "site"
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the site is served, as ./scripts/docs builds it."""
    if not request.config.getoption("--browser"):
        pytest.skip("./scripts/test --browser builds the site for it")
    subprocess.run([ROOT / "scripts" / "docs"], check=True, timeout=300)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))) as chrome:
        yield chrome


def resize(browser: webdriver.Chrome, width: int, height: int = 900) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def asked(browser: webdriver.Chrome) -> set[str]:
    """Return the hosts that were asked since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    return {urlsplit(url).netloc for url in sent if url.startswith(("http", "ws"))}


def test_every_page_fits_and_asks_no_other_host(site: str, browser: webdriver.Chrome) -> None:
    pages = sorted(str(path.parent.relative_to(SITE)) for path in SITE.rglob("index.html"))
    assert len(pages) > 30
    asked(browser)
    for width in WIDTHS:
        resize(browser, width)
        for page in pages:
            browser.get(f"{site}/{page}/")
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width, (page, width)
    assert asked(browser) == {urlsplit(site).netloc}
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_a_search_by_keys_leads_to_a_page(site: str, browser: webdriver.Chrome) -> None:
    resize(browser, 1280)
    browser.get(site)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.CONTROL, "k")
    browser.switch_to.active_element.send_keys("StreamTruncatedError")
    found = "return document.activeElement.shadowRoot.querySelector('a[href]')"
    WebDriverWait(browser, 10).until(lambda driver: driver.execute_script(found))
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda driver: "#lmnt.StreamTruncatedError" in driver.current_url)
    assert asked(browser) <= {urlsplit(site).netloc}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_is_as_light_or_dark_as_the_system(site: str, browser: webdriver.Chrome, mode: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": mode}]}
    )
    for width in WIDTHS:
        resize(browser, width, 1600)
        for page in ("", "calls", "kit", "server"):
            browser.get(f"{site}/{page}")
            (ROOT / "out" / f"site-{page or 'start'}-{width}-{mode}.png").write_bytes(browser.get_screenshot_as_png())
            colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
            lightness = sum(map(float, colour.partition("(")[2].rstrip(")").split(",")[:3])) / 3
            assert (lightness > 128) is (mode == "light"), colour
