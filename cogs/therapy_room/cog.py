"""The Therapy Room in Discord: a private thread per Chat Room and day that shows each session."""

from __future__ import annotations

from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind, Room, Turn
from cogs.shared.components import view
from cogs.shared.delivery import room_and_turn
from cogs.shared.links import to_reply
from cogs.therapy_room.check_in import check_in_button
from cogs.therapy_room.threads import TherapyThreads
from cogs.therapy_room.transcript import (
    render_draft,
    render_reply,
    render_utterance,
    render_withheld,
)


class TherapyRoomCog(commands.Cog):
    """The cog that shows drafts, sessions and replies in private threads, and nowhere else."""

    def __init__(self, bot: FourRoomsBot, threads: TherapyThreads) -> None:
        self.bot = bot
        self._threads = threads

    async def cog_load(self) -> None:
        """Register as the renderer of the posts it shows."""
        for kind in (PostKind.DRAFT, PostKind.UTTERANCE, PostKind.REPLY, PostKind.WITHHELD):
            self.bot.ports.renderers[kind] = self.deliver

    async def deliver(self, post: Post) -> int:
        """Show one post in the thread of its turn's day; return the last message's id."""
        room, turn = await room_and_turn(self.bot.stores, post, self.bot.engine.recent)
        texts = await self._texts(post, room, turn)
        controls = view([check_in_button(turn)]) if post.new.kind is PostKind.DRAFT else None
        return await self._threads.show(post, room, turn, texts, controls)

    async def _texts(self, post: Post, room: Room, turn: Turn) -> list[str]:
        if post.new.kind is PostKind.DRAFT:
            known = self.bot.engine.recent.get(turn.id)
            asked = known.conversation if known else await self.bot.stores.messages.asked(turn)
            return render_draft(turn, asked)
        if post.new.kind is PostKind.REPLY:
            return render_reply(turn, to_reply(room, turn))
        if post.new.kind is PostKind.WITHHELD:
            return render_withheld(turn, to_reply(room, turn))
        known = self.bot.engine.recent.get(turn.id)
        session = known.session if known else await self.bot.stores.turns.utterances(turn.id)
        return render_utterance(next(line for line in session if line.number == post.new.ref))


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(TherapyRoomCog(bot, bot.service(TherapyThreads)))
