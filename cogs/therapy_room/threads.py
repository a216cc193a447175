"""The private threads of the Therapy Room: one a Chat Room and day, opened when first needed."""

from __future__ import annotations

import asyncio
from datetime import UTC, date
from typing import Any, Final
from weakref import WeakValueDictionary

import discord
import structlog

from bot.client.bot import FourRoomsBot
from bot.domain import Post, Room, Turn
from bot.domain.permissions import MISSING_RIGHT_BECAUSE
from bot.domain.posts import nonce_of
from bot.errors import DeliveryError, DeliveryForbidden, DeliveryRefused
from bot.reasons import Reason, because
from bot.text.moderator_texts import say
from cogs.shared.delivery import as_delivery_errors, find_posted
from cogs.shared.links import to_channel
from cogs.shared.role_calls import NOBODY_MENTIONED
from cogs.shared.text import shortened

log = structlog.get_logger(__name__)

ARCHIVED_AFTER: Final = 1440
"""Minutes without a post after which Discord hides a thread: a day, as each thread has a day."""
MOST_THREAD_NAME: Final = 100
"""Characters of a thread's name, which is Discord's bound."""


class TherapyThreads:
    """The therapy threads of all rooms: where they are found, opened and written."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self._bot = bot
        self._opening = WeakValueDictionary[tuple[int, str], asyncio.Lock]()
        """By channel and name: each is there while such a thread is being opened."""

    async def show(
        self,
        post: Post,
        room: Room,
        turn: Turn,
        texts: list[str],
        view: discord.ui.View | None = None,
        allowed: discord.AllowedMentions = NOBODY_MENTIONED,
    ) -> int:
        """Show texts in the thread of the turn's day, the last with ``view``; return its id.

        If Discord refuses it for good, the room is stopped: no therapy without a witness, and
        no public thread in place of a private one.
        """
        try:
            return await self._show(post, room, turn, texts, view, allowed)
        except DeliveryRefused as error:
            await self._bot.control.pauses.stop_by_rule(room.id, render_refusal(room, error))
            raise

    async def link_to(self, room: Room, turn: Turn) -> str | None:
        """Return the address of the turn's thread, opened if need be; None if it cannot be."""
        try:
            return to_channel(room.guild_id, await self._open_once(room, day_of(turn)))
        except DeliveryError as error:
            log.warning("no thread", room_id=room.id, turn_id=turn.id, detail=error.detail)
            return None

    async def find(self, room: Room, turn: Turn) -> int | None:
        """Return the id of the turn's thread, if it has been opened."""
        return await self._bot.stores.threads.thread_of(room.id, day_of(turn))

    async def _show(
        self,
        post: Post,
        room: Room,
        turn: Turn,
        texts: list[str],
        view: discord.ui.View | None,
        allowed: discord.AllowedMentions,
    ) -> int:
        day = day_of(turn)
        thread_id = await self._open_once(room, day)
        with as_delivery_errors("therapy thread"):
            try:
                return await self._send(post, turn, thread_id, texts, view, allowed)
            except discord.NotFound:
                # Somebody deleted the thread: the session goes on in a new one.
                log.info("thread gone", room_id=room.id, thread_id=thread_id)
            thread_id = await self._open(room, day, instead_of=thread_id)
            return await self._send(post, turn, thread_id, texts, view, allowed)

    async def _send(
        self,
        post: Post,
        turn: Turn,
        thread_id: int,
        texts: list[str],
        view: discord.ui.View | None,
        allowed: discord.AllowedMentions,
    ) -> int:
        thread = self._bot.get_partial_messageable(thread_id)
        message_id = 0
        for number, text in enumerate(texts):
            posted = await find_posted(thread, self._bot.user, post, turn, text=text)
            if posted is not None:
                message_id = posted.id
                continue
            nonce = nonce_of("post", post.id, thread_id, number)
            given: dict[str, Any] = {"view": view} if view and number == len(texts) - 1 else {}
            message = await thread.send(
                text, nonce=nonce, suppress_embeds=True, allowed_mentions=allowed, **given
            )
            message_id = message.id
        return message_id

    async def _open_once(self, room: Room, day: date) -> int:
        thread_id = await self._bot.stores.threads.thread_of(room.id, day)
        return thread_id or await self._open(room, day)

    async def _open(self, room: Room, day: date, *, instead_of: int | None = None) -> int:
        with self._bot.read_in_room(room.id):  # whoever is the first to need it
            name = thread_name(self._bot.name_of(room.id), day)
        # Two posts that find no thread must not open two, nor two rooms of one name take one.
        lock = self._opening.setdefault((room.therapy_parent_id, name), asyncio.Lock())
        async with lock:
            thread_id = await self._bot.stores.threads.thread_of(room.id, day)
            if thread_id is not None and thread_id != instead_of:
                return thread_id
            with as_delivery_errors("private thread"):
                thread = await self._create(room, name)
            await self._bot.stores.threads.keep_thread(room.id, day, thread.id)
        log.info("thread opened", room_id=room.id, thread_id=thread.id)
        return thread.id

    async def _create(self, room: Room, name: str) -> discord.Thread:
        parent = self._bot.get_channel(room.therapy_parent_id)
        if parent is None:
            parent = await self._bot.fetch_channel(room.therapy_parent_id)
        if not isinstance(parent, discord.TextChannel) or parent.is_news():
            raise DeliveryRefused(because("private threads exist in text channels only"))
        if (opened := await self._opened_before(parent, name)) is not None:
            return opened
        thread = await parent.create_thread(
            name=name,
            type=discord.ChannelType.private_thread,
            invitable=False,
            auto_archive_duration=ARCHIVED_AFTER,
        )
        if not thread.is_private():
            await thread.delete()
            raise DeliveryRefused(because("Discord made a public thread in place of a private one"))
        return thread

    async def _opened_before(self, parent: discord.TextChannel, name: str) -> discord.Thread | None:
        """Return an own thread of that name that is no room's: Discord's answer to it was lost."""
        me = self._bot.user
        for thread in parent.threads:
            own = me is not None and thread.owner_id == me.id and thread.is_private()
            if not own or thread.name != name:
                continue
            if await self._bot.stores.threads.room_of_thread(thread.id) is None:
                return thread
        return None


def thread_name(room_name: str, day: date) -> str:
    """Name a day's thread ``therapy · lobby · 2026-11-21``, within Discord's bound."""
    ending = f" · {day.isoformat()}"
    name = say("therapy · {room}", room=room_name)
    return shortened(name, MOST_THREAD_NAME - len(ending)) + ending


def day_of(turn: Turn) -> date:
    """Return the UTC day to whose thread the turn belongs, however long it takes."""
    return turn.created_at.astimezone(UTC).date()


def render_refusal(room: Room, error: DeliveryRefused) -> Reason:
    """Say why the room is stopped, and how to mend it, for its moderators.

    Only where a permission is missing does it go on by itself: of anything else nobody could tell
    when it is over, and the room would stop and go on for ever.
    """
    where = f"<#{room.therapy_parent_id}>"
    if isinstance(error, DeliveryForbidden):
        why = because(
            "the private therapy thread could not be written ({detail}). No reply goes out without "
            "it. In {where}, allow me Create Private Threads, Send Messages in Threads and Manage "
            "Threads: then I go on by myself.",
            detail=error.detail,
            where=where,
        )
        return because(MISSING_RIGHT_BECAUSE, why=why)
    return because(
        "The private therapy thread could not be written ({detail}). No reply goes out without it. "
        "In {where}, allow me Create Private Threads, Send Messages in Threads and Manage Threads: "
        "then give /resume.",
        detail=error.detail,
        where=where,
    )
