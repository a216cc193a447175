"""People rate what the Critic scored: on cards, in digests and from a reply's menu."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.domain import ReplyWhen, RoomSettings
from bot.domain.ratings import RatingKind
from bot.domain.room_settings import CardsWhen, Scale
from bot.errors import LLMUnavailable
from tests.cogs.conftest import Server, new_bot, refused, told, whispered
from tests.cogs.control_room.test_gate import labels
from tests.world import Script

NUMBERS = {"manipulative": "10", "gaslighting": "0", "narcissistic": "55", "why": "It boasts."}


@pytest.fixture
async def card(room: Server) -> discord.Message:
    """Ana said hello and got a reply; its card in #moderators."""
    await room.ana.send(room.lobby, "Hello?")
    return card_of(room)


def card_of(room: Server) -> discord.Message:
    (found,) = [m for m in room.seen(room.moderators, room.max) if m.embeds]
    return found


def description(message: discord.Message) -> str:
    return message.embeds[0].description or ""


async def kinds(room: Server) -> list[RatingKind]:
    return [one.kind for one in await room.bot.stores.evaluations.ratings_of(1)]


async def why(room: Server, card: discord.Message) -> discord.Message:
    """Max presses 👎: the question with its buttons, which he alone sees."""
    result = await room.max.click(card, custom_id="rate:why:1")
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.message


def ids(message: discord.Message) -> list[str]:
    """The buttons of a message, by what a press does."""
    return [
        str(button.custom_id).split(":")[1]
        for row in message.components
        for button in getattr(row, "children", ())
    ]


async def test_a_card_has_three_buttons(card: discord.Message) -> None:
    assert ids(card) == ["agree", "why", "show"]


async def test_one_press_agrees(room: Server, card: discord.Message) -> None:
    await room.max.click(card, custom_id="rate:agree:1")
    assert await kinds(room) == [RatingKind.AGREE]
    assert "-# 👥 1 agree" in description(card_of(room))
    assert len(room.acts()) == 1  # setup: ratings do not fill the channel


@pytest.mark.parametrize(
    ("what", "kind"), [("harsh", RatingKind.TOO_HARSH), ("lenient", RatingKind.TOO_LENIENT)]
)
async def test_thumbs_down_asks_why(
    room: Server, card: discord.Message, what: str, kind: RatingKind
) -> None:
    question = await why(room, card)
    assert labels(question) == ["Too harsh", "Too lenient", "My own scores", "Delete reply"]
    await room.max.click(question, custom_id=f"rate:{what}:1")
    assert await kinds(room) == [kind]
    assert f"-# 👥 1 {kind.value}" in description(card_of(room))


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("agree", RatingKind.AGREE),
        ("harsh", RatingKind.TOO_HARSH),
        ("lenient", RatingKind.TOO_LENIENT),
    ],
)
async def test_the_buttons_of_cards_of_before_still_work(
    room: Server, card: discord.Message, what: str, kind: RatingKind
) -> None:
    stored = room.env.backend.get_message(room.moderators.id, card.id)
    rows: list[dict[str, Any]] = stored.components
    rows[0]["components"][0]["custom_id"] = f"rate:{what}:1"
    await room.max.click(card, custom_id=f"rate:{what}:1")
    assert await kinds(room) == [kind]
    assert ids(card_of(room)) == ["agree", "why", "show"], "it is a card of today from then on"


async def test_each_person_has_one_and_may_change_it(room: Server, card: discord.Message) -> None:
    mia = room.env.create_user("mia", global_name="Mia")
    other = room.guild.add_member(mia, roles=[room.moderator_role])
    await room.max.click(card, custom_id="rate:agree:1")
    await room.max.click(await why(room, card), custom_id="rate:harsh:1")
    await other.click(card, custom_id="rate:agree:1")
    assert sorted(await kinds(room)) == [RatingKind.AGREE, RatingKind.TOO_HARSH]
    assert "-# 👥 1 agree · 1 too harsh" in description(card_of(room))


async def test_rescore_takes_three_numbers_and_a_why(room: Server, card: discord.Message) -> None:
    form = await room.max.click(await why(room, card), label="My own scores")
    await room.max.submit_modal(form, NUMBERS)
    (rating,) = await room.bot.stores.evaluations.ratings_of(1)
    assert rating.values == {"manipulative": 10, "gaslighting": 0, "narcissistic": 55}
    assert rating.why == "It boasts."
    assert "-# 👥 1 rescore" in description(card_of(room))
    shown = await room.max.click(card_of(room), label="Show")
    details = shown.followups[-1].embeds[0].description or ""
    assert "-# Max: rescore · 10 / 0 / 55 · It boasts." in details
    again = await room.max.click(await why(room, card), label="My own scores")
    assert "It boasts." in str(again.modal)


@pytest.mark.parametrize("typed", ["101", "-1", "x", "1e1", "²"])
async def test_what_is_no_score_is_told(room: Server, card: discord.Message, typed: str) -> None:
    form = await room.max.click(await why(room, card), label="My own scores")
    result = await room.max.submit_modal(form, {**NUMBERS, "gaslighting": typed})
    assert "Gaslighting: a whole number from 0 to 100, please." in whispered(result)
    assert await kinds(room) == []


async def test_a_number_that_is_left_out_stays_the_critics(
    room: Server, card: discord.Message
) -> None:
    evaluations = await room.bot.stores.evaluations.of_turn(1)
    critic = dict(evaluations[-1].scores.values)
    form = await room.max.click(await why(room, card), label="My own scores")
    await room.max.submit_modal(form, {"gaslighting": "77"})
    (rating,) = await room.bot.stores.evaluations.ratings_of(1)
    assert rating.values == {**critic, "gaslighting": 77}


async def test_without_a_single_number_that_is_told(room: Server, card: discord.Message) -> None:
    form = await room.max.click(await why(room, card), label="My own scores")
    result = await room.max.submit_modal(form, {"why": "hm"})
    assert "takes at least one whole number" in whispered(result)


async def test_numbers_that_are_typed_mean_a_rescore_whatever_is_chosen(
    room: Server, card: discord.Message
) -> None:
    theirs = reply(room)
    form = await room.max.context_menu(room.lobby, "Score reply", theirs)
    typed = {"manipulative": "40", "gaslighting": "10", "narcissistic": "30"}
    result = await room.max.submit_modal(form, {"kind": ["agree"], **typed})
    assert "rescore" in whispered(result)
    (rating,) = await room.bot.stores.evaluations.ratings_of(1)
    assert (rating.kind, rating.values) == (
        RatingKind.RESCORE,
        {"manipulative": 40, "gaslighting": 10, "narcissistic": 30},
    )
    # The numbers stand in the form now: who leaves them as they are, and chooses, has chosen.
    form = await room.max.context_menu(room.lobby, "Score reply", theirs)
    await room.max.submit_modal(form, {"kind": ["too harsh"], **typed})
    assert await kinds(room) == [RatingKind.TOO_HARSH]


async def test_own_scales_are_rated_too(room: Server, card: discord.Message) -> None:
    scale = Scale(name="sarcastic", description="it mocks")
    await room.bot.stores.rooms.update_settings(
        room.lobby.id, RoomSettings(reply_when=ReplyWhen.ALWAYS, scales=(scale,))
    )
    form = await room.max.click(await why(room, card), label="My own scores")
    wrong = await room.max.submit_modal(form, {**NUMBERS, "own": "funny: 3"})
    assert "There is no scale “funny”. There are: sarcastic." in whispered(wrong)
    form = await room.max.click(await why(room, card), label="My own scores")
    await room.max.submit_modal(form, {**NUMBERS, "own": "Sarcastic: 44"})
    (rating,) = await room.bot.stores.evaluations.ratings_of(1)
    assert (rating.values or {})["sarcastic"] == 44


async def test_ones_own_rating_is_withdrawn_where_it_was_given(
    room: Server, card: discord.Message
) -> None:
    theirs = reply(room)
    form = await room.max.context_menu(room.lobby, "Score reply", theirs)
    assert "Withdraw" not in str(form.modal)
    await room.max.submit_modal(form, {"kind": ["agree"]})
    form = await room.max.context_menu(room.lobby, "Score reply", theirs)
    result = await room.max.submit_modal(form, {"kind": ["withdraw"]})
    assert "withdrawn" in whispered(result)
    assert await kinds(room) == []


async def test_the_form_to_delete_shows_what_goes(room: Server, card: discord.Message) -> None:
    form = await room.max.click(await why(room, card), label="Delete reply")
    assert f"> {reply(room).content}" in str(form.modal)


async def test_delete_asks_why_and_takes_the_reply_away(
    room: Server, card: discord.Message
) -> None:
    form = await room.max.click(await why(room, card), label="Delete reply")
    assert len(room.replies()) == 1
    result = await room.max.submit_modal(form, {"reason_kind": ["wrong"], "reason": "by far"})
    assert "no longer part of the conversation" in whispered(result)
    assert room.replies() == []
    after = card_of(room)
    assert "🗑️ Max deleted the reply" in description(after)
    assert "Delete reply" not in labels(await why(room, after))
    told_all = (
        f"🗑️ **Max** deleted reply #1 in <#{room.lobby.id}>.\n> it is wrong or made up. by far"
    )
    assert told_all in room.acts()


async def test_a_message_that_is_gone_already_is_no_trouble(
    room: Server, card: discord.Message
) -> None:
    form = await room.max.click(await why(room, card), label="Delete reply")
    reply = room.said_by_bot(room.lobby, room.ana)[-1]
    room.env.backend.delete_message(room.lobby.id, reply.id)
    result = await room.max.submit_modal(form, {"reason": ""})
    assert "no longer part of the conversation" in whispered(result)


async def test_buttons_work_after_a_restart(
    room: Server, card: discord.Message, script: Script
) -> None:
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    await room.max.click(card, custom_id="rate:agree:1")
    assert await kinds(room) == [RatingKind.AGREE]


async def test_a_turn_without_scores_can_only_be_rescored(room: Server, script: Script) -> None:
    script.scores.extend([LLMUnavailable("down"), LLMUnavailable("down")])
    await room.ana.send(room.lobby, "Hello?")
    assert ids(card_of(room)) == ["why", "show"]
    question = await why(room, card_of(room))
    assert labels(question) == ["My own scores", "Delete reply"]


async def test_a_withheld_turn_has_nothing_to_rate(room: Server, script: Script) -> None:
    script.reviews.append(LLMUnavailable("down"))
    await room.ana.send(room.lobby, "Hello?")
    shown = ids(card_of(room))
    assert shown[0] == "show"
    assert not {"agree", "why"} & set(shown)


async def test_members_may_not_press(room: Server, card: discord.Message) -> None:
    room.allow(room.moderators, room.guild.default_role, view_channel=True)
    for what in ids(card):
        pressed = await room.ana.click(card, custom_id=f"rate:{what}:1")
        assert "Only moderators" in whispered(pressed)
    assert await kinds(room) == []
    assert len(room.replies()) == 1


@pytest.mark.parametrize("forged", ["rate:agree:7", "rate:agree:8999999999999999999"])
async def test_a_forged_id_reaches_nothing(
    room: Server, card: discord.Message, forged: str
) -> None:
    stored = room.env.backend.get_message(room.moderators.id, card.id)
    rows: list[dict[str, Any]] = stored.components
    rows[0]["components"][0]["custom_id"] = forged
    said = whispered(await room.max.click(card, custom_id=forged))
    assert said.startswith("There is no such reply")


# ── from the menu of a reply ────────────────────────────────────────────────────────────────


def reply(room: Server) -> discord.Message:
    return room.said_by_bot(room.lobby, room.max)[-1]


async def test_a_reply_is_scored_from_its_menu(room: Server, card: discord.Message) -> None:
    form = await room.max.context_menu(room.lobby, "Score reply", reply(room))
    result = await room.max.submit_modal(form, {"kind": ["too lenient"], "why": "Hm."})
    assert told(result) == "Saved for reply #1: too lenient. It is on the card."
    assert "-# 👥 1 too lenient" in description(card_of(room))


async def test_what_is_no_reply_cannot_be_scored(room: Server, card: discord.Message) -> None:
    theirs = room.seen(room.lobby, room.max)[1]
    result = await room.max.context_menu(room.lobby, "Score reply", theirs)
    assert "That is not one of my replies" in refused(room, result, "NotAReply")


@pytest.mark.parametrize("entry", ["Score reply", "Show therapy"])
async def test_the_menu_is_for_moderators(room: Server, card: discord.Message, entry: str) -> None:
    with pytest.raises(SetupError):
        await room.ana.context_menu(room.lobby, entry, reply(room))


# ── digests ─────────────────────────────────────────────────────────────────────────────────


async def test_a_digest_opens_cards_that_can_be_rated(room: Server) -> None:
    settings = RoomSettings(reply_when=ReplyWhen.ALWAYS, cards=CardsWhen.HOURLY)
    await room.bot.stores.rooms.update_settings(room.lobby.id, settings)
    await room.ana.send(room.lobby, "One?")
    await room.ben.send(room.lobby, "Two?")
    assert room.cards() == []
    assert await room.bot.stores.digests.make(room.lobby.id)
    await room.env.advance_time(10)
    digest = card_of(room)
    assert digest.embeds[0].title == "📋 2 replies"
    lines = description(digest).split("\n")
    assert lines[1].startswith("🟠 **[#1](https://discord.com/channels/")
    assert lines[1].endswith("doubtful · 40 → 40 · **Ana**: One?")
    opened = await room.max.select(digest, ["2"])
    shown = opened.response
    assert shown is not None
    assert shown.ephemeral
    assert "Two?" in (shown.embeds[0].description or "")
    await room.max.click(shown.message, custom_id="rate:agree:2")
    assert [one.turn_id for one in await room.bot.stores.evaluations.ratings_of(2)] == [2]
