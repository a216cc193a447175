"""The digest a day in the moderator channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Final

import discord
import structlog
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind, Room, Turn
from bot.domain.day_look import DayLook
from bot.domain.day_shares import DayShare, whole_days
from bot.domain.posts import nonce_of
from bot.domain.search import TurnFilter
from bot.reports.charts import draw_days
from bot.reports.days import every_day, total_of
from bot.reports.report_maker import ReportFailed, ReportMaker
from bot.rooms.evaluation.headline import Headline
from bot.storage.stores.feedback import SAID_TO_HURT
from bot.storage.stores.turn_history import EndedTurn
from bot.text.moderator_texts import say
from cogs.evaluation_room.card import Card
from cogs.evaluation_room.day_view import MOST_TURNS, PICTURE, DayDigest, render_day
from cogs.evaluation_room.digest import day_select
from cogs.evaluation_room.find_view import number_link
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.shared.components import button, view
from cogs.shared.delivery import as_delivery_errors
from cogs.shared.pictures import can_draw

log = structlog.get_logger(__name__)

DAY: Final = timedelta(days=1)
DRAWN: Final = 7
"""Whole days that the picture shows, that of the digest as the last: a day alone has no trend."""
CANDIDATES: Final = 6
"""Turns of which cards are made to find the three worst."""
_WORST_FIRST: Final = [*Headline]


class DayDigestCog(commands.Cog):
    """The cog that posts what a day was like."""

    def __init__(self, bot: FourRoomsBot, cards: ScoreCards) -> None:
        self.bot = bot
        self._cards = cards

    async def cog_load(self) -> None:
        """Register as the renderer of the daily digests."""
        self.bot.ports.renderers[PostKind.DAY] = self.deliver

    async def deliver(self, post: Post) -> int:
        """Post the digest of a room's day; return the message's id."""
        room = await self.bot.stores.rooms.get(post.new.room_id)
        if room is None or post.new.ref is None:
            raise LookupError(f"post {post.id} is about a room that is not there")
        until = datetime.fromtimestamp(post.new.ref, UTC)
        drawn = whole_days(DRAWN, until), whole_days(0, until)
        week = await self.bot.stores.score_sums.read([room.id], *drawn)
        digest = await self._digest(room, until)
        files = await self._draw(room, every_day(week.days))
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("daily digest"):
            message = await channel.send(
                embed=render_day(room, digest, picture=bool(files)),
                files=files,
                view=view(_controls(room, digest)),
                silent=True,
                nonce=nonce_of("post", post.id),
            )
        return message.id

    async def _digest(self, room: Room, until: datetime) -> DayDigest:
        stores = self.bot.stores
        scored = await stores.score_sums.read([room.id], until - DAY, until)
        said_of = await stores.turn_history.said_of([room.id], until - DAY, until)
        ended = await stores.turn_history.ended_between(room.id, until - DAY, until)
        usage = await stores.calls.usage([room.id], until - DAY)
        costs = [agent.cost for agent in usage if agent.cost is not None]
        look = await stores.digests.look_of(room.id, until)
        reported = await self._reported(room, until)
        return DayDigest(
            until=until,
            share=total_of(scored.days) if scored.days else None,
            withheld=sum(turn.withheld for turn in ended),
            not_scored=sum(turn.failed and not turn.withheld for turn in ended),
            ratings=[rating.kind for turn in said_of for rating in turn.ratings],
            calls=sum(agent.calls for agent in usage),
            cost=sum(costs) if costs else None,
            worth_a_look=await self._worth_a_look(room, ended, reported),
            reported=[turn.id for turn in reported],
            look=look,
            links={} if look is None else await self._links(room, look),
        )

    async def _links(self, room: Room, look: DayLook) -> dict[int, str]:
        """Return the replies that a look names, by number, as links."""
        numbers = {number for one in look.seen for number in one.replies}
        found = [await self.bot.stores.turn_search.by_number(room.id, one) for one in numbers]
        return {turn.number: number_link(room, turn) for turn in found if turn is not None}

    async def _reported(self, room: Room, until: datetime) -> list[Turn]:
        """Return the day's newest replies of which a member says that they hurt, or were wrong."""
        page = await self.bot.stores.turn_search.find(
            room.id, TurnFilter(), since=until - DAY, most=MOST_TURNS, only=SAID_TO_HURT
        )
        return [found.turn for found in page.found]

    async def _worth_a_look(
        self, room: Room, ended: Sequence[EndedTurn], reported: Sequence[Turn]
    ) -> list[Card]:
        """Return the cards of the day's turns that most need a look: reported ones, then worst."""
        worst = sorted(ended, key=lambda turn: -(101 if turn.withheld else turn.worst or 0))
        known = {turn.id for turn in reported}
        ids = [one.turn_id for one in worst[:CANDIDATES] if one.turn_id not in known]
        turns = [*reported, *[await self.bot.stores.turns.get(turn_id) for turn_id in ids]]
        cards = [await self._cards.make(room, turn) for turn in turns if turn is not None]
        quiet = (Headline.NO_ANSWER, Headline.CANNOT_TELL, Headline.NOTHING_FOUND)

        def need(card: Card) -> tuple[bool, int]:
            return card.turn.id not in known, _WORST_FIRST.index(card.headline)

        look = [
            card
            for card in cards
            if card.turn.id in known or card.headline not in quiet or card.failure
        ]
        return sorted(look, key=need)[:MOST_TURNS]

    async def _draw(self, room: Room, days: Sequence[DayShare]) -> list[discord.File]:
        """Return the picture; none where there is nothing to draw, or it cannot be drawn."""
        if not days or not can_draw():
            return []
        name = getattr(self.bot.get_channel(room.id), "name", room.id)
        title = say("#{name}, last 7 days", name=name)
        try:
            picture = await self.bot.service(ReportMaker).make(draw_days, days, title)
        except ReportFailed as error:  # the words are worth having without it
            log.warning("daily digest without its picture", room_id=room.id, detail=error.detail)
            return []
        return [discord.File(BytesIO(picture), PICTURE, description=title)]


def _controls(room: Room, digest: DayDigest) -> list[discord.ui.Item[Any]]:
    """Return the menu of what is worth a look, if anything is, and the way into the queue."""
    worth = digest.worth_a_look
    review = button(f"queue:next:{room.id}:0:0", say("Review"), emoji="🔎")
    return [*([day_select(digest.until, worth)] if worth else []), review]


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(DayDigestCog(bot, bot.service(ScoreCards)))
