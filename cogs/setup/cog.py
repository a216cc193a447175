"""`/setup`: makes a channel a Chat Room, if everything it needs is there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Literal

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client.audience import audience_of
from bot.client.bot import FourRoomsBot
from bot.domain import Moderator, NewAct, ReplyWhen, Room
from bot.domain.act_details import SetupDetails
from bot.domain.room_settings import NEW_ROOM
from bot.errors import FourRoomsError
from bot.reasons import because
from bot.rooms.audit import new_act
from bot.rooms.chat.splitting import split_text
from bot.text.moderator_texts import say
from cogs.setup.answers import refusal, welcome
from cogs.setup.moderator_rights import left_to_do, roles_of_moderators
from cogs.setup.notice import notice
from cogs.setup.permission_check import (
    CheckedChannel,
    SetupPlan,
    Taken,
    problems,
)
from cogs.shared.access import Asked, admins_only, as_moderator
from cogs.shared.delivery import DISCORD_ERRORS, as_delivery_errors, find_own_text
from cogs.shared.moderator_channels import ModeratorChannels, name_role
from cogs.simulation.running import RunningSimulations

log = structlog.get_logger(__name__)


class NotInServer(FourRoomsError):
    """A command from a server of which the bot knows nothing."""

    public = "I am not a member of this server, or have only just joined. Please try again."


class ListedChannel(app_commands.Transformer[FourRoomsBot]):
    """A channel as the list offers it, also one that the bot cannot see: `/setup` says so."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """Return that it is a channel."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Return what is offered; also announcement channels, as the refusal explains itself."""
        return [discord.ChannelType.text, discord.ChannelType.news]

    async def transform(
        self, _: discord.Interaction[FourRoomsBot], value: app_commands.AppCommandChannel, /
    ) -> app_commands.AppCommandChannel:
        """Return the channel as it came."""
        return value


RepliesOption = Literal["addressed", "mentioned", "always"]
"""The values of `ReplyWhen`, as the command offers them."""
ListedChannelOption = app_commands.Transform[app_commands.AppCommandChannel, ListedChannel]


class SetupCog(commands.Cog):
    """The cog that binds Chat Rooms."""

    def __init__(self, bot: FourRoomsBot, simulations: RunningSimulations) -> None:
        self.bot = bot
        self._simulations = simulations

    @app_commands.command(name="setup")
    @app_commands.describe(
        chat="where people talk with the Chatbot",
        moderators="where score cards and what moderators do are shown; a private channel",
        therapy="the channel for the therapy threads; the Chat Room if left out",
        role="members with this role are moderators of the Chat Room too",
        replies="whom it answers; if left out, those who address it (/settings changes it)",
    )
    @admins_only
    async def setup_room(
        self,
        interaction: Asked,
        chat: ListedChannelOption,
        moderators: ListedChannelOption,
        therapy: ListedChannelOption | None = None,
        role: discord.Role | None = None,
        replies: RepliesOption | None = None,
    ) -> None:
        """Makes a channel a Chat Room and checks that I have every permission I need."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        guild = interaction.guild
        if guild is None:
            raise NotInServer
        plan = SetupPlan(
            chat=_channel(guild, chat),
            moderators=_moderator_channel(guild, moderators, chat.id, role),
            therapy=_channel(guild, therapy or chat),
        )
        obstacles = problems(plan, await self._taken(guild.id, chat.id))
        if role is not None and role.is_default():
            obstacles.append(say("With @everyone as the role, everybody would be a moderator."))
        if obstacles:
            await self._answer(interaction, refusal(plan, obstacles))
            return
        room = await self._bind(interaction, plan, role, ReplyWhen(replies) if replies else None)
        await self._answer(interaction, f"{welcome(room, plan)}\n\n{_errands(guild, room)}")

    async def _answer(self, interaction: Asked, text: str) -> None:
        warning = await self.bot.service(ModeratorChannels).warning_for(interaction.guild_id)
        for piece in split_text(warning + text):
            await interaction.followup.send(piece, ephemeral=True)

    async def _taken(self, guild_id: int, chat_id: int) -> Taken:
        others = [
            room
            for room in await self.bot.stores.rooms.of_guild(guild_id)
            if room.id != chat_id and not room.simulated
        ]
        return Taken(
            chat_rooms=frozenset(room.id for room in others),
            moderator_channels=frozenset(room.moderator_channel_id for room in others),
        )

    async def _bind(
        self,
        interaction: Asked,
        plan: SetupPlan,
        role: discord.Role | None,
        replies: ReplyWhen | None,
    ) -> Room:
        rooms = self.bot.stores.rooms
        for _, channel in plan.seats:
            await self._end_simulation(channel.id)
        before = await self._before(plan.chat.id)
        # What was said before was not said to the Chatbot; an interaction's id is a moment.
        heard_after = interaction.id if before is None or before.released else None

        def bound(room: Room) -> tuple[Room, NewAct]:
            room = replace(
                room,
                moderator_channel_id=plan.moderators.id,
                therapy_parent_id=plan.therapy.id,
                moderator_role_id=role.id if role else None,
            )
            if replies is not None:
                settings = room.settings.model_copy(update={"reply_when": replies})
                room = replace(room, settings=settings)
            return room, _act_of(room, as_moderator(interaction))

        ids = (plan.chat.id, interaction.guild_id or 0, plan.moderators.id, plan.therapy.id)
        room, act = bound(before or Room(*ids, settings=NEW_ROOM))
        notice_id = await self._post_notice_once(interaction, room)
        new = {"notice_id": notice_id, "heard_after": heard_after}
        if before is None:
            await rooms.bind(room, act=act, **new)
        else:  # moderators may have paused it meanwhile
            await rooms.change(room.id, bound, bound_anew=True, **new)
        if heard_after is not None:
            for forget_before in self.bot.ports.on_opened:
                forget_before(room.id)
        self.bot.rooms[room.id] = room.guild_id
        self._start(act)
        return await self.bot.control.audit.room(room.id)

    async def _before(self, channel_id: int) -> Room | None:
        """Return what the channel is or was as a Chat Room of people."""
        room = await self.bot.stores.rooms.get(channel_id)
        if room is None or room.simulated:
            return None  # nothing of a simulation, such as its persona, is for people
        if room.released:  # of which a kill may have left something
            await self.bot.control.release(room.id, because("the Chat Room was removed"))
        return room

    async def _end_simulation(self, channel_id: int) -> None:
        """End what is simulated in a channel that people are to have."""
        await self._simulations.end(channel_id)
        room = await self.bot.stores.rooms.get(channel_id)
        if room is not None and room.simulated:
            await self.bot.control.release(channel_id)

    async def _post_notice_once(self, interaction: Asked, room: Room) -> int | None:
        """Post the notice; return its id, or None if there is one: that says what holds now."""
        server = interaction.guild.name if interaction.guild else ""
        name = self.bot.user.display_name if self.bot.user else "Four Rooms"
        language = self.bot.engine.texts.language(room)
        text = notice(name, server, room.settings, language)
        channel = self.bot.get_partial_messageable(room.id)
        known = await self.bot.stores.rooms.notice_of(room.id)
        if known is not None:
            with suppress(*DISCORD_ERRORS):  # somebody may have deleted it
                await channel.get_partial_message(known).edit(content=text)
            return None
        with as_delivery_errors("notice"):
            posted = await find_own_text(channel, self.bot.user, text)  # before a kill
            return posted or (await channel.send(text)).id

    def _start(self, act: NewAct) -> None:
        """Have all that waits for the room go on."""
        engine = self.bot.engine
        self.bot.control.audit.acted(act)
        for room_id in act.shown_in:
            engine.outbox_relay.reset_backoff(room_id)
            engine.chat_room.reset_backoff(room_id)
            engine.wake(room_id)


def _act_of(room: Room, by: Moderator) -> NewAct:
    """Return that somebody set a room up, for the record."""
    channels = (room.moderator_channel_id, room.therapy_parent_id, room.moderator_role_id)
    return new_act(room, by, SetupDetails(*channels))


def _errands(guild: discord.Guild, room: Room) -> str:
    """Return what is left to do by hand, so that moderators see what is for them."""
    chat = guild.get_channel(room.id)
    moderators = guild.get_channel(room.moderator_channel_id)
    therapy = guild.get_channel(room.therapy_parent_id)
    if chat is None or moderators is None or therapy is None:
        return ""  # one has just been deleted
    roles = roles_of_moderators(chat, moderators, therapy, room.moderator_role_id)
    return "\n".join(left_to_do(roles, room.moderator_channel_id, room.therapy_parent_id))


def _channel(guild: discord.Guild, listed: app_commands.AppCommandChannel) -> CheckedChannel:
    channel = guild.get_channel(listed.id)
    return CheckedChannel(
        id=listed.id,
        name=listed.name,
        kind=listed.type,
        rights=channel.permissions_for(guild.me) if channel else None,
        public=False,
    )


def _moderator_channel(
    guild: discord.Guild,
    listed: app_commands.AppCommandChannel,
    chat_id: int,
    role: discord.Role | None,
) -> CheckedChannel:
    """Return what is checked of a channel, with who can see it."""
    checked_channel, channel = _channel(guild, listed), guild.get_channel(listed.id)
    if channel is None:
        return checked_channel
    audience = audience_of(
        channel,
        guild.get_channel(chat_id),
        me=guild.me,
        moderator_role_id=role.id if role else None,
    )
    everybody = audience.everybody
    return replace(
        checked_channel,
        public=everybody is not None,
        through=everybody.mention if everybody and not everybody.is_default() else "",
        seen_by=tuple(map(name_role, audience.roles)),
    )


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(SetupCog(bot, bot.service(RunningSimulations)))
