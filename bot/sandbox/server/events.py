"""The events of the sandbox, told inside the process to whoever watches a person's view.

The gateway tells a bot; this tells the Python clients of people, and a web page. Unlike gateway
events, news covers what only one person sees (ephemeral answers, modals).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from simcord.backend.models import Message

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MessageMade:
    """A new message in a channel, perhaps an ephemeral one."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A change of a message: it was edited, completed, reacted to or pinned."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """The removal of a message."""

    message: Message


@dataclass(frozen=True, slots=True)
class TypingBegan:
    """A typing indicator that shows for the next ten seconds, or until the person posts."""

    channel_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class PlacesChanged:
    """A change of channels, threads, roles or members."""


@dataclass(frozen=True, slots=True)
class CommandsChanged:
    """The registration of other commands by the application."""


@dataclass(frozen=True, slots=True)
class InteractionAnswered:
    """A first or further answer of the application to an interaction."""

    interaction_id: int


ServerEvent = (
    MessageMade
    | MessageChanged
    | MessageRemoved
    | TypingBegan
    | PlacesChanged
    | CommandsChanged
    | InteractionAnswered
)
EventListener = Callable[[ServerEvent], None]


class EventBus:
    """A bus that tells listeners at once and in order. A listener must not raise, nor block."""

    def __init__(self) -> None:
        self._listeners: list[EventListener] = []

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Tell ``listener`` every event from now on; the returned function ends that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def publish(self, event: ServerEvent) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            listener(event)

    async def until(
        self,
        check: Callable[[ServerEvent | None], T | None],
        *,
        timeout: float,
        present: bool = True,
    ) -> T:
        """Wait until ``check`` gives something else than None, and return that.

        ``check`` is asked once with None for what is already there (unless ``present`` is
        False), then with each piece of news. Raises TimeoutError after ``timeout`` seconds.
        """
        result = check(None) if present else None
        if result is not None:
            return result
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def look(event: ServerEvent) -> None:
            if future.done():
                return
            try:
                result = check(event)
            except Exception as error:  # noqa: BLE001 - it is the waiter's, and goes back to it
                future.set_exception(error)
                return
            if result is not None:
                future.set_result(result)

        stop = self.listen(look)
        try:
            async with asyncio.timeout(timeout):
                return await future
        finally:
            stop()
