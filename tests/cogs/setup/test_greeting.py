"""A server is greeted once, where the bot may write; and each reads what they can do."""

from __future__ import annotations

import discord
import pytest

from bot.rooms.chat.fixed_texts import GREETING, fixed_text
from tests.cogs.conftest import Server, told


@pytest.fixture
def guild(server: Server) -> discord.Guild:
    found = server.bot.get_guild(server.guild.id)
    assert found is not None
    found._system_channel_id = server.lobby.id
    return found


async def join(server: Server, guild: discord.Guild) -> list[str]:
    """What the bot says in the lobby when it has joined."""
    with server.env._bot_scope():
        server.bot.dispatch("guild_join", guild)
    await server.env.settle()
    return [message.content for message in server.said_by_bot(server.lobby, server.ana)]


async def test_a_server_is_greeted_once(server: Server, guild: discord.Guild) -> None:
    (hello,) = await join(server, guild)
    assert "/setup" in hello
    assert hello == fixed_text(GREETING, "en", name=guild.me.display_name)
    assert await join(server, guild) == [hello]


async def test_where_it_may_not_write_it_says_nothing_and_may_later(
    server: Server, guild: discord.Guild
) -> None:
    server.allow(server.lobby, server.bot_role, send_messages=False)
    assert await join(server, guild) == []
    server.allow(server.lobby, server.bot_role, send_messages=True)
    assert len(await join(server, guild)) == 1


async def test_without_a_system_channel_nobody_is_told(server: Server) -> None:
    found = server.bot.get_guild(server.guild.id)
    assert found is not None
    assert await join(server, found) == []


async def test_each_reads_what_they_can_do(room: Server) -> None:
    member = told(await room.ana.slash(room.lobby, "help"))
    assert "`/forget`" in member
    assert "`/privacy show`" in member
    assert "`/pause`" not in member
    moderator = told(await room.max.slash(room.lobby, "help"))
    assert moderator.startswith(member)
    assert "`/pause`" in moderator
    assert "`/setup`" not in moderator
    assert "`/setup`" in told(await room.ada.slash(room.lobby, "help"))
