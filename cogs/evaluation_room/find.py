"""`/find`: the replies of a room by words, person, score and more, newest first, with pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.domain.search import FoundPage, TurnFilter
from bot.text.language import LANGUAGES
from bot.text.moderator_texts import say
from cogs.evaluation_room.find_view import render_found
from cogs.evaluation_room.session import session_button
from cogs.shared.access import MAX_DAYS, Asked, ForWhom, ReplyNumber, moderators_only
from cogs.shared.components import NUMBER, PersistentControl, button, view
from cogs.shared.lookups import reply_numbered, room_here
from cogs.shared.rooms_meant import room_meant

PAGE: Final = 5
"""Replies of a page: a button each fills a row."""
DAYS: Final = 30
MOST_WORDS: Final = 200
FindDays = app_commands.Range[int, 1, MAX_DAYS]
LeastScore = app_commands.Range[int, 0, 100]
Words = app_commands.Range[str, 1, MOST_WORDS]
_WITHHELD: Final = (None, True, False)
"""What a button's number for "withheld" means."""


@dataclass(frozen=True, slots=True)
class Search:
    """The request, as it stands in the buttons; its words stand in the message."""

    room_id: int
    wanted: TurnFilter
    days: int

    def id(self, what: str, before: int) -> str:
        """Return the id of a button that goes on with this search, within Discord's bound."""
        wanted = self.wanted
        score = "" if wanted.least_score is None else wanted.least_score
        return (
            f"find:{what}:{self.room_id}:{before}:{wanted.person_id or 0}:{score}:"
            f"{_WITHHELD.index(wanted.withheld)}:{wanted.language}:{self.days}"
        )


class FindButton(
    PersistentControl,
    template=(
        rf"find:(?P<what>older|newest):(?P<room>{NUMBER}):(?P<before>\d{{1,10}}):"
        rf"(?P<person>{NUMBER}):(?P<score>\d{{0,3}}):(?P<withheld>[012]):"
        r"(?P<language>[a-z]{0,3}):(?P<days>\d{1,3})"
    ),
):
    """A button for another page."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Show the page."""
        await interaction.response.defer()
        room = await room_here(interaction, int(self.ids["room"]))
        search = Search(room.id, self._filter(_kept_words(interaction)), int(self.ids["days"]))
        embed, buttons = await _page(interaction, room, search, int(self.ids["before"]))
        await interaction.edit_original_response(embed=embed, view=buttons)

    def _filter(self, words: str) -> TurnFilter:
        return TurnFilter(
            words=words,
            person_id=int(self.ids["person"]) or None,
            least_score=int(self.ids["score"]) if self.ids["score"] else None,
            withheld=_WITHHELD[int(self.ids["withheld"])],
            language=self.ids["language"],
        )


class FindCog(commands.Cog):
    """The cog that looks for replies."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Answer its buttons."""
        self.bot.add_dynamic_items(FindButton)

    @app_commands.command()
    @app_commands.describe(
        words="words that were said, drafted or sent; all of them have to be there",
        person="only replies to this person",
        score="only replies with a score of at least this",
        withheld="only replies that were withheld, or only others",
        language="only replies to what was said in this language",
        reply="the reply of this number, whenever it was",
        days=f"how many days back; {DAYS} if left out",
        channel="the Chat Room; if left out, the one you are in or that reports here",
    )
    @app_commands.choices(
        language=[app_commands.Choice(name=code, value=code) for code in LANGUAGES]
    )
    @moderators_only
    async def find(
        self,
        interaction: Asked,
        words: Words = "",
        person: discord.User | None = None,
        score: LeastScore | None = None,
        withheld: bool | None = None,
        language: str = "",
        reply: ReplyNumber | None = None,
        days: FindDays = DAYS,
        channel: discord.TextChannel | None = None,
    ) -> None:
        """Looks for replies of a Chat Room, newest first."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_meant(interaction, channel)
        if reply is not None:
            embed, buttons = await _one(interaction, room, reply)
        else:
            wanted = TurnFilter(words, person.id if person else None, score, withheld, language)
            embed, buttons = await _page(interaction, room, Search(room.id, wanted, days), 0)
        await interaction.followup.send(embed=embed, view=buttons, ephemeral=True)


async def _one(
    interaction: Asked, room: Room, number: int
) -> tuple[discord.Embed, discord.ui.View]:
    turn = await reply_numbered(interaction, room, number)
    found = await interaction.client.stores.turn_search.numbered(room.id, number, number)
    return render_found(room, FoundPage(tuple(found)), ""), view([session_button(turn)])


async def _page(
    interaction: Asked, room: Room, search: Search, before: int
) -> tuple[discord.Embed, discord.ui.View]:
    since = datetime.now(UTC) - timedelta(days=search.days)
    page = await interaction.client.stores.turn_search.find(
        room.id, search.wanted, since=since, before=before or None, most=PAGE
    )
    buttons = [session_button(found.turn) for found in page.found]
    if page.older is not None:
        buttons.append(button(search.id("older", page.older), say("Older"), emoji="⬇️"))
    if before:
        buttons.append(button(search.id("newest", 0), say("Newest"), emoji="⏫"))
    return render_found(room, page, search.wanted.words), view(buttons)


def _kept_words(interaction: Asked) -> str:
    """Return the words of the search, which stand below the page that the button is on."""
    embeds = interaction.message.embeds if interaction.message else []
    return (embeds[0].footer.text or "")[:MOST_WORDS] if embeds else ""


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(FindCog(bot))
