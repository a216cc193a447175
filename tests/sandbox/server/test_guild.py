"""The server that everybody meets in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest

from bot.sandbox import BOT_PERMISSIONS, Sandbox, SandboxUser
from tests.patience import PATIENCE
from tests.sandbox.conftest import Probe


def test_the_bot_is_invited_with_what_the_docs_name() -> None:
    page = Path(__file__).parents[3] / "docs/operating.md"
    assert f"permissions={BOT_PERMISSIONS.value}" in page.read_text("utf-8")


async def test_the_bot_holds_exactly_that(sandbox: Sandbox, probe: Probe) -> None:
    for name in ("lobby", "moderators"):
        channel = probe.get_channel(sandbox.guild.channel_id(name))
        assert isinstance(channel, discord.TextChannel)
        assert channel.permissions_for(channel.guild.me) == BOT_PERMISSIONS
    with pytest.raises(KeyError):
        sandbox.guild.channel_id("nowhere")
    with pytest.raises(KeyError):
        sandbox.guild.role_id("King")


async def test_a_channel_that_goes_is_told(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    new = sandbox.guild.add_channel("short-lived")
    assert (await probe.wait_for("guild_channel_create", timeout=PATIENCE)).id == new
    sandbox.guild.remove_channel(new)
    assert (await probe.wait_for("guild_channel_delete", timeout=PATIENCE)).id == new
    assert [place.name for place in ana.places()] == ["lobby"]


async def test_each_shard_gets_its_own_guilds(sandbox: Sandbox) -> None:
    guild_id = sandbox.guild.guild_id
    home = (guild_id >> 22) % 2

    async def told(socket: aiohttp.ClientWebSocketResponse, shard: int) -> list[dict[str, Any]]:
        await socket.receive_json()
        asked = {"token": sandbox.token, "intents": 1, "shard": [shard, 2]}
        await socket.send_json({"op": 2, "d": asked})
        await socket.send_json({"op": 1, "d": None})
        got = [await socket.receive_json()]
        while got[-1]["op"] != 11:
            got.append(await socket.receive_json())
        return got

    url = sandbox.gateway_url
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(url) as mine,
        http.ws_connect(url) as other,
    ):
        events = [event["t"] for event in await told(mine, home)]
        assert events == ["READY", "GUILD_CREATE", None]
        first, *rest = await told(other, 1 - home)
        assert first["d"]["guilds"] == []
        assert [event["t"] for event in rest] == [None]


async def test_a_guild_can_be_made_on_each_shard_with_people_of_its_own(sandbox: Sandbox) -> None:
    guilds = [sandbox.add_guild(shard, 3) for shard in range(3)]
    assert [(guild.guild_id >> 22) % 3 for guild in guilds] == [0, 1, 2]
    people = [sandbox.person("Ana", of=guild) for guild in guilds]
    assert len({sandbox.person("Ana").id, *(ana.id for ana in people)}) == 4
    said = await people[1].say("#lobby", "Hello!")
    assert [m.id for m in people[1].messages("#lobby")] == [said.id]
    assert people[0].messages("#lobby") == people[2].messages("#lobby") == ()
