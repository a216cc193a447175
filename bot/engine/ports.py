"""The engine's ports to Discord, which whoever shows the rooms to people fills in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

import structlog

from bot.domain import Post, PostKind, PostTo
from bot.domain.posts import ChatRoomPort, ReplyPost
from bot.errors import DeliveryError, DeliveryUncertain
from bot.reasons import because
from bot.text.moderator_texts import reading

log = structlog.get_logger(__name__)
ReturnT = TypeVar("ReturnT")

POST_SECONDS: Final = 30.0
"""What a post may take; then it is looked for, and sent again. A room must not wait longer."""


class SpeakingRight(Protocol):
    """The right to speak in the rooms, which ends when another process has them."""

    def require(self) -> None:
        """Raise DeliveryError unless it is there right now, by the process's own clock."""

    async def confirm(self) -> None:
        """Do the same by the word of whoever gives it."""


class _Always:
    """The right of a process that shares its rooms with nobody."""

    def require(self) -> None:
        """Return: it is there."""

    async def confirm(self) -> None:
        """Return: it is there."""


PostRenderer = Callable[[Post], Awaitable[int]]
"""The rendering and sending of a post, which gives its message's id; raises DeliveryError."""


class DiscordPorts:
    """The way from the engine to Discord before there is a connection: the cogs fill it in."""

    def __init__(self, right: SpeakingRight | None = None) -> None:
        self.right = right or _Always()
        self.chat_room: ChatRoomPort | None = None
        self.renderers: dict[PostKind, PostRenderer] = {}
        self.guards: dict[PostTo, Callable[[Post], Awaitable[None]]] = {}
        """Each looks at its place before a post goes there; raises DeliveryHeld."""
        self.catch_ups: list[Callable[[], Awaitable[None]]] = []
        """Each hands the engine what was said while nobody listened; safe to repeat."""
        self.on_opened: list[Callable[[int], None]] = []
        """Each is told of a channel that is about to be made a Chat Room, by its id."""
        self.channel_names: Callable[[int], str] = lambda _: ""
        """Gives a channel's name by id; empty where it is not known."""
        self.locales: Callable[[int], str] = lambda _: ""
        """Gives a server's locale by id, such as `pt-BR`; empty where it is not known."""
        self.room_locales: Callable[[int], str] = lambda _: ""
        """Gives the same by a Chat Room's id: posts are said in the language of their server."""

    async def send(self, post: ReplyPost) -> int:
        """Send a message: see `ChatRoomPort`."""
        self.right.require()  # the turn was saved under the same right a moment ago
        return await _bounded(self._chat_room().send(post))

    async def find(self, post: ReplyPost) -> int | None:
        """Find a message: see `ChatRoomPort`."""
        return await _bounded(self._chat_room().find(post))

    def channel_name(self, channel_id: int) -> str:
        """Return a channel's name; empty where it is not known."""
        return self.channel_names(channel_id)

    def locale_of(self, guild_id: int) -> str:
        """Return a server's locale; empty where it is not known."""
        return self.locales(guild_id)

    async def catch_up(self) -> None:
        """Have all that was said while nobody listened handed to the engine."""
        for catch_up in self.catch_ups:
            try:
                await catch_up()
            except Exception:  # what is in the database has to be taken up all the same
                log.exception("catch-up failed")

    async def deliver(self, post: Post) -> int:
        """Hand a post of the outbox to whoever shows its kind."""
        poster = self.renderers.get(post.new.kind)
        if poster is None:
            raise DeliveryError(f"nobody shows posts of the kind {post.new.kind.value}")
        guard = self.guards.get(post.new.to)
        if guard is not None:
            await _bounded(guard(post))
        await self.right.confirm()
        with reading(self.room_locales(post.new.room_id)):
            return await _bounded(poster(post))

    def _chat_room(self) -> ChatRoomPort:
        if self.chat_room is None:
            raise DeliveryError("the Chat Room has no door yet")
        return self.chat_room


async def _bounded(work: Awaitable[ReturnT]) -> ReturnT:
    """Return what ``work`` gives; raises DeliveryUncertain where Discord takes too long."""
    try:
        async with asyncio.timeout(POST_SECONDS):
            return await work
    except TimeoutError:
        raise DeliveryUncertain(
            because("Discord did not answer within {seconds} s", seconds=f"{POST_SECONDS:g}")
        ) from None
