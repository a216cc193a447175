"""Guidance: a moderator's words for the Chatbot's running or next sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Guidance, Post, PostKind
from bot.rooms.chat.splitting import split_text
from bot.rooms.control.guidance import MOST_TURNS, MOST_WORDS, NoSuchGuidance
from cogs.shared.access import WHICH, Asked, as_moderator, moderators_only, room_for
from cogs.shared.lookups import id_of, room_here, rooms_for
from cogs.shared.text import on_one_line, quoted, readable_text, shown_name
from cogs.therapy_room.cog import TherapyRoomCog

GuidanceWords = app_commands.Range[str, 1, MOST_WORDS]
GuidanceTurns = app_commands.Range[int, 1, MOST_TURNS]
MOST_CHOICES: Final = 25
"""What Discord shows of suggestions."""
MOST_CHOICE: Final = 100
"""Characters of a suggestion."""


class GuidanceCog(commands.Cog):
    """Gives guidance, and shows it in the thread when it is heard."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Takes the seat of its posts."""
        self.bot.ports.renderers[PostKind.GUIDANCE] = self.deliver

    @app_commands.command()
    @app_commands.describe(
        text="what the Chatbot should bear in mind",
        channel=WHICH,
        turns="for how many turns it holds; one, if left out",
    )
    @moderators_only
    async def guide(
        self,
        interaction: Asked,
        text: GuidanceWords,
        channel: discord.TextChannel | None = None,
        turns: GuidanceTurns = 1,
    ) -> None:
        """Words for the Chatbot: it hears them in the running session's next round, or the next."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_for(interaction, channel)
        by = as_moderator(interaction)
        given = await self.bot.control.guidance.give(room.id, by, readable_text(text), turns)
        await interaction.followup.send(
            f"🧭 The Chatbot of <#{room.id}> hears that in its next round, for {_turns(given)}. "
            "`/guidance withdraw` takes it back.",
            ephemeral=True,
        )

    async def deliver(self, post: Post) -> int:
        """Shows in the thread that the Chatbot hears a moderator's words; the message's id."""
        therapy = self.bot.get_cog(TherapyRoomCog.__cog_name__)
        known = await self.bot.stores.guidance.get(post.new.ref) if post.new.ref else None
        if not isinstance(therapy, TherapyRoomCog) or known is None:
            raise LookupError(f"post {post.id} is about guidance that is not there")
        room, turn = await therapy.about(post)
        return await therapy.show(post, room, turn, heard(known))


@app_commands.guild_only()
@app_commands.default_permissions(manage_messages=True)
class GuidanceInForce(commands.GroupCog, group_name="guidance"):
    """Lists guidance and takes it back."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    @app_commands.command(name="list")
    @app_commands.describe(channel=WHICH)
    @moderators_only
    async def list_(self, interaction: Asked, channel: discord.TextChannel | None = None) -> None:
        """The guidance that is in force."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_for(interaction, channel)
        for text in listed(room.id, await self.bot.control.guidance.list(room.id)):
            await interaction.followup.send(text, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(which="the guidance to take back")
    @moderators_only
    async def withdraw(self, interaction: Asked, which: str) -> None:
        """Takes guidance back before its time."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        known = await self.bot.stores.guidance.get(id_of(which))
        if known is None:
            raise NoSuchGuidance
        room = await room_here(interaction, known.room_id)
        await self.bot.control.guidance.withdraw(known.id, as_moderator(interaction))
        await interaction.followup.send(
            f"🧭 Withdrawn in <#{room.id}>:\n{quoted(known.text, MOST_WORDS)}", ephemeral=True
        )

    @withdraw.autocomplete("which")
    async def _which(self, interaction: Asked, typed: str) -> list[app_commands.Choice[str]]:
        rooms = await rooms_for(interaction, None)
        known = [one for room in rooms for one in await self.bot.control.guidance.list(room.id)]
        return choices(known, typed)


def heard(guidance: Guidance) -> list[str]:
    """How guidance reads in the thread, where the Chatbot hears it."""
    who = shown_name(guidance.by.name)
    return split_text(f"🧭 **Guidance of a moderator, {who}**\n{quoted(guidance.text, MOST_WORDS)}")


def listed(room_id: int, known: Sequence[Guidance]) -> list[str]:
    """What is in force in a room."""
    if not known:
        return [f"No guidance is in force in <#{room_id}>. `/guide` gives some."]
    lines = [
        f"**{one.id}** · {shown_name(one.by.name)} · {_turns(one)} left\n"
        f"{quoted(one.text, MOST_WORDS)}"
        for one in known
    ]
    return split_text(f"🧭 **Guidance in <#{room_id}>**\n" + "\n".join(lines))


def choices(known: Sequence[Guidance], typed: str) -> list[app_commands.Choice[str]]:
    """What fits what was typed so far."""
    fitting = [one for one in known if typed.casefold() in f"{one.id} {one.text}".casefold()]
    return [
        app_commands.Choice(
            name=on_one_line(f"{one.id}: {one.text}", MOST_CHOICE - 10)[:MOST_CHOICE],
            value=str(one.id),
        )
        for one in fitting[:MOST_CHOICES]
    ]


def _turns(guidance: Guidance) -> str:
    return f"{guidance.turns_left} turn{'s' * (guidance.turns_left != 1)}"


async def setup(bot: FourRoomsBot) -> None:
    """Loads the cog."""
    await bot.add_cog(GuidanceCog(bot))
    await bot.add_cog(GuidanceInForce(bot))
