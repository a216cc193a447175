"""A server in an in-memory Discord, with the real bot in it and agents on a script."""

from __future__ import annotations

import asyncio
import pickle
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import pytest
from simcord.actors import MemberActor
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle
from simcord.enums import OverwriteType
from simcord.env import Env
from simcord.results import InteractionResult

from bot.client.bot import FourRoomsBot
from bot.domain import ReplyWhen, Room, RoomSettings
from bot.domain.room_settings import CardsWhen
from bot.engine.team import Agents
from bot.reports.report_maker import ReportMaker
from bot.storage.database.database import Database
from bot.storage.migrations import migrate
from bot.storage.stores.stores import Stores
from tests.cogs.patient_env import PatientEnv
from tests.world import Moments, Script, ScriptedChatbot, ScriptedCritic, ScriptedTherapist


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database brought up to date once: each test takes a copy."""
    path = tmp_path_factory.mktemp("cogs") / "empty.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(autouse=True)
def reports_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures and files are made in a thread: `tests/reports/test_report_maker.py` has processes.

    What goes there and comes back is pickled all the same.
    """

    async def make(_: ReportMaker, function: Any, *args: Any, **options: Any) -> Any:
        function, args, options = pickle.loads(pickle.dumps((function, args, options)))  # noqa: S301
        return pickle.loads(pickle.dumps(await asyncio.to_thread(function, *args, **options)))  # noqa: S301

    monkeypatch.setattr(ReportMaker, "make", make)


@pytest.fixture
async def stores(tmp_path: Path, empty_database: Path) -> AsyncIterator[Stores]:
    path = Path(shutil.copy(empty_database, tmp_path / "rooms.db"))
    database = await Database.open(f"sqlite+aiosqlite:///{path}")
    yield Stores.over(database)
    await database.close()


@pytest.fixture
def script() -> Script:
    return Script(Moments())


def new_bot(stores: Stores, script: Script) -> FourRoomsBot:
    agents = Agents(ScriptedChatbot(script), ScriptedTherapist(script), ScriptedCritic(script))
    return FourRoomsBot.over(stores, agents, shard_count=1)


@pytest.fixture
def simcord_bot(stores: Stores, script: Script) -> FourRoomsBot:
    return new_bot(stores, script)


@dataclass
class Server:
    """A server with a public #lobby, a private #moderators, and people."""

    env: Env
    guild: GuildHandle
    lobby: ChannelHandle
    moderators: ChannelHandle
    bot_role: RoleHandle
    moderator_role: RoleHandle
    ana: MemberActor
    ben: MemberActor
    max: MemberActor
    ada: MemberActor

    @property
    def bot(self) -> FourRoomsBot:
        assert isinstance(self.env.bot, FourRoomsBot)
        return self.env.bot

    async def set_up(self, **options: Any) -> InteractionResult:
        """Ada, the admin, gives `/setup` in #moderators."""
        given = {"chat": self.lobby, "moderators": self.moderators, "replies": "always", **options}
        given = {name: value for name, value in given.items() if value is not None}
        return await self.ada.slash(self.moderators, "setup", **given)

    def hidden(self, name: str, *roles: RoleHandle) -> ChannelHandle:
        """A channel that only these roles can see."""
        seen = discord.PermissionOverwrite(view_channel=True)
        return self.guild.create_text_channel(
            name,
            overwrites={
                self.guild.default_role: discord.PermissionOverwrite(view_channel=False),
                **dict.fromkeys(roles, seen),
            },
        )

    def denied(self, name: str, **flags: bool) -> ChannelHandle:
        """A private channel in which the bot lacks something."""
        channel = self.hidden(name, self.moderator_role)
        self.allow(channel, self.bot_role, view_channel=True, **flags)
        return channel

    def allow(self, channel: ChannelHandle, role: RoleHandle, **flags: bool) -> None:
        """Sets a role's overwrite in a channel."""
        allow, deny = discord.PermissionOverwrite(**flags).pair()
        set_overwrite(self, channel, role.id, allow.value, deny.value)

    def give(self, command: str, person: MemberActor) -> None:
        """An admin allows a person a command in the server's settings."""
        known = self.env.backend.find_command(command, self.guild.id, type=1)
        assert known is not None
        self.guild.set_command_permissions(int(known["id"]), {person: True})

    async def go_away(self) -> None:
        """The bot loses its connection: what happens now, it is not told."""
        (shard,) = self.bot.shards.values()
        await shard.disconnect()

    async def come_back(self) -> None:
        """The bot connects anew."""
        (shard,) = self.bot.shards.values()
        with self.env._bot_scope():
            await shard.reconnect()
        await self.env.settle()

    async def catch_up(self) -> None:
        """The bot has been away and is back."""
        with self.env._bot_scope():
            await self.bot.on_ready()
        await self.env.settle()

    def seen(self, channel: ChannelHandle, viewer: MemberActor) -> list[discord.Message]:
        """What a person sees in a channel, without what Discord itself posts there."""
        ordinary = (discord.MessageType.default, discord.MessageType.reply)
        return [m for m in channel.history(viewer=viewer) if m.type in ordinary]

    def said_by_bot(self, channel: ChannelHandle, viewer: MemberActor) -> list[discord.Message]:
        me = self.env.backend.bot_user.id
        return [m for m in self.seen(channel, viewer) if m.author.id == me]

    def replies(self) -> list[str]:
        """What Ana sees of the bot in #lobby after the notice."""
        return [m.content for m in self.said_by_bot(self.lobby, self.ana)][1:]

    def thread(self, parent: ChannelHandle | None = None) -> ChannelHandle:
        (thread,) = (parent or self.lobby).threads
        return thread

    def session(self) -> list[str]:
        """What Max, who may manage threads, sees in the Therapy Room."""
        return [m.content for m in self.seen(self.thread(), self.max)]

    def cards(self) -> list[discord.Embed]:
        return [m.embeds[0] for m in self.seen(self.moderators, self.max) if m.embeds]

    def acts(self) -> list[str]:
        return [m.content for m in self.seen(self.moderators, self.max) if m.content]

    async def room(self) -> Room:
        room = await self.bot.stores.rooms.get(self.lobby.id)
        assert room is not None
        return room


def set_overwrite(
    server: Server, channel: ChannelHandle, target: int, allow: int, deny: int
) -> None:
    overwrite = Overwrite(target_id=target, type=OverwriteType.ROLE, allow=allow, deny=deny)
    server.env.backend.set_overwrite(channel.id, overwrite)


def told(result: InteractionResult) -> str:
    """What the person was told, who alone may have seen it."""
    messages = [*([result.response] if result.response else []), *result.followups]
    assert messages
    assert all(message.ephemeral for message in messages)
    return "\n".join(message.content for message in messages)


def refused(server: Server, result: InteractionResult, error: str) -> str:
    """What the person was told; an error of that type was what the command ended with."""
    errors = [getattr(one, "original", one) for one in server.env.errors]
    assert [type(one).__name__ for one in errors] == [error]
    return told(result)


def whispered(result: InteractionResult) -> str:
    """What a person was told who pressed a button or sent a form: seen by them alone."""
    own = [message for message in result.followups if message.ephemeral]
    if result.response is not None and result.response.ephemeral:
        own.insert(0, result.response)
    assert own
    return "\n".join(message.content for message in own)


@pytest.fixture
async def simcord_env(simcord_bot: FourRoomsBot) -> AsyncIterator[Env]:
    """What the fixture of that name is in simcord, with patience."""
    env = PatientEnv(simcord_bot)
    await env.start()
    yield env
    await env.shutdown()
    env._raise_errors_since(env._errors_acknowledged)


async def new_server(env: Env) -> Server:
    """A server as `Server` has it, in which nothing is set up yet."""
    guild = env.create_guild("The House")
    bot_role = guild.roles[env.backend.bot_user.name]
    moderator_role = guild.create_role(
        "Moderators",
        permissions=discord.Permissions(manage_messages=True, manage_threads=True),
    )
    admin_role = guild.create_role(
        "Admins",
        permissions=discord.Permissions(manage_guild=True, manage_threads=True),
    )

    def member(name: str, roles: Sequence[RoleHandle] = ()) -> MemberActor:
        user = env.create_user(name.lower(), global_name=name)
        return guild.add_member(user, roles=roles)

    server = Server(
        env=env,
        guild=guild,
        lobby=guild.create_text_channel("lobby"),
        moderators=guild.create_text_channel("placeholder"),
        bot_role=bot_role,
        moderator_role=moderator_role,
        ana=member("Ana"),
        ben=member("Ben"),
        max=member("Max", [moderator_role]),
        ada=member("Ada", [admin_role]),
    )
    server.moderators = server.hidden("moderators", bot_role, moderator_role, admin_role)
    await env.settle()
    return server


@pytest.fixture
async def server(simcord_env: Env) -> AsyncIterator[Server]:
    server = await new_server(simcord_env)
    yield server
    await server.bot.engine.close(0)


@pytest.fixture
async def room(server: Server) -> Server:
    """The server with #lobby set up as a Chat Room, in which each reply has a card of its own."""
    assert "is a Chat Room" in told(await server.set_up())
    settings = RoomSettings(reply_when=ReplyWhen.ALWAYS, cards=CardsWhen.EVERY)
    await server.bot.stores.rooms.update_settings(server.lobby.id, settings)
    return server
