"""Ratings of the Critic's scores by people: on cards, and in the menu of replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import HARMS, Room, Turn
from bot.domain.moderation import ActKind
from bot.domain.ratings import Rating, RatingKind
from bot.errors import FourRoomsError
from bot.text.moderator_texts import say
from cogs.evaluation_room.details import render_details
from cogs.evaluation_room.rating_view import (
    PRESSED,
    WITHDRAW,
    deletion_note,
    kind_field,
    read_kind,
    read_numbers,
    score_fields,
    why_buttons,
)
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.evaluation_room.session_view import render_session, render_sides
from cogs.shared.access import Asked, ForWhom, as_moderator, moderators_only
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.delivery import DISCORD_ERRORS
from cogs.shared.lookups import id_of, turn_here
from cogs.shared.modals import ModalInput, answer_forms, open_form
from cogs.shared.reasons import reason_fields, reason_of
from cogs.shared.text import reply_name

SCORE_REPLY: Final = "Score reply"
"""The entry in the menu of a message."""


class NotAReply(FourRoomsError):
    """A message by which no turn answered."""

    public = "That is not one of my replies, or it is from before I kept them."


class RateButton(
    PersistentControl,
    template=rf"rate:(?P<what>agree|harsh|lenient|rescore|delete|why|show):(?P<turn>{NUMBER})",
):
    """One of the buttons below a card, or behind its 👎."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Rate, ask what is wrong, show all, or open the form for numbers or a deletion."""
        turn, room = await turn_here(interaction, int(self.ids["turn"]))
        what = self.ids["what"]
        if what == "why":
            await _ask_why(interaction, turn)
        elif what == "show":
            await _show_all(interaction, turn, room)
        elif what == "delete":
            note = deletion_note(turn)
            await open_form(
                interaction,
                f"delete:{turn.id}",
                say("Delete this reply?"),
                reason_fields(),
                note=note,
            )
        elif what == "rescore":
            await open_score_form(interaction, turn, room, asks_kind=False)
        else:
            await interaction.response.defer()
            by = as_moderator(interaction)
            await interaction.client.control.ratings.rate(turn.id, by, PRESSED[what])
            await refresh_rating(interaction, turn, room)


class DigestPick(PersistentControl, template=rf"digest:(?P<digest>{NUMBER})"):
    """The menu below a digest: opens a turn's card for whoever asks."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Show the card, which can be rated there."""
        await _open_card(interaction, self.chosen[0])


class ListPick(PersistentControl, template=rf"lines:(?P<list>{NUMBER})"):
    """The menu below a rolling list, which does the same."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Show the card, which can be rated there."""
        await _open_card(interaction, self.chosen[0])


async def _open_card(interaction: Asked, chosen: str) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    turn, room = await turn_here(interaction, id_of(chosen))
    card = await interaction.client.service(ScoreCards).render(room, [turn])
    await interaction.followup.send(**card, ephemeral=True)


async def _ask_why(interaction: Asked, turn: Turn) -> None:
    """Ask whoever pressed what is wrong, unseen by the others."""
    acts = await interaction.client.stores.acts.of_turn(turn.id)
    deleted = any(act.kind == ActKind.DELETE_REPLY for act in acts)
    await interaction.response.send_message(
        say("What is wrong with {number} or its scores?", number=reply_name(turn.number)),
        view=view(why_buttons(turn, deleted=deleted)),
        ephemeral=True,
    )


async def _show_all(interaction: Asked, turn: Turn, room: Room) -> None:
    """Show what is stored of a turn: its words, the session, the scores and the rest."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    card = await interaction.client.service(ScoreCards).make_for_details(room, turn)
    if not card.gone:
        words = [render_sides(turn), render_session(turn, tuple(card.found.session))]
        await interaction.followup.send(embeds=words, ephemeral=True)
    await interaction.followup.send(embed=render_details(card), ephemeral=True)


class RatingCog(commands.Cog):
    """The cog that answers the forms, and holds the menu entry."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._entry = app_commands.ContextMenu(name=SCORE_REPLY, callback=self.score_reply)

    async def cog_load(self) -> None:
        """Register the controls, the forms and the entry."""
        self.bot.add_dynamic_items(RateButton, DigestPick, ListPick)
        answer_forms(self.bot, "rescore", self.rate)
        answer_forms(self.bot, "delete", self.delete)
        self.bot.tree.add_command(self._entry)

    async def cog_unload(self) -> None:
        """Take the entry out of the menu."""
        self.bot.tree.remove_command(self._entry.name, type=self._entry.type)

    @moderators_only
    async def score_reply(self, interaction: Asked, message: discord.Message) -> None:
        """Open the form in which a reply is rated."""
        turn, room = await turn_of_reply(interaction, message)
        await open_score_form(interaction, turn, room, asks_kind=True)

    async def rate(self, interaction: Asked, ids: Sequence[str], inputs: ModalInput) -> None:
        """Keep the scores that somebody gave a turn, or their view of its scores."""
        on_card = interaction.message is not None
        await interaction.response.defer(ephemeral=True, thinking=not on_card)
        turn, room = await turn_here(interaction, id_of(ids[0]))
        mine = await _rating_by(interaction, turn)
        if inputs.get("kind") == WITHDRAW:
            await self.bot.control.ratings.withdraw(turn.id, as_moderator(interaction))
            await refresh_rating(interaction, turn, room)
            await interaction.followup.send(say("Your rating is withdrawn."), ephemeral=True)
            return
        kind = read_kind(inputs, mine.values if mine else None)
        values = read_numbers(inputs, room.settings.scales) if kind is RatingKind.RESCORE else None
        by = as_moderator(interaction)
        await self.bot.control.ratings.rate(
            turn.id, by, kind, values=values, why=inputs.get("why", "").strip()
        )
        await refresh_rating(interaction, turn, room)
        if not on_card:
            await interaction.followup.send(
                say(
                    "Saved for {number}: {kind}. It is on the card.",
                    number=reply_name(turn.number),
                    kind=say(kind.value),
                ),
                ephemeral=True,
            )

    async def delete(self, interaction: Asked, ids: Sequence[str], inputs: ModalInput) -> None:
        """Delete a reply."""
        await interaction.response.defer(ephemeral=True)
        turn, room = await turn_here(interaction, id_of(ids[0]))
        by = as_moderator(interaction)
        await self.bot.control.ratings.delete_reply(turn.id, by, reason_of(inputs))
        channel = self.bot.get_partial_messageable(room.id)
        left = 0
        for message_id in turn.reply_message_ids:
            try:
                await channel.get_partial_message(message_id).delete()
            except discord.NotFound:
                continue  # somebody was quicker
            except DISCORD_ERRORS:
                left += 1
        await refresh_rating(interaction, turn, room)
        answer = say(
            "Done: {number} is no longer part of the conversation.",
            number=reply_name(turn.number),
        )
        if left:
            answer += say(" Discord did not let me delete the message: please delete it yourself.")
        await interaction.followup.send(answer, ephemeral=True)


async def turn_of_reply(interaction: Asked, message: discord.Message) -> tuple[Turn, Room]:
    """Return the turn whose reply a message is, for a moderator. Raises NotAReply, NotAllowed."""
    turn = await interaction.client.stores.turns.by_reply_message(message.id)
    if turn is None:
        raise NotAReply
    return await turn_here(interaction, turn.id)


async def open_score_form(interaction: Asked, turn: Turn, room: Room, *, asks_kind: bool) -> None:
    """Open the form with what the person said of the turn before."""
    mine = await _rating_by(interaction, turn)
    values = dict(mine.values or {}) if mine else {}
    fields = score_fields(room.settings.scales, values, mine.why if mine else "")
    if asks_kind:
        # A form has five fields: with a kind to choose, own scales are left to the card's form.
        fields = [field for field in fields if _name(field) in (*HARMS, "why")]
        fields.insert(0, kind_field(mine.kind if mine else None))
    await open_form(
        interaction,
        f"rescore:{turn.id}",
        say("Score {number}", number=reply_name(turn.number)),
        fields,
    )


async def refresh_rating(interaction: Asked, turn: Turn, room: Room) -> None:
    """Bring the card up to date: the one in the moderator channel, and the one pressed."""
    cards = interaction.client.service(ScoreCards)
    posted = await cards.posted.find(turn.id)
    pressed = interaction.message
    if pressed is not None and not pressed.embeds:  # the question behind 👎
        done = say("Saved for {number}. It is on the card.", number=reply_name(turn.number))
        await interaction.edit_original_response(content=done, view=None)
    elif pressed is not None:
        shown = await cards.render_anew(room, turn, pressed.id)
        await interaction.edit_original_response(**shown)
    if posted is not None and (pressed is None or posted.id != pressed.id):
        await cards.refresh(room, turn)


async def _rating_by(interaction: Asked, turn: Turn) -> Rating | None:
    ratings = await interaction.client.stores.evaluations.ratings_of(turn.id)
    return next((rating for rating in ratings if rating.by.id == interaction.user.id), None)


def _name(field: discord.ui.Label[discord.ui.View]) -> str:
    return str(getattr(field.component, "custom_id", ""))


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(RatingCog(bot))
