"""The four rooms side by side: what fills them and for whom, who speaks, and at which sizes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import pytest
from playwright.async_api import expect

from bot.domain import ReplyWhen, RoomSettings
from bot.sandbox import Refused
from bot.sandbox.web.action import Actor
from bot.sandbox.web.actions import SendMessage
from tests.sandbox.web.browsing import Tab
from tests.sandbox.web.conftest import House
from tests.world import HARM

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "You never listen to me."
REPLY = re.compile("A kinder word about")
ZOOMED = {"viewport": {"width": 720, "height": 450}}  # 1440x900 at 200 %
ZOOMED_MOST = {"viewport": {"width": 360, "height": 225}}  # and at 400 %
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


async def rooms(house: House, who: str, options: Mapping[str, object] | None = None) -> Tab:
    return await house.tab(who, options, view="rooms")


async def test_a_pressed_line_fills_all_rooms_with_words_for_those_who_may_read_them(
    house: House,
) -> None:
    house.script.reviews.append(HARM)
    house.script.gate = asyncio.Event()
    max_, ana = await rooms(house, "Max"), await rooms(house, "Ana")
    guide = max_.page.locator("#guide")
    await expect(guide).to_contain_text("The small model that comes along answers (scripted)")
    await expect(guide).to_contain_text("It thinks for a minute or so; its answers are short and")
    await max_.page.locator("#speaker").select_option("Ana")
    await max_.page.locator(".chip", has_text=SAID).click()
    await expect(guide).to_be_hidden()
    therapy = max_.page.locator(".panel.in-therapy")
    await expect(therapy.locator(".waiting")).to_contain_text("the Chatbot writes")
    house.script.gate.set()
    await expect(therapy.locator(".bubble.asked")).to_contain_text(f"Ana{SAID}")
    await expect(therapy.locator(".bubble.draft")).to_contain_text("The first thought on")
    await expect(therapy.locator(".bubble.therapist")).to_contain_text(HARM.says)
    await expect(therapy.locator(".bubble.chatbot")).to_contain_text("I see what it would do.")
    await expect(therapy.locator(".bubble.sent")).to_contain_text(REPLY)
    await expect(max_.page.locator(".side.without")).to_contain_text("40 of 100")
    await expect(max_.page.locator(".side.without")).to_contain_text("The first thought on")
    await expect(max_.page.locator(".side.with")).to_contain_text(REPLY)
    scores = max_.page.locator(".scores tbody tr").first
    await expect(scores).to_have_text("manipulative400")
    await expect(max_.page.locator("#turn-bar")).to_contain_text("Reply #1")

    await expect(ana.message(REPLY)).to_be_visible()
    await expect(ana.page.locator("#turn-bar")).to_contain_text("Ana sees the Chat Room only")
    await expect(ana.page.locator(".panel .bubble")).to_have_count(0)
    told = "\n".join(ana.heard)
    for secret in (HARM.says, "The first thought on", "TurnProgress", "manipulative"):
        assert secret not in told
    feed = house.page.state.feed
    assert feed is not None
    with pytest.raises(Refused, match="not yours"):
        await feed.read_turn(house.sandbox.person("Ana"), 1)
    await max_.be("Ana")  # in the very page that showed it
    await expect(max_.page.locator("#turn-bar")).to_contain_text("Ana sees the Chat Room only")
    assert HARM.says not in await max_.page.content()


async def test_a_draft_that_goes_out_as_it_was_is_said_to_be_let_go_only_where_it_was(
    house: House,
) -> None:
    tab = await rooms(house, "Max")
    await tab.say("All is well.")
    side = tab.page.locator(".side.with")
    await expect(side).to_contain_text("The Therapist let the draft go out as it was.")
    house.script.reviews.append(HARM)
    house.script.keeps.append("it is true")
    await tab.say(SAID)
    await expect(tab.page.locator("#turn-bar")).to_contain_text("Reply #2")
    await expect(side).to_contain_text("They worked on it, and found nothing better.")


async def test_two_members_talk_from_one_page_and_only_where_each_may(house: House) -> None:
    max_ = await rooms(house, "Max")
    speaker = max_.page.locator("#speaker")
    await expect(speaker.locator("option")).to_have_text(["Ana", "Ben", "Chi", "Max", "Ada"])
    for who in ("Ben", "Chi"):
        await speaker.select_option(who)
        await max_.say(f"Hello from {who}")
        await expect(max_.message(f"Hello from {who}").first).to_contain_text(who)
    said = {one.author for one in house.sandbox.person("Ana").messages("#lobby")}
    assert {"Ben", "Chi"} <= said
    await house.settled()
    await max_.page.locator("#rooms-button").click()
    await max_.enter("moderators")
    await expect(speaker).to_have_value("Max")
    await expect(speaker.locator("option")).to_have_text(["Max", "Ada"])
    actor = Actor(house.sandbox.person("Max"), None, house.page.state.people())
    for forged in ("Ben", "Four Rooms"):
        said_there = {"do": "say", "place": house.sandbox.guild.moderators_id, "speaker": forged}
        with pytest.raises(Refused):
            await SendMessage.model_validate(said_there | {"text": "let me in"}).run(actor)
    ben = await rooms(house, "Ben")
    await expect(ben.page.locator("#turn-bar")).to_contain_text("Ben sees the Chat Room only")


async def test_settings_are_the_admins_and_an_act_on_the_record(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_, ada = await rooms(house, "Max"), await rooms(house, "Ada")
    beside = await rooms(house, "Ada")
    await expect(max_.page.locator("#persona")).to_have_count(0)
    await expect(max_.page.locator(".choices")).to_contain_text("every message")
    await ada.page.locator("#persona").select_option("narcissistic")
    await expect(max_.page.locator(".choices")).to_contain_text("narcissistic")
    await expect(beside.page.locator("#persona")).to_have_value("narcissistic")
    await ada.page.locator("#replies").select_option("addressed")
    await expect(max_.page.locator(".choices")).to_contain_text("when it is spoken to")
    act, earlier = await house.bot.stores.acts.find(house.sandbox.guild.guild_id, limit=2)
    assert (act.kind, act.by.name, earlier.by.name) == ("settings", "Ada", "Ada")
    await ada.page.locator(".chip").first.click()
    await expect(ada.message("@Four Rooms You never listen").first).to_be_visible()
    await expect(ada.message("thought on")).to_be_visible()  # so that it is answered all the same
    feed = house.page.state.feed
    assert feed is not None
    with pytest.raises(Refused, match="only an admin"):
        await feed.choose(house.sandbox.person("Max"), "default", None)

    async def refuse(*_: object) -> None:
        raise Refused(0, "not just now")

    monkeypatch.setattr(type(feed), "choose", refuse)
    await beside.page.locator("#persona").select_option("default")
    await expect(beside.page.locator("#toasts")).to_contain_text("not just now")
    await expect(beside.page.locator("#persona")).to_have_value("narcissistic")


async def test_what_waits_at_the_gate_says_so_and_where_it_is_decided(house: House) -> None:
    lobby = house.sandbox.guild.lobby_id
    await house.bot.stores.rooms.update_settings(
        lobby, RoomSettings(gate=40, reply_when=ReplyWhen.ALWAYS)
    )
    house.script.scores.append(70)
    max_ = await rooms(house, "Max")
    await max_.say(SAID)
    state = max_.page.locator(".panel.in-control .state")
    await expect(state).to_contain_text("it waits for a moderator to decide")
    stop = max_.page.locator(".stop.in-control").last
    await expect(stop).to_contain_text("it waits for a moderator to decide")
    assert await stop.evaluate("node => getComputedStyle(node).display") == "list-item"
    await state.get_by_role("button", name="Decide it there").click()
    await expect(max_.page.locator("#place")).to_have_text("# moderators")
    await max_.message("held for a decision").get_by_role("button", name="Approve").click()
    await max_.page.locator("#view-rooms").click()
    await expect(state).to_contain_text("Replies leave by themselves")
    await max_.page.get_by_role("button", name="Pause").click()
    await expect(max_.message("is paused")).to_contain_text("Only you can see this")
    await expect(state).to_contain_text("Paused: no reply leaves")


async def test_an_address_of_nobody_says_whom_one_can_be(house: House) -> None:
    tab = await Tab.open(house.browser, f"{house.page.address}&as=Zoe")
    house.tabs.append(tab)
    strip = tab.page.locator("#strip")
    await expect(strip).to_contain_text("Nobody here is called “Zoe”. Look as Ana · Ben · Chi")
    await strip.get_by_role("button", name="Chi").click()
    await expect(tab.page.locator(".face input[value=Chi]")).to_be_checked()
    await expect(tab.page.locator("#place")).to_have_text("# lobby")


SMALL_TARGETS = """() => [...document.querySelectorAll("button, select, .face, textarea")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((node) => !node.matches(".skip, .link, .mention, .reference"))
  .map((node) => [node.id || node.className, node.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
  .map(([name, box]) => `${name} ${box.width.toFixed()}x${box.height.toFixed()}`)"""
SHARE = "scroller.clientHeight / innerHeight"


async def test_words_get_most_of_every_window_and_fingers_their_44_pixels(house: House) -> None:
    house.script.reviews.append(HARM)
    first = await rooms(house, "Max", ZOOMED)
    await first.say(SAID)
    await expect(first.message(REPLY)).to_be_in_viewport()
    assert await first.page.evaluate(SHARE) > 0.6
    await first.page.locator(".tab", has_text="Evaluation").click()
    await expect(first.page.locator(".side.with")).to_be_in_viewport()
    for options, share in ((ZOOMED_MOST, 0.5), (PHONE, 0.55)):
        await first.page.set_viewport_size(options["viewport"])  # type: ignore[arg-type]
        await first.page.locator(".tab", has_text="Chat").click()
        assert await first.page.evaluate(SHARE) > share
        for tab in await first.page.locator(".tab").all():
            await tab.click()
            wide = await first.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0
    assert await first.page.evaluate(SMALL_TARGETS) == []
    phone = await rooms(house, "Ana", PHONE)
    await phone.page.get_by_role("button", name="Close the guide").click()
    await phone.use("privacy show")
    assert await phone.page.evaluate(SMALL_TARGETS) == []
