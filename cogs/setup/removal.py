"""`/setup-remove`: makes a Chat Room a channel like any other, after saying what that means."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.errors import FourRoomsError
from bot.rooms.audit import NoSuchRoom
from bot.text.moderator_texts import Later, say
from cogs.setup.cog import ListedChannelOption
from cogs.shared.access import Asked, ForWhom, admins_only, as_moderator
from cogs.shared.components import NUMBER, PersistentControl, button, view
from cogs.shared.counts import days as in_days
from cogs.shared.counts import messages, replies, sessions
from cogs.shared.delivery import DISCORD_ERRORS
from cogs.shared.lookups import room_in_use
from cogs.shared.rooms_meant import room_named
from cogs.shared.text import shown_name
from cogs.simulation.running import RunningSimulations

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RemovalPreview:
    """The things that a removal would end, delete and keep."""

    room: Room
    replies: int
    under_way: int | None
    """The number of the reply that is on its way, if one is."""
    waiting: int
    """Messages that wait for an answer."""
    remembered: int
    """Sessions of which the room remembers what was worked on."""


class RemoveRoomButton(PersistentControl, template=rf"unbind:(?P<room>{NUMBER})"):
    """The button by which an admin means it."""

    for_whom = ForWhom.ADMINS

    async def used(self, interaction: Asked) -> None:
        """Remove the room, and say so in place of the question."""
        await interaction.response.defer()
        room = await room_in_use(interaction, int(self.ids["room"]))
        await remove_room(interaction, room)
        await interaction.edit_original_response(content=render_removed(room), view=None)


class RemovalCog(commands.Cog):
    """The cog that lets Chat Rooms go."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Answer its button."""
        self.bot.add_dynamic_items(RemoveRoomButton)

    @app_commands.command(name="setup-remove")
    @app_commands.describe(channel="the Chat Room, or the channel of a simulation")
    @admins_only
    async def remove(self, interaction: Asked, channel: ListedChannelOption) -> None:
        """Makes a Chat Room an ordinary channel again; first says what is kept and what goes."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_named(interaction, channel)
        preview = await look_ahead(self.bot, room)
        danger = discord.ButtonStyle.danger
        label = say("End the simulation") if room.simulated else say("Remove the Chat Room")
        pressed = button(f"unbind:{room.id}", label, style=danger, emoji="🧹")
        await interaction.followup.send(
            render_preview(preview), view=view([pressed]), ephemeral=True
        )


async def look_ahead(bot: FourRoomsBot, room: Room) -> RemovalPreview:
    """Return what the removal of a room would end, delete and keep."""
    turns = bot.stores.turns
    latest, under_way = await turns.latest(room.id, 1), await turns.open_turn(room.id)
    return RemovalPreview(
        room=room,
        replies=latest[0].number if latest else 0,
        under_way=under_way.number if under_way else None,
        waiting=await turns.backlog(room.id),
        remembered=await bot.stores.memories.count(room.id),
    )


async def remove_room(interaction: Asked, room: Room) -> None:
    """Let a room go, with what is simulated there, and take its notice back."""
    bot = interaction.client
    await bot.service(RunningSimulations).end(room.id)
    bot.rooms.pop(room.id, None)  # from here on nothing is heard there
    try:
        await bot.control.remove(room, as_moderator(interaction))
    except NoSuchRoom:  # another admin was quicker
        raise
    except FourRoomsError:  # it is a Chat Room all the same
        bot.rooms[room.id] = room.guild_id
        raise
    notice_id = await bot.stores.rooms.notice_of(room.id)
    if notice_id is not None:
        with suppress(*DISCORD_ERRORS):  # gone already, or not mine to delete any more
            channel = bot.get_partial_messageable(room.id)
            await channel.get_partial_message(notice_id).delete()
        await bot.stores.rooms.forget_notice(room.id)
    log.info("room removed", room_id=room.id, guild_id=room.guild_id)


def render_preview(preview: RemovalPreview) -> str:
    """Return what an admin reads before they mean it."""
    room = preview.room
    what = say("The simulation there ends") if room.simulated else say("I will answer nobody there")
    head = Later("**Remove <#{room}>?** {what}, and read nothing of what is said.")
    lines = [say(head, room=room.id, what=what), *_ending(preview), say("**Deleted**")]
    lines.append(
        say("- what the room remembers of {sessions}", sessions=sessions(preview.remembered))
    )
    if not room.simulated:
        lines.append(say("- my notice in the channel that people talk to an AI there"))
    lines.append(say("**Kept**"))
    lines.append(
        say(
            "- {replies} with what people wrote, sessions, scores and ratings: {how_long}",
            replies=replies(preview.replies),
            how_long=_how_long(room),
        )
    )
    lines.append(
        say(
            "- the record of what moderators did, the settings, and all messages and threads in "
            "Discord"
        )
    )
    return "\n".join(lines)


def render_removed(room: Room) -> str:
    """Return what an admin reads once it is done."""
    if room.simulated:
        return say("**<#{room}> is a channel like any other again.**", room=room.id)
    return say(
        "**<#{room}> is no longer a Chat Room.** `/setup` makes it one again, with its "
        "old settings.",
        room=room.id,
    )


def _ending(preview: RemovalPreview) -> list[str]:
    """Return what ends at once, below its heading; nothing where nothing is on its way."""
    room = preview.room
    lines: list[str] = []
    if preview.under_way is not None:
        lines.append(
            say(
                "- reply #{number}, which is on its way: it will not be sent",
                number=preview.under_way,
            )
        )
    if preview.waiting:
        waiting = messages(preview.waiting)
        lines.append(say("- {messages} waiting for an answer: no answer comes", messages=waiting))
    if room.therapist is not None:
        lines.append(
            say(
                "- {who} who coaches the Chatbot as its Therapist",
                who=shown_name(room.therapist.name),
            )
        )
    return [say("**Ends at once**"), *lines] if lines else []


def _how_long(room: Room) -> str:
    days = room.settings.retention_days
    kept = (
        say("for good")
        if days is None
        else say("for {days}, as the room is set", days=in_days(days))
    )
    return say("{kept}; whoever uses `/forget` is forgotten there too", kept=kept)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(RemovalCog(bot))
