"""The page of a turn in a browser: on a phone and on a desk, by day and by night."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from bot.reports.critic_trust import Trust, keep_trust
from tests.reports.test_exports import NOW, page, world
from tests.sandbox.web.browsing import open_browser
from tests.world import World

__all__ = ["world"]
PHONE, DESK = 360, 1200
_CONTRASTS = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = parse(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
  };
  return [...document.querySelectorAll("h1, h2, p, b, td, th, span, pre")]
    .filter((node) => node.textContent.trim() && node.getClientRects().length)
    .map((node) => {
      const both = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort();
      return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    });
}"""


async def look(browser: Browser, file: Path, width: int, *, dark: bool) -> dict[str, Any]:
    """What a person has before them who opens the page."""
    tab = await browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
    )
    await tab.goto(file.as_uri())
    score = tab.locator("td[data-is=manipulative]").first
    box = await score.bounding_box()
    assert box is not None
    seen = {
        "contrasts": await tab.evaluate(_CONTRASTS),
        "page ends": await tab.evaluate("document.documentElement.scrollWidth"),
        "score ends": box["x"] + box["width"],
        "heads": await tab.locator("thead").first.is_visible(),
        "named": await score.evaluate("node => getComputedStyle(node, '::before').content"),
    }
    await tab.close()
    return seen


async def test_it_is_good_to_read_on_a_phone_and_a_desk_by_day_and_by_night(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "turn.html"
    file.write_text(await page(world), "utf-8")
    async with open_browser() as browser:
        for width, dark in product((PHONE, DESK), (False, True)):
            seen = await look(browser, file, width, dark=dark)
            assert len(seen["contrasts"]) > 30
            assert min(seen["contrasts"]) >= 4.5, f"WCAG AA for text, dark {dark}"
            assert seen["page ends"] == width, "nothing scrolls sideways"
            assert seen["score ends"] <= width
            named = '"manipulative"' if width == PHONE else "none"
            assert (seen["named"], seen["heads"]) == (named, width == DESK)


async def test_beside_the_scores_stands_how_far_the_critic_can_be_trusted(world: World) -> None:
    assert "Critic: scores by scripted. How far it can be trusted: not " in (await page(world))
    trust = Trust(
        method="scripted",
        model="scripted",
        n=240,
        auroc=0.93,
        recall=0.88,
        false_alarms=0.04,
        date=NOW.date(),
    )
    await keep_trust(world.stores.critic_trust, trust)
    assert "How far it can be trusted: AUROC 0.93, finds 88 %" in await page(world)
