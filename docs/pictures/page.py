"""The server's page, in Chromium, which has to be installed: a text that is being spoken, light and dark."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from drawing import keep

INPUTS = ("docs/pictures/page.py", "server/lmnt_server/page.html")
TEXT = "Audio that stops early is an error, never a shorter file."
WIDTH, HEIGHT = 900, 780


def pictures() -> dict[str, bytes]:
    """Return both, by the end of their names."""
    from selenium import webdriver
    from selenium.webdriver.common.by import By

    from lmnt_server.process import running

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"):
        options.add_argument(argument)
    driver = webdriver.ChromeService(shutil.which("chromedriver"))
    found = {}
    with running() as server, webdriver.Chrome(options=options, service=driver) as browser:
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for mode in ("light", "dark"):
            scheme = {"features": [{"name": "prefers-color-scheme", "value": mode}]}
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
            browser.get(server.base_url)
            browser.implicitly_wait(10)
            browser.find_element(By.CSS_SELECTOR, "#voices li")
            browser.find_element(By.ID, "text").clear()
            browser.find_element(By.ID, "text").send_keys(TEXT)
            browser.find_element(By.ID, "speak").click()
            browser.find_element(By.CSS_SELECTOR, "#words .now")
            time.sleep(1.2)  # some words later
            found[mode] = browser.get_screenshot_as_png()
    return found


if __name__ == "__main__":
    for mode, picture in pictures().items():
        keep(f"{Path(__file__).stem}-{mode}.png", picture, INPUTS)
