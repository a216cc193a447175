"""Guidance: a moderator's words for the Chatbot's running or next sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Guidance, Post, PostKind, Room
from bot.rooms.chat.splitting import split_text
from bot.rooms.control.guidance import MOST_TURNS, MOST_WORDS, NoSuchGuidance
from bot.text.moderator_texts import say
from cogs.shared.access import WHICH, Asked, as_moderator, moderators_only, suggestions
from cogs.shared.counts import replies
from cogs.shared.delivery import room_and_turn
from cogs.shared.lookups import id_of, room_here
from cogs.shared.room_commands import RoomCommand, RoomCommands, RoomRequest
from cogs.shared.rooms_meant import moderated_rooms
from cogs.shared.text import on_one_line, quoted, readable_text, shown_name
from cogs.therapy_room.threads import TherapyThreads

GuidanceWords = app_commands.Range[str, 1, MOST_WORDS]
GuidanceTurns = app_commands.Range[int, 1, MOST_TURNS]
MOST_CHOICES: Final = 25
"""Suggestions that Discord shows."""
MOST_CHOICE: Final = 100
"""Characters of a suggestion."""


class GuidanceCog(commands.Cog):
    """The cog that gives guidance, and shows it in the thread when it is heard."""

    def __init__(self, bot: FourRoomsBot, threads: TherapyThreads) -> None:
        self.bot = bot
        self._threads = threads
        self._commands = bot.service(RoomCommands)

    async def cog_load(self) -> None:
        """Register as the renderer of its posts, and answer its command's menu."""
        self._commands["guide"] = RoomCommand(self._guide)
        self.bot.ports.renderers[PostKind.GUIDANCE] = self.deliver

    @app_commands.command()
    @app_commands.describe(
        text="what the Chatbot should bear in mind",
        channel=WHICH,
        turns="for how many replies it holds; one, if left out",
    )
    @moderators_only
    async def guide(
        self,
        interaction: Asked,
        text: GuidanceWords,
        channel: discord.TextChannel | None = None,
        turns: GuidanceTurns = 1,
    ) -> None:
        """Tells the Chatbot something before its next step; members do not see it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        request = RoomRequest("guide", turns, readable_text(text))
        await self._commands.give(interaction, channel, request)

    async def _guide(self, interaction: Asked, rooms: Sequence[Room], request: RoomRequest) -> None:
        room, by = rooms[0], as_moderator(interaction)
        guidance = await self.bot.control.guidance.give(room.id, by, request.words, request.number)
        await interaction.followup.send(
            say(
                "🧭 The Chatbot of <#{room}> hears that from its next step on, for {replies}. "
                "`/guidance withdraw` takes it back.",
                room=room.id,
                replies=replies(guidance.turns_left),
            ),
            ephemeral=True,
        )

    async def deliver(self, post: Post) -> int:
        """Show in the thread that the Chatbot hears the words; return the message's id."""
        guidance = await self.bot.stores.guidance.get(post.new.ref) if post.new.ref else None
        if guidance is None:
            raise LookupError(f"post {post.id} is about guidance that is not there")
        room, turn = await room_and_turn(self.bot.stores, post)
        return await self._threads.show(post, room, turn, render_guidance(guidance))


@app_commands.guild_only()
@app_commands.default_permissions(manage_messages=True)
class GuidanceInForce(commands.GroupCog, group_name="guidance"):
    """Lists guidance and takes it back."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._commands = bot.service(RoomCommands)

    async def cog_load(self) -> None:
        """Answer the menu of the list."""
        self._commands["guidance list"] = RoomCommand(self._list)

    @app_commands.command(name="list")
    @app_commands.describe(channel=WHICH)
    @moderators_only
    async def list_(self, interaction: Asked, channel: discord.TextChannel | None = None) -> None:
        """Shows the guidance in force."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, channel, RoomRequest("guidance list"))

    async def _list(self, interaction: Asked, rooms: Sequence[Room], _: RoomRequest) -> None:
        room = rooms[0]
        for text in render_list(room.id, await self.bot.control.guidance.list(room.id)):
            await interaction.followup.send(text, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(which="the guidance to take back")
    @moderators_only
    async def withdraw(self, interaction: Asked, which: str) -> None:
        """Takes guidance back early."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        guidance = await self.bot.stores.guidance.get(id_of(which))
        if guidance is None:
            raise NoSuchGuidance
        room = await room_here(interaction, guidance.room_id)
        await self.bot.control.guidance.withdraw(guidance.id, as_moderator(interaction))
        await interaction.followup.send(
            say(
                "🧭 Withdrawn in <#{room}>:\n{text}",
                room=room.id,
                text=quoted(guidance.text, MOST_WORDS),
            ),
            ephemeral=True,
        )

    @withdraw.autocomplete("which")
    @suggestions
    async def _which(self, interaction: Asked, typed: str) -> list[app_commands.Choice[str]]:
        rooms = await moderated_rooms(interaction)
        in_force = [
            guidance for room in rooms for guidance in await self.bot.control.guidance.list(room.id)
        ]
        return choices(in_force, typed)


def render_guidance(guidance: Guidance) -> list[str]:
    """Return guidance as it reads in the thread, where the Chatbot hears it."""
    who = shown_name(guidance.by.name)
    return split_text(
        say(
            "🧭 **Guidance of a moderator, {who}**\n{text}",
            who=who,
            text=quoted(guidance.text, MOST_WORDS),
        )
    )


def render_list(room_id: int, in_force: Sequence[Guidance]) -> list[str]:
    """Return the guidance that is in force in a room."""
    if not in_force:
        return [say("No guidance is in force in <#{room}>. `/guide` gives it some.", room=room_id)]
    lines = [
        say(
            "**{number}** · {who} · {replies} left\n{text}",
            number=guidance.id,
            who=shown_name(guidance.by.name),
            replies=replies(guidance.turns_left),
            text=quoted(guidance.text, MOST_WORDS),
        )
        for guidance in in_force
    ]
    return split_text("\n".join([say("🧭 **Guidance in <#{room}>**", room=room_id), *lines]))


def choices(in_force: Sequence[Guidance], typed: str) -> list[app_commands.Choice[str]]:
    """Return the suggestions that fit what was typed so far."""
    fitting = [
        guidance
        for guidance in in_force
        if typed.casefold() in f"{guidance.id} {guidance.text}".casefold()
    ]
    return [
        app_commands.Choice(
            name=on_one_line(f"{guidance.id}: {guidance.text}", MOST_CHOICE - 10)[:MOST_CHOICE],
            value=str(guidance.id),
        )
        for guidance in fitting[:MOST_CHOICES]
    ]


async def setup(bot: FourRoomsBot) -> None:
    """Load the cogs."""
    await bot.add_cog(GuidanceCog(bot, bot.service(TherapyThreads)))
    await bot.add_cog(GuidanceInForce(bot))
