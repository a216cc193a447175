"""The web page: how soon a message stands on every open page, and how 5,000 of them scroll."""

from __future__ import annotations

import time
from statistics import median, quantiles
from typing import Any, Final

from playwright.async_api import Browser

from bot.sandbox import Sandbox
from bot.sandbox.web import WebApp
from tests.benchmarks.figures import Figure, of_times
from tests.sandbox.web.browsing import CHROMIUM, Tab, open_browser

MESSAGES: Final = 60
PAGES: Final = ("Ana", "Max", "Ada", "Ana")
MANY: Final = 5_000
FRAMES: Final = 240
STEP: Final = 110
"""Pixels of one frame of scrolling: a quick turn of the wheel."""

_WATCH = """() => {
  window.stood = {};
  new MutationObserver((changes) => {
    const now = performance.timeOrigin + performance.now();
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node.dataset) window.stood[node.dataset.id] = now;
    }
  }).observe(document.getElementById("messages"), { childList: true });
}"""
_STOOD = """async (id) => {
  while (!(id in window.stood)) await new Promise((done) => setTimeout(done, 2));
  return window.stood[id];
}"""
_SCROLL = """async ([frames, step]) => {
  const scroller = document.getElementById("scroller");
  const taken = [];
  let most = 0;
  let last = await new Promise(requestAnimationFrame);
  for (let i = 0; i < frames; i += 1) {
    scroller.scrollTop -= step;
    const now = await new Promise(requestAnimationFrame);
    taken.push((now - last) / 1000);
    last = now;
    most = Math.max(most, document.querySelectorAll("#messages > li").length);
  }
  return { taken, most };
}"""


async def measure_page() -> list[Figure]:
    """Return all figures of the page; none where there is no Chromium."""
    if CHROMIUM is None:
        return []
    async with open_browser() as browser:
        return [await measure_arrival(browser), *await measure_scrolling(browser)]


async def measure_arrival(browser: Browser) -> Figure:
    """Measure from the server having a message to the last of several open pages showing it."""
    sandbox = Sandbox()
    page = WebApp(sandbox)
    async with sandbox:
        tabs = [await _open(browser, page, who) for who in PAGES]
        taken = []
        for number in range(MESSAGES):
            began = time.time()
            message = await sandbox.person("Ben").say("#lobby", f"Message {number}, **bold**.")
            stood = [await tab.page.evaluate(_STOOD, str(message.id)) for tab in tabs]
            taken.append(max(stood) / 1000 - began)
        for tab in tabs:
            await tab.context.close()
    return of_times(f"a message is on {len(PAGES)} open web pages after", taken, most_ms=50)


async def measure_scrolling(browser: Browser) -> list[Figure]:
    """Measure the frames while scrolling up through very many messages."""
    sandbox = Sandbox()
    page = WebApp(sandbox)
    ben = sandbox.person("Ben")
    for number in range(MANY):
        await ben.say("#lobby", f"Message {number} of *very* many, with `code` and **bold**.")
    async with sandbox:
        tab = await _open(browser, page, "Ana")
        resting_page: dict[str, Any] = await tab.page.evaluate(_SCROLL, [FRAMES // 4, 0])
        scrolled: dict[str, Any] = await tab.page.evaluate(_SCROLL, [FRAMES, STEP])
        await tab.context.close()
    frame = f"a frame while scrolling through {MANY:,} messages"
    return [
        Figure(frame, median(scrolled["taken"]) * 1000, "ms", 34, _slower(scrolled, resting_page)),
        Figure("messages that stand in the web page at once, at most", scrolled["most"], "", 200),
    ]


def _slower(scrolled: dict[str, Any], resting_page: dict[str, Any]) -> str:
    """Describe the slow frames and those of the same page at rest: the machine is in both."""
    scrolling, resting = (
        quantiles(frames["taken"], n=20)[-1] * 1000 for frames in (scrolled, resting_page)
    )
    return f"p95 {scrolling:.0f} ms, at rest {resting:.0f} ms"


async def _open(browser: Browser, page: WebApp, who: str) -> Tab:
    tab = await Tab.open(browser, f"{page.address}&as={who}")
    await tab.room("lobby").wait_for()
    await tab.page.evaluate(_WATCH)
    return tab
