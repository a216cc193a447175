"""The bot in Discord: connects, loads the cogs, owns the engine, starts and stops cleanly."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, Self

import aiohttp
import discord
import structlog
import yarl
from discord import app_commands
from discord.ext import commands, tasks
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.app.metrics_server import serve_app_metrics
from bot.client.gc_tuning import freeze_gc
from bot.client.shards import gateway_of, own_rooms
from bot.client.signals import stop_signals
from bot.engine.engine import Engine
from bot.engine.outbox_relay import OutboxRelay
from bot.engine.ports import DiscordPorts
from bot.engine.team import Agents
from bot.errors import FourRoomsError, SettingError
from bot.rooms.control.control_room import ControlRoom
from bot.settings import Settings
from bot.storage.stores.stores import Stores

log = structlog.get_logger(__name__)

COGS: Final = (
    "cogs.shared.modals", "cogs.setup.cog", "cogs.chat_room.cog", "cogs.therapy_room.cog",
    "cogs.evaluation_room.cog", "cogs.evaluation_room.rating", "cogs.control_room.cog",
    "cogs.control_room.gate", "cogs.therapy_room.human_therapist", "cogs.control_room.guidance",
    "cogs.control_room.settings", "cogs.control_room.status", "cogs.evaluation_room.session",
    "cogs.control_room.act_log", "cogs.simulation.cog",
)  # fmt: skip
CLOCK_SECONDS: Final = 5
"""How often what has come due is looked for: a timed resume, a post that is tried again."""
LAST_CALLS: Final = 10.0
"""Seconds that replies on their way get to arrive when the bot is stopped."""
DISCORD: Final = Route.BASE
"""Discord's own address."""

# There is no voice here, so that discord.py need not warn of what voice would take.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class FourRoomsTree(app_commands.CommandTree["FourRoomsBot"]):
    """The slash commands, and the one place where their errors end."""

    async def on_error(
        self, interaction: discord.Interaction[FourRoomsBot], error: app_commands.AppCommandError, /
    ) -> None:
        """See `refuse`."""
        await refuse(interaction, error)


async def refuse(interaction: discord.Interaction[FourRoomsBot], error: Exception) -> None:
    """One kind sentence for the person who gave a command or pressed a button; the log has more."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    given: dict[str, Any] = {**(interaction.data or {})}
    ids = {
        "command": interaction.command.qualified_name if interaction.command else None,
        "control": given.get("custom_id"),
        "interaction_id": interaction.id,
        "guild_id": interaction.guild_id,
        "channel_id": interaction.channel_id,
        "user_id": interaction.user.id,
    }
    if isinstance(cause, FourRoomsError):
        log.warning("command refused", detail=cause.detail, **ids)
    elif isinstance(cause, app_commands.CheckFailure):
        log.info("command not allowed", **ids)
    elif not isinstance(cause, app_commands.TransformerError):
        log.error("command failed", exc_info=cause, **ids)
    await tell(interaction, what_to_say(cause, interaction.id))


def what_to_say(error: Exception, reference: int) -> str:
    """What a person is told of an error; ``reference`` finds its details in the log."""
    if isinstance(error, app_commands.NoPrivateMessage):
        return "That works in a server only."
    if isinstance(error, FourRoomsError | app_commands.CheckFailure):
        return str(error)
    if isinstance(error, app_commands.TransformerError):
        return "I could not make sense of one of the options. Please choose it from the list."
    if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        return "That command has just changed. Please try again in a minute."
    return f"Something went wrong on my side. It is in my log under {reference}."


async def tell(interaction: discord.Interaction[Any], text: str) -> None:
    """Says ``text`` to the person alone, whether or not the interaction has been answered."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("answer not delivered", interaction_id=interaction.id, error=repr(error))


class FourRoomsBot(commands.AutoShardedBot):
    """The one Discord client of a process."""

    def __init__(
        self,
        stores: Stores,
        engine: Engine,
        ports: DiscordPorts,
        *,
        shard_count: int | None = None,
        shard_ids: Sequence[int] = (),
    ) -> None:
        own: dict[str, Any] = {"shard_ids": list(shard_ids)} if shard_ids else {}
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=FourRoomsTree,
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            allowed_mentions=discord.AllowedMentions.none(),
            # Nothing is read from these caches, and they are most of a bot's memory.
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            shard_count=shard_count,
            **own,
        )
        self.stores = stores
        self.engine = engine
        self.ports = ports
        self.control = ControlRoom(engine)
        self.rooms: dict[int, int] = {}
        """Each own Chat Room's server: a message elsewhere costs no look into the database."""
        engine.is_own = self.rooms.__contains__
        self._taking_up = asyncio.Lock()
        self._taker_up: asyncio.Task[Any] | None = None
        self._closing = False

    @classmethod
    def over(cls, stores: Stores, agents: Agents, **shards: Any) -> Self:
        """A bot with an engine of its own over these stores and agents."""
        ports = DiscordPorts()
        engine = Engine(stores, agents, ports, OutboxRelay(stores.outbox, ports.deliver))
        return cls(stores, engine, ports, **shards)

    async def setup_hook(self) -> None:
        """Before the gateway: the cogs, the known rooms, and the commands if they changed."""
        for cog in COGS:
            await self.load_extension(cog)
        known = await self.stores.rooms.all()
        self.rooms.update(own_rooms(known, self.shard_ids, self.shard_count))
        await self._sync_commands()

    async def on_ready(self) -> None:
        """Connected anew: what was said meanwhile was not delivered."""
        await self._take_up()

    async def on_resumed(self) -> None:
        """Connected again: what was said meanwhile is delivered, but let us be sure."""
        await self._take_up()

    async def on_message(self, message: discord.Message, /) -> None:
        """Keeps discord.py from looking for text commands; the Chat Room's cog listens too."""

    async def on_error(self, event_method: str, /, *args: Any, **_: Any) -> None:
        """Where a listener's error ends: in the log, with ids and without what was said."""
        ids = {type(arg).__name__.lower(): getattr(arg, "id", None) for arg in args}
        log.exception("listener failed", listener=event_method, ids=ids)

    async def close(self) -> None:
        """Takes up nothing more, lets replies on their way arrive, and disconnects."""
        self._closing = True
        self.clock.cancel()
        if self._taker_up:
            self._taker_up.cancel()
        await self.engine.close(LAST_CALLS)
        await super().close()

    @tasks.loop(seconds=CLOCK_SECONDS)
    async def clock(self) -> None:
        """Does what has come due."""
        try:
            await self.control.clock()
        except Exception:  # the clock's edge: it has to go on whatever happens
            log.exception("clock failed")

    async def _take_up(self) -> None:
        """Catches up on what was missed and goes on with what was left; safe to repeat."""
        async with self._taking_up:
            if self._closing:
                return
            self._taker_up = asyncio.current_task()
            try:
                log.info("connected", guilds=len(self.guilds), rooms=len(self.rooms))
                await self.ports.catch_up()
                await self.engine.recover()
                if not self.clock.is_running():
                    self.clock.start()
            finally:
                self._taker_up = None

    async def _sync_commands(self) -> None:
        """Tells Discord of the commands if their definition changed since the last time."""
        mark = f"commands of {self.application_id}"
        digest = definition_hash(self.tree)
        if await self.stores.key_value.get(mark) == digest:
            return
        try:
            synced = await self.tree.sync()
        except discord.HTTPException:
            # The commands of the last time still work; the next start tries again.
            log.exception("commands not synced")
            return
        await self.stores.key_value.put(mark, digest)
        log.info("commands synced", count=len(synced))


def definition_hash(tree: app_commands.CommandTree[Any]) -> str:
    """A hash of all that Discord is told of the commands."""
    definitions = [command.to_dict(tree) for command in tree.get_commands()]
    ordered = sorted(definitions, key=lambda one: (one["type"], one["name"]))
    return hashlib.sha256(json.dumps(ordered, sort_keys=True).encode()).hexdigest()


async def run_bot(settings: Settings) -> None:
    """Runs the bot until SIGINT or SIGTERM. Raises SettingError for what an operator can mend."""
    # Here, as it brings the models' client with it, which a bot in a test has no use for.
    from bot.app.app import open_app  # noqa: PLC0415

    if settings.discord_token is None:
        raise SettingError(
            "DISCORD_TOKEN is not set. Copy the token from discord.com/developers/applications, "
            "your application, Bot, Reset Token."
        )
    async with open_app(settings) as app:
        bot = FourRoomsBot.over(
            app.stores,
            app.agents,
            shard_count=settings.shard_count,
            shard_ids=settings.shard_ids,
        )
        app.cancel_warm_up_on_first_turn(bot.engine)
        freeze_gc()
        async with serve_app_metrics(app, bot.engine):
            await serve(bot, settings.discord_token.get_secret_value(), settings.discord_api_url)


async def serve(bot: FourRoomsBot, token: str, api_url: str = DISCORD) -> None:
    """Connects and runs ``bot`` until SIGINT, SIGTERM or cancellation, and closes it."""
    await point_at(api_url, token)
    running = asyncio.create_task(_start(bot, token), name="gateway")
    try:
        with stop_signals() as stop:  # a second signal, while it closes, ends it at once
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await bot.close()
        with suppress(asyncio.CancelledError):
            await running


async def _start(bot: FourRoomsBot, token: str) -> None:
    try:
        await bot.start(token)
    except discord.LoginFailure as error:
        raise SettingError(
            "DISCORD_TOKEN: Discord does not accept it. Copy a new one from "
            "discord.com/developers/applications, your application, Bot, Reset Token."
        ) from error
    except discord.PrivilegedIntentsRequired as error:
        raise SettingError(
            "The bot may not read messages yet. Switch on Message Content Intent at "
            "discord.com/developers/applications, your application, Bot, and start it again."
        ) from error
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise FourRoomsError(f"Discord cannot be reached, or ended it: {error!r}") from error


async def point_at(api_url: str, token: str) -> None:
    """Makes discord.py talk to the API at ``api_url`` and to the gateway that it names.

    Raises SettingError if nothing there answers as Discord does.
    """
    if api_url != DISCORD:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(await gateway_of(api_url, token))
    Route.BASE = api_url
