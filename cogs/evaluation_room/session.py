"""A whole turn for moderators: as files, or beside the reply that it became."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room, Turn
from bot.reports.report_maker import ReportFailed, ReportMaker
from bot.reports.session_export import read_session
from bot.reports.session_record import SessionPages, SessionRecord, session_pages
from bot.rooms.audit import NoSuchTurn
from bot.text.moderator_texts import say
from cogs.evaluation_room.alliance import AllianceButton, alliance_view
from cogs.evaluation_room.details import render_details
from cogs.evaluation_room.rating import turn_of_reply
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.evaluation_room.session_view import render_session, render_sides
from cogs.shared.access import WHICH, Asked, ForWhom, ReplyNumber, moderators_only
from cogs.shared.components import NUMBER, PersistentControl, button
from cogs.shared.lookups import reply_numbered, turn_here
from cogs.shared.pictures import make_with_picture, say_not_drawn
from cogs.shared.room_commands import RoomCommand, RoomCommands, RoomRequest

log = structlog.get_logger(__name__)

SHOW_THERAPY: Final = "Show therapy"
"""The entry in the menu of a message."""


class SessionCog(commands.Cog):
    """The cog that shows sessions to moderators, each to whoever asked alone."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._commands = bot.service(RoomCommands)
        self._entry = app_commands.ContextMenu(name=SHOW_THERAPY, callback=self.show_therapy)

    async def cog_load(self) -> None:
        """Add the menu's entry, and answer the command's menu of rooms."""
        self._commands["session"] = RoomCommand(self._find)
        self.bot.tree.add_command(self._entry)
        self.bot.add_dynamic_items(AllianceButton, SessionButton)

    async def cog_unload(self) -> None:
        """Take it away."""
        self.bot.tree.remove_command(self._entry.name, type=self._entry.type)

    @app_commands.command()
    @app_commands.describe(
        reply="its number, as on its card; the latest, if left out", channel=WHICH
    )
    @moderators_only
    async def session(
        self,
        interaction: Asked,
        reply: ReplyNumber | None = None,
        channel: discord.TextChannel | None = None,
    ) -> None:
        """All that is kept about a reply, as a page to read and as JSON."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, channel, RoomRequest("session", reply or 0))

    async def _find(self, interaction: Asked, rooms: Sequence[Room], given: RoomRequest) -> None:
        room = rooms[0]
        if given.number:
            turn = await reply_numbered(interaction, room, given.number)
            await self._send(interaction, turn, room)
            return
        latest = await self.bot.stores.turns.latest(room.id, 1)
        if not latest:
            raise NoSuchTurn(public=say("Nothing has been said in <#{room}> yet.", room=room.id))
        await self._send(interaction, latest[0], room)

    async def _send(self, interaction: Asked, asked_for: Turn, room: Room) -> None:
        files, not_drawn = await session_files(self.bot, asked_for)
        text = say(
            "Reply #{number} of <#{room}>. The page opens in any browser.",
            number=asked_for.number,
            room=room.id,
        )
        await interaction.followup.send(
            "\n".join(filter(None, [text, not_drawn])),
            files=files,
            view=await alliance_view(self.bot, asked_for),
            ephemeral=True,
        )

    @moderators_only
    async def show_therapy(self, interaction: Asked, message: discord.Message) -> None:
        """Show the draft beside the reply, the session and the scores."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_turn(interaction, *await turn_of_reply(interaction, message))


class SessionButton(PersistentControl, template=rf"session:(?P<turn>{NUMBER})"):
    """A button that opens a reply's session, wherever the reply is named."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Show it to whoever pressed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_turn(interaction, *await turn_here(interaction, int(self.ids["turn"])))


def session_button(turn: Turn) -> discord.ui.Button[Any]:
    """Return the button that opens the session of a turn, named by the reply's number."""
    return button(f"session:{turn.id}", f"#{turn.number}", emoji="🔎")


async def show_turn(interaction: Asked, turn: Turn, room: Room) -> None:
    """Show draft beside reply, the session and the scores, to whoever asked alone."""
    bot = interaction.client
    card = await bot.service(ScoreCards).make_for_details(room, turn)
    files, not_drawn = await session_files(bot, turn)
    if not card.gone:
        session = render_session(turn, tuple(card.found.session))
        await interaction.followup.send(embed=render_sides(turn), ephemeral=True)
        await interaction.followup.send(embed=session, ephemeral=True)
    measuring = await alliance_view(bot, turn)
    await interaction.followup.send(
        not_drawn, embed=render_details(card), files=files, view=measuring, ephemeral=True
    )


async def session_files(bot: FourRoomsBot, turn: Turn) -> tuple[list[discord.File], str]:
    """Return all that is stored of a turn as a page and as JSON, and its alliance as a picture.

    With them the sentence for a picture that could not be drawn; empty where nothing is missing.
    """
    record = await read_session(bot.stores, bot.name_of(turn.room_id), turn.id)
    if record is None:
        raise NoSuchTurn
    made, not_drawn = await _make_pages(bot.service(ReportMaker), record)
    named = {"html": made.html, "json": made.json}
    files = [
        discord.File(BytesIO(content), f"reply-{turn.number}.{ending}")
        for ending, content in named.items()
    ]
    if made.alliance is not None:
        files.append(discord.File(BytesIO(made.alliance), f"reply-{turn.number}-alliance.png"))
    return files, not_drawn if record.alliance else ""


async def _make_pages(maker: ReportMaker, record: SessionRecord) -> tuple[SessionPages, str]:
    """Return the pages, made in this process where no other can be had: what a turn was stays."""
    try:
        return await make_with_picture(maker, session_pages, record)
    except ReportFailed as error:
        log.warning("session's page made in this process", detail=error.detail)
        pages = await asyncio.to_thread(session_pages, record, draw=False)
        return pages, say_not_drawn()


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(SessionCog(bot))
