"""The bot itself: how it starts, what it tells an operator, how it stops."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from aiohttp import web
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from structlog.testing import capture_logs

from bot.client import bot as client_bot
from bot.client import connect
from bot.client.bot import LAST_CALLS, FourRoomsBot
from bot.client.command_sync import definition_hash
from bot.client.connect import DISCORD, point_at, serve
from bot.client.refusals import explain_error
from bot.client.service_manager import READY, STOPPING, ServiceManager
from bot.domain import UserMessage
from bot.errors import DeliveryError, LLMUnavailable, SettingError
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.stores import Stores
from tests.cogs.conftest import Server, new_bot
from tests.world import Moments, Script

# ── in the in-memory Discord ────────────────────────────────────────────────────────────────


def syncs(server: Server) -> int:
    return sum(request.method == "PUT" for request in server.env.http_requests)


async def test_commands_are_synced_only_when_their_definition_changed(
    server: Server, script: Script
) -> None:
    assert syncs(server) == 1
    stores = server.bot.stores
    await server.env.restart_bot(new_bot(stores, script))
    assert syncs(server) == 1
    changed = new_bot(stores, script)

    @changed.tree.command(name="more")
    async def more(interaction: discord.Interaction) -> None:
        """Something new."""

    await server.env.restart_bot(changed)
    assert syncs(server) == 2


async def test_agents_know_a_channel_by_its_name_and_an_unknown_one_not_at_all(
    room: Server,
) -> None:
    lobby = await room.room()
    assert room.bot.ports.channel_name(lobby.id) == room.bot.name_of(lobby.id) != str(lobby.id)
    assert room.bot.ports.channel_name(404) == ""
    assert room.bot.name_of(404) == "404"


async def test_what_a_simulation_left_behind_is_not_taken_up(room: Server, script: Script) -> None:
    stores = room.bot.stores
    stage = room.guild.create_text_channel("stage")
    like = await room.room()
    await stores.rooms.bind(replace(like, id=stage.id, simulated=True))
    said = UserMessage(1, stage.id, 100, "An AI User", "Hello?", datetime.now(UTC))
    await stores.messages.add(said)
    await room.env.restart_bot(new_bot(stores, script))
    await room.env.settle()
    assert room.said_by_bot(stage, room.ana) == []
    assert await stores.messages.waiting(stage.id) == []
    assert stage.id not in [one.id for one in await stores.rooms.all()]


async def test_a_failed_sync_is_made_up_for_at_the_next_start(
    server: Server, script: Script
) -> None:
    stores = server.bot.stores
    await stores.key_value.put(f"commands of {server.bot.application_id}", "of an older version")
    server.env.inject_error("PUT", "/applications/*/commands", status=500)
    await server.env.restart_bot(new_bot(stores, script))
    assert syncs(server) == 2
    await server.env.restart_bot(new_bot(stores, script))
    assert syncs(server) == 3


async def test_no_two_commands_have_one_name(server: Server) -> None:
    names = [(type(command), command.name) for command in server.bot.tree.get_commands()]
    assert len(names) == len(set(names))
    assert len(await definition_hash(server.bot.tree)) == 64


async def test_it_asks_for_no_more_than_it_needs(room: Server) -> None:
    server = room
    await server.ana.send(server.lobby, "Hi")
    wanted = {name for name, on in server.bot.intents if on}
    assert wanted == {"guilds", "guild_messages", "message_content"}
    mentions = server.bot.allowed_mentions
    assert mentions is not None
    assert (mentions.everyone, mentions.users, mentions.roles) == (False, False, False)
    assert len(server.bot.cached_messages) == 0
    (guild,) = server.bot.guilds
    assert [member.id for member in guild.members] == [server.env.backend.bot_user.id]


async def test_a_listener_that_fails_is_logged_and_the_bot_goes_on(room: Server) -> None:
    async def fail(message: UserMessage, replied_to: Sequence[UserMessage] = ()) -> bool:
        raise RuntimeError("a fault of ours")

    receive, room.bot.engine.receive = room.bot.engine.receive, fail  # type: ignore[method-assign]
    await room.ana.send(room.lobby, "Hi")
    assert len(room.env.errors) == 1
    room.bot.engine.receive = receive  # type: ignore[method-assign]
    await room.ana.send(room.lobby, "Hello?")
    said = " ".join(room.replies())  # in one reply or two
    assert [said.count(word) for word in ("Hi", "Hello?")] == [1, 1], "nothing is lost by it"


async def test_the_clock_goes_on_after_a_fault(room: Server) -> None:
    calls = 0

    async def fail() -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("a fault of ours")

    room.bot.engine.recover = fail  # type: ignore[method-assign]
    await room.env.advance_time(16)
    assert calls == 3


async def test_a_start_that_the_database_hinders_is_made_up_for_by_the_clock(
    room: Server, script: Script
) -> None:
    bot = new_bot(room.bot.stores, script)
    recover = bot.engine.recover

    async def fail_once() -> None:
        bot.engine.recover = recover  # type: ignore[method-assign]
        raise DatabaseUnavailable("no connection was free")

    bot.engine.recover = fail_once  # type: ignore[method-assign]
    await room.env.restart_bot(bot)
    await room.env.advance_time(6)
    assert bot.serving.is_set()


async def test_posts_of_a_kind_that_nobody_shows_wait(room: Server) -> None:
    room.bot.ports.renderers.clear()
    await room.ana.send(room.lobby, "Hi")
    assert room.cards() == []
    await room.env.restart_bot(new_bot(room.bot.stores, Script(Moments())))
    assert len(room.cards()) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LLMUnavailable("a secret"), "I could not find the right words just now."),
        (DeliveryError("a secret"), "I could not post that."),
        (app_commands.NoPrivateMessage(), "That only works in a server."),
        (app_commands.CommandNotFound("x", []), "That command has just changed."),
        (ValueError("a secret"), "Something went wrong on my side. It is in my log under 42."),
    ],
)
def test_people_hear_one_kind_sentence(error: Exception, said: str) -> None:
    assert explain_error(error, 42).startswith(said)
    assert "secret" not in explain_error(error, 42)


# ── over sockets ────────────────────────────────────────────────────────────────────────────


class Discord:
    """As much of Discord as a bot meets when it starts; ``close_code`` ends it at IDENTIFY."""

    def __init__(self) -> None:
        self.known_token = "a-token"
        self.close_code: int | None = None
        self.down = False
        self.gateway_down = False
        self.refused = asyncio.Event()
        self.address = ""
        self.identified = asyncio.Event()

    async def gateway_of(self, _: web.Request) -> web.StreamResponse:
        if self.gateway_down:
            self.refused.set()
            return answer({"message": "Service Unavailable", "code": 0}, 503)
        limits = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        address = self.address.replace("http", "ws") + "/gateway"
        return answer({"url": address, "shards": 1, "session_start_limit": limits})

    async def me(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            self.refused.set()
            return answer({"message": "Service Unavailable", "code": 0}, 503)
        if request.headers["Authorization"] != f"Bot {self.known_token}":
            return answer({"message": "401: Unauthorized", "code": 0}, 401)
        return answer({"id": "1", "username": "rooms", "discriminator": "0", "avatar": None})

    async def application(self, _: web.Request) -> web.StreamResponse:
        return answer(
            {
                "id": "1",
                "name": "rooms",
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "",
                "flags": 0,
                "owner": {"id": "2", "username": "o", "discriminator": "0", "avatar": None},
            }
        )

    async def commands(self, _: web.Request) -> web.StreamResponse:
        return answer([])

    async def socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 45000}})
        async for message in socket:
            if json.loads(message.data)["op"] != 2:
                continue
            self.identified.set()
            if self.close_code is not None:
                await socket.close(code=self.close_code)
                break
            await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": self.ready()})
        return socket

    def ready(self) -> dict[str, Any]:
        me = {"id": "1", "username": "rooms", "discriminator": "0", "avatar": None}
        return {
            "v": 10,
            "user": me,
            "guilds": [],
            "session_id": "s",
            "resume_gateway_url": self.address.replace("http", "ws") + "/gateway",
            "shard": [0, 1],
            "application": {"id": "1", "flags": 0},
        }


def answer(body: object, status: int = 200) -> web.Response:
    # discord.py takes a body for JSON only if the type has no charset.
    return web.Response(
        body=json.dumps(body).encode(), status=status, content_type="application/json"
    )


@pytest.fixture(autouse=True)
def discord_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)


@pytest.fixture
async def stand_in() -> AsyncIterator[Discord]:
    stand_in = Discord()
    app = web.Application()
    app.router.add_get("/gateway/bot", stand_in.gateway_of)
    app.router.add_get("/users/@me", stand_in.me)
    app.router.add_get("/oauth2/applications/@me", stand_in.application)
    app.router.add_put("/applications/1/commands", stand_in.commands)
    app.router.add_get("/gateway/", stand_in.socket)
    app.router.add_get("/gateway", stand_in.socket)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stand_in.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stand_in
    await runner.cleanup()


@pytest.fixture
def bot(stores: Stores, script: Script) -> FourRoomsBot:
    return new_bot(stores, script)


async def test_a_wrong_token_is_told_with_the_way_to_mend_it(
    stand_in: Discord, bot: FourRoomsBot
) -> None:
    with pytest.raises(SettingError) as caught:
        await serve(bot, "a-wrong-one", stand_in.address)
    assert caught.value.detail.startswith("DISCORD_TOKEN: Discord does not accept it.")
    assert "a-wrong-one" not in caught.value.detail


async def test_a_missing_intent_is_told_with_the_way_to_mend_it(
    stand_in: Discord, bot: FourRoomsBot
) -> None:
    stand_in.close_code = 4014
    with pytest.raises(SettingError) as caught:
        await serve(bot, stand_in.known_token, stand_in.address)
    assert "Switch on Message Content Intent" in caught.value.detail
    assert bot.is_closed()


@pytest.mark.parametrize("where", ["down", "gateway_down"])
async def test_a_discord_that_is_down_at_the_start_is_waited_for(
    stand_in: Discord, bot: FourRoomsBot, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(connect, "FIRST_WAIT", 0.01)
    setattr(stand_in, where, True)
    serving = asyncio.create_task(serve(bot, stand_in.known_token, stand_in.address))
    async with asyncio.timeout(20):
        await stand_in.refused.wait()
        setattr(stand_in, where, False)
        await bot.serving.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        await serving
    assert bot.is_closed()


async def test_it_stops_in_time_whatever_hangs(
    stand_in: Discord, bot: FourRoomsBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_bot, "LAST_CALLS", 0.05)
    monkeypatch.setattr(client_bot, "LAST_STEPS", 0.05)
    serving = asyncio.create_task(serve(bot, stand_in.known_token, stand_in.address))

    async def hang(_: float = 0) -> None:
        while True:
            try:
                await asyncio.sleep(20)
            except asyncio.CancelledError:
                if serving.done():
                    raise

    async with asyncio.timeout(20):
        await bot.serving.wait()
        bot.engine.close = hang  # type: ignore[method-assign, assignment]
        began = time.monotonic()
        os.kill(os.getpid(), signal.SIGTERM)
        await serving
    assert time.monotonic() - began < 5
    assert bot.is_closed()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


async def test_a_part_that_cannot_be_closed_leaves_no_other_open(
    stand_in: Discord, bot: FourRoomsBot
) -> None:
    statuses: list[int] = []
    serving = asyncio.create_task(
        serve(bot, stand_in.known_token, stand_in.address, at_stop=statuses.append)
    )
    async with asyncio.timeout(20):
        await bot.serving.wait()
        close = bot.engine.close
        bot.engine.close = broken  # type: ignore[method-assign]
        with capture_logs() as logs:
            os.kill(os.getpid(), signal.SIGTERM)
            await serving
    await close()
    assert bot.is_closed(), "the connection to Discord is"
    assert [entry["what"] for entry in logs if entry["event"] == "not closed"] == ["rooms"]
    assert statuses == [0]


async def broken(seconds: float = 0) -> None:
    raise RuntimeError("a fault of ours")


async def test_a_stop_after_an_error_ends_with_its_status(
    stand_in: Discord, bot: FourRoomsBot
) -> None:
    statuses: list[int] = []
    with pytest.raises(SettingError):
        await serve(bot, "another-token", stand_in.address, at_stop=statuses.append)
    assert statuses == [2], "also where something hangs after it"


def test_a_stop_takes_less_than_eight_seconds() -> None:
    parts = client_bot.LAST_CALLS + 2 * client_bot.LAST_STEPS + 2 * connect.LAST_SECONDS
    assert parts < connect.EXIT_SECONDS < 8


async def test_where_no_discord_answers_the_setting_is_named() -> None:
    with pytest.raises(SettingError) as caught:
        await point_at("http://127.0.0.1:9", "a-token")
    assert caught.value.detail.startswith("DISCORD_API_URL: no Discord answers at http://127")


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", '"x"'])
async def test_what_is_no_discord_is_not_taken_for_one(body: str) -> None:
    async def other(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/gateway/bot", other)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with pytest.raises(SettingError, match="set up"):
        await point_at(f"http://127.0.0.1:{runner.addresses[0][1]}", "a-token")
    await runner.cleanup()
    assert Route.BASE == DISCORD


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly(
    stand_in: Discord, bot: FourRoomsBot, number: signal.Signals
) -> None:
    close, told = bot.engine.close, []

    class Listening(ServiceManager):
        def __init__(self) -> None:
            super().__init__()
            self.told: list[tuple[str, bool]] = []
            self.ready = asyncio.Event()

        def notify(self, state: str) -> None:
            self.told.append((state, bot.is_closed()))
            self.ready.set()

    async def closing(seconds: float = 0) -> None:
        told.append((seconds, bot.is_closed()))
        await close(seconds)

    bot.engine.close = closing  # type: ignore[method-assign]
    manager = Listening()
    serving = asyncio.create_task(serve(bot, stand_in.known_token, stand_in.address, manager))
    async with asyncio.timeout(20):
        await stand_in.identified.wait()
        await bot.serving.wait()
        await manager.ready.wait()
        os.kill(os.getpid(), number)
        await serving
    assert manager.told == [(READY, False), (STOPPING, False)]
    assert told == [(LAST_CALLS, False)], "replies on their way get to arrive first"
    assert bot.is_closed()
    assert not bot.clock.is_running()
    assert {task.get_name() for task in asyncio.all_tasks()} & {
        "gateway",
        "stop",
        "service manager",
    } == set()
