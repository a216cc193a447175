"""The gate in Discord: a held reply in the moderator channel, with what moderators can do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from io import BytesIO
from typing import Any, Final

import discord
import structlog
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Moderator, Post, PostKind, Turn, TurnState
from bot.domain.events import Event, ReplySent, RoomPaused, TurnWithheld, WaitRenewed
from bot.domain.posts import nonce_of
from bot.rooms.audit import NotWaiting
from cogs.control_room.gate_view import (
    MOST_REPLY,
    decided,
    edit_fields,
    gate_buttons,
    joined,
    reason_field,
    render_gate,
    timed_anew,
    words_field,
)
from cogs.evaluation_room.cog import evaluation_room
from cogs.shared.access import Asked, ForWhom, as_moderator
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.delivery import DISCORD_ERRORS, as_delivery_errors
from cogs.shared.lookups import id_of, turn_here
from cogs.shared.modals import ModalInput, answer_forms, open_form
from cogs.shared.shown_messages import ShownMessages

log = structlog.get_logger(__name__)

Decision = Callable[[int, Moderator], Awaitable[object]]
"""What a moderator does with the held turn of that id."""
TOO_LONG: Final = (
    "It is too long for a form. Approve it, withhold it, or ask for another round and say that it "
    "has to be shorter."
)


class GateButton(
    PersistentControl, template=rf"gate:(?P<what>approve|round|edit|withhold):(?P<turn>{NUMBER})"
):
    """One of the buttons below a held reply."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Approves, or opens the form that the decision takes."""
        turn, _ = await turn_here(interaction, int(self.ids["turn"]))
        gate, what = _gate(interaction.client), self.ids["what"]
        if turn.state is not TurnState.GATED:
            await interaction.response.defer()
            await gate.show_decided(interaction, turn.id)
            raise NotWaiting
        if what == "approve":
            await gate.approve(interaction, turn.id)
        elif what == "edit":
            await _open_edit(interaction, turn)
        else:
            field = words_field() if what == "round" else reason_field()
            title = "Another round" if what == "round" else "Withhold this reply"
            await open_form(interaction, f"gate-{what}:{turn.id}", title, [field])


class GateCog(commands.Cog):
    """Shows held replies, and takes decisions."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self.posted = ShownMessages(bot, PostKind.GATE)
        self._one_by_one = asyncio.Lock()
        """A post is changed by one at a time, each to what is true then."""
        self._changing: set[asyncio.Task[None]] = set()

    async def cog_load(self) -> None:
        """Takes the seat of the gate's posts, and answers its buttons and forms."""
        self.bot.ports.renderers[PostKind.GATE] = self.deliver
        self.bot.add_dynamic_items(GateButton)
        answer_forms(self.bot, "gate-round", self.another_round)
        answer_forms(self.bot, "gate-edit", self.edited)
        answer_forms(self.bot, "gate-withhold", self.withheld)
        self.bot.engine.subscribe(self.hear)

    async def cog_unload(self) -> None:
        """Hears no more."""
        self.bot.engine.unsubscribe(self.hear)

    async def deliver(self, post: Post) -> int:
        """Posts a held reply to the moderator channel; returns its message's id."""
        room = await self.bot.stores.rooms.get(post.new.room_id)
        turn = await self.bot.stores.turns.get(post.new.turn_id) if post.new.turn_id else None
        if room is None or turn is None:
            raise LookupError(f"post {post.id} is about a room or turn that is not there")
        asked = await self.bot.stores.messages.conversation(turn)
        trust = await evaluation_room(self.bot).trust_in(turn)
        embed = render_gate(turn, asked, post.new.text, trust=trust, paused=room.paused)
        waits = turn.state is TurnState.GATED
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("held reply"):
            message = await channel.send(
                embed=embed,
                view=view(gate_buttons(turn) if waits else []),
                files=_whole(turn),
                nonce=nonce_of("post", post.id),
            )
        await self.posted.keep(turn.id, channel.id, message.id)
        if not waits:
            # It may be a message of before a crash, which Discord gives back as it was.
            await self._close(turn.id)
        return message.id

    def hear(self, event: Event) -> None:
        """A turn has ended, or its time begins anew: what shows it is brought up to date."""
        if isinstance(event, ReplySent | TurnWithheld):
            self._later(self._close(event.turn_id))
        elif isinstance(event, RoomPaused | WaitRenewed):
            self._later(self._show_time(event.room_id))

    async def another_round(
        self, interaction: Asked, ids: Sequence[str], given: ModalInput
    ) -> None:
        """A moderator sends the reply back into therapy."""
        words = given.get("words", "").strip()
        again = self.bot.control.gate.another_round
        await self._decide(interaction, ids, lambda turn_id, by: again(turn_id, by, words))

    async def edited(self, interaction: Asked, ids: Sequence[str], given: ModalInput) -> None:
        """A moderator sends a text of their own."""
        text = joined([given[name] for name in sorted(given)])
        edit = self.bot.control.gate.edit
        await self._decide(interaction, ids, lambda turn_id, by: edit(turn_id, by, text))

    async def withheld(self, interaction: Asked, ids: Sequence[str], given: ModalInput) -> None:
        """A moderator keeps the reply back."""
        reason = given.get("reason", "").strip()
        withhold = self.bot.control.gate.withhold
        await self._decide(interaction, ids, lambda turn_id, by: withhold(turn_id, by, reason))

    async def approve(self, interaction: Asked, turn_id: int) -> None:
        """A moderator lets the reply through."""
        await self._decide(interaction, [str(turn_id)], self.bot.control.gate.approve)

    async def show_decided(self, interaction: Asked, turn_id: int) -> None:
        """Takes the buttons off the post that was used, and shows what became of the reply."""
        pressed = interaction.message
        turn = await self.bot.stores.turns.get(turn_id)
        if pressed is None or turn is None or not pressed.embeds:
            return
        acts = await self.bot.stores.acts.of_turn(turn_id)
        async with self._one_by_one:
            await self.posted.forget(turn_id)
            embed = decided(pressed.embeds[0], turn, acts)
            await interaction.edit_original_response(embed=embed, view=None)

    async def _decide(self, interaction: Asked, ids: Sequence[str], decide: Decision) -> None:
        await interaction.response.defer()
        turn, _ = await turn_here(interaction, id_of(ids[0]))
        try:
            await decide(turn.id, as_moderator(interaction))
        except NotWaiting:
            await self.show_decided(interaction, turn.id)
            raise
        await self.show_decided(interaction, turn.id)

    def _later(self, change: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(change, name="held reply's post")
        self._changing.add(task)
        task.add_done_callback(self._changing.discard)

    async def _close(self, turn_id: int) -> None:
        """Nobody decided in time, or a restart came between a decision and its post."""
        async with self._one_by_one:
            partial = await self.posted.find(turn_id)
            turn = await self.bot.stores.turns.get(turn_id)
            if partial is None or turn is None:
                return
            await self.posted.forget(turn_id)
            acts = await self.bot.stores.acts.of_turn(turn_id)
            await _change(partial, turn_id, lambda embed: decided(embed, turn, acts), view=None)

    async def _show_time(self, room_id: int) -> None:
        """A pause holds the time of whoever decides; after it, it begins anew."""
        async with self._one_by_one:
            room = await self.bot.stores.rooms.get(room_id)
            turn = await self.bot.stores.turns.open_turn(room_id)
            if room is None or turn is None or turn.state is not TurnState.GATED:
                return
            partial, paused = await self.posted.find(turn.id), room.paused
            if partial is not None:
                await _change(partial, turn.id, lambda one: timed_anew(one, turn, paused=paused))


async def _change(
    partial: discord.PartialMessage,
    turn_id: int,
    change: Callable[[discord.Embed], discord.Embed],
    **others: Any,
) -> None:
    """Changes a post if it is still there; that it cannot be is no harm."""
    try:
        message = await partial.fetch()
        if message.embeds:
            await message.edit(embed=change(message.embeds[0]), **others)
    except DISCORD_ERRORS as error:
        log.info("held reply's post not changed", turn_id=turn_id, error=repr(error))


async def _open_edit(interaction: Asked, turn: Turn) -> None:
    fields = edit_fields(turn.reply or "")
    if fields is None:
        await interaction.response.send_message(TOO_LONG, ephemeral=True)
        return
    await open_form(interaction, f"gate-edit:{turn.id}", "Edit the reply", fields)


def _whole(turn: Turn) -> list[discord.File]:
    """The reply as a file, where the post has no room for it."""
    text = turn.reply or ""
    if len(text) <= MOST_REPLY:
        return []
    return [discord.File(BytesIO(text.encode()), f"turn-{turn.id}-reply.txt")]


def _gate(bot: FourRoomsBot) -> GateCog:
    cog = bot.get_cog(GateCog.__cog_name__)
    assert isinstance(cog, GateCog)  # noqa: S101 - its button is registered by the cog
    return cog


async def setup(bot: FourRoomsBot) -> None:
    """Loads the cog."""
    await bot.add_cog(GateCog(bot))
