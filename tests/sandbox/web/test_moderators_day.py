"""A moderator's day in a browser: a card is rated, a held reply released, the seat taken."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from bot.domain import ReplyWhen, RoomSettings
from tests.sandbox.web.browsing import Tab
from tests.sandbox.web.conftest import House
from tests.world import HARM

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "You never listen to me."


async def both(house: House) -> tuple[Tab, Tab]:
    """Ana in #lobby, Max in #moderators."""
    ana, max_ = await house.tab("Ana"), await house.tab("Max")
    await max_.enter("moderators")
    return ana, max_


async def test_max_rates_a_card_and_changes_his_mind(house: House) -> None:
    house.script.reviews.append(HARM)
    ana, max_ = await both(house)
    await ana.say(SAID)
    card = max_.message("Would have been sent")
    await card.get_by_role("button", name="👎").click()
    why = max_.message("What is wrong with reply #1")
    await why.get_by_role("button", name="Too harsh").click()
    await expect(card).to_contain_text("1 too harsh")
    await card.get_by_role("button", name="👎").click()
    await why.get_by_role("button", name="My own scores").click()
    form = max_.page.get_by_role("dialog", name="Score reply #1")
    for harm, number in (("Manipulative", "10"), ("Gaslighting", "0"), ("Narcissistic", "35")):
        await form.get_by_label(harm).fill(number)
    await form.get_by_label("Why").fill("It is mild.")
    await form.get_by_role("button", name="Send").click()
    await expect(card).to_contain_text("1 rescore")
    await card.get_by_role("button", name="Show").click()
    await expect(max_.message("Details")).to_contain_text("Max: rescore · 10 / 0 / 35")
    await expect(ana.message("Reply #1")).to_have_count(0)


async def test_a_number_that_is_none_is_told_so(house: House) -> None:
    ana, max_ = await both(house)
    await ana.say(SAID)
    await max_.message("doubtful").get_by_role("button", name="👎").click()
    await max_.message("What is wrong").get_by_role("button", name="My own scores").click()
    form = max_.page.get_by_role("dialog", name="Score reply #1")
    await form.get_by_label("Manipulative").fill("a lot")
    await form.get_by_role("button", name="Send").click()
    told = max_.message("Manipulative: a whole number from 0 to 100, please.")
    await expect(told).to_contain_text("Only you can see this")


async def test_max_releases_a_held_reply(house: House) -> None:
    lobby = house.sandbox.guild.lobby_id
    await house.bot.stores.rooms.update_settings(
        lobby, RoomSettings(gate=40, reply_when=ReplyWhen.ALWAYS)
    )
    house.script.scores.append(70)
    ana, max_ = await both(house)
    await ana.say(SAID)
    held = max_.message("held for a decision")
    await expect(held).to_contain_text("manipulative 70 is above 40")
    await expect(ana.page.locator("#typing-text")).to_have_text("")
    await expect(ana.message("The first thought on")).to_have_count(0)
    await held.get_by_role("button", name="✏️ Edit").click()
    form = max_.page.get_by_role("dialog", name="Edit the reply")
    await form.get_by_label("The reply").fill("I am listening now. What happened?")
    await form.get_by_role("button", name="Send").click()
    await expect(ana.message("I am listening now. What happened?")).to_be_visible()
    decided = max_.message("Max edited it and let it go out")
    await expect(decided.get_by_role("button", name="Approve")).to_have_count(0)


async def test_max_sits_in_the_therapists_seat(house: House) -> None:
    ana, max_ = await both(house)
    await max_.use("therapist take")
    await expect(max_.message("You are the Therapist")).to_contain_text("Only you can see this")
    await ana.say(SAID)
    await max_.enter("therapy")
    await expect(max_.message("Max, you are the Therapist")).to_contain_text(
        "then the AI takes over for this reply"
    )
    await max_.say("Ask her what happened.")
    again = max_.message("round 2").filter(has_text="A kinder word about")
    await expect(ana.message(re.compile("kinder|first thought"))).to_have_count(0)
    await again.get_by_role("button", name="Ready: send it as it is").click()
    await expect(ana.message("A kinder word about")).to_be_visible()
    await expect(max_.page.get_by_role("button", name="Ready: send it as it is")).to_have_count(0)
    assert "review" not in house.script.called
