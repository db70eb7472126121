"""Looks at pages that `evosearch report` wrote in a browser, as a reader would; run by hand.

    python -m scripts.check_report runs/first/report.html --out /tmp/pictures

It needs Debian's `chromium` and `chromium-driver`, and `pip install selenium`. As wide as a phone
and as a desktop, light and dark, each page must be no wider than its window, load nothing but
itself, and say nothing on the console; no text may be fainter on its ground than WCAG's 4.5 to 1.
Screenshots and a PDF, as printed, are for a person to look at. Exit status 1 if a page fails.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WIDTHS, HEIGHT = (400, 1400), 900
SCHEMES = ("light", "dark")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--hide-scrollbars",
)
LEAST_CONTRAST = 4.5

TOO_WIDE = """
const limit = document.documentElement.clientWidth, wide = [];
for (const one of document.querySelectorAll('body *')) {
  if (one.closest('.scroll, pre, svg') && !one.matches('.scroll, pre, svg')) continue;
  if (one.matches('.scroll svg')) continue;
  if (one.getBoundingClientRect().right > limit + 0.5)
    wide.push(one.tagName + '.' + one.className + ' ' + one.textContent.trim().slice(0, 40));
}
return [document.documentElement.scrollWidth, limit, wide.slice(0, 5)];
"""
FAINT = """
function luminance(colour) {
  const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map(c => c / 255);
  const [r, g, b] = parts.map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ground(one) {
  for (; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$|transparent/.test(colour)) return colour;
  }
  return 'rgb(255, 255, 255)';
}
const faint = new Map();
for (const one of document.querySelectorAll('body *')) {
  const own = [...one.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  if (!own || one.matches('title, desc, style')) continue;
  const style = getComputedStyle(one);
  const above = luminance(one.closest('svg') ? style.fill : style.color);
  const below = luminance(ground(one.closest('svg') || one));
  const ratio = (Math.max(above, below) + 0.05) / (Math.min(above, below) + 0.05);
  const what = one.tagName + ': ' + one.textContent.trim().slice(0, 30);
  if (ratio < arguments[0]) faint.set(what, ratio);
}
return [...faint].slice(0, 5).map(([what, ratio]) => `${what} (${ratio.toFixed(2)})`);
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("."), help="where pictures are written")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    faults = [fault for page in options.pages for fault in looked_at(page, options.out)]
    print("\n".join(faults) or f"{len(options.pages)} pages: nothing is wrong")
    sys.exit(bool(faults))


def looked_at(page: Path, out: Path) -> Iterator[str]:
    """Opens a page in every width and scheme; yields what is wrong with it."""
    from selenium import webdriver

    with tempfile.TemporaryDirectory() as profile:
        flags = webdriver.ChromeOptions()
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            flags.add_argument(flag)
        flags.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = webdriver.ChromeService("/usr/bin/chromedriver")
        driver = webdriver.Chrome(options=flags, service=service)
        try:
            name = f"{page.parent.name}-{page.stem}"
            for width in WIDTHS:
                for scheme in SCHEMES:
                    opened(driver, page, width, scheme)
                    picture = out / f"{name}-{width}-{scheme}.png"
                    picture.write_bytes(photographed(driver, width))
                    for fault in faults(driver, page):
                        yield f"{page}, {width} pixels, {scheme}: {fault}"
            printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
            (out / f"{name}.pdf").write_bytes(base64.b64decode(printed["data"]))
        finally:
            driver.quit()


def opened(driver: Any, page: Path, width: int, scheme: str) -> None:
    size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(page.resolve().as_uri())


def photographed(driver: Any, width: int) -> bytes:
    """Takes a picture of the whole page, be it longer than the window."""
    height = driver.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    options = {"captureBeyondViewport": True, "clip": clip}
    return base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"])


def faults(driver: Any, page: Path) -> Iterator[str]:
    wide, limit, which = driver.execute_script(TOO_WIDE)
    if wide > limit or which:
        yield f"{wide} pixels wide in a window of {limit}: {which}"
    for what in driver.execute_script(FAINT, LEAST_CONTRAST):
        yield f"faint: {what}"
    for entry in driver.get_log("browser"):
        yield f"console: {entry['message']}"
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            # What the browser's own first page loads is no matter of ours.
            of_page = message["params"]["documentURL"].startswith("file:")
            url = message["params"]["request"]["url"]
            if of_page and url.split("#")[0] != page.resolve().as_uri():
                yield f"loads {url[:80]}"


if __name__ == "__main__":
    main()
