"""The bot in Discord, which loads the cogs, owns the engine, and takes up what was missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Final, Self, TypeVar

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client.command_sync import sync_commands
from bot.client.discord_clock import DiscordClock
from bot.client.identify_pace import IdentifyPace
from bot.client.refusals import refuse
from bot.client.shards import hears_of, select_own_rooms
from bot.client.steady_loop import steady_loop
from bot.domain.patience import PatienceTimes
from bot.engine.engine import Engine
from bot.engine.outbox_relay import OutboxRelay
from bot.engine.patience import Patience
from bot.engine.ports import DiscordPorts, SpeakingRight
from bot.engine.scheduler import Scheduler
from bot.engine.team import Agents
from bot.rooms.limits.usage_limits import UsageLimits
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.stores import Stores
from bot.tasks import RepeatFilter
from bot.text.moderator_texts import read_by, reading

log = structlog.get_logger(__name__)
ServiceT = TypeVar("ServiceT")

COGS: Final = (
    "cogs.shared.modals", "cogs.control_room.channel_watch", "cogs.setup.cog", "cogs.setup.removal",
    "cogs.setup.greeting",
    "cogs.chat_room.cog", "cogs.chat_room.crisis", "cogs.therapy_room.cog",
    "cogs.evaluation_room.cog", "cogs.evaluation_room.rating", "cogs.control_room.cog",
    "cogs.evaluation_room.feedback",
    "cogs.control_room.pauses", "cogs.control_room.gate", "cogs.therapy_room.human_therapist",
    "cogs.control_room.calls", "cogs.control_room.guidance_again",
    "cogs.therapy_room.seat_watch", "cogs.therapy_room.check_in",
    "cogs.control_room.guidance", "cogs.control_room.settings", "cogs.control_room.status",
    "cogs.evaluation_room.score_lists", "cogs.evaluation_room.day",
    "cogs.evaluation_room.scores",
    "cogs.evaluation_room.session", "cogs.control_room.act_log", "cogs.simulation.cog",
    "cogs.control_room.right_watch", "cogs.evaluation_room.second_try",
    "cogs.evaluation_room.find", "cogs.evaluation_room.review",
    "cogs.evaluation_room.incident", "cogs.evaluation_room.person",
    "cogs.privacy.cog", "cogs.privacy.erasure", "cogs.privacy.departures",
)  # fmt: skip
CLOCK_SECONDS: Final = 5
"""How often what has come due is looked for: a timed resume, a post that is tried again."""
LAST_CALLS: Final = 3.0
"""Seconds that replies on their way get to arrive when the bot is stopped."""
LAST_STEPS: Final = 1.5
"""Seconds that each other part of a stop may take: all together have to stay below eight."""

# There is no voice here, so that discord.py need not warn of what voice would take.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


_NO_CACHES: Final[dict[str, Any]] = {
    # Nothing is read from them, and they are most of a bot's memory.
    "max_messages": None,
    "member_cache_flags": discord.MemberCacheFlags.none(),
    "chunk_guilds_at_startup": False,
}


class FourRoomsTree(app_commands.CommandTree["FourRoomsBot"]):
    """The slash commands, and the one place where their errors end."""

    async def interaction_check(self, interaction: discord.Interaction[FourRoomsBot], /) -> bool:
        """Have the command answer in the language of the person; it is for its checks to refuse."""
        read_by(interaction.locale.value)
        return True

    async def on_error(
        self, interaction: discord.Interaction[FourRoomsBot], error: app_commands.AppCommandError, /
    ) -> None:
        """Refuse the command: see `refuse`."""
        await refuse(interaction, error)


class FourRoomsBot(commands.AutoShardedBot):
    """The one Discord client of a process."""

    _cogs_loaded = 0

    def __init__(
        self,
        engine: Engine,
        scheduler: Scheduler,
        ports: DiscordPorts,
        rooms: dict[int, int],
        *,
        clock: DiscordClock | None = None,
        pace: IdentifyPace | None = None,
        shard_count: int | None = None,
        shard_ids: Sequence[int] = (),
    ) -> None:
        self._discord_clock, self._pace = clock or DiscordClock(), pace
        own: dict[str, Any] = {"shard_ids": list(shard_ids)} if shard_ids else {}
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=FourRoomsTree,
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            allowed_mentions=discord.AllowedMentions.none(),
            **_NO_CACHES,
            http_trace=self._discord_clock.trace(),
            shard_count=shard_count, **own,
        )  # fmt: skip
        self.stores, self.engine, self.control = engine.stores, engine, engine.control
        self.scheduler, self.ports = scheduler, ports
        ports.channel_names, ports.room_locales = self._known_name, self._locale_of_room
        ports.locales = self._locale_of
        self.rooms = rooms
        """Each own Chat Room's server: a message elsewhere costs no look into the database."""
        self.logged_in = False
        """Whether Discord has been reached once; then the cogs are loaded."""
        self.serving = asyncio.Event()
        """Set once what was missed before the first connection is taken up."""
        self.process_shards: Callable[[], Sequence[int]] = lambda: self.shard_ids or ()
        """Tells all shards that the process serves, of which the bot's own may be a part."""
        self._services: dict[object, Any] = {}
        self._taking_up, self._closing = asyncio.Lock(), False
        self._taker_up: asyncio.Task[Any] | None = None
        self._clock_failures = RepeatFilter()

    @classmethod
    def over(
        cls,
        stores: Stores,
        agents: Agents,
        *,
        limits: UsageLimits | None = None,
        patience: PatienceTimes | None = None,
        right: SpeakingRight | None = None,
        **shards: Any,
    ) -> Self:
        """Return a bot with an engine of its own, which speaks as long as ``right`` holds."""
        ports, clock = DiscordPorts(right), DiscordClock()
        ids, count = shards.get("shard_ids"), shards.get("shard_count")
        rooms: dict[int, int] = {}
        relay = OutboxRelay(stores.outbox, ports.deliver)
        engine = Engine(
            stores,
            agents,
            ports,
            relay,
            is_own=rooms.__contains__,
            channel_name=ports.channel_name,
            locale_of=ports.locale_of,
            limits=limits,
            patience=Patience(patience, agents.health, clock.age) if patience else None,
        )
        scheduler = Scheduler(engine, ports, lambda guild_id: hears_of(guild_id, ids, count))
        return cls(engine, scheduler, ports, rooms, clock=clock, **shards)

    def service(self, kind: Callable[[FourRoomsBot], ServiceT]) -> ServiceT:
        """Return what several cogs share: one object a kind, made when first asked for."""
        if kind not in self._services:
            self._services[kind] = kind(self)
        service: ServiceT = self._services[kind]
        return service

    def read_in_room(self, room_id: int) -> AbstractContextManager[None]:
        """Return a context in which texts are said in the language of the room's server."""
        return reading(self._locale_of_room(room_id))

    def name_of(self, channel_id: int) -> str:
        """Return the name of a channel; its id where it is not known."""
        return self._known_name(channel_id) or str(channel_id)

    def _locale_of(self, guild_id: int) -> str:
        guild = self.get_guild(guild_id)
        return "" if guild is None else guild.preferred_locale.value

    def _locale_of_room(self, room_id: int) -> str:
        guild = getattr(self.get_channel(room_id), "guild", None)
        return "" if guild is None else self._locale_of(guild.id)

    def _known_name(self, channel_id: int) -> str:
        return str(getattr(self.get_channel(channel_id), "name", ""))

    async def prepare(self) -> None:
        """Make what `close` needs, also where Discord is never reached."""
        await self._async_setup_hook()

    async def setup_hook(self) -> None:
        """Load the cogs and the known rooms, and sync the commands if they changed."""
        for cog in COGS[self._cogs_loaded :]:  # a start that failed half-way is tried again
            # Not `load_extension`, which runs the module again for each bot of a process.
            await import_module(cog).setup(self)
            self._cogs_loaded += 1
        rooms = await self.stores.rooms.all()
        own = select_own_rooms(rooms, self.shard_ids, self.shard_count)
        if cut_short := await self.stores.calls.count_cut_short(own):
            log.info("calls cut short", calls=cut_short)
        self.rooms.update(own)
        if not self.shard_ids or 0 in self.shard_ids:  # of several processes, that with the first
            await sync_commands(self.tree, self.stores.key_value, self.application_id)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until Discord lets a new session begin, whatever other processes do."""
        if self._pace is not None and shard_id is not None:
            return await self._pace.wait(self, shard_id)
        return await super().before_identify_hook(shard_id, initial=initial)

    async def on_ready(self) -> None:
        """Take up what was said before the new connection: it was not delivered."""
        await self._take_up()

    async def on_resumed(self) -> None:
        """Take up what was said meanwhile, to be sure: it is delivered by itself."""
        await self._take_up()

    async def on_message(self, message: discord.Message, /) -> None:
        """Note the time, and look for no text commands; the Chat Room's cog listens too."""
        self._discord_clock.note_live(message.id)

    async def on_error(self, event_method: str, /, *args: Any, **_: Any) -> None:
        """Log a listener's error, with ids and without what was said."""
        ids = {type(arg).__name__.lower(): getattr(arg, "id", None) for arg in args}
        log.exception("listener failed", listener=event_method, ids=ids)

    async def close(self) -> None:
        """Take up nothing more, let replies on their way arrive, and disconnect."""
        self._closing = True
        self.clock.cancel()
        if self._taker_up:
            self._taker_up.cancel()
        await _within(LAST_CALLS + LAST_STEPS, self._close_rooms(), "rooms")
        await _within(LAST_STEPS, super().close(), "connection")

    async def _close_rooms(self) -> None:
        if (ticking := self.clock.get_task()) is not None:
            await asyncio.wait({ticking}, timeout=LAST_STEPS)  # a transaction of its ends first
        await self.scheduler.close()
        await self.engine.close(LAST_CALLS)

    @steady_loop(CLOCK_SECONDS)
    async def clock(self) -> None:
        """Do what has come due."""
        try:
            await self.scheduler.run_due()
            self.serving.set()
        except Exception as error:  # the clock's edge: it has to go on whatever happens
            if (left_out := self._clock_failures.note(error)) is not None:
                log.exception("clock failed", left_out=left_out)

    async def _take_up(self) -> None:
        """Catch up on what was missed and go on with what was left; safe to repeat."""
        async with self._taking_up:
            if self._closing:
                return
            self._taker_up = asyncio.current_task()
            try:
                log.info("connected", guilds=len(self.guilds), rooms=len(self.rooms))
                await self.ports.catch_up()
                await self.engine.recover()
                self.serving.set()
            except DatabaseUnavailable as error:  # the clock does the same, when it can
                log.warning("not taken up", detail=error.detail)
            finally:
                if not self.clock.is_running() and not self._closing:
                    self.clock.start()
                self._taker_up = None


async def _within(seconds: float, closing: Coroutine[Any, Any, None], what: str) -> None:
    """Await the closing of a part, but no longer than that: what hangs is left where it is.

    Nor does a part that fails keep the others from being closed.
    """
    task = asyncio.create_task(closing, name=f"close {what}")
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        log.warning("not closed in time", what=what)
    elif not task.cancelled() and (error := task.exception()) is not None:
        log.error("not closed", what=what, exc_info=error)
