"""The four rooms in a browser: what Ana, Max and Ada each see, and that nothing gets lost."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

from bot.sandbox import Refused
from tests.sandbox.web.conftest import House, Stage
from tests.world import HARM

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "You never listen to me."
REPLY = re.compile("A kinder word about")


async def test_ana_sees_typing_then_the_reply_and_nothing_else_ever(house: House) -> None:
    house.script.reviews.append(HARM)
    house.script.gate = asyncio.Event()
    ana = await house.tab("Ana")
    await ana.say(SAID)
    await expect(ana.page.locator("#typing-text")).to_have_text("Four Rooms is typing…")
    house.script.gate.set()
    await expect(ana.message(REPLY)).to_be_visible()
    await expect(ana.message(REPLY).locator(".reference")).to_contain_text(SAID)
    await expect(ana.page.locator("#typing-text")).to_have_text("")
    await house.settled()
    await house.sandbox.person("Max").wait_for(lambda m: bool(m.embeds), where="#moderators")

    await expect(ana.messages).to_have_count(3)  # the notice, hers, the reply
    await expect(ana.page.locator("#rooms .room")).to_have_text(["#lobby"])
    await expect(ana.page.locator("#way-button")).to_be_hidden()
    told = "\n".join(ana.heard)
    for secret in (HARM.says, "The first thought on", "therapy ·", "TurnProgress", "manipulative"):
        assert secret not in told
    assert SAID in told


async def test_max_sees_the_card_opens_the_session_and_pauses(house: House) -> None:
    house.script.reviews.append(HARM)
    ana, max_ = await house.tab("Ana"), await house.tab("Max")
    await ana.say(SAID)
    await expect(max_.room("moderators").locator(".dot")).to_be_visible()
    await max_.enter("moderators")
    card = max_.page.locator(".embed")
    await expect(card).to_contain_text("Would have been sent: The first thought on")
    await expect(max_.room("moderators").locator(".dot")).to_have_count(0)
    await card.get_by_role("button", name="therapy").click()
    await expect(max_.page.locator("#place")).to_contain_text("therapy · lobby")
    await expect(max_.message(HARM.says)).to_be_visible()
    await expect(max_.message("The first thought on")).to_be_visible()

    await max_.enter("lobby")
    await max_.use("pause", minutes="5", reason="a break")
    answer = max_.message("is paused")
    await expect(answer).to_contain_text("Only you can see this")
    await expect(max_.room("lobby").locator(".paused")).to_be_visible()
    await expect(ana.message("is paused")).to_have_count(0)

    await ana.say("Are you there?")
    await expect(max_.message("Are you there?")).to_be_visible()
    await house.settled()
    assert house.script.called.count("draft") == 1
    await expect(ana.message("A kinder word about Are you there?")).to_have_count(0)
    await max_.use("resume")
    await expect(ana.message(re.compile("about Are you there|thought on Are you"))).to_be_visible()


async def test_ada_reads_the_thread_that_ana_cannot_open_by_its_address(house: House) -> None:
    house.script.reviews.append(HARM)
    one = await house.tab("Ana")
    await one.say(SAID)
    await expect(one.message(REPLY)).to_be_visible()
    await house.settled()
    await one.be("Ada")
    await one.enter("therapy · lobby")
    await expect(one.message(HARM.says)).to_be_visible()
    thread = parse_qs(urlsplit(one.page.url).fragment)["in"][0]

    ana = await house.tab("Ana", place=thread)
    await expect(ana.toast).to_contain_text("not open to you")
    await expect(ana.page.locator("#place")).to_have_text("# lobby")
    assert HARM.says not in "\n".join(ana.heard)
    with pytest.raises(Refused):
        house.sandbox.person("Ana").messages(int(thread))

    await one.be("Ana")  # in the very page that showed it
    await expect(one.page.locator("#place")).to_have_text("# lobby")
    await expect(one.message(HARM.says)).to_have_count(0)
    await expect(one.page.locator("#rooms .room")).to_have_count(1)


async def test_a_reload_loses_nothing_and_two_pages_stay_the_same(house: House) -> None:
    first, second = await house.tab("Ana"), await house.tab("Ana")
    await first.say(SAID)
    await expect(second.message(SAID).first).to_be_visible()
    await expect(second.message(re.compile("thought on"))).to_be_visible()
    shown = await second.messages.all_inner_texts()
    await expect(first.messages).to_have_count(len(shown))
    assert await first.messages.all_inner_texts() == shown
    await first.page.locator("#say").press_sequentially("not yet sent")
    await first.page.reload()
    await expect(first.messages).to_have_count(len(shown))
    assert await first.messages.all_inner_texts() == shown
    await expect(first.page.locator("#say")).to_have_value("not yet sent")


async def test_a_lost_connection_is_caught_up_and_says_so(stage: Stage) -> None:
    ana, ben = await stage.tab("Ana"), stage.sandbox.person("Ben")
    before = await ben.say("#lobby", "before")
    kept = await ben.say("#lobby", "kept")
    await expect(ana.message("before")).to_be_visible()
    await ana.context.set_offline(True)
    stage.page.cut()
    strip = ana.page.locator("#strip")
    await expect(strip).to_contain_text("The connection is lost")
    await ben.say("#lobby", "while you were away")
    await ben.delete(before)
    await ben.edit(kept, "kept, and changed")
    await ana.context.set_offline(False)
    await expect(strip).to_contain_text("caught up")
    await expect(ana.message("while you were away")).to_be_visible()
    await expect(ana.message("kept, and changed")).to_be_visible()
    await expect(ana.message("before")).to_have_count(0)
    await ana.say("and on")
    await expect(ana.message("and on")).to_be_visible()


async def test_away_for_too_long_everything_is_read_anew(stage: Stage) -> None:
    ana, ben = await stage.tab("Ana"), stage.sandbox.person("Ben")
    await ana.context.set_offline(True)
    stage.page.cut()
    await expect(ana.page.locator("#strip")).to_contain_text("The connection is lost")
    await ben.say("#lobby", "no longer kept one by one")
    log = stage.page.state.event_log("Ana")
    assert log is not None
    log.begin_anew()
    await ana.context.set_offline(False)
    await expect(ana.message("no longer kept")).to_be_visible()
    await expect(ana.page.locator("#strip")).to_contain_text("caught up")


async def test_what_could_not_be_sent_is_not_lost(stage: Stage) -> None:
    ana = await stage.tab("Ana")
    await ana.context.set_offline(True)
    stage.page.cut()
    await expect(ana.page.locator("#strip")).to_contain_text("The connection is lost")
    await ana.say("do not lose this")
    await expect(ana.toast).to_contain_text("Not sent")
    await expect(ana.page.locator("#say")).to_have_value("do not lose this")
    assert stage.sandbox.person("Ben").messages("#lobby") == ()


async def test_the_way_of_a_turn_is_shown_as_it_happens(house: House) -> None:
    house.script.reviews.append(HARM)
    house.script.gate = asyncio.Event()
    max_ = await house.tab("Max")
    way = max_.page.locator("#way")
    await expect(way).to_be_hidden()
    await max_.page.locator("#way-button").click()
    await expect(way).to_contain_text("Nothing yet")
    await house.sandbox.person("Ana").say("#lobby", SAID)
    await expect(way.locator(".stop.now")).to_contain_text("the Chatbot writes")
    house.script.gate.set()
    titles = way.locator(".stop strong")
    await expect(titles).to_have_text(
        [
            "Chat Room",
            "Draft",
            "Therapy Room, round 1",
            "Therapy Room, round 1",
            "Response Mode",
            "Chat Room",
            "Evaluation Room",
        ]
    )
    await expect(way.locator("summary")).to_contain_text("Reply #1done")
    for words in (SAID, "The first thought on", HARM.says, "I see what it would do.", "A kinder"):
        await expect(way.locator(".stop-words").filter(has_text=words).first).to_be_visible()
    await max_.be("Ana")
    await expect(way).to_be_hidden()
    await max_.be("Ada")
    await expect(way.locator(".stop")).to_have_count(7)


async def test_while_the_chatbot_types_the_seconds_are_counted_without_a_word_to_readers(
    house: House,
) -> None:
    house.script.gate = asyncio.Event()
    ana = await house.tab("Ana")
    await ana.say(SAID)
    seconds = ana.page.locator("#typing-seconds")
    await expect(ana.page.locator("#typing-text")).to_have_text("Four Rooms is typing…")
    await expect(seconds).to_have_text("")
    where = "[typing.offsetHeight, document.getElementById('typing-note').offsetLeft]"
    before = await ana.page.evaluate(where)
    await expect(seconds).to_have_text(re.compile(r"^\d+ s$"), timeout=15_000)
    assert 5 <= int((await seconds.inner_text()).split()[0]) < 60
    assert await ana.page.evaluate(where) == before, "nothing moves"
    await expect(seconds).to_have_attribute("aria-hidden", "true")
    assert " s" not in await ana.page.locator("#spoken").inner_text()
    house.script.gate.set()
    await expect(ana.message("The first thought on")).to_be_visible()
    await expect(seconds).to_have_text("")


async def test_on_a_phone_the_head_takes_two_rows(house: House) -> None:
    tab = await house.tab("Max", {"viewport": {"width": 390, "height": 844}, "has_touch": True})
    await tab.page.locator("#view-place").click()
    middles = await tab.page.evaluate(
        "[...document.querySelectorAll('.top button, .faces')].filter((one) => one.offsetWidth)"
        ".map((one) => one.getBoundingClientRect()).map((r) => Math.round((r.top + r.bottom) / 2))"
    )
    assert len(set(middles)) == 2, middles
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= 390
