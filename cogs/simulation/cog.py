"""`/simulate`: the Chatbot talks with an AI User in a channel, for an audience, until stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.agents.user import User
from bot.client.bot import FourRoomsBot
from bot.client.shards import hears_of
from bot.domain import Moderator, ReplyWhen, Room, RoomSettings
from bot.domain.act_details import SimulateDetails
from bot.errors import FourRoomsError, SettingError
from bot.prompting.templates import FOLDER
from bot.prompting.user_personas import UserPersona, load_user_personas
from bot.rooms.audit import NoSuchRoom
from bot.text.moderator_texts import say
from cogs.shared.access import (
    Asked,
    ForWhom,
    NotAllowed,
    as_moderator,
    moderators_only,
    suggestions,
)
from cogs.shared.components import NUMBER, PersistentControl
from cogs.shared.lookups import room_here
from cogs.shared.rooms_meant import moderated_rooms
from cogs.shared.text import SIMULATED
from cogs.simulation.running import RunningSimulations
from cogs.simulation.view import AudienceSimulation

log = structlog.get_logger(__name__)

MOST_TURNS: Final = 20
"""An audience has seen it by then, and every turn costs model calls."""
MOST_CHOICES: Final = 25
"""Choices that Discord shows."""
TURNS = app_commands.Range[int, 1, MOST_TURNS]


class CannotSimulate(FourRoomsError):
    """A channel or server that is not fit for a simulation; ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class SimulationRequest:
    """A simulation as somebody wants it."""

    place: discord.TextChannel
    user: User
    chatbot: str
    turns: int
    by: Moderator


class StopButton(PersistentControl, template=rf"simulation:stop:(?P<room>{NUMBER})"):
    """The button that ends the simulation of a channel."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Stop it, or say that it is over."""
        room = await room_here(interaction, int(self.ids["room"]))
        stopped = interaction.client.service(RunningSimulations).stop(room.id)
        answer = (
            say("It stops with the next answer.") if stopped else say("That simulation is over.")
        )
        await interaction.response.send_message(answer, ephemeral=True)


class SimulationCog(commands.Cog):
    """The cog that holds simulations in channels."""

    def __init__(self, bot: FourRoomsBot, running: RunningSimulations) -> None:
        self.bot = bot
        self._running = running
        self.user_personas = _cast()
        self.chatbots = sorted(path.stem for path in (FOLDER / "personas").glob("*.md"))

    async def cog_load(self) -> None:
        """Answer the button, also of a simulation from before a restart, and end what is left."""
        self.bot.add_dynamic_items(StopButton)
        for room in await self.bot.stores.rooms.all():
            if room.simulated and self._is_left_over(room):
                log.info("simulation was cut off", room_id=room.id)
                await self.bot.control.release(room.id)

    def _is_left_over(self, room: Room) -> bool:
        """Return whether nobody plays in a simulated room, as this process has just started."""
        own = hears_of(room.guild_id, self.bot.shard_ids, self.bot.shard_count)
        return own and room.id not in self._running

    async def cog_unload(self) -> None:
        """Stop all."""
        self.bot.remove_dynamic_items(StopButton)
        await self._running.cancel()

    @app_commands.command()
    @app_commands.describe(
        persona="who the AI User is",
        channel="where; not a Chat Room, a moderator channel or where therapy threads are",
        turns="the most replies; 5 if left out",
        chatbot="the Chatbot's persona; default if left out",
    )
    @moderators_only
    async def simulate(
        self,
        interaction: Asked,
        persona: str,
        channel: discord.TextChannel,
        turns: TURNS = 5,
        chatbot: str = "default",
    ) -> None:
        """An AI User talks with the Chatbot in a channel, marked as a simulation."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        person = interaction.user
        if isinstance(person, discord.Member) and not channel.permissions_for(person).send_messages:
            raise NotAllowed(say("You may not write in <#{channel}> yourself.", channel=channel.id))
        wanted = SimulationRequest(
            channel, self._user(persona), chatbot, turns, as_moderator(interaction)
        )
        await self._start(wanted, await moderated_rooms(interaction))
        await interaction.followup.send(
            say("{mark} It starts in <#{channel}>.", mark=SIMULATED, channel=channel.id),
            ephemeral=True,
        )

    @simulate.autocomplete("persona")
    @suggestions
    async def _personas(self, _interaction: Asked, typed: str) -> list[app_commands.Choice[str]]:
        fitting = [
            persona
            for persona in self.user_personas.values()
            if typed.casefold() in persona.name.casefold()
        ]
        return [
            app_commands.Choice(
                name=f"{persona.name} ({persona.kind.value})"[:100], value=persona.name
            )
            for persona in fitting[:MOST_CHOICES]
        ]

    @simulate.autocomplete("chatbot")
    @suggestions
    async def _chatbots(self, _interaction: Asked, typed: str) -> list[app_commands.Choice[str]]:
        fitting = [name for name in self.chatbots if typed.casefold() in name.casefold()]
        return [app_commands.Choice(name=name[:100], value=name) for name in fitting[:MOST_CHOICES]]

    def _user(self, name: str) -> User:
        make_user = self.bot.engine.agents.user
        if make_user is None:
            raise CannotSimulate(public=say("There is no model for the AI User: set USER_MODEL."))
        if name not in self.user_personas:
            raise CannotSimulate(
                public=say("There is no such persona. Please choose from the list.")
            )
        return make_user(self.user_personas[name])

    async def _start(self, wanted: SimulationRequest, report: list[Room]) -> None:
        """Bind the channel as a simulated room, put it on the record, and begin.

        It reports where the first of ``report`` does. Raises CannotSimulate or NoSuchRoom.
        """
        place = wanted.place
        if wanted.chatbot not in self.chatbots:
            raise CannotSimulate(
                public=say("There is no such Chatbot: {names}.", names=", ".join(self.chatbots))
            )
        if not report:
            raise NoSuchRoom(public=say("There is no Chat Room of yours here yet: see /setup."))
        room = await self.bot.stores.rooms.get(place.id)
        in_use = await self.bot.stores.rooms.of_guild(place.guild.id)
        if why := self._unfit(place, room, in_use):
            raise CannotSimulate(public=why)
        if self.bot.control.limits is not None:
            await self.bot.control.limits.require_room(report[0])
        stop = asyncio.Event()
        show = AudienceSimulation(self.bot, place, wanted.user, wanted.turns, wanted.by.name, stop)
        task = asyncio.create_task(
            self._hold(show, _simulated(wanted, report[0]), wanted), name=f"simulation {place.id}"
        )
        self._running.add(place.id, task, stop)

    async def _hold(self, show: AudienceSimulation, room: Room, wanted: SimulationRequest) -> None:
        """Make the channel a room, and one like any other again when the simulation is over."""
        try:
            await self.bot.stores.rooms.bind(room)
            details = SimulateDetails(wanted.user.persona.name, wanted.chatbot, wanted.turns)
            await self.bot.control.audit.record(room, wanted.by, details)
            await show.hold()
        finally:
            await self.bot.control.release(room.id)

    def _unfit(
        self, place: discord.TextChannel, room: Room | None, in_use: Sequence[Room]
    ) -> str | None:
        if room is not None and not room.simulated:
            return say(
                "<#{place}> is a Chat Room: people talk there. Take another channel.",
                place=place.id,
            )
        if place.id in [other.moderator_channel_id for other in in_use]:
            return say("<#{place}> is a moderator channel. Take another channel.", place=place.id)
        if place.id in [other.therapy_parent_id for other in in_use]:
            return say(
                "Therapy threads are made under <#{place}>. Take another channel.", place=place.id
            )
        if place.id in self._running:
            return say(
                "A simulation is running in <#{place}>. Stop that one with its button first.",
                place=place.id,
            )
        rights = place.permissions_for(place.guild.me)
        if not (rights.view_channel and rights.send_messages and rights.read_message_history):
            return say(
                "In <#{place}> I need View Channel, Send Messages and Read Message History.",
                place=place.id,
            )
        return None


def _simulated(wanted: SimulationRequest, like: Room) -> Room:
    """Return the channel as a room that reports where another does."""
    return Room(
        wanted.place.id,
        wanted.place.guild.id,
        like.moderator_channel_id,
        like.therapy_parent_id,
        settings=RoomSettings(persona=wanted.chatbot, reply_when=ReplyWhen.ALWAYS),
        simulated=True,
        moderator_role_id=like.moderator_role_id,
    )


def _cast() -> Mapping[str, UserPersona]:
    try:
        return load_user_personas(FOLDER / "user")
    except SettingError as error:  # the bot does its work without the AI User
        log.error("no personas for simulations", detail=error.detail)  # noqa: TRY400
        return {}


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(SimulationCog(bot, bot.service(RunningSimulations)))
