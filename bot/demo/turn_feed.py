"""The demo's feed for the page: how the latest turns go on, and the Chatbot's persona.

A turn's way is for moderators and admins, by the same permissions that make somebody a
moderator of a Chat Room. The persona is the demo's own setting, as ``--persona`` is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from bot.client.moderators import may_moderate
from bot.domain.events import Event, RoomPaused, RoomResumed, TurnBegan, TurnEvent
from bot.engine.engine import Engine
from bot.errors import FourRoomsError
from bot.prompting.templates import Prompts
from bot.sandbox.users.user import SandboxUser
from bot.sandbox.users.user_errors import Refused
from bot.sandbox.web.page_feed import (
    FeedChange,
    PersonaChoice,
    ProgressStep,
    RoomState,
    TurnProgress,
)

KEPT: Final = 5
"""Turns whose way is remembered in each room: the latest, and those still being scored."""


@dataclass
class _RoomFeed:
    paused: bool = False
    turns: dict[int, TurnProgress] = field(default_factory=dict)


class TurnFeed:
    """A listener to the engine (a `PageFeed`).

    ``room_id`` is the Chat Room whose persona it shows and changes.
    """

    def __init__(self, engine: Engine, prompts: Prompts, room_id: int) -> None:
        self._engine = engine
        self._prompts = prompts
        self.room_id = room_id
        self._rooms: dict[int, _RoomFeed] = {}
        self._on_change: Callable[[FeedChange], None] = _ignore
        self._looking: asyncio.Task[None] | None = None

    async def open(self, on_change: Callable[[FeedChange], None]) -> None:
        """Begin to listen, and to pass on changes."""
        self._on_change = on_change
        for room in await self._engine.stores.rooms.all():
            self._rooms[room.id] = _RoomFeed(paused=room.paused)
        self._engine.subscribe(self._hear)

    def close(self) -> None:
        """Listen no more."""
        if self._looking is not None:
            self._looking.cancel()
        self._engine.unsubscribe(self._hear)

    async def persona_choice(self) -> PersonaChoice:
        """Return the persona of the Chat Room."""
        room = await self._engine.stores.rooms.get(self.room_id)
        return PersonaChoice(room.settings.persona if room else "", self._prompts.personas)

    async def change_persona(self, persona: str) -> PersonaChoice:
        """Give the Chat Room another persona, from its next turn on. Raises Refused."""
        try:
            await self._save_persona(persona)
        except FourRoomsError as error:
            raise Refused(0, str(error)) from error
        choice = await self.persona_choice()
        self._on_change(choice)
        return choice

    async def _save_persona(self, persona: str) -> None:
        self._prompts.persona(persona)  # a name that is not there is said
        room = await self._engine.stores.rooms.get(self.room_id)
        if room is not None:
            changed = room.settings.model_copy(update={"persona": persona})
            await self._engine.stores.rooms.update_settings(room.id, changed)

    def may_watch(self, user: SandboxUser, room_id: int) -> bool:
        """Return whether somebody is a moderator of a room, as far as permissions make one."""
        return may_moderate(user.permissions_in(room_id))

    def visible_to(self, user: SandboxUser) -> tuple[TurnProgress | RoomState, ...]:
        """Return all that somebody may know of the rooms now."""
        visible: list[TurnProgress | RoomState] = []
        for room_id, room in self._rooms.items():
            if self.may_watch(user, room_id):
                visible += [RoomState(room_id, room.paused), *room.turns.values()]
        return tuple(visible)

    def _hear(self, event: Event) -> None:
        room = self._rooms.setdefault(event.room_id, _RoomFeed())
        if isinstance(event, RoomPaused | RoomResumed):
            room.paused = isinstance(event, RoomPaused)
            self._on_change(RoomState(event.room_id, room.paused))
        elif isinstance(event, TurnEvent):
            self._on_change(_add_step(room, event))
        if isinstance(event, TurnBegan):
            # A moderator may have changed the settings with a command of the bot.
            self._looking = asyncio.create_task(self._look_at_persona())

    async def _look_at_persona(self) -> None:
        self._on_change(await self.persona_choice())


def _add_step(room: _RoomFeed, event: TurnEvent) -> TurnProgress:
    step = ProgressStep(type(event).__name__, getattr(event, "round", 0), datetime.now(UTC))
    turn = room.turns.get(event.turn_id) or TurnProgress(event.room_id, event.turn_id, ())
    # A turn that is taken up again goes on where it was.
    again = isinstance(event, TurnBegan) and any(past.what == step.what for past in turn.steps)
    turn = replace(turn, steps=(*turn.steps, replace(step, what="TurnTakenUp") if again else step))
    room.turns[event.turn_id] = turn
    while len(room.turns) > KEPT:
        del room.turns[next(iter(room.turns))]
    return turn


def _ignore(_: object) -> None:
    """Ignore a change, as nobody listens yet."""
