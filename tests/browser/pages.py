"""The server's page in a browser, as a person uses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from lmnt_server.process import ServerProcess


class Page:
    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser

    def __getitem__(self, name: str) -> WebElement:
        return self.browser.find_element(By.ID, name)

    def set_text(self, text: str) -> None:
        self["text"].clear()
        self["text"].send_keys(text)

    def heard(self) -> list[str]:
        """Return the words in the order in which they light up, until all was spoken."""
        return list(
            self.browser.execute_async_script(
                """
                const done = arguments[arguments.length - 1], seen = [];
                const look = () => {
                    const now = document.querySelector("#words .now")?.textContent;
                    if (now && seen.at(-1) !== now) seen.push(now);
                    if (document.getElementById("stop").disabled) done(seen); else setTimeout(look, 5);
                };
                look();
                """
            )
        )


def opened(browser: webdriver.Chrome, server: ServerProcess) -> Page:
    """Open the page, and wait until its voices are there."""
    browser.get(server.base_url)
    found = Page(browser)
    eventually(lambda: browser.find_elements(By.CSS_SELECTOR, "#voices li"))
    return found


def eventually(holds: Callable[[], Any]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
