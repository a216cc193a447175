"""All that a bot uses works in the page: commands, controls, forms, files, menus, marks."""

from __future__ import annotations

import asyncio
import re
from io import BytesIO

import discord
import pytest
from playwright.async_api import FilePayload, expect

from tests.sandbox.conftest import Probe
from tests.sandbox.web.browsing import PNG
from tests.sandbox.web.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_slash_lists_what_this_person_may_use(stage: Stage, probe: Probe) -> None:
    ana, max_ = await stage.tab("Ana"), await stage.tab("Max")
    for tab, offered in ((ana, False), (max_, True)):
        await tab.page.locator("#say").press_sequentially("/")
        entries = tab.page.locator("#commands [role=option] strong")
        await expect(entries.filter(has_text="/card")).to_be_visible()
        await expect(entries.filter(has_text="/therapist take")).to_be_visible()
        await expect(entries.filter(has_text="/pause")).to_have_count(int(offered))
        await tab.page.keyboard.press("Escape")
        await expect(tab.page.locator("#commands")).to_be_hidden()


async def test_a_commands_options_are_fields(stage: Stage, probe: Probe) -> None:
    max_ = await stage.tab("Max")
    await max_.use("pause", channel="#lobby", minutes="7")
    await expect(max_.message("paused lobby for 7")).to_contain_text("Max used /pause")
    await expect(max_.message("and said so")).to_contain_text("Only you can see this")
    await max_.message("and said so").get_by_role("button", name="Dismiss").click()
    await expect(max_.message("and said so")).to_have_count(0)
    await max_.use("therapist take", who="Ben")
    await expect(max_.message("Ben sits")).to_be_visible()


async def test_a_missing_option_is_asked_for_before_anything_is_sent(
    stage: Stage, probe: Probe
) -> None:
    max_ = await stage.tab("Max")
    await max_.use("pause", minutes="7")
    field = max_.page.locator(".command-form").get_by_label("channel")
    assert await field.evaluate("node => node.validity.valueMissing")
    await expect(max_.messages).to_have_count(0)
    await max_.page.keyboard.press("Escape")
    await expect(max_.page.locator(".command-form")).to_be_hidden()
    await expect(max_.page.locator("#say")).to_be_focused()


async def test_autocomplete_suggests_while_one_types(stage: Stage, probe: Probe) -> None:
    ana = await stage.tab("Ana")
    await ana.page.locator("#say").press_sequentially("/persona")
    await ana.page.keyboard.press("Enter")
    suggestions = ana.page.locator(".suggestions li")
    await expect(suggestions).to_have_text(["default", "narcissistic"])
    await expect(suggestions.first).to_be_in_viewport(ratio=1)  # the form does not cut it off
    await ana.page.keyboard.type("nar")
    await expect(suggestions).to_have_text(["narcissistic"])
    await ana.page.keyboard.press("ArrowDown")
    await ana.page.keyboard.press("Enter")
    await ana.page.keyboard.press("Enter")
    await expect(ana.message("narcissistic")).to_contain_text("Only you")


async def test_what_is_marked_stays_so_when_more_suggestions_come(
    stage: Stage, probe: Probe
) -> None:
    probe.late["nar"] = asyncio.Event()
    ana = await stage.tab("Ana")
    await ana.page.locator("#say").press_sequentially("/persona")
    await ana.page.keyboard.press("Enter")
    suggestions = ana.page.locator(".suggestions li")
    await ana.page.keyboard.type("na")
    await expect(suggestions).to_have_text(["narcissistic"])
    await ana.page.keyboard.type("r")
    await ana.page.keyboard.press("ArrowDown")
    await suggestions.first.evaluate("node => { node.dataset.old = 1; }")
    probe.late["nar"].set()
    await expect(suggestions.and_(ana.page.locator("[data-old]"))).to_have_count(0)
    await ana.page.keyboard.press("Enter")
    await ana.page.keyboard.press("Enter")
    await expect(ana.message("narcissistic")).to_contain_text("Only you")


async def test_a_late_suggestion_does_not_open_what_was_picked(stage: Stage, probe: Probe) -> None:
    probe.late["nar"] = asyncio.Event()
    ana = await stage.tab("Ana")
    await ana.page.locator("#say").press_sequentially("/persona")
    await ana.page.keyboard.press("Enter")
    suggestions = ana.page.locator(".suggestions li")
    await ana.page.keyboard.type("na")
    await expect(suggestions).to_have_text(["narcissistic"])
    await ana.page.keyboard.type("r")
    await ana.page.keyboard.press("ArrowDown")
    await ana.page.keyboard.press("Enter")
    wire = await ana.page.context.new_cdp_session(ana.page)
    answered = asyncio.Event()
    wire.on("Network.webSocketFrameReceived", lambda _: answered.set())
    await wire.send("Network.enable")
    probe.late["nar"].set()
    await answered.wait()
    await expect(ana.page.locator(".suggestions")).to_be_hidden()
    await ana.page.keyboard.press("Enter")
    await expect(ana.message("narcissistic")).to_contain_text("Only you")


async def test_buttons_selects_and_forms(stage: Stage, probe: Probe) -> None:
    ana, ben_sees = await stage.tab("Ana"), await stage.tab("Max")
    await ana.use("card")
    card = ana.message("a card")
    await card.get_by_role("button", name="Rescore").click()
    form = ana.page.get_by_role("dialog", name="Rescore")
    await form.get_by_label("Score").fill("42")
    await form.get_by_label("Why").fill("because\nof this")
    await form.get_by_role("button", name="Send").click()
    await expect(form).to_have_count(0)
    await expect(ana.message(re.compile("42 because because"))).to_contain_text("Only you")
    await card.get_by_role("combobox").select_option(label="Gaslighting")
    await expect(ben_sees.message("chose Gaslighting")).to_be_visible()
    await card.get_by_role("button", name="Agree").click()
    agreed = ben_sees.message("agreed")
    await expect(agreed.get_by_role("button", name="Agree")).to_be_disabled()
    await expect(ben_sees.message("42 because")).to_have_count(0)
    await ana.use("choose")
    await ana.message("who?").get_by_role("combobox").select_option(label="Chi")
    await expect(ana.page.locator(".words").last).to_have_text("Chi")


async def test_no_answer_and_a_late_one(
    stage: Stage, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await stage.tab("Ana")
    with monkeypatch.context() as short:
        short.setattr("bot.sandbox.users.user.FIRST_RESPONSE", 0.05)
        await ana.use("silent")
        await expect(ana.toast).to_contain_text("did not respond")
    await ana.page.keyboard.press("Escape")
    await ana.use("session")
    file = ana.message("here").locator("a.file")
    await expect(file).to_contain_text("session.txt")
    async with ana.page.expect_download() as download:
        await file.click()
    assert (await download.value).suggested_filename == "session.txt"


async def test_a_messages_menu_holds_the_apps(stage: Stage, probe: Probe) -> None:
    ana = await stage.tab("Ana")
    await ana.say("look at this")
    said = ana.message("look at this").first
    menu = ana.page.get_by_role("menu")
    await said.click(button="right")
    await menu.get_by_role("menuitem", name="Show therapy").click()
    answer = ana.message("about: look at this")
    await expect(answer).to_contain_text("Ana used Apps · Show therapy")
    await expect(answer).to_contain_text("Only you")
    await said.hover()
    await said.get_by_role("button", name="More").click()
    await expect(menu.get_by_role("menuitem", name="Show therapy")).to_be_visible()
    await ana.page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await expect(said.get_by_role("button", name="More")).to_be_focused()


async def test_embeds_with_fields_and_pictures(stage: Stage, probe: Probe) -> None:
    ana = await stage.tab("Ana")
    embed = discord.Embed(title="Turn 7", description="**calm**", colour=0x3BA55D)
    embed.add_field(name="before", value="62", inline=True).add_field(name="after", value="`18`")
    embed.set_footer(text="Critic").set_image(url="attachment://chart.png")
    embed.set_thumbnail(url="https://elsewhere.example/spy.png")
    embed.set_author(name="The Critic")
    picture = discord.File(BytesIO(PNG), "chart.png")
    await probe.lobby(stage.sandbox).send(embed=embed, file=picture)
    shown = ana.page.locator(".embed")
    await expect(shown.locator(".embed-title")).to_have_text("Turn 7")
    await expect(shown.locator("strong")).to_have_text("calm")
    await expect(shown.locator("dt")).to_have_text(["before", "after"])
    await expect(shown).to_contain_text("A picture from elsewhere.example is not loaded")
    image = shown.locator("img.image")
    await expect(image).to_be_visible()
    await image.evaluate("node => node.decode()")  # fails for what is no picture


async def test_edits_deletions_replies_and_reactions(stage: Stage) -> None:
    ana, max_ = await stage.tab("Ana"), await stage.tab("Max")
    await ana.say("frist")
    await expect(ana.message("frist")).to_be_visible()
    await ana.page.locator("#say").press("ArrowUp")
    await expect(ana.page.locator("#say")).to_have_value("frist")
    await ana.say("first")
    shown = max_.message("first")
    await expect(shown).to_contain_text("(edited)")
    await shown.hover()
    await shown.get_by_role("button", name="Reply").click()
    await max_.say("second")
    reply = ana.message("second")
    await expect(reply.locator(".reference")).to_have_text(re.compile("Ana.*first"))
    await reply.click(button="right")
    await expect(ana.page.get_by_role("menuitem", name="Delete")).to_have_count(0)
    await ana.page.get_by_role("menuitem", name="👍").click()
    await expect(max_.message("second").locator(".reaction")).to_have_text("👍1")
    await max_.message("second").locator(".reaction").click()
    await expect(ana.message("second").locator(".reaction")).to_have_text("👍2")
    await max_.message(re.compile("^.*first")).first.click(button="right")
    await max_.page.get_by_role("menuitem", name="Delete").click()
    await expect(ana.messages).to_have_count(1)
    await ana.page.reload()
    await expect(ana.message("second").locator(".reference")).to_contain_text("deleted")


async def test_files_are_sent_and_shown(stage: Stage) -> None:
    ana, max_ = await stage.tab("Ana"), await stage.tab("Max")
    chooser = ana.page.locator("#composer input[type=file]")
    picture: FilePayload = {"name": "a picture.png", "mimeType": "image/png", "buffer": PNG}
    note: FilePayload = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"a note"}
    await chooser.set_input_files([picture, note])
    await expect(ana.page.locator(".tray li")).to_have_count(2)
    await ana.say("with files")
    shown = max_.message("with files")
    await expect(shown.locator("img")).to_have_attribute("alt", "Picture: a_picture.png")
    await expect(shown.locator("a.file")).to_contain_text("note.txt")
    await expect(ana.page.locator(".tray li")).to_have_count(0)


async def test_mentions_and_unread_marks(stage: Stage) -> None:
    max_ = await stage.tab("Max")
    await max_.enter("moderators")
    await stage.sandbox.person("Ana").say("#lobby", "hello")
    await expect(max_.room("lobby").locator(".dot")).to_be_visible()
    await max_.enter("lobby")
    await expect(max_.room("lobby").locator(".dot")).to_have_count(0)
    await max_.page.reload()
    await expect(max_.message("hello")).to_be_visible()
    await expect(max_.room("lobby").locator(".dot")).to_have_count(0)
    ana = await stage.tab("Ana")
    await ana.say("@Max look at #lobby")
    await expect(max_.page.locator(".mentions-me .mention.mine")).to_have_text("@Max")
    await expect(max_.page.locator(".mentions-me button.mention")).to_have_text("#lobby")


async def test_a_person_who_types_is_seen(stage: Stage) -> None:
    ana, max_ = await stage.tab("Ana"), await stage.tab("Max")
    await ana.page.locator("#say").press_sequentially("I am")
    await expect(max_.page.locator("#typing-text")).to_have_text("Ana is typing…")
    await expect(ana.page.locator("#typing-text")).to_have_text("")
    await ana.say("I am here")
    await expect(max_.page.locator("#typing-text")).to_have_text("")


async def test_a_room_in_which_one_may_not_write_says_so(stage: Stage) -> None:
    world = stage.sandbox.guild
    world.set_permissions(world.lobby_id, world.role_id("Member"), send_messages=False)
    ana = await stage.tab("Ana")
    say = ana.page.locator("#say")
    await expect(say).to_have_attribute("placeholder", "Write as Max")
    assert "Ana" not in await ana.page.locator("#speaker option").all_inner_texts()


async def test_a_room_that_closes_is_left(stage: Stage) -> None:
    ana = await stage.tab("Ana")
    new = stage.sandbox.guild.add_channel("upstairs")
    await ana.enter("upstairs")
    world = stage.sandbox.guild
    world.set_permissions(new, world.role_id("Member"), view_channel=False)
    await expect(ana.page.locator("#place")).to_have_text("# lobby")
    await expect(ana.room("upstairs")).to_have_count(0)
    await expect(ana.toast).to_contain_text("no longer open to you")
