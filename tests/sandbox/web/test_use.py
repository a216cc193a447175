"""By keyboard, by screen reader, on a phone, in light and dark, and with very many messages."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from bot.sandbox import Sandbox
from tests.sandbox.web.browsing import Tab
from tests.sandbox.web.conftest import House, Stage
from tests.world import HARM

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


async def test_everything_can_be_done_with_the_keyboard(house: House) -> None:
    tab = await house.tab("Ana")
    press = tab.page.keyboard.press
    await press("Tab")
    await expect(tab.page.locator("#skip")).to_be_focused()
    await press("Enter")
    await expect(tab.page.locator("#say")).to_be_focused()
    await tab.page.keyboard.type("You never listen to me.")
    await press("Enter")
    await expect(tab.message("thought on")).to_be_visible()
    await tab.page.locator("#scroller").focus()
    await press("ArrowUp")
    await expect(tab.messages.last).to_be_focused()
    await press("ArrowUp")
    await press("Enter")
    await expect(tab.page.get_by_role("menuitem", name="👍")).to_be_focused()
    await press("ArrowUp")
    await expect(tab.page.get_by_role("menuitem").last).to_be_focused()
    await press("Escape")
    await expect(tab.messages.nth(1)).to_be_focused()
    await tab.page.locator(".face input:checked").focus()
    for _ in ("Ben", "Chi", "Max"):
        await press("ArrowRight")
    await expect(tab.room("moderators")).to_be_visible()
    await tab.room("moderators").focus()
    await press("Enter")
    await expect(tab.page.locator("#place")).to_have_text("# moderators")


async def test_news_is_spoken(stage: Stage) -> None:
    ana = await stage.tab("Ana")
    spoken = ana.page.locator("#spoken")
    await expect(spoken).to_have_attribute("aria-live", "polite")
    await stage.sandbox.person("Ben").say("#lobby", "Hello Ana!")
    await expect(spoken).to_have_text("Ben: Hello Ana!")


NAMELESS = """() => [...document.querySelectorAll("button, input, select, textarea, a, [role]")]
  .filter((node) => node.checkVisibility() && !["region", "status", "alert"].includes(node.role))
  .filter((node) => !(node.ariaLabel || node.textContent.trim() || node.labels?.length
    || node.getAttribute("aria-labelledby") || node.title))
  .map((node) => node.outerHTML.slice(0, 120))"""


async def test_everything_has_a_name_for_a_screen_reader(house: House) -> None:
    house.script.reviews.append(HARM)
    tab = await house.tab("Ana")
    await tab.say("You never listen to me.")
    await expect(tab.message("A kinder word")).to_be_visible()
    await tab.be("Max")
    await tab.page.locator("#way-button").click()
    await tab.enter("moderators")
    await expect(tab.page.locator(".embed")).to_be_visible()
    assert await tab.page.evaluate(NAMELESS) == []
    for landmark in ("banner", "main", "navigation", "complementary"):
        await expect(tab.page.get_by_role(landmark).first).to_be_visible()


CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim()) continue;
    if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (node.closest(".unseen, :disabled, .avatar, .message-tools, [aria-hidden]")) continue;
    const [one, two] = [light(parse(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) poor.push([ratio.toFixed(2), node.className, node.textContent.slice(0, 40)]);
  }
  return poor;
}"""


BORDERS = """() => ["#say", "#speaker", ".chip"].map((where) => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
  const node = where === "#say" ? document.querySelector(".bar") : document.querySelector(where);
  const main = parse(getComputedStyle(node.closest("main")).backgroundColor);
  const [one, two] = [light(parse(getComputedStyle(node).borderTopColor)), light(main)];
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
})"""


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_and_the_contrast_is_enough(house: House, theme: str) -> None:
    house.script.reviews.append(HARM)
    tab = await house.tab("Ana", {"color_scheme": theme, "reduced_motion": "reduce"})
    await tab.say("You never listen to **me** `x` @Ana https://a.example ||no||")
    await expect(tab.messages).to_have_count(3)
    assert await tab.page.evaluate(CONTRAST) == []
    await tab.be("Max")
    await tab.page.locator("#way-button").click()
    await tab.use("pause")
    await expect(tab.message("is paused")).to_be_visible()
    assert await tab.page.evaluate(CONTRAST) == []
    await tab.enter("moderators")
    await expect(tab.page.locator(".embed")).to_be_visible()
    await tab.page.locator("#say").press_sequentially("/")
    assert await tab.page.evaluate(CONTRAST) == []
    await tab.page.locator("#view-rooms").click()
    await expect(tab.page.locator(".verdict")).to_be_visible()
    await tab.page.locator("#guide-button").click()
    for who in ("Max", "Ada", "Ana"):
        await tab.be(who)
        await expect(tab.page.locator("#guide")).to_contain_text(f"You look as {who}")
        found = await Axe().run(tab.page)
        assert found.violations_count == 0, found.generate_report()
    assert min(await tab.page.evaluate(BORDERS)) >= 3


async def test_the_theme_is_kept(stage: Stage) -> None:
    tab = await stage.tab("Ana", {"color_scheme": "dark"})
    root = tab.page.locator("html")
    await expect(root).to_have_attribute("data-theme", "dark")
    await tab.page.locator("#theme-button").click()
    await tab.page.reload()
    await expect(root).to_have_attribute("data-theme", "light")


async def test_a_phone_is_wide_enough(house: House) -> None:
    house.script.reviews.append(HARM)
    tab = await house.tab("Ana", PHONE)
    await tab.say("You never listen to me.")
    await expect(tab.message("A kinder word")).to_be_in_viewport()
    await fits(tab)
    await tab.be("Max")
    rooms = tab.page.locator("#rooms")
    # Max's places are there: what comes of changing who looks closes the list of rooms.
    await expect(rooms.locator("[title^=moderators]")).to_be_attached()
    await expect(rooms).not_to_be_in_viewport()
    await tab.page.locator("#rooms-button").click()
    await tab.enter("moderators")
    await expect(rooms).not_to_be_in_viewport()
    await expect(tab.page.locator(".embed")).to_be_in_viewport()
    await fits(tab)
    await tab.use("pause", channel="#lobby")
    await expect(tab.message("is paused")).to_be_in_viewport()
    await fits(tab)


async def fits(tab: Tab) -> None:
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert await tab.page.evaluate("scroller.scrollWidth - scroller.clientWidth") == 0
    await expect(tab.page.locator("#say")).to_be_in_viewport(ratio=1)
    for face in await tab.page.locator(".face").all():
        await expect(face).to_be_in_viewport(ratio=1)


# ── very many messages ──────────────────────────────────────────────────────────────────────

MANY = 5000
BOUND = 200
"""Most messages that stand in the page at once."""


def fill(sandbox: Sandbox, count: int = MANY) -> None:
    ana, lobby = sandbox.person("Ana").id, sandbox.guild.lobby_id
    for number in range(count):
        sandbox.backend.create_message(lobby, ana, f"Message {number} of {count}.")


UP = """async () => {
  const more = new Promise((resolve) => {
    new MutationObserver(resolve).observe(messages, { childList: true });
  });
  scroller.scrollTop = 0;
  await more;
  return [messages.children.length, messages.firstElementChild.innerText];
}"""
"""Scroll to the top of what stands there, until older messages come in; how many stand then."""


async def test_five_thousand_messages_are_a_window(stage: Stage) -> None:
    fill(stage.sandbox)
    tab = await stage.tab("Ana")
    await expect(tab.message(f"Message {MANY - 1} of")).to_be_in_viewport()
    most, first = 0, ""
    while "Message 0 of" not in first:
        standing, first = await tab.page.evaluate(UP)
        most = max(most, standing)
    assert most <= BOUND
    await expect(tab.message("Message 0 of")).to_be_attached()
    await stage.sandbox.person("Ben").say("#lobby", "the newest")
    await expect(tab.message("the newest")).to_have_count(0)
    await tab.page.locator("#latest").click()
    await expect(tab.message("the newest")).to_be_in_viewport()
    assert await tab.messages.count() <= BOUND


async def test_what_is_read_stays_in_place_while_more_comes(stage: Stage) -> None:
    fill(stage.sandbox, 400)
    tab = await stage.tab("Ana")
    await expect(tab.message("Message 399 of")).to_be_in_viewport()
    read = tab.message("Message 345 of")
    await read.scroll_into_view_if_needed()
    await expect(tab.message("Message 330 of")).to_be_attached()  # older ones came in above
    await read.scroll_into_view_if_needed()
    before = await read.bounding_box()
    for number in range(5):
        await stage.sandbox.person("Ben").say("#lobby", f"meanwhile {number}")
    await expect(tab.message("meanwhile 4")).to_be_attached()
    assert await read.bounding_box() == before
    await expect(tab.page.locator("#latest")).to_be_visible()
    await tab.page.locator("#latest").click()
    await expect(tab.message("meanwhile 4")).to_be_in_viewport()


async def test_what_one_says_or_asks_for_is_shown_wherever_one_reads(stage: Stage) -> None:
    fill(stage.sandbox, 400)
    tab = await stage.tab("Ana")
    await expect(tab.message("Message 399 of")).to_be_in_viewport()
    for text in ("said further up", "and once more"):
        await tab.message("Message 345 of").scroll_into_view_if_needed()
        await expect(tab.page.locator("#latest")).to_be_visible()
        await tab.say(text)
        await expect(tab.message(text)).to_be_in_viewport()


async def test_a_reply_shows_what_it_answers_as_that_is_now(stage: Stage) -> None:
    tab = await stage.tab("Ana")
    ana = stage.sandbox.person("Ana")
    first = await ana.say("#lobby", "as it was")
    await stage.sandbox.person("Ben").say("#lobby", "to that", reply_to=first)
    quoted = tab.message("to that").locator(".reference")
    await expect(quoted).to_contain_text("as it was")
    await ana.edit(first, "as it is")
    await expect(quoted).to_contain_text("as it is")
    await ana.delete(first)
    await expect(quoted).to_have_text("The original message was deleted")


@pytest.mark.parametrize("width", [1280, 1366, 1440])
async def test_nothing_in_the_head_of_the_page_lies_on_another(house: House, width: int) -> None:
    tab = await house.tab("Max", {"viewport": {"width": width, "height": 800}})
    await expect(tab.page.locator("#way-button")).to_be_visible()
    faces = await tab.page.locator("#faces").bounding_box()
    tools = await tab.page.locator(".tools").bounding_box()
    views = await tab.page.locator("#views").bounding_box()
    assert faces is not None
    assert tools is not None
    assert views is not None
    assert views["x"] + views["width"] <= faces["x"]
    assert faces["x"] + faces["width"] <= tools["x"]


async def test_a_busy_room_stays_bounded(stage: Stage) -> None:
    tab = await stage.tab("Ana")
    fill(stage.sandbox, 600)
    await expect(tab.message("Message 599 of")).to_be_in_viewport()
    assert await tab.messages.count() <= BOUND


async def test_a_reference_leads_to_what_is_far_away(stage: Stage) -> None:
    ben = stage.sandbox.person("Ben")
    first = await ben.say("#lobby", "the very first")
    fill(stage.sandbox, 500)
    await ben.say("#lobby", "about that", reply_to=first)
    tab = await stage.tab("Ana")
    await tab.message("about that").locator(".reference").click()
    await expect(tab.message("the very first").first).to_be_focused()
    await expect(tab.message("the very first").first).to_be_in_viewport()
    await tab.page.locator("#latest").click()
    await expect(tab.message("about that")).to_be_in_viewport()
