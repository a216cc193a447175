"""A moderator channel that is made public later: what is held, what is said, what goes out."""

from __future__ import annotations

import pytest
from simcord.builders import ChannelHandle, RoleHandle
from structlog.testing import capture_logs

from tests.cogs.conftest import Server, told
from tests.world import Script

PUBLIC = "moderator channel is public, its posts are held"
PRIVATE = "moderator channel is private again, its posts go out"


def everyone(server: Server) -> RoleHandle:
    return server.guild.roles["@everyone"]


async def show(server: Server, channel: ChannelHandle, role: RoleHandle, *, seen: bool) -> None:
    """An admin lets a role see a channel, or not; the bot is told."""
    server.allow(channel, role, view_channel=seen)
    await server.env.settle()


async def test_what_is_for_moderators_is_held_until_they_alone_read(room: Server) -> None:
    before = len(room.seen(room.moderators, room.max))
    await show(room, room.moderators, everyone(room), seen=True)
    await room.ana.send(room.lobby, "Hello?")
    await room.max.slash(room.lobby, "guide", text="Be kind to her.")
    assert len(room.replies()) == 1
    assert room.seen(room.moderators, room.ana)[before:] == []
    await show(room, room.moderators, everyone(room), seen=False)
    assert len(room.cards()) == 1
    assert "Be kind to her" in "".join(room.acts())


async def test_a_role_by_which_all_come_in_is_everybody(room: Server) -> None:
    member = room.guild.create_role("Member")
    await show(room, room.lobby, everyone(room), seen=False)
    for role in (member, room.bot_role, room.moderator_role):
        await show(room, room.lobby, role, seen=True)
    await show(room, room.moderators, member, seen=True)
    await room.max.slash(room.lobby, "pause", reason="a quarrel")
    assert "a quarrel" not in "".join(room.acts())
    await show(room, room.moderators, member, seen=False)
    assert "a quarrel" in "".join(room.acts())


async def test_the_log_says_so_once_a_change(room: Server) -> None:
    with capture_logs() as logs:
        await show(room, room.moderators, everyone(room), seen=True)
        for text in ("One", "Two", "Three"):
            await room.ana.send(room.lobby, text)
        await show(room, room.moderators, everyone(room), seen=False)
        await show(room, room.moderators, everyone(room), seen=True)
    events = [log["event"] for log in logs]
    assert [event for event in events if event in (PUBLIC, PRIVATE)] == [PUBLIC, PRIVATE, PUBLIC]
    assert "post not delivered" not in events


@pytest.mark.parametrize("command", ["status", "settings", "setup"])
async def test_admins_and_moderators_read_it_in_their_answers(room: Server, command: str) -> None:
    given = {"chat": room.lobby, "moderators": room.moderators} if command == "setup" else {}
    person = room.max if command == "status" else room.ada

    async def answer() -> str:
        result = await person.slash(room.moderators, command, **given)
        return told(result)

    assert "Everybody can see" not in await answer()
    await show(room, room.moderators, everyone(room), seen=True)
    said = await answer()
    assert said.startswith(f"⚠️ **Everybody can see <#{room.moderators.id}>** through @everyone")
    assert "take View Channel from @everyone" in said
    await show(room, room.moderators, everyone(room), seen=False)
    assert "Everybody can see" not in await answer()


async def test_what_is_held_is_held_over_a_restart(room: Server, script: Script) -> None:
    await room.go_away()
    room.allow(room.moderators, everyone(room), view_channel=True)
    with capture_logs() as logs:
        await room.come_back()
    assert PUBLIC in [log["event"] for log in logs]
    await room.ana.send(room.lobby, "Hello?")
    assert room.cards() == []
