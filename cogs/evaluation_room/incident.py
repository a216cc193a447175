"""`/incident`: the replies of a time, or those around one, as a page to keep or pass on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.domain.moderation_acts import IncidentDetails
from bot.errors import FourRoomsError
from bot.reports.incident import MOST_TURNS, Incident, incident_page
from bot.reports.report_maker import ReportFailed, ReportMaker
from bot.reports.session_export import read_incident
from bot.text.moderator_texts import say
from cogs.shared.access import WHICH, Asked, ReplyNumber, as_moderator, moderators_only
from cogs.shared.lookups import reply_numbered
from cogs.shared.rooms_meant import room_meant

log = structlog.get_logger(__name__)

AROUND: Final = 5
MINUTES: Final = 60
Around = app_commands.Range[int, 0, 20]
Minutes = app_commands.Range[int, 1, 24 * 60]
Reason = app_commands.Range[str, 1, 400]


class NotATime(FourRoomsError):
    """A text, typed where a moment belongs, that is none."""

    public = "Type the start as 2026-11-28 14:00, in UTC."


class NothingThere(FourRoomsError):
    """A time in which nobody was answered."""

    public = "There was no reply in that time."


class PageNotMade(FourRoomsError):
    """The process that makes the page failed, or died: nothing is lost by that."""

    public = "The page could not be made just now. Please try again in a minute."


class IncidentCog(commands.Cog):
    """The cog that puts incidents on a page."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.describe(
        reply="the reply of this number, with those around it",
        around=f"how many before and after it; {AROUND} if left out",
        start="without a reply: from when on, in UTC, such as 2026-11-28 14:00",
        minutes=f"how long from then; or the last minutes, without a start; {MINUTES} if left out",
        blank_names="leave out names, also within texts",
        reason="why, for the other moderators",
        channel=WHICH,
    )
    @moderators_only
    async def incident(
        self,
        interaction: Asked,
        reply: ReplyNumber | None = None,
        around: Around = AROUND,
        start: str = "",
        minutes: Minutes = MINUTES,
        blank_names: bool = False,
        reason: Reason = "",
        channel: discord.TextChannel | None = None,
    ) -> None:
        """Puts the replies of a time span, or those around one, on a page to keep or pass on."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_meant(interaction, channel)
        if reply is not None:
            await reply_numbered(interaction, room, reply)
            incident = await self._around(room, reply, around)
        else:
            incident = await self._between(room, read_start(start, minutes), minutes)
        maker = self.bot.service(ReportMaker)
        try:
            page = await maker.make(incident_page, incident, blank_names=blank_names)
        except ReportFailed as error:
            log.warning("incident's page not made", room_id=room.id, detail=error.detail)
            raise PageNotMade(error.detail) from error
        details = IncidentDetails(incident.first, incident.last, blank_names)
        await self.bot.control.audit.record(room, as_moderator(interaction), details, reason)
        await interaction.followup.send(
            render_answer(room, incident, blank_names=blank_names),
            file=discord.File(
                BytesIO(page.encode()), f"incident-{incident.first}-{incident.last}.html"
            ),
            ephemeral=True,
        )

    async def _around(self, room: Room, number: int, around: int) -> Incident:
        found = await self.bot.stores.turn_search.numbered(
            room.id, number - around, number + around
        )
        return await self._read(room, [one.turn.id for one in found])

    async def _between(self, room: Room, start: datetime, minutes: int) -> Incident:
        until = start + timedelta(minutes=minutes)
        found = await self.bot.stores.turn_search.between(room.id, start, until, MOST_TURNS)
        if not found:
            raise NothingThere
        return await self._read(room, [one.turn.id for one in found])

    async def _read(self, room: Room, turn_ids: list[int]) -> Incident:
        return await read_incident(self.bot.stores, self.bot.name_of(room.id), turn_ids)


def read_start(typed: str, minutes: int) -> datetime:
    """Return the moment that was typed, or ``minutes`` ago. Raises NotATime."""
    if not typed.strip():
        return datetime.now(UTC) - timedelta(minutes=minutes)
    try:
        return datetime.strptime(typed.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise NotATime from error


def render_answer(room: Room, incident: Incident, *, blank_names: bool) -> str:
    """Return what the moderator reads above the file."""
    one = incident.first == incident.last
    which = (
        f"#{incident.first}"
        if one
        else say("#{first} to #{last}", first=incident.first, last=incident.last)
    )
    names = say("without their names") if blank_names else say("with their names")
    most = (
        say(" A page holds the newest {most_turns}.", most_turns=MOST_TURNS)
        if len(incident.records) == MOST_TURNS
        else ""
    )
    if one:
        return say(
            "Reply {which} of <#{room}>, and what people wrote, {names}: share it only with people "
            "who need it.{most}",
            which=which,
            room=room.id,
            names=names,
            most=most,
        )
    return say(
        "Replies {which} of <#{room}>, and what people wrote, {names}: share it only with people "
        "who need it.{most}",
        which=which,
        room=room.id,
        names=names,
        most=most,
    )


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(IncidentCog(bot))
