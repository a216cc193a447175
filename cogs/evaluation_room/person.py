"""`/person`: what is on record around a person in a room, and nothing of what they are like."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.domain.crisis import Crisis
from bot.domain.ratings import RatingKind
from bot.storage.stores.person_records import MOST, EventfulReply, PersonRecord
from bot.text.moderator_texts import say, say_count
from cogs.evaluation_room.find_view import COLOUR, number_link
from cogs.shared.access import MAX_DAYS, WHICH, Asked, moderators_only
from cogs.shared.links import to_message
from cogs.shared.rooms_meant import room_meant
from cogs.shared.text import shortened

DAYS: Final = 30
MOST_DESCRIPTION: Final = 4096
PersonDays = app_commands.Range[int, 1, MAX_DAYS]


class PersonCog(commands.Cog):
    """The cog that shows what is on record around a person."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.describe(
        who="the person",
        days=f"how many days back; {DAYS} if left out",
        channel=WHICH,
    )
    @moderators_only
    async def person(
        self,
        interaction: Asked,
        who: discord.User,
        days: PersonDays = DAYS,
        channel: discord.TextChannel | None = None,
    ) -> None:
        """Help given to a person, what they reported, and replies to them held or rated."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_meant(interaction, channel)
        since = datetime.now(UTC) - timedelta(days=days)
        record = await self.bot.stores.person_records.of(room.id, who.id, since)
        await interaction.followup.send(embed=render_record(room, who.id, record), ephemeral=True)


def render_record(room: Room, person_id: int, record: PersonRecord) -> discord.Embed:
    """Return the events around a person: counts, and a line with a link for each."""
    kinds = Counter(rating.kind for reply in record.replies for rating in reply.ratings)
    rated = ", ".join(f"{kinds[kind]} {say(kind.value)}" for kind in RatingKind if kinds[kind])
    held = sum(reply.held for reply in record.replies)
    reports = sum(len(reply.reported_by) for reply in record.replies)
    lines = [
        say("{person} in {room}", person=f"<@{person_id}>", room=f"<#{room.id}>"),
        say("**Help lines shown**: {count}", count=_count(len(record.crises))),
        say(
            "**Replies to them that were reported as hurtful or wrong**: {count}",
            count=_count(reports),
        ),
        say("**Held replies**: {count}", count=_count(held)),
        say("**Ratings of replies to them**: {rated}", rated=rated or say("none")),
        *(_crisis(room, crisis) for crisis in record.crises),
        *(_reply(room, reply, person_id) for reply in record.replies),
    ]
    if MOST in (len(record.crises), len(record.replies)):
        lines.append(say("-# the newest {most} of each", most=MOST))
    text = shortened("\n".join(lines), MOST_DESCRIPTION)
    return discord.Embed(description=text, colour=COLOUR)


def _crisis(room: Room, crisis: Crisis) -> str:
    link = to_message(room.guild_id, crisis.channel_id, crisis.message_id)
    alarm = say(" · a false alarm") if crisis.false_alarm_by else ""
    return say(
        "- <t:{created_at}:f> [help was given]({link}){alarm}",
        created_at=int(crisis.created_at.timestamp()),
        link=link,
        alarm=alarm,
    )


def _reply(room: Room, reply: EventfulReply, person_id: int) -> str:
    events = [say("held")] if reply.held else []
    if reply.reported_by:
        others = len({*reply.reported_by} - {person_id})
        named = [say("them")] * (person_id in reply.reported_by)
        named += [say_count("{count} other", "{count} others", others)] * bool(others)
        events.append(say("reported by {who}", who=", ".join(named)))
    events.extend(say("rated {kind}", kind=say(rating.kind.value)) for rating in reply.ratings)
    at = int(reply.turn.created_at.timestamp())
    return f"- <t:{at}:f> {number_link(room, reply.turn)} · {' · '.join(events)}"


def _count(number: int) -> str:
    return str(number) if number else say("none")


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(PersonCog(bot))
