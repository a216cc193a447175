"""A Chat Room is let go, after an admin has read what that means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import discord
import pytest

from bot.domain import ReplyWhen, RoomSettings
from bot.storage.database.troubles import DatabaseUnavailable
from cogs.setup.moderator_rights import ModeratorRole, left_to_do
from tests.cogs.chat_room.test_line import missed
from tests.cogs.conftest import Server, new_bot, refused, told, whispered
from tests.cogs.control_room.test_status import answers
from tests.pausing import mark_resumed
from tests.world import Script


async def test_it_says_what_goes_and_what_stays_and_asks(room: Server) -> None:
    settings = RoomSettings(retention_days=90, reply_when=ReplyWhen.ALWAYS)
    await room.bot.stores.rooms.update_settings(room.lobby.id, settings)
    await room.ana.send(room.lobby, "Hi")
    await room.max.slash(room.lobby, "pause")
    await room.ana.send(room.lobby, "Still there?")
    (asked,) = answers(await room.ada.slash(room.moderators, "setup-remove", channel=room.lobby))
    assert f"Remove <#{room.lobby.id}>?" in asked.content
    assert "1 message waiting for an answer" in asked.content
    assert "1 reply with what people wrote" in asked.content
    assert "for 90 days, as the room is set" in asked.content
    assert [one.id for one in await room.bot.stores.rooms.all()] == [room.lobby.id]
    result = await room.ada.click(asked.message, label="Remove the Chat Room")
    assert result.response is not None
    assert "is no longer a Chat Room" in result.response.content
    assert room.acts()[-1] == f"🧹 **Ada** removed <#{room.lobby.id}>: it is no longer a Chat Room."
    await room.ana.send(room.lobby, "Hello?")
    assert [one.content for one in room.said_by_bot(room.lobby, room.ana)] == [
        "The first thought on Hi."
    ], "no notice, and no answer"
    assert await room.bot.stores.rooms.all() == []


async def test_it_can_be_opened_again_with_its_settings(room: Server) -> None:
    await room.bot.stores.rooms.update_settings(room.lobby.id, RoomSettings(max_rounds=7))
    (asked,) = answers(await room.ada.slash(room.moderators, "setup-remove", channel=room.lobby))
    assert "Ends at once" not in asked.content, "nothing is on its way"
    await room.ada.click(asked.message, label="Remove the Chat Room")
    assert "is a Chat Room" in told(await room.set_up())
    assert (await room.room()).settings.max_rounds == 7
    (notice,) = room.said_by_bot(room.lobby, room.ana)
    assert "an AI" in notice.content
    await room.ana.send(room.lobby, "Hi")
    assert room.replies() == ["The first thought on Hi."]


async def test_what_was_said_while_it_was_no_chat_room_is_not_read_later(room: Server) -> None:
    (asked,) = answers(await room.ada.slash(room.moderators, "setup-remove", channel=room.lobby))
    await room.ada.click(asked.message, label="Remove the Chat Room")
    await room.ana.send(room.lobby, "Just among us")
    await room.set_up()
    await room.catch_up()  # as after a restart
    assert room.replies() == []
    await room.ana.send(room.lobby, "Hi")
    assert room.replies() == ["The first thought on Hi."]


async def test_nor_is_it_where_the_history_was_closed_before(room: Server) -> None:
    room.allow(room.lobby, room.bot_role, view_channel=True, read_message_history=False)
    await room.catch_up()
    await remove(room)
    await room.ana.send(room.lobby, "Just among us")
    room.allow(room.lobby, room.bot_role, view_channel=True, read_message_history=True)
    await room.set_up()
    await room.env.settle()
    await room.catch_up()
    assert room.replies() == []
    await room.ana.send(room.lobby, "Hi")
    assert room.replies() == ["The first thought on Hi."]


async def test_what_waited_for_the_history_of_a_room_does_not_hold_up_the_one_opened_again(
    room: Server,
) -> None:
    missed(room).hold_back([room.lobby.id])
    await remove(room)
    await room.set_up()
    await room.ana.send(room.lobby, "Hi")
    assert room.replies() == ["The first thought on Hi."]


async def remove(room: Server) -> None:
    """Ada lets the Chat Room go."""
    (asked,) = answers(await room.ada.slash(room.moderators, "setup-remove", channel=room.lobby))
    await room.ada.click(asked.message, label="Remove the Chat Room")


async def test_a_turn_that_a_kill_left_behind_is_not_answered_when_the_room_is_opened_again(
    room: Server, script: Script
) -> None:
    await room.max.slash(room.lobby, "pause")
    await room.ana.send(room.lobby, "Just among us")
    await mark_resumed(room.bot.stores, room.lobby.id)
    await room.bot.stores.rooms.release(room.lobby.id)  # and killed there
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    await room.set_up()
    await room.env.settle()
    assert room.replies() == []
    assert script.called == []


async def test_a_removal_that_fails_leaves_the_room_as_it_was(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    (asked,) = answers(await room.ada.slash(room.moderators, "setup-remove", channel=room.lobby))
    with monkeypatch.context() as failing:
        failing.setattr(room.bot.stores.rooms, "release", fail)
        result = await room.ada.click(asked.message, label="Remove the Chat Room")
    assert "no longer a Chat Room" not in whispered(result)
    await room.ana.send(room.lobby, "Hi")
    assert room.replies() == ["The first thought on Hi."]


async def test_the_channel_of_a_simulation_is_let_go_too(room: Server) -> None:
    stage = room.guild.create_text_channel("stage")
    simulated = replace(await room.room(), id=stage.id, simulated=True)
    await room.bot.stores.rooms.bind(simulated)
    (asked,) = answers(await room.ada.slash(room.moderators, "setup-remove", channel=stage))
    assert "The simulation there ends" in asked.content
    result = await room.ada.click(asked.message, label="End the simulation")
    assert result.response is not None
    assert result.response.content == f"**<#{stage.id}> is a channel like any other again.**"
    assert [one.id for one in await room.bot.stores.rooms.all()] == [room.lobby.id]


async def test_what_is_no_chat_room_is_not_removed(room: Server) -> None:
    result = await room.ada.slash(room.moderators, "setup-remove", channel=room.moderators)
    assert "is not a Chat Room of mine" in refused(room, result, "NoSuchRoom")


async def test_what_is_kept_goes_when_its_days_are_over(room: Server) -> None:
    await room.bot.stores.rooms.update_settings(
        room.lobby.id, RoomSettings(retention_days=1, reply_when=ReplyWhen.ALWAYS)
    )
    await room.ana.send(room.lobby, "Hi")
    room.bot.rooms.clear()
    await room.bot.stores.rooms.release(room.lobby.id)
    retention = room.bot.scheduler.retention
    await retention.look(datetime.now(UTC) + timedelta(days=40), room.bot.rooms.__contains__)
    await retention.workers.settled()
    turn = await room.bot.stores.turns.get(1)
    assert turn is not None
    assert not turn.draft


def test_what_is_left_to_do_is_named_by_role() -> None:
    fine = ModeratorRole("<@&1>", sees_commands=True, sees_cards=True, reads_threads=True)
    timing_out = replace(fine, mention="<@&2>", sees_commands=False)
    far = replace(fine, mention="<@&3>", sees_cards=False, reads_threads=False)
    assert left_to_do([fine], 7, 8) == ["Moderators have all the rights they need."]
    _, commands, cards, threads = left_to_do([fine, timing_out, far], 7, 8)
    assert commands.startswith("- **Commands**: <@&2> see none")
    assert cards.startswith("- **Cards**: <@&3> cannot see <#7>")
    assert threads.startswith("- **Threads**: <@&3> cannot read the therapy threads under <#8>")
    assert "name it with `role`" in left_to_do([], 7, 8)[1]


async def test_setup_says_what_is_left_to_do(server: Server) -> None:
    helpers = server.guild.create_role(
        "Helpers", permissions=discord.Permissions(moderate_members=True)
    )
    said = told(await server.set_up())
    assert f"**Commands**: <@&{helpers.id}> see none by default" in said
    assert f"**Cards**: <@&{helpers.id}> cannot see <#{server.moderators.id}>" in said
    assert f"**Threads**: <@&{helpers.id}> cannot read" in said
    assert f"<@&{server.moderator_role.id}> see none" not in said
