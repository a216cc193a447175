"""One person's stream of what they see: the seam for a page, and a record for tests."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final, Self

from bot.sandbox.server.events import (
    CommandsChanged,
    MessageChanged,
    MessageMade,
    MessageRemoved,
    PlacesChanged,
    ServerEvent,
    TypingBegan,
)
from bot.sandbox.users.reader import Reader
from bot.sandbox.users.views import GuildMember, Message, Place
from bot.sandbox.users.visibility import can_see, find_display_name, view_message

KEPT: Final = 10_000
"""Events that may wait for a slow reader."""


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """A new message."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A message as it is now."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageGone:
    """A deleted message."""

    place_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class TypingSeen:
    """Somebody who types; to be shown for ten seconds, or until their next message."""

    place_id: int
    person_id: int
    name: str


@dataclass(frozen=True, slots=True)
class PlacesSeen:
    """The places and people as they are now."""

    places: tuple[Place, ...]
    members: tuple[GuildMember, ...]


@dataclass(frozen=True, slots=True)
class CommandsReplaced:
    """A sign that the commands are others now; ask for them again."""


SeenEvent = MessageSeen | MessageEdited | MessageGone | TypingSeen | PlacesSeen | CommandsReplaced


class EventStream:
    """All that one person sees from now on, in order; iterate, or look at `waiting`.

    A reader that falls too far behind finds `lost` True: it has to read everything anew.
    Use as a context manager, or call `close`.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._sandbox = reader.sandbox
        self._new = asyncio.Event()
        self._closed = False
        self._places = self._view()
        self.waiting: deque[SeenEvent] = deque(maxlen=KEPT)
        self.lost = False
        self._stop = self._sandbox.event_bus.listen(self._hear)

    def close(self) -> None:
        """End the stream; who waits for the next event gets the end of it."""
        self._stop()
        self._closed = True
        self._new.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SeenEvent:
        while not self.waiting:
            if self._closed:
                raise StopAsyncIteration
            self._new.clear()
            await self._new.wait()
        return self.waiting.popleft()

    def _view(self) -> PlacesSeen:
        return PlacesSeen(self._reader.places(), self._reader.members())

    def _hear(self, event: ServerEvent) -> None:
        seen = self._seen(event)
        if seen is None:
            return
        self.lost = self.lost or len(self.waiting) == KEPT
        self.waiting.append(seen)
        self._new.set()

    def _seen(self, event: ServerEvent) -> SeenEvent | None:
        if isinstance(event, PlacesChanged):
            return self._moved()
        if isinstance(event, CommandsChanged):
            return CommandsReplaced()
        if isinstance(event, TypingBegan):
            return self._typing(event)
        if isinstance(event, MessageMade | MessageChanged | MessageRemoved):
            return self._message(event)
        return None

    def _typing(self, event: TypingBegan) -> SeenEvent | None:
        if event.user_id == self._reader.id or not self._reader.may_see(event.channel_id):
            return None
        place = self._sandbox.get_channel(event.channel_id)
        name = find_display_name(self._sandbox, place.guild_id, event.user_id)
        return TypingSeen(event.channel_id, event.user_id, name)

    def _message(self, event: MessageMade | MessageChanged | MessageRemoved) -> SeenEvent | None:
        message = event.message
        if not can_see(self._sandbox, message, self._reader.id):
            return None
        if isinstance(event, MessageRemoved):
            return MessageGone(message.channel_id, message.id)
        view = view_message(self._sandbox, message, self._reader.id)
        return MessageSeen(view) if isinstance(event, MessageMade) else MessageEdited(view)

    def _moved(self) -> SeenEvent | None:
        now = self._view()
        if now == self._places:
            return None
        self._places = now
        return now
