"""The Therapy Room in Discord: a private thread per Chat Room and day that shows each session."""

from __future__ import annotations

import asyncio
from datetime import UTC, date
from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind, Room, Turn
from bot.domain.posts import nonce_of
from bot.errors import DeliveryError, DeliveryRefused
from cogs.shared.delivery import as_delivery_errors
from cogs.shared.links import to_channel, to_message
from cogs.shared.text import shortened
from cogs.therapy_room.transcript import (
    render_draft,
    render_reply,
    render_utterance,
    render_withheld,
)

log = structlog.get_logger(__name__)

ARCHIVED_AFTER: Final = 1440
"""Minutes without a post after which Discord hides a thread: a day, as each thread has a day."""
MOST_THREAD_NAME: Final = 100
"""Characters of a thread's name, which is Discord's bound."""


class TherapyRoomCog(commands.Cog):
    """Shows drafts, sessions and replies in private threads, and never anywhere else."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._opening = asyncio.Lock()

    async def cog_load(self) -> None:
        """Takes the seats of the posts it shows."""
        for kind in (PostKind.DRAFT, PostKind.UTTERANCE, PostKind.REPLY, PostKind.WITHHELD):
            self.bot.ports.renderers[kind] = self.deliver

    async def deliver(self, post: Post) -> int:
        """Shows one post in the thread of its turn's day; returns the last message's id.

        If Discord refuses it for good, the room is stopped: no therapy without a witness, and
        no public thread in place of a private one.
        """
        room, turn = await self.about(post)
        return await self.show(post, room, turn, await self._texts(post, room, turn))

    async def show(
        self,
        post: Post,
        room: Room,
        turn: Turn,
        texts: list[str],
        view: discord.ui.View | None = None,
    ) -> int:
        """Shows texts in the thread of the turn's day, the last with ``view``; see `deliver`."""
        try:
            return await self._show(post, room, day_of(turn), texts, view)
        except DeliveryRefused as error:
            await self.bot.control.pauses.stop_by_rule(room.id, refused(room, error))
            raise

    async def thread_link(self, room: Room, turn: Turn) -> str | None:
        """The address of the turn's thread, which is opened if need be; None if it cannot be."""
        try:
            return to_channel(room.guild_id, await self._thread_id(room, day_of(turn)))
        except DeliveryError as error:
            log.warning("no thread", room_id=room.id, turn_id=turn.id, detail=error.detail)
            return None

    async def about(self, post: Post) -> tuple[Room, Turn]:
        """The room and turn of a post. Raises LookupError."""
        room = await self.bot.stores.rooms.get(post.new.room_id)
        turn = await self.bot.stores.turns.get(post.new.turn_id) if post.new.turn_id else None
        if room is None or turn is None:
            raise LookupError(f"post {post.id} is about a room or turn that is not there")
        return room, turn

    async def _texts(self, post: Post, room: Room, turn: Turn) -> list[str]:
        if post.new.kind is PostKind.DRAFT:
            return render_draft(turn, await self.bot.stores.messages.conversation(turn))
        if post.new.kind is PostKind.REPLY:
            return render_reply(turn, reply_link(room, turn))
        if post.new.kind is PostKind.WITHHELD:
            return render_withheld(turn, reply_link(room, turn))
        session = await self.bot.stores.turns.utterances(turn.id)
        return render_utterance(next(said for said in session if said.number == post.new.ref))

    async def _show(
        self, post: Post, room: Room, day: date, texts: list[str], view: discord.ui.View | None
    ) -> int:
        thread_id = await self._thread_id(room, day)
        with as_delivery_errors("therapy thread"):
            try:
                return await self._send(post, thread_id, texts, view)
            except discord.NotFound:
                # Somebody deleted the thread: the session goes on in a new one.
                log.info("thread gone", room_id=room.id, thread_id=thread_id)
            thread_id = await self._open(room, day, instead_of=thread_id)
            return await self._send(post, thread_id, texts, view)

    async def _send(
        self, post: Post, thread_id: int, texts: list[str], view: discord.ui.View | None
    ) -> int:
        thread = self.bot.get_partial_messageable(thread_id)
        message_id = 0
        for number, text in enumerate(texts):
            nonce = nonce_of("post", post.id, thread_id, number)
            if view is not None and number == len(texts) - 1:
                last = await thread.send(text, nonce=nonce, suppress_embeds=True, view=view)
                return last.id
            message_id = (await thread.send(text, nonce=nonce, suppress_embeds=True)).id
        return message_id

    async def _thread_id(self, room: Room, day: date) -> int:
        known = await self.bot.stores.rooms.thread_of(room.id, day)
        return known or await self._open(room, day)

    async def _open(self, room: Room, day: date, *, instead_of: int | None = None) -> int:
        async with self._opening:  # two posts that find no thread must not open two
            known = await self.bot.stores.rooms.thread_of(room.id, day)
            if known is not None and known != instead_of:
                return known
            with as_delivery_errors("private thread"):
                thread = await self._create(room, day)
            await self.bot.stores.rooms.keep_thread(room.id, day, thread.id)
        log.info("thread opened", room_id=room.id, thread_id=thread.id)
        return thread.id

    async def _create(self, room: Room, day: date) -> discord.Thread:
        parent = self.bot.get_channel(room.therapy_parent_id)
        if parent is None:
            parent = await self.bot.fetch_channel(room.therapy_parent_id)
        if not isinstance(parent, discord.TextChannel) or parent.is_news():
            raise DeliveryRefused("private threads exist in text channels only")
        thread = await parent.create_thread(
            name=thread_name(getattr(self.bot.get_channel(room.id), "name", str(room.id)), day),
            type=discord.ChannelType.private_thread,
            invitable=False,
            auto_archive_duration=ARCHIVED_AFTER,
        )
        if not thread.is_private():
            await thread.delete()
            raise DeliveryRefused("Discord made a public thread in place of a private one")
        return thread


def thread_name(room_name: str, day: date) -> str:
    """``therapy · lobby · 2026-11-21``, within Discord's bound."""
    ending = f" · {day.isoformat()}"
    return shortened(f"therapy · {room_name}", MOST_THREAD_NAME - len(ending)) + ending


def day_of(turn: Turn) -> date:
    """The UTC day to whose thread the turn belongs, however long it takes."""
    return turn.created_at.astimezone(UTC).date()


def reply_link(room: Room, turn: Turn) -> str | None:
    """The address of what the turn sent to the Chat Room, if anything."""
    if not turn.reply_message_ids:
        return None
    return to_message(room.guild_id, room.id, turn.reply_message_ids[0])


def refused(room: Room, error: DeliveryRefused) -> str:
    """Why the room is stopped, and how to mend it, for its moderators."""
    return (
        f"the private therapy thread could not be written ({error.detail}). No reply goes out "
        f"without it. In <#{room.therapy_parent_id}>, allow me Create Private Threads, Send "
        "Messages in Threads and Manage Threads, then give /resume."
    )


async def setup(bot: FourRoomsBot) -> None:
    """Loads the cog."""
    await bot.add_cog(TherapyRoomCog(bot))
