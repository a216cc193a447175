"""The gate in Discord: a held reply in the moderator channel, with what moderators can do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from io import BytesIO
from typing import Final

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Moderator, Post, PostKind, Turn
from bot.domain.calls import CallCause
from bot.domain.posts import nonce_of
from bot.rooms.audit import NotWaiting
from bot.text.moderator_texts import Later, say
from cogs.control_room.gate_posts import GatePosts
from cogs.control_room.gate_view import (
    MOST_REPLY,
    edit_fields,
    gate_buttons,
    join_parts,
    render_gate,
    words_field,
)
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.shared.access import Asked, ForWhom, as_moderator
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.delivery import as_delivery_errors, room_and_turn
from cogs.shared.lookups import id_of, turn_here
from cogs.shared.modals import ModalInput, answer_forms, open_form
from cogs.shared.reasons import reason_fields, reason_of
from cogs.shared.role_calls import Mention, RoleCalls

Decision = Callable[[int, Moderator], Awaitable[object]]
"""The call by which a moderator decides on the held turn of that id."""
TOO_LONG: Final = Later(
    "It is too long for a form. Approve it, withhold it, or ask for another round "
    "and say that it has to be shorter."
)


class GateButton(
    PersistentControl,
    template=rf"gate:(?P<what>approve|round|edit|withhold|late):(?P<turn>{NUMBER})",
):
    """One of the buttons below a held reply."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Approve, or open the form that the decision takes."""
        turn, _ = await turn_here(interaction, int(self.ids["turn"]))
        posts, what = interaction.client.service(GatePosts), self.ids["what"]
        if what == "late":
            await decide(interaction, self.ids["turn"], interaction.client.control.gate.send_late)
            return
        if not posts.waits(turn):
            await interaction.response.defer()
            await posts.show_decision(interaction, turn.id)
            raise NotWaiting
        if what == "approve":
            await decide(interaction, self.ids["turn"], interaction.client.control.gate.approve)
        elif what == "edit":
            await _open_edit(interaction, turn)
        else:
            fields = [words_field()] if what == "round" else reason_fields()
            title = say("Another round") if what == "round" else say("Withhold this reply")
            await open_form(interaction, f"gate-{what}:{turn.id}", title, fields)


class GateCog(commands.Cog):
    """The cog that shows held replies, and takes decisions by forms."""

    def __init__(self, bot: FourRoomsBot, posts: GatePosts, cards: ScoreCards) -> None:
        self.bot = bot
        self._posts = posts
        self._cards = cards
        self._calls = bot.service(RoleCalls)

    async def cog_load(self) -> None:
        """Register as the renderer of the gate's posts, and answer its buttons and forms."""
        self.bot.ports.renderers[PostKind.GATE] = self.deliver
        self.bot.add_dynamic_items(GateButton)
        answer_forms(self.bot, "gate-round", self.another_round)
        answer_forms(self.bot, "gate-edit", self.edit)
        answer_forms(self.bot, "gate-withhold", self.withhold)
        self.bot.engine.subscribe(self._posts.hear)

    async def cog_unload(self) -> None:
        """Hear no more."""
        self.bot.engine.unsubscribe(self._posts.hear)

    async def deliver(self, post: Post) -> int:
        """Post a held reply to the moderator channel; return its message's id."""
        room, turn = await room_and_turn(self.bot.stores, post)
        asked = await self.bot.stores.messages.asked(turn)
        trust = await self._cards.trust_in(turn)
        embed = render_gate(turn, asked, post.new.text, trust=trust, paused=room.paused)
        waits = self._posts.waits(turn)
        mention = self._calls.role(room, CallCause.HELD) if waits else Mention()
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("held reply"):
            message = await channel.send(
                mention.text
                + say("🚦 A reply in <#{room}> waits for one of you to decide.", room=room.id)
                if mention.text
                else None,
                embed=embed,
                allowed_mentions=mention.allowed,
                view=view(gate_buttons(turn) if waits else []),
                files=_whole(turn),
                nonce=nonce_of("post", post.id),
            )
        await self._posts.keep(turn, channel.id, message.id, waits=waits)
        return message.id

    async def another_round(
        self, interaction: Asked, ids: Sequence[str], inputs: ModalInput
    ) -> None:
        """Send the reply back into therapy with a moderator's words."""
        words = inputs.get("words", "").strip()
        again = self.bot.control.gate.another_round
        await decide(interaction, ids[0], lambda turn_id, by: again(turn_id, by, words))

    async def edit(self, interaction: Asked, ids: Sequence[str], inputs: ModalInput) -> None:
        """Send a moderator's own text."""
        text = join_parts([inputs[name] for name in sorted(inputs)])
        edit = self.bot.control.gate.edit
        await decide(interaction, ids[0], lambda turn_id, by: edit(turn_id, by, text))

    async def withhold(self, interaction: Asked, ids: Sequence[str], inputs: ModalInput) -> None:
        """Keep the reply back."""
        reason = reason_of(inputs)
        withhold = self.bot.control.gate.withhold
        await decide(interaction, ids[0], lambda turn_id, by: withhold(turn_id, by, reason))


async def decide(interaction: Asked, turn_id: str, decision: Decision) -> None:
    """Take a moderator's decision on a held turn, and show it. Raises NotHere, NotWaiting, …."""
    await interaction.response.defer()
    turn, _ = await turn_here(interaction, id_of(turn_id))
    posts = interaction.client.service(GatePosts)
    try:
        await decision(turn.id, as_moderator(interaction))
    except NotWaiting:
        await posts.show_decision(interaction, turn.id)
        raise
    await posts.show_decision(interaction, turn.id)


async def _open_edit(interaction: Asked, turn: Turn) -> None:
    fields = edit_fields(turn.reply or "")
    if fields is None:
        await interaction.response.send_message(say(TOO_LONG), ephemeral=True)
        return
    await open_form(interaction, f"gate-edit:{turn.id}", say("Edit the reply"), fields)


def _whole(turn: Turn) -> list[discord.File]:
    """Return the reply as a file, where the post has no room for it."""
    text = turn.reply or ""
    if len(text) <= MOST_REPLY:
        return []
    return [discord.File(BytesIO(text.encode()), f"reply-{turn.number}.txt")]


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(GateCog(bot, bot.service(GatePosts), bot.service(ScoreCards)))
