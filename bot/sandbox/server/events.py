"""What happened in the sandbox, told inside the process to whoever watches a person's view.

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
    """A message is in a channel; ephemeral ones too."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message was edited, completed, reacted to or pinned."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """A message is gone."""

    message: Message


@dataclass(frozen=True, slots=True)
class TypingBegan:
    """Somebody's typing indicator shows for the next ten seconds, or until they post."""

    channel_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class PlacesChanged:
    """Channels, threads, roles or members are no longer as they were."""


@dataclass(frozen=True, slots=True)
class CommandsChanged:
    """The application has registered other commands."""


@dataclass(frozen=True, slots=True)
class InteractionAnswered:
    """The application has answered an interaction, or gone on with its answer."""

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
    """Tells listeners at once and in order. A listener must not raise, nor block."""

    def __init__(self) -> None:
        self._listeners: list[EventListener] = []

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Tell ``listener`` all news from now on; the returned function ends that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def publish(self, news: ServerEvent) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            listener(news)

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
        found = check(None) if present else None
        if found is not None:
            return found
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def look(news: ServerEvent) -> None:
            if future.done():
                return
            try:
                result = check(news)
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
