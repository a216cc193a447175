"""Connecting: what a real client is told before anything happens."""

from __future__ import annotations

import json
import zlib

import aiohttp
import discord
import pytest
import zstandard
from aiohttp import ClientWebSocketResponse

from bot.sandbox import Sandbox
from tests.patience import PATIENCE
from tests.sandbox.conftest import Connect, Probe


async def test_the_client_finds_its_guild_and_channels(sandbox: Sandbox, probe: Probe) -> None:
    assert probe.user is not None
    assert [guild.name for guild in probe.guilds] == ["Four Rooms"]
    names = {channel.name for channel in probe.guilds[0].text_channels}
    assert names == {"lobby", "moderators"}
    assert probe.guilds[0].me.id == sandbox.guild.bot_id


async def test_the_guild_was_there_before_and_is_not_joined_anew(connect: Connect) -> None:
    joined: list[discord.Guild] = []

    async def note(probe: Probe) -> None:
        async def on_guild_join(guild: discord.Guild) -> None:
            joined.append(guild)

        probe.add_listener(on_guild_join)

    probe = await connect(set_up=note)
    assert probe.told[:2] == ["READY", "GUILD_CREATE"]
    assert joined == []


async def test_a_guild_that_comes_later_is_joined(sandbox: Sandbox, probe: Probe) -> None:
    sandbox.backend.create_guild("Another")
    guild = await probe.wait_for("guild_join", timeout=PATIENCE)
    assert guild.name == "Another"


async def test_a_wrong_token_is_refused_at_login(sandbox: Sandbox, connect: Connect) -> None:
    sandbox.token = "wrong"
    with pytest.raises(discord.LoginFailure):
        await connect()


async def test_a_wrong_token_closes_the_gateway_with_4004(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(sandbox.gateway_url) as socket:
        await socket.receive_json()
        await socket.send_json({"op": 2, "d": {"token": "wrong", "intents": 0}})
        await socket.receive()
        assert socket.close_code == 4004


async def test_an_intent_that_the_portal_does_not_allow_is_refused(
    sandbox: Sandbox, connect: Connect
) -> None:
    sandbox.backend.approved = discord.Intents.default()
    intents = discord.Intents.default()
    intents.members = True
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await connect(intents=intents)


async def test_the_application_says_which_intents_it_may_use(
    sandbox: Sandbox, probe: Probe
) -> None:
    flags = (await probe.application_info()).flags
    assert flags.gateway_message_content_limited
    sandbox.backend.approved = discord.Intents.default()
    assert not (await probe.application_info()).flags.gateway_message_content_limited


async def test_heartbeats_are_answered(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(sandbox.gateway_url) as socket:
        hello = await socket.receive_json()
        assert hello["op"] == 10
        assert hello["d"]["heartbeat_interval"] == 41250
        await socket.send_json({"op": 1, "d": None})
        assert (await socket.receive_json())["op"] == 11


async def test_nothing_is_told_before_identify(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(sandbox.gateway_url) as socket:
        await socket.receive_json()
        await socket.send_json({"op": 8, "d": {"guild_id": "1"}})
        await socket.receive()
        assert socket.close_code == 4003


async def _identify(socket: ClientWebSocketResponse, token: str) -> None:
    intents = discord.Intents.default().value
    await socket.send_json({"op": 2, "d": {"token": token, "intents": intents}})


async def test_zlib_stream(sandbox: Sandbox) -> None:
    url = f"{sandbox.gateway_url}?compress=zlib-stream"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        stream = zlib.decompressobj()
        hello = await socket.receive_bytes()
        assert hello.endswith(b"\x00\x00\xff\xff")
        assert json.loads(stream.decompress(hello))["op"] == 10
        await _identify(socket, sandbox.token)
        ready = json.loads(stream.decompress(await socket.receive_bytes()))
        assert ready["t"] == "READY"
        assert [guild["unavailable"] for guild in ready["d"]["guilds"]] == [True]
        created = json.loads(stream.decompress(await socket.receive_bytes()))
        assert created["t"] == "GUILD_CREATE"
        assert created["d"]["unavailable"] is False


async def test_zstd_stream(sandbox: Sandbox) -> None:
    url = f"{sandbox.gateway_url}?compress=zstd-stream"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        stream = zstandard.ZstdDecompressor().decompressobj()
        assert json.loads(stream.decompress(await socket.receive_bytes()))["op"] == 10
        await _identify(socket, sandbox.token)
        ready = json.loads(stream.decompress(await socket.receive_bytes()))
        assert ready["t"] == "READY"
        assert ready["d"]["resume_gateway_url"] == sandbox.gateway_url


async def test_a_client_may_ask_for_members(sandbox: Sandbox, probe: Probe) -> None:
    found = await probe.guilds[0].query_members(query="an", limit=5)
    assert [member.display_name for member in found] == ["Ana"]


async def test_two_clients_hear_the_same(sandbox: Sandbox, connect: Connect) -> None:
    one, two = await connect(), await connect()
    assert len(sandbox.gateway.connected) == 2
    await one.lobby(sandbox).send("to both")
    await two.wait_for("message", check=lambda m: m.content == "to both", timeout=PATIENCE)


async def test_a_request_without_a_token_is_refused(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{sandbox.api_url}/users/@me") as answer:
            assert answer.status == 401
            assert answer.headers["Content-Type"] == "application/json"
        async with http.get(f"{sandbox.api_url}/gateway") as answer:
            assert await answer.json() == {"url": sandbox.gateway_url}


async def test_another_host_is_refused(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        answer = await http.get(sandbox.api_url + "/gateway", headers={"Host": "evil.example"})
        assert answer.status == 403
