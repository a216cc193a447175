"""`/review`: walks moderators through the replies that need a look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import PostKind, Room, Turn, TurnState
from bot.domain.ratings import RatingKind
from bot.domain.reviews import ReviewList
from bot.domain.search import FoundPage, TurnFilter
from bot.storage.stores.reviews import in_list
from bot.text.moderator_texts import say
from cogs.evaluation_room.details import MOST_TOGETHER, render_details
from cogs.evaluation_room.rating_view import read_numbers, score_fields
from cogs.evaluation_room.review_view import (
    NOTHING_LEFT,
    ReviewItem,
    item_controls,
    list_buttons,
    render_item,
    render_list,
)
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.shared.access import (
    WHICH,
    Asked,
    ForWhom,
    ReplyNumber,
    as_moderator,
    colleague_in,
    moderators_only,
)
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.links import to_message
from cogs.shared.lookups import id_of, reply_numbered, room_here, turn_here
from cogs.shared.modals import ModalInput, answer_forms, open_form
from cogs.shared.rooms_meant import room_meant
from cogs.shared.shown_messages import ShownMessages

PAGE: Final = 5
DAYS: Final = 30
"""Days back of the queue."""


class QueueButton(
    PersistentControl,
    template=(
        rf"queue:(?P<what>open|mine|done|next):(?P<room>{NUMBER}):(?P<before>\d{{1,10}}):"
        r"(?P<blind>[01])"
    ),
):
    """A button for a list of the queue, or for the next reply in it."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Show it in place of what was shown to that person; under a digest, to them alone."""
        if interaction.message is not None and interaction.message.flags.ephemeral:
            await interaction.response.defer()
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_here(interaction, int(self.ids["room"]))
        blind, before = self.ids["blind"] == "1", int(self.ids["before"])
        if self.ids["what"] == "next":
            await show_next(interaction, room, blind=blind)
            return
        which = ReviewList(self.ids["what"])
        embed, buttons = await _list(interaction, room, which, before=before, blind=blind)
        await interaction.edit_original_response(content=None, embeds=[embed], view=buttons)


class ReviewButton(
    PersistentControl,
    template=(
        rf"review:(?P<what>show|take|done|next|score|agree):(?P<turn>{NUMBER}):(?P<blind>[01])"
    ),
):
    """A button of a reply that is looked at."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Do it, and show the reply as it is then, or the next one."""
        turn, room = await turn_here(interaction, int(self.ids["turn"]))
        blind, what = self.ids["blind"] == "1", self.ids["what"]
        if what == "score":
            fields = score_fields(room.settings.scales, {}, "", blind=blind)
            custom_id = f"review-score:{turn.id}:{blind:d}"
            await open_form(
                interaction, custom_id, say("Score reply #{number}", number=turn.number), fields
            )
            return
        await interaction.response.defer()
        by, control = as_moderator(interaction), interaction.client.control
        if what == "take":
            await control.reviews.take(turn.id, by)
        elif what == "done":
            await control.reviews.finish(turn.id, by)
        elif what == "agree":
            await control.ratings.rate(turn.id, by, RatingKind.AGREE)
            await interaction.client.service(ScoreCards).refresh(room, turn)
        if what in ("done", "next"):
            await show_next(interaction, room, blind=blind, after=turn.number)
        else:
            await show_item(interaction, room, turn, blind=blind)


class HandOver(PersistentControl, template=rf"hand:(?P<turn>{NUMBER}):(?P<blind>[01])"):
    """The menu of people to whom a reply can be given to look at."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Give it to the person chosen."""
        turn, room = await turn_here(interaction, int(self.ids["turn"]))
        await interaction.response.defer()
        chosen = self.item.values[0] if isinstance(self.item, discord.ui.UserSelect) else None
        await hand_over(interaction, turn, room, chosen)
        await show_item(interaction, room, turn, blind=self.ids["blind"] == "1")


class ReviewCog(commands.Cog):
    """The cog of the review queue."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Answer its controls and its form."""
        self.bot.add_dynamic_items(QueueButton, ReviewButton, HandOver)
        answer_forms(self.bot, "review-score", self.score)

    @app_commands.command()
    @app_commands.describe(
        reply="the reply of this number; the queue, if left out",
        to="the colleague who is to look at that reply",
        blind="hide the Critic's scores of each reply until you have scored it yourself",
        channel=WHICH,
    )
    @moderators_only
    async def review(
        self,
        interaction: Asked,
        reply: ReplyNumber | None = None,
        to: discord.Member | None = None,
        blind: bool = False,
        channel: discord.TextChannel | None = None,
    ) -> None:
        """Replies that need a look: withheld, not scored, or with a high score."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_meant(interaction, channel)
        if reply is None:
            embed, buttons = await _list(interaction, room, ReviewList.OPEN, blind=blind)
            await interaction.edit_original_response(embed=embed, view=buttons)
            return
        turn = await reply_numbered(interaction, room, reply)
        if to is not None:
            await hand_over(interaction, turn, room, to)
        await show_item(interaction, room, turn, blind=blind)

    async def score(self, interaction: Asked, ids: Sequence[str], inputs: ModalInput) -> None:
        """Keep the numbers that somebody gave, and show the reply with its scores."""
        await interaction.response.defer()
        turn, room = await turn_here(interaction, id_of(ids[0]))
        values = read_numbers(inputs, room.settings.scales)
        why = inputs.get("why", "").strip()
        by = as_moderator(interaction)
        await self.bot.control.ratings.rate(turn.id, by, RatingKind.RESCORE, values=values, why=why)
        await self.bot.service(ScoreCards).refresh(room, turn)
        await show_item(interaction, room, turn, blind=ids[1:] == ["1"])


async def hand_over(
    interaction: Asked, turn: Turn, room: Room, to: discord.User | discord.Member | None
) -> None:
    """Give a turn to a colleague to look at. Raises NoColleague for who is no moderator there."""
    colleague = colleague_in(room, to)
    await interaction.client.control.reviews.hand(turn.id, as_moderator(interaction), colleague)


async def show_next(interaction: Asked, room: Room, *, blind: bool, after: int = 0) -> None:
    """Show the next reply that nobody else looks at: an older one, else the newest."""
    page = await _find(interaction, room, ReviewList.OPEN, before=after, most=1)
    if not page.found and after:
        page = await _find(interaction, room, ReviewList.OPEN, most=1)
    left = [one.turn for one in page.found if one.turn.number != after]
    if left:
        await show_item(interaction, room, left[0], blind=blind)
        return
    embed, buttons = await _list(interaction, room, ReviewList.DONE, blind=blind)
    await interaction.edit_original_response(
        content=say(NOTHING_LEFT), embeds=[embed], view=buttons
    )


async def show_item(interaction: Asked, room: Room, turn: Turn, *, blind: bool) -> None:
    """Show a reply to look at, and its card unless its scores are hidden."""
    stores, me = interaction.client.stores, interaction.user.id
    (found,) = await stores.turn_search.numbered(room.id, turn.number, turn.number)
    ratings = await stores.evaluations.ratings_of(turn.id)
    rated = any(rating.by.id == me for rating in ratings)
    item = ReviewItem(
        room=room,
        found=found,
        review=await stores.reviews.get(turn.id),
        me=me,
        blind=blind,
        hidden=blind and not rated and turn.state is TurnState.SENT,
        held_at=await _held_at(interaction, room, found.turn),
    )
    embeds = [render_item(item, room.settings.cards_from)]
    if not item.hidden:
        cards = interaction.client.service(ScoreCards)
        card = await cards.make_for_details(room, found.turn)
        embeds.append(render_details(card, most=MOST_TOGETHER - len(embeds[0])))
    await interaction.edit_original_response(
        content=None, embeds=embeds, view=view(item_controls(item))
    )


async def _held_at(interaction: Asked, room: Room, turn: Turn) -> str:
    """Return where a held reply is decided on; nothing for others, and where it is unknown."""
    if turn.state is not TurnState.GATED:
        return ""
    post = await ShownMessages(interaction.client, PostKind.GATE).find(turn.id)
    return to_message(room.guild_id, post.channel.id, post.id) if post else ""


async def _list(
    interaction: Asked, room: Room, which: ReviewList, *, before: int = 0, blind: bool
) -> tuple[discord.Embed, discord.ui.View]:
    page = await _find(interaction, room, which, before=before)
    stores = interaction.client.stores
    reviews = {one.turn.id: await stores.reviews.get(one.turn.id) for one in page.found}
    embed = render_list(room, which, page, reviews, blind=blind)
    return embed, view(list_buttons(room, which, page, blind=blind))


async def _find(
    interaction: Asked, room: Room, which: ReviewList, *, before: int = 0, most: int = PAGE
) -> FoundPage:
    return await interaction.client.stores.turn_search.find(
        room.id,
        TurnFilter(),
        since=datetime.now(UTC) - timedelta(days=DAYS),
        before=before or None,
        most=most,
        only=in_list(which, room.settings.cards_from, interaction.user.id),
    )


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ReviewCog(bot))
