"""What members say of a reply, from its menu: it helped, or it hurt them or was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind, Room, Turn, UserMessage
from bot.domain.crisis import HeardMessage
from bot.domain.feedback import Feedback, FeedbackKind
from bot.domain.posts import nonce_of
from bot.errors import DeliveryRefused
from bot.rooms.chat.crisis.answer import help_text
from bot.rooms.chat.fixed_texts import (
    FEEDBACK_HINT,
    FEEDBACK_LABEL,
    FEEDBACK_NO_REPLY,
    FEEDBACK_NOT_STORED,
    FEEDBACK_TITLE,
    FEEDBACK_TOO_OFTEN,
    HELPED_THANKS,
    HURT_THANKS,
    fixed_text,
    language_of_locale,
)
from bot.rooms.evaluation.feedback import MOST_WORDS, NoReply, NotStored, TooOften
from bot.text.language import LANGUAGES, guess_language
from bot.text.moderator_texts import say
from cogs.shared.access import Asked, as_moderator, everybody
from cogs.shared.delivery import as_delivery_errors, room_and_turn
from cogs.shared.links import to_reply
from cogs.shared.lookups import id_of
from cogs.shared.modals import ModalInput, answer_forms, open_form, text_field
from cogs.shared.text import member_name, quoted, reply_name

HELPED: Final = "This helped"
HURT: Final = "This hurt me, or was wrong"
"""The entries in the menu of a message."""
_THANKS: Final = {FeedbackKind.HELPED: HELPED_THANKS, FeedbackKind.HURT: HURT_THANKS}
_REFUSALS: Final = {
    NoReply: FEEDBACK_NO_REPLY,
    NotStored: FEEDBACK_NOT_STORED,
    TooOften: FEEDBACK_TOO_OFTEN,
}


class FeedbackCog(commands.Cog):
    """The cog that hears members out on replies, and tells the moderators."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._entries = [
            app_commands.ContextMenu(name=HELPED, callback=self.say_helped),
            app_commands.ContextMenu(name=HURT, callback=self.say_hurt),
        ]

    async def cog_load(self) -> None:
        """Add the menu's entries, and answer their form."""
        self.bot.ports.renderers[PostKind.FEEDBACK] = self.deliver
        answer_forms(self.bot, "feedback", self.take)
        for entry in self._entries:
            self.bot.tree.add_command(entry)

    async def cog_unload(self) -> None:
        """Take the entries away."""
        for entry in self._entries:
            self.bot.tree.remove_command(entry.name, type=entry.type)

    @everybody
    async def say_helped(self, interaction: Asked, message: discord.Message) -> None:
        """Ask what a member would add to that a reply helped them."""
        await self._ask(interaction, message, FeedbackKind.HELPED)

    @everybody
    async def say_hurt(self, interaction: Asked, message: discord.Message) -> None:
        """Ask what a member would add to that a reply hurt them, or was wrong."""
        await self._ask(interaction, message, FeedbackKind.HURT)

    async def _ask(self, interaction: Asked, message: discord.Message, kind: FeedbackKind) -> None:
        language = language_of_locale(interaction.locale.value)
        found = await self.bot.stores.turns.by_reply_message(message.id)
        if found is None or await self._seen_by(interaction, found.id) is None:
            text = fixed_text(FEEDBACK_NO_REPLY, language)
            await interaction.response.send_message(text, ephemeral=True)
            return
        before = await self.bot.stores.feedback.by_person(found.id, interaction.user.id)
        field = text_field(
            "words",
            fixed_text(FEEDBACK_LABEL, language),
            hint=fixed_text(FEEDBACK_HINT, language),
            value=before.words if before and before.kind is kind else "",
            long=True,
            most=MOST_WORDS,
        )
        title = fixed_text(FEEDBACK_TITLE, language)
        await open_form(interaction, f"feedback:{kind.value}:{found.id}", title, [field])

    async def take(self, interaction: Asked, ids: Sequence[str], inputs: ModalInput) -> None:
        """Keep what a member says of a reply, and answer them with one sentence."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        kind, turn_id = FeedbackKind(ids[0]), id_of(ids[1])
        words = inputs.get("words", "").strip()
        own = guess_language(words)
        language = own if own in LANGUAGES else language_of_locale(interaction.locale.value)
        seen = await self._seen_by(interaction, turn_id)
        if seen is None:
            text = fixed_text(FEEDBACK_NO_REPLY, language)
        else:
            text = await self._keep(interaction, *seen, kind, words, language)
        await interaction.followup.send(text, ephemeral=True)

    async def _keep(
        self,
        interaction: Asked,
        turn: Turn,
        room: Room,
        kind: FeedbackKind,
        words: str,
        language: str,
    ) -> str:
        """Keep it; return what the person reads: help first, if the words speak of danger."""
        by, crises = as_moderator(interaction), self.bot.engine.crises
        said = UserMessage(interaction.id, room.id, by.id, by.name, words, datetime.now(UTC))
        heard = HeardMessage(said, room.id, (words,))
        sign = crises.find_sign(heard) if words else None
        if sign is not None:  # first, so that the post of what they said can tell of it
            await crises.call_for(heard, sign)
        answer = fixed_text(_THANKS[kind], language)
        try:
            await self.bot.control.feedback.give(turn, room, by, kind, words)
        except tuple(_REFUSALS) as error:
            answer = fixed_text(_REFUSALS[type(error)], language)
        if sign is None:
            return answer
        return help_text(sign, words, room.settings, locale=interaction.locale.value, short=False)

    async def _seen_by(self, interaction: Asked, turn_id: int) -> tuple[Turn, Room] | None:
        """Return a turn of this server whose room the person can see; ids can be forged."""
        turn = await self.bot.stores.turns.get(turn_id)
        room = None if turn is None else await self.bot.stores.rooms.get(turn.room_id)
        if turn is None or room is None or room.guild_id != interaction.guild_id:
            return None
        guild, person = interaction.guild, interaction.user
        channel = guild.get_channel(room.id) if guild else None
        if channel is None or not isinstance(person, discord.Member):
            return None
        return (turn, room) if channel.permissions_for(person).view_channel else None

    async def deliver(self, post: Post) -> int:
        """Tell the moderators what a member said; return the message's id."""
        room, turn = await room_and_turn(self.bot.stores, post)
        given = await self.bot.stores.feedback.get(post.new.ref or 0)
        if given is None:
            raise DeliveryRefused(f"post {post.id} is about words that are forgotten")
        in_danger = await self.bot.stores.crises.told_in_feedback(room.id, given.by.id, given.at)
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("feedback"):
            message = await channel.send(
                render_feedback(given, room, turn, in_danger=in_danger),
                nonce=nonce_of("post", post.id),
            )
        return message.id


def render_feedback(given: Feedback, room: Room, turn: Turn, *, in_danger: bool = False) -> str:
    """Return what moderators read of a member's word on a reply."""
    mark, said = {
        FeedbackKind.HELPED: ("💚", say("helped them")),
        FeedbackKind.HURT: ("💔", say("hurt them, or was wrong")),
    }[given.kind]
    link = to_reply(room, turn)
    reply = say("[a reply]({link})", link=link) if link else say("a reply")
    who = member_name(given.by.name)
    lines = [
        say(
            "{mark} **{who}** says that {reply} in <#{room}> {said} ({number}).",
            mark=mark,
            who=who,
            reply=reply,
            room=room.id,
            said=said,
            number=reply_name(turn.number),
        )
    ]
    if given.words:
        lines.append(quoted(given.words, MOST_WORDS))
    if in_danger:
        lines.append(say("🆘 **They may be in danger.** Help lines were shown to them alone."))
    return "\n".join(lines)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(FeedbackCog(bot))
