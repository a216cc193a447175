"""The Control Room in Discord: the moderators' commands, and their acts for all moderators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Act, Post, PostKind, Room
from bot.domain.act_details import PauseDetails
from bot.domain.calls import CallCause
from bot.domain.posts import nonce_of
from bot.rooms.audit import THE_BOT
from cogs.control_room.act_view import render_act, render_notice
from cogs.control_room.answer_view import render_reflection, render_state
from cogs.control_room.pause_view import pause_buttons, rooms_of_act
from cogs.shared.access import WHICH, Asked, as_moderator, moderators_only
from cogs.shared.components import view
from cogs.shared.delivery import as_delivery_errors
from cogs.shared.role_calls import Mention, RoleCalls
from cogs.shared.room_commands import RoomCommand, RoomCommands, RoomRequest

Question = app_commands.Range[str, 1, 500]


class ControlRoomCog(commands.Cog):
    """The cog that hands moderators' words to the Control Room, and answers only who gave them."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._commands = bot.service(RoomCommands)
        self._calls = bot.service(RoleCalls)

    async def cog_load(self) -> None:
        """Register as the renderer of the posts it shows, and answer its commands' menus."""
        self._commands["query"] = RoomCommand(self._query)
        self._commands["reflect"] = RoomCommand(self._reflect)
        self.bot.ports.renderers[PostKind.ACT] = self.deliver
        self.bot.ports.renderers[PostKind.NOTICE] = self.deliver

    @app_commands.command()
    @app_commands.describe(channel=WHICH, question="what you want to know from the Chatbot")
    @moderators_only
    async def query(
        self,
        interaction: Asked,
        channel: discord.TextChannel | None = None,
        question: Question | None = None,
    ) -> None:
        """Asks the Chatbot how it is doing in its therapy."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, channel, RoomRequest("query", words=question or ""))

    @app_commands.command()
    @app_commands.describe(channel=WHICH)
    @moderators_only
    async def reflect(self, interaction: Asked, channel: discord.TextChannel | None = None) -> None:
        """Asks the Chatbot what it learned, and what it would have said without therapy."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, channel, RoomRequest("reflect"))

    async def _query(self, interaction: Asked, rooms: Sequence[Room], request: RoomRequest) -> None:
        room, words = rooms[0], request.words
        answer = await self.bot.control.query(room.id, as_moderator(interaction), words)
        await _answer(interaction, render_state(answer, room.id, words))

    async def _reflect(self, interaction: Asked, rooms: Sequence[Room], _: RoomRequest) -> None:
        room = rooms[0]
        answer = await self.bot.control.reflect(room.id, as_moderator(interaction))
        await _answer(interaction, render_reflection(answer, room.id))

    async def deliver(self, post: Post) -> int:
        """Show an act or a notice in the moderator channel; return its message's id."""
        room = await self.bot.stores.rooms.get(post.new.room_id)
        if room is None:
            raise LookupError(f"post {post.id} is about a room that is not there")
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        act = None if post.new.kind is PostKind.NOTICE else await self._act(post)
        text = render_notice(post.new.text) if act is None else render_act(act)
        controls = view([] if act is None else await self._buttons(act, room))
        mention = self._calls.role(room, CallCause.STOP) if is_stop(act) else Mention()
        with as_delivery_errors("act"):
            message = await channel.send(
                mention.text + text,
                nonce=nonce_of("post", post.id),
                view=controls,
                allowed_mentions=mention.allowed,
            )
        return message.id

    async def _act(self, post: Post) -> Act:
        act = await self.bot.stores.acts.get(post.new.ref) if post.new.ref else None
        if act is None:
            raise LookupError(f"post {post.id} is about an act that is not there")
        return act

    async def _buttons(self, act: Act, shown_for: Room) -> list[discord.ui.Button[Any]]:
        """Return the buttons of a pause, for those of its rooms that report to this channel."""
        here = []
        for room_id, mark in rooms_of_act(act):
            room = await self.bot.stores.rooms.get(room_id)
            if room and room.moderator_channel_id == shown_for.moderator_channel_id:
                here.append((room_id, mark))
        return pause_buttons(here, self.bot.name_of)


def is_stop(act: Act | None) -> bool:
    """Return whether a rule has paused the room, and no person."""
    return act is not None and act.by.id == THE_BOT.id and isinstance(act.details, PauseDetails)


async def _answer(interaction: Asked, texts: Sequence[str]) -> None:
    for text in texts:
        await interaction.followup.send(text, ephemeral=True)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ControlRoomCog(bot))
