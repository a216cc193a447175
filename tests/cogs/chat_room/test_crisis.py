"""Help for a person in danger as they, the channel and the moderators see it."""

from __future__ import annotations

import asyncio

import discord
import pytest

from bot.domain import ReplyWhen, RoomSettings
from tests.cogs.chat_room.test_changed_words import heard
from tests.cogs.conftest import Server, told
from tests.cogs.control_room.test_status import page_of
from tests.world import Script

DANGER = "I don't want to live anymore, I want to die"


def calls(server: Server) -> list[discord.Message]:
    """The calls that Max sees in the moderator channel."""
    seen = server.seen(server.moderators, server.max)
    return [one for one in seen if one.content.startswith("🆘") and "https://" in one.content]


async def test_ana_gets_help_lines_and_the_moderators_a_call(room: Server, script: Script) -> None:
    asked = await room.ana.send(room.lobby, DANGER)
    (text,) = room.replies()
    assert "bot" in text
    (_, message) = room.said_by_bot(room.lobby, room.ana)
    assert message.reference is not None
    assert message.reference.message_id == asked.id
    assert script.called == []
    (call,) = calls(room)
    assert "I want to die" in call.content
    assert str(asked.id) in call.content
    assert "Ana" in call.content


async def test_only_the_chosen_role_is_called(room: Server) -> None:
    settings = RoomSettings(reply_when=ReplyWhen.ALWAYS, call_role_id=room.moderator_role.id)
    await room.bot.stores.rooms.update_settings(room.lobby.id, settings)
    await room.ana.send(room.lobby, f"{DANGER} @everyone <@{room.ben.id}>")
    path = f"/channels/{room.moderators.id}/messages"
    bodies = [r.json for r in room.env.http_requests if (r.method, r.path) == ("POST", path)]
    (call,) = [
        body for body in bodies if isinstance(body, dict) and "🆘" in str(body.get("content"))
    ]
    assert call["allowed_mentions"]["roles"] == [room.moderator_role.id]
    assert "everyone" not in call["allowed_mentions"].get("parse", [])
    assert str(call["content"]).startswith(f"<@&{room.moderator_role.id}>")


async def test_without_a_role_nobody_is_mentioned(room: Server) -> None:
    await room.ana.send(room.lobby, DANGER)
    (call,) = calls(room)
    assert not call.role_mentions
    assert not call.mention_everyone


async def test_in_a_pause(room: Server, script: Script) -> None:
    assert "paused" in told(await room.max.slash(room.moderators, "pause", channel=room.lobby))
    await room.ana.send(room.lobby, DANGER)
    assert len(room.replies()) == 1
    assert len(calls(room)) == 1
    assert script.called == []


async def test_who_is_not_addressing_the_bot(room: Server) -> None:
    settings = RoomSettings(reply_when=ReplyWhen.MENTIONED)
    await room.bot.stores.rooms.update_settings(room.lobby.id, settings)
    await room.ana.send(room.lobby, DANGER)
    assert len(room.replies()) == 1


async def test_an_edit(room: Server, script: Script) -> None:
    message = await room.ana.send(room.lobby, "nothing much")
    assert len(room.replies()) == 1
    await room.ana.edit(message, DANGER)
    assert len(room.replies()) == 2
    assert len(calls(room)) == 1
    await room.ana.edit(message, f"{DANGER}.")
    assert len(room.replies()) == 2  # once


async def test_what_was_said_while_the_bot_was_away(room: Server, script: Script) -> None:
    await room.go_away()
    await room.ben.send(room.lobby, "hello?")
    await room.ana.send(room.lobby, DANGER)
    await room.come_back()
    assert len(calls(room)) == 1
    assert "The first thought on hello?." in room.replies()


async def test_nothing_said_before_it_is_lost_while_the_history_is_read(
    room: Server, script: Script
) -> None:
    await room.go_away()
    await room.ben.send(room.lobby, "hello?")
    await room.come_back()
    await room.ana.send(room.lobby, DANGER)
    await room.catch_up()
    assert "The first thought on hello?." in room.replies()
    assert len(calls(room)) == 1


async def test_the_buttons(room: Server) -> None:
    await room.ana.send(room.lobby, DANGER)
    (call,) = calls(room)
    await room.max.click(call, label="I am with them")
    (call,) = calls(room)
    assert "Max is with them" in call.content
    await room.max.click(call, label="False alarm")
    (call,) = calls(room)
    assert "Max calls it a false alarm" in call.content
    log = page_of(await room.max.slash(room.moderators, "log", channel=room.lobby))
    assert "is with a person" in log
    assert "false alarm" in log


@pytest.mark.parametrize("label", ["I am with them", "False alarm"])
async def test_a_member_cannot_press_them(room: Server, label: str) -> None:
    await room.ana.send(room.lobby, DANGER)
    (call,) = calls(room)
    room.allow(room.moderators, room.guild.default_role, view_channel=True)
    await room.ana.click(call, label=label)
    (call,) = calls(room)
    assert "Ana is with them" not in call.content
    assert "Ana calls" not in call.content


async def test_a_text_file_is_read(room: Server) -> None:
    await room.ana.send(room.lobby, attachments=[("message.txt", DANGER.encode())])
    assert len(calls(room)) == 1


async def test_the_card_says_that_help_was_given(room: Server) -> None:
    await room.ana.send(room.lobby, DANGER)
    (card,) = room.cards()
    assert "help given" in (card.title or "")


async def test_the_card_of_a_turn_that_was_under_way_says_so_too(
    room: Server, script: Script
) -> None:
    """What was known of it before is not what is shown."""
    script.gate = asyncio.Event()
    waiting = asyncio.create_task(script.moments.reach("draft"))
    room.env.backend.create_message(room.lobby.id, room.ana.id, "I have the pills here")
    await waiting
    room.env.backend.create_message(room.lobby.id, room.ana.id, DANGER)
    await heard()
    script.gate.set()
    await room.env.settle()
    (card,) = room.cards()
    assert "help given" in (card.title or "")


async def test_in_a_members_thread_of_the_chat_room(room: Server, script: Script) -> None:
    raw = room.env.backend.create_thread(room.lobby.id, "aside", room.ana.id)
    thread = room.guild.channels.get("aside")
    handle = thread or next(one for one in room.lobby.threads if one.id == raw.id)
    await room.ana.send(handle, DANGER)
    assert any("help" in m.content for m in room.said_by_bot(handle, room.ana))
    assert len(calls(room)) == 1
    assert script.called == []
