"""A pause that is there already, and the buttons of pauses."""

from __future__ import annotations

import asyncio
from datetime import datetime

import discord
import pytest
from simcord.results import InteractionResult, ResponseMessage

from bot.domain import Moderator, Room
from bot.rooms.chat.chat_room import ChatRoom
from cogs.control_room import pauses
from cogs.control_room.pause_view import MAY_APPEAR, ON_ITS_WAY
from tests.cogs.conftest import Server, new_bot, told, whispered
from tests.world import Script


def only(result: InteractionResult) -> ResponseMessage:
    """The one message with which a command was answered."""
    (shown,) = [*([result.response] if result.response else []), *result.followups]
    return shown


def post(room: Server) -> discord.Message:
    """The latest act in the moderator channel."""
    return [m for m in room.seen(room.moderators, room.max) if m.content][-1]


async def until(room: Server) -> datetime | None:
    return (await room.room()).paused_until


async def acts(room: Server) -> list[str]:
    return [act.kind for act in await room.bot.stores.acts.find(room.guild.id)][::-1]


# ── a second pause ──────────────────────────────────────────────────────────────────────────


async def test_a_second_pause_says_what_there_is_and_changes_nothing(room: Server) -> None:
    await room.max.slash(room.lobby, "pause", minutes=30, reason="a raid")
    end = await until(room)
    assert end is not None
    at = int(end.timestamp())
    said = told(await room.max.slash(room.lobby, "pause"))
    began = _began(await room.room())
    assert f"is already paused since <t:{began}:t> (<t:{began}:R>) by **Max**" in said
    assert f"until <t:{at}:t> (<t:{at}:R>)" in said
    assert "> a raid" in said
    assert "I have changed nothing" in said
    assert await until(room) == end, "and is not without end now"
    assert await acts(room) == ["setup", "pause"]


def _began(room: Room) -> int:
    assert room.paused_at is not None
    return int(room.paused_at.timestamp())


async def test_the_pause_is_replaced_where_that_is_wanted(room: Server, script: Script) -> None:
    await room.max.slash(room.lobby, "pause", minutes=30, reason="a raid")
    shown = only(await room.max.slash(room.lobby, "pause", reason="worse than I thought"))
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    said = whispered(await room.max.click(shown, label="Pause until resumed instead"))
    assert "until somebody resumes it" in said
    assert "> worse than I thought" in said
    assert await until(room) is None
    assert await acts(room) == ["setup", "pause", "pause"]


async def test_the_pause_is_kept_where_that_is_wanted(room: Server) -> None:
    await room.max.slash(room.lobby, "pause", minutes=30)
    end = await until(room)
    shown = only(await room.max.slash(room.lobby, "pause", minutes=1))
    said = whispered(await room.max.click(shown, label="Keep it"))
    assert said.endswith("Nothing was changed.")
    assert await until(room) == end
    assert await acts(room) == ["setup", "pause"]


async def test_a_pause_that_came_meanwhile_is_asked_about_anew(room: Server) -> None:
    await room.max.slash(room.lobby, "pause", minutes=30)
    shown = only(await room.max.slash(room.lobby, "pause"))
    await room.max.slash(room.lobby, "resume")
    await room.env.advance_time(1)
    await asyncio.sleep(0.002)  # a mark is of milliseconds
    await room.bot.control.pauses.pause(room.lobby.id, Moderator(1, "Kim"), minutes=5)
    end = await until(room)
    said = whispered(await room.max.click(shown, label="Pause until resumed instead"))
    assert "is already paused" in said
    assert "by **Kim**" in said
    assert await until(room) == end


async def test_everywhere_keeps_the_pauses_there_are(room: Server) -> None:
    garden = room.guild.create_text_channel("garden")
    await room.set_up(chat=garden)
    await room.max.slash(room.lobby, "pause", minutes=30)
    end = await until(room)
    said = told(await room.max.slash(room.moderators, "pause", everywhere=True))
    assert f"<#{garden.id}> is paused by **Max** until somebody resumes it" in said
    assert f"<#{room.lobby.id}> is already paused" in said
    assert await until(room) == end


async def test_a_pause_answers_after_the_reply_on_its_way_also_where_there_is_one_already(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.max.slash(room.lobby, "pause")
    held = []

    async def hold(_: ChatRoom, room_id: int) -> None:
        held.append(room_id)

    monkeypatch.setattr(ChatRoom, "hold", hold)
    await room.max.slash(room.lobby, "pause")
    assert held == [room.lobby.id]


async def test_until_the_fate_of_a_reply_is_known_it_says_that_one_may_appear(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hold(self: ChatRoom, room_id: int) -> None:
        await asyncio.sleep(2 * pauses.SAID_AFTER)
        self._unsure.add(room_id)

    monkeypatch.setattr(ChatRoom, "hold", hold)
    result = await room.max.slash(room.lobby, "pause")
    await room.env.advance_time(3 * pauses.SAID_AFTER)
    assert result.response is not None
    said = [message.content for message in (result.response, *result.followups)]
    assert len(said) == 2
    assert said[0] == str(ON_ITS_WAY)
    assert said[1].startswith(f"⏸️ <#{room.lobby.id}> is paused")
    assert str(MAY_APPEAR) in said[1]


async def test_resume_of_a_running_room_says_so_and_records_nothing(room: Server) -> None:
    said = told(await room.max.slash(room.lobby, "resume"))
    assert said == f"▶️ <#{room.lobby.id}> is not paused: I have changed nothing."
    said = told(await room.max.slash(room.lobby, "resume", everywhere=True))
    assert said == "▶️ No Chat Room here is paused: I have changed nothing."
    assert await acts(room) == ["setup"]


# ── the buttons ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", ["answer", "post"])
async def test_the_room_is_resumed_by_a_button(room: Server, where: str, script: Script) -> None:
    answer = only(await room.max.slash(room.lobby, "pause"))
    message = answer if where == "answer" else post(room)
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    said = whispered(await room.max.click(message, label="Resume"))
    assert said == f"▶️ <#{room.lobby.id}> is answering again."
    assert not (await room.room()).paused
    assert "is not paused" in whispered(await room.max.click(message, label="Resume"))
    assert "is not paused" in whispered(await room.max.click(message, label="+10 minutes"))
    assert await acts(room) == ["setup", "pause", "resume"]


@pytest.mark.parametrize("where", ["answer", "post"])
async def test_the_pause_lasts_longer_by_a_button(room: Server, where: str, script: Script) -> None:
    answer = only(await room.max.slash(room.lobby, "pause", minutes=5))
    before = await until(room)
    message = answer if where == "answer" else post(room)
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    said = whispered(await room.max.click(message, label="+10 minutes"))
    after = await until(room)
    assert before is not None
    assert after is not None
    assert (after - before).total_seconds() == 600
    at = int(after.timestamp())
    assert said == f"⏸️ <#{room.lobby.id}> stays paused until <t:{at}:t> (<t:{at}:R>)."
    await room.env.settle()
    assert post(room).content == (
        f"⏳ **Max** paused <#{room.lobby.id}> 10 minutes longer, until <t:{at}:t> (<t:{at}:R>)."
    )
    assert whispered(await room.max.click(post(room), label="Resume")).endswith("again.")


async def test_a_pause_without_end_cannot_last_longer(room: Server) -> None:
    await room.max.slash(room.lobby, "pause")
    said = whispered(await room.max.click(post(room), label="+10 minutes"))
    assert said.startswith("That pause has no end")
    assert await acts(room) == ["setup", "pause"]
    assert len(room.env.errors) <= 1


@pytest.mark.parametrize("label", ["Resume", "+10 minutes"])
async def test_the_buttons_of_an_old_pause_do_not_touch_a_new_one(room: Server, label: str) -> None:
    await room.max.slash(room.lobby, "pause", minutes=5)
    old = post(room)
    await room.max.slash(room.lobby, "resume")
    await asyncio.sleep(0.002)  # a mark is of milliseconds
    await room.bot.control.pauses.pause(room.lobby.id, Moderator(1, "Kim"), minutes=60)
    end = await until(room)
    said = whispered(await room.max.click(old, label=label))
    assert said.startswith("That pause is over. There is another:")
    assert "by **Kim**" in said
    assert await until(room) == end


async def test_several_rooms_have_a_row_of_buttons_each(room: Server) -> None:
    garden = room.guild.create_text_channel("garden")
    await room.set_up(chat=garden)
    answer = only(await room.max.slash(room.moderators, "pause"))
    await room.max.click(answer, label="Resume #garden")
    assert (await room.room()).paused
    await room.max.slash(room.moderators, "resume")
    await room.max.slash(room.moderators, "pause", everywhere=True)
    await room.max.click(post(room), label="Resume #lobby")
    assert not (await room.room()).paused


async def test_only_moderators_use_the_buttons(room: Server) -> None:
    await room.max.slash(room.lobby, "pause")
    room.allow(room.moderators, room.guild.default_role, view_channel=True)
    assert "Only moderators" in whispered(await room.ana.click(post(room), label="Resume"))
    assert (await room.room()).paused
