"""A reply that is held at the gate, as moderators release it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.domain import ReplyWhen, RoomSettings, TurnState
from bot.rooms.chat.fixed_texts import APOLOGY
from cogs.control_room.gate_view import edit_fields, join_parts, pieces_of
from tests.cogs.conftest import Server, new_bot, whispered
from tests.pausing import mark_paused
from tests.world import Script


@pytest.fixture
async def held(room: Server, script: Script) -> discord.Message:
    """A reply scored 70 waits at a gate of 40; its post in #moderators."""
    await room.bot.stores.rooms.update_settings(
        room.lobby.id, RoomSettings(reply_when=ReplyWhen.ALWAYS, gate=40)
    )
    script.scores.append(70)
    await room.ana.send(room.lobby, "Hello?")
    assert room.replies() == []
    return gate_post(room)


def gate_post(room: Server) -> discord.Message:
    return room.seen(room.moderators, room.max)[-1]


def now(room: Server, held: discord.Message) -> discord.Message:
    return next(m for m in room.seen(room.moderators, room.max) if m.id == held.id)


def shown(message: discord.Message) -> str:
    (embed,) = message.embeds
    return f"{embed.title}\n{embed.description}"


def labels(message: discord.Message) -> list[str]:
    rows: list[Any] = message.components
    return [button.label for row in rows for button in row.children]


async def test_it_shows_what_waits_why_and_until_when(held: discord.Message) -> None:
    said = shown(held)
    assert said.startswith("⏳ Reply #1 · held for a decision")
    assert "**Held because** manipulative 70 is above 40" in said
    assert "**Ana**: Hello?" in said
    assert "**As the Chatbot wrote it**\nThe first thought on Hello?." in said
    assert "**Withheld <t:" in said
    assert held.embeds[0].footer.text == "trust in the Critic: not tested"
    assert labels(held) == ["Approve", "Another round", "Edit", "Withhold"]


async def test_approved_it_goes_out_and_the_buttons_go(room: Server, held: discord.Message) -> None:
    await room.max.click(held, label="Approve")
    assert room.replies() == ["The first thought on Hello?."]
    after = now(room, held)
    assert shown(after).startswith("✅ Reply #1 · no longer held\n**✅ Max let it go out**")
    assert "Withheld <t:" not in shown(after)
    assert labels(after) == []
    assert any("**Max** let reply #1 in" in act for act in room.acts())


async def test_another_round_goes_with_the_moderators_words(
    room: Server, held: discord.Message
) -> None:
    form = await room.max.click(held, label="Another round")
    await room.max.submit_modal(form, {"words": "Ask how her day was."})
    assert room.replies() == ["A kinder word about Hello?, thought through."]
    assert any("Ask how her day was." in text for text in room.session())
    after = now(room, held)
    assert "Max sent it back into therapy" in shown(after)


async def test_an_edited_reply_goes_out_in_the_moderators_words(
    room: Server, held: discord.Message
) -> None:
    form = await room.max.click(held, label="Edit")
    assert "The first thought on Hello?." in str(form.modal)
    await room.max.submit_modal(form, {"part1": "Hello Ana, how are you?"})
    assert room.replies() == ["Hello Ana, how are you?"]


async def test_withheld_the_person_reads_the_apology(room: Server, held: discord.Message) -> None:
    form = await room.max.click(held, label="Withhold")
    await room.max.submit_modal(form, {"reason": "too sharp"})
    assert room.replies() == [APOLOGY]
    assert any("withheld reply #1" in act and "too sharp" in act for act in room.acts())


async def test_when_its_time_is_over_it_is_withheld_and_says_so(
    room: Server, held: discord.Message
) -> None:
    await pass_time(room)
    await room.env.advance_time(10)
    assert room.replies() == [APOLOGY]
    after = now(room, held)
    assert "⌛ Nobody decided in time: not sent" in shown(after)
    assert labels(after) == ["Send it after all"]


async def test_after_its_time_one_press_sends_it_in_place_of_the_apology(
    room: Server, held: discord.Message
) -> None:
    await pass_time(room)
    await room.env.advance_time(10)
    assert labels(now(room, held)) == ["Send it after all"]
    await room.max.click(now(room, held), label="Send it after all")
    assert room.replies() == ["The first thought on Hello?."]
    assert shown(now(room, held)).startswith(
        "✅ Reply #1 · no longer held\n**✅ Max let it go out**"
    )
    assert labels(now(room, held)) == []
    assert any("after its time was over" in act for act in room.acts())


async def test_it_is_not_sent_once_the_room_has_gone_on(
    room: Server, held: discord.Message
) -> None:
    await pass_time(room)
    await room.env.advance_time(10)
    for word in ("one", "two", "three"):
        await room.ana.send(room.lobby, word)
    result = await room.max.click(now(room, held), label="Send it after all")
    assert "does not fit any more: the room has gone on" in whispered(result)
    assert "The first thought on Hello?." not in room.replies()


async def pass_time(room: Server) -> None:
    """The database's clock: the turn has waited for long enough."""
    turn = await room.bot.stores.turns.open_turn(room.lobby.id)
    assert turn is not None
    over = replace(turn, waits_until=datetime.now(UTC) - timedelta(seconds=1))
    await room.bot.stores.turns.save(over, was=turn)


async def test_it_goes_on_waiting_over_a_restart(
    room: Server, held: discord.Message, script: Script
) -> None:
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    turn = await room.bot.stores.turns.open_turn(room.lobby.id)
    assert turn is not None
    assert turn.state is TurnState.GATED
    assert room.replies() == []
    await room.max.click(held, label="Approve")
    assert room.replies() == ["The first thought on Hello?."]


async def test_a_form_opened_before_a_restart_can_be_sent_after_it(
    room: Server, held: discord.Message, script: Script
) -> None:
    form = await room.max.click(held, label="Edit")
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    await room.max.submit_modal(form, {"part1": "Good morning, Ana!"})
    assert room.replies() == ["Good morning, Ana!"]


async def waits_until(room: Server) -> str:
    """The time at which the turn's wait is over, as Discord shows it relative to now."""
    turn = await room.bot.stores.turns.open_turn(room.lobby.id)
    assert turn is not None
    assert turn.waits_until is not None
    return f"<t:{int(turn.waits_until.timestamp())}:R>"


def edits(room: Server, message: discord.Message) -> int:
    """How often the bot has changed that message."""
    path = f"/channels/{message.channel.id}/messages/{message.id}"
    return sum((one.method, one.path) == ("PATCH", path) for one in room.env.http_requests)


async def test_a_pause_holds_the_time_and_after_it_the_post_shows_the_new_one(
    room: Server, held: discord.Message
) -> None:
    await room.max.slash(room.moderators, "pause")
    assert "**The room is paused**: the time to decide starts again" in shown(now(room, held))
    assert "<t:" not in shown(now(room, held))
    await pass_time(room)
    changes = edits(room, held)
    await room.max.slash(room.moderators, "resume")
    said = shown(now(room, held))
    assert f"**Withheld {await waits_until(room)}** unless a moderator decides" in said
    assert said.count("Withheld <t:") == 1
    assert edits(room, held) == changes + 1
    assert labels(now(room, held)) == ["Approve", "Another round", "Edit", "Withhold"]
    await room.max.click(held, label="Approve")
    assert room.replies() == ["The first thought on Hello?."]
    assert "Withheld <t:" not in shown(now(room, held))
    assert "is paused" not in shown(now(room, held))


async def test_a_resume_without_a_pause_changes_no_post(
    room: Server, held: discord.Message
) -> None:
    await room.max.slash(room.moderators, "resume")
    assert edits(room, held) == 0


async def test_a_post_that_cannot_be_changed_holds_nothing_up(
    room: Server, held: discord.Message
) -> None:
    await room.max.slash(room.moderators, "pause")
    path = f"/channels/{held.channel.id}/messages/{held.id}"
    room.env.inject_error("PATCH", path, status=403, code=30046)
    await room.max.slash(room.moderators, "resume")
    await room.max.click(held, label="Approve")
    assert room.replies() == ["The first thought on Hello?."]


async def test_a_pause_that_runs_out_by_itself_renews_the_time_shown(
    room: Server, held: discord.Message, script: Script
) -> None:
    await room.max.slash(room.moderators, "pause", minutes=1)
    over = datetime.now(UTC) - timedelta(seconds=1)
    await mark_paused(room.bot.stores, room.lobby.id, until=over)
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    await room.env.advance_time(10)
    assert await waits_until(room) in shown(now(room, held))


async def test_the_second_of_two_moderators_is_told(room: Server, held: discord.Message) -> None:
    mia = room.env.create_user("mia", global_name="Mia")
    other = room.guild.add_member(mia, roles=[room.moderator_role])
    form = await other.click(held, label="Withhold")
    await room.max.click(held, label="Approve")
    result = await other.submit_modal(form, {"reason": ""})
    assert "is no longer waiting" in whispered(result)
    assert room.replies() == ["The first thought on Hello?."]


async def test_a_leak_cannot_be_edited_in(room: Server, held: discord.Message) -> None:
    form = await room.max.click(held, label="Edit")
    result = await room.max.submit_modal(form, {"part1": "My therapist says hello."})
    assert "cannot go out" in whispered(result)
    assert room.replies() == []


async def test_members_cannot_see_it_and_those_who_can_may_not_press(
    room: Server, held: discord.Message
) -> None:
    with pytest.raises(SetupError):
        await room.ana.click(held, label="Approve")
    room.allow(room.moderators, room.guild.default_role, view_channel=True)
    assert "Only moderators" in whispered(await room.ana.click(held, label="Approve"))
    assert room.replies() == []


@pytest.mark.parametrize("length", [10, 4000, 4001, 9000, 19_000])
def test_a_long_reply_is_edited_in_pieces(length: int) -> None:
    text = ("A line of words.\n" * 2000)[:length].strip()
    pieces = pieces_of(text)
    assert all(len(piece) <= 4000 for piece in pieces)
    assert join_parts(pieces) == text
    fields = edit_fields(text)
    assert fields is not None
    assert len(fields) == len(pieces)


def test_a_reply_too_long_for_a_form_has_none() -> None:
    assert edit_fields("word " * 5000) is None
