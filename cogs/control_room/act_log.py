"""`/log`: the acts of moderators, newest first, with pages, filters and an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Act
from bot.reports.act_export import acts_as_json_lines
from bot.text.moderator_texts import say, say_count
from cogs.control_room.act_view import render_act
from cogs.shared.access import Asked, ForWhom, ReplyNumber, moderators_only, suggestions
from cogs.shared.components import NUMBER, PersistentControl, button, view
from cogs.shared.links import to_message
from cogs.shared.lookups import reply_numbered, require_all_rooms, room_here
from cogs.shared.rooms_meant import room_meant, room_named
from cogs.shared.text import shortened

PAGE: Final = 10
"""Acts of a page: a line each, which a message has room for."""
MOST_LINE: Final = 180
COLOUR: Final = 0x5865F2
MOST_CHOICES: Final = 25
LogDays = app_commands.Range[int, 1, 3650]


@dataclass(frozen=True, slots=True)
class Filters:
    """The acts that are meant; 0 and "" mean all. ``days`` counts back from now."""

    kind: str = ""
    by: int = 0
    room: int = 0
    days: int = 0
    turn: int = 0

    def arguments(self) -> dict[str, Any]:
        """Return them as the store takes them."""
        since = datetime.now(UTC) - timedelta(days=self.days) if self.days else None
        return {
            "kind": self.kind or None,
            "by_id": self.by or None,
            "room_id": self.room or None,
            "turn_id": self.turn or None,
            "since": since,
        }

    def id(self, what: str, before: int = 0) -> str:
        """Return the id of a button that goes on with these filters, within Discord's bound."""
        turn = f":{self.turn}" if self.turn else ""
        return f"log:{what}:{before}:{self.by}:{self.room}:{self.days}:{self.kind}{turn}"[:100]


class LogButton(
    PersistentControl,
    template=(
        rf"log:(?P<what>older|newest|export):(?P<before>{NUMBER}):(?P<by>{NUMBER}):"
        rf"(?P<room>{NUMBER}):(?P<days>\d{{1,4}}):(?P<kind>[a-z ]{{0,40}})"
        r"(?::(?P<turn>\d{1,12}))?"
    ),
):
    """A button for another page, or for the export."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Show the page, or send the file."""
        numbers = {name: int(self.ids[name] or 0) for name in ("by", "room", "days", "turn")}
        filters = Filters(self.ids["kind"], **numbers)
        if self.ids["what"] == "export":
            await interaction.response.defer(ephemeral=True, thinking=True)
            await _allowed(interaction, filters)
            await _export(interaction, filters)
            return
        await interaction.response.defer()
        await _allowed(interaction, filters)
        page, buttons = await _page(interaction, filters, int(self.ids["before"]))
        await interaction.edit_original_response(content=None, embed=page, view=buttons)


class ActLogCog(commands.Cog):
    """The cog that shows the record of acts."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Answer its buttons."""
        self.bot.add_dynamic_items(LogButton)

    @app_commands.command()
    @app_commands.describe(
        kind="only things of this kind",
        by="only what this person did",
        channel="only what was done in this Chat Room",
        days="how many days back; all of them if left out",
        reply="only what was done about the reply of this number",
    )
    @moderators_only
    async def log(
        self,
        interaction: Asked,
        kind: app_commands.Range[str, 1, 40] | None = None,
        by: discord.User | None = None,
        channel: discord.TextChannel | None = None,
        days: LogDays | None = None,
        reply: ReplyNumber | None = None,
    ) -> None:
        """What moderators did here: who, what, when and why; can be exported."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = turn = None
        if reply is not None:  # a number counts in one room
            room = await room_meant(interaction, channel)
            turn = await reply_numbered(interaction, room, reply)
        elif channel is not None:
            room = await room_named(interaction, channel)
        filters = Filters(
            kind=kind or "",
            by=by.id if by else 0,
            room=room.id if room else 0,
            days=days or 0,
            turn=turn.id if turn else 0,
        )
        await _allowed(interaction, filters)
        page, buttons = await _page(interaction, filters, 0)
        await interaction.followup.send(embed=page, view=buttons, ephemeral=True)

    @log.autocomplete("kind")
    @suggestions
    async def _kinds(self, interaction: Asked, typed: str) -> list[app_commands.Choice[str]]:
        kinds = await self.bot.stores.acts.kinds(interaction.guild_id or 0)
        named = ((say(kind), kind) for kind in kinds)
        sought = typed.casefold()
        fitting = [one for one in named if any(sought in name.casefold() for name in one)]
        return [app_commands.Choice(name=name, value=kind) for name, kind in fitting[:MOST_CHOICES]]


async def _allowed(interaction: Asked, filters: Filters) -> None:
    """Let a room's moderators see its log, and who moderates all rooms the whole log."""
    if filters.room:
        await room_here(interaction, filters.room)
    else:
        await require_all_rooms(interaction)


async def _page(
    interaction: Asked, filters: Filters, before: int
) -> tuple[discord.Embed, discord.ui.View]:
    acts = await interaction.client.stores.acts.find(
        interaction.guild_id or 0,
        before_id=before or None,
        limit=PAGE + 1,
        **filters.arguments(),
    )
    about = {act.turn_id for act in acts[:PAGE] if act.turn_id is not None}
    messages = await interaction.client.stores.turn_search.messages_of(about)
    return render_page(acts, messages), view(page_buttons(acts, filters, first=not before))


def render_page(acts: Sequence[Act], messages: Mapping[int, int]) -> discord.Embed:
    """Return one page of acts, a line each; ``messages`` to look at are by turn."""
    lines = [_line(act, messages.get(act.turn_id or 0)) for act in acts[:PAGE]]
    return discord.Embed(
        description="\n".join(lines) or say("No act on record matches."), colour=COLOUR
    )


def page_buttons(
    acts: Sequence[Act], filters: Filters, *, first: bool
) -> list[discord.ui.Button[Any]]:
    """Return older, newest and export, as far as there is anything there."""
    buttons = []
    if len(acts) > PAGE:
        buttons.append(button(filters.id("older", acts[PAGE - 1].id), say("Older"), emoji="⬇️"))
    if not first:
        buttons.append(button(filters.id("newest"), say("Newest"), emoji="⏫"))
    if acts:
        buttons.append(button(filters.id("export"), say("Export all"), emoji="💾"))
    return buttons


def _line(act: Act, message_id: int | None) -> str:
    first, *rest = render_act(act).split("\n")
    more = f" {' '.join(line.removeprefix('> ') for line in rest)}" if rest else ""
    line = f"<t:{int(act.at.timestamp())}:f> {shortened(first + more, MOST_LINE)}"
    if message_id is None or act.room_id is None:
        return line
    return f"{line} · [{say('message')}]({to_message(act.guild_id, act.room_id, message_id)})"


async def _export(interaction: Asked, filters: Filters) -> None:
    lines = await acts_as_json_lines(
        interaction.client.stores.acts, interaction.guild_id or 0, **filters.arguments()
    )
    file = discord.File(BytesIO(lines.encode()), "acts.jsonl")
    count = lines.count("\n")
    await interaction.followup.send(
        say_count(
            "{count} entry, a line of JSON each.", "{count} entries, a line of JSON each.", count
        ),
        file=file,
        ephemeral=True,
    )


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ActLogCog(bot))
