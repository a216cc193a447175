"""What happens behind the rooms' doors: the way of the latest turns, and the Chatbot's persona.

A turn's way is for moderators and admins, by the same permissions that make somebody a
moderator of a Chat Room. The persona is the demo's own setting, as ``--persona`` is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import discord

from bot.domain.events import Event, RoomPaused, RoomResumed, TurnBegan, TurnEvent
from bot.engine.engine import Engine
from bot.prompting.templates import Prompts
from bot.sandbox.users.user import Person

KEPT: Final = 5
"""Turns whose way is remembered in each room: the latest, and those still being scored."""


@dataclass(frozen=True, slots=True)
class WayStep:
    """Something that happened to a turn. ``what`` is the event's name, ``round`` 0 for none."""

    what: str
    round: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """A turn's way through the rooms so far."""

    room_id: int
    turn_id: int
    steps: tuple[WayStep, ...]


@dataclass(frozen=True, slots=True)
class RoomState:
    """Whether a Chat Room is paused."""

    room_id: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Mind:
    """Which persona the Chatbot has, and which there are."""

    persona: str
    personas: tuple[str, ...]


Change = Way | RoomState | Mind


@dataclass
class _Room:
    paused: bool = False
    ways: dict[int, Way] = field(default_factory=dict)


class Backstage:
    """Listens to the engine. ``room_id`` is the Chat Room whose persona it shows and changes."""

    def __init__(self, engine: Engine, prompts: Prompts, room_id: int) -> None:
        self._engine = engine
        self._prompts = prompts
        self.room_id = room_id
        self._rooms: dict[int, _Room] = {}
        self._changed: Callable[[Change], None] = _nobody
        self._looking: asyncio.Task[None] | None = None

    async def open(self, changed: Callable[[Change], None]) -> None:
        """Begin to listen."""
        self._changed = changed
        for room in await self._engine.stores.rooms.all():
            self._rooms[room.id] = _Room(paused=room.paused)
        self._engine.subscribe(self._hear)

    def close(self) -> None:
        """Listen no more."""
        if self._looking is not None:
            self._looking.cancel()
        self._engine.unsubscribe(self._hear)

    async def mind(self) -> Mind:
        """The persona of the Chat Room."""
        room = await self._engine.stores.rooms.get(self.room_id)
        return Mind(room.settings.persona if room else "", self._prompts.personas)

    async def change_mind(self, persona: str) -> Mind:
        """Give the Chat Room another persona, from its next turn on. Raises SettingError."""
        self._prompts.persona(persona)  # a name that is not there is said
        room = await self._engine.stores.rooms.get(self.room_id)
        if room is not None:
            changed = room.settings.model_copy(update={"persona": persona})
            await self._engine.stores.rooms.update_settings(room.id, changed)
        mind = await self.mind()
        self._changed(mind)
        return mind

    def shown_to(self, person: Person) -> tuple[Way | RoomState, ...]:
        """All that this person may know of the rooms now."""
        told: list[Way | RoomState] = []
        for room_id, room in self._rooms.items():
            if may_watch(person, room_id):
                told += [RoomState(room_id, room.paused), *room.ways.values()]
        return tuple(told)

    def _hear(self, event: Event) -> None:
        room = self._rooms.setdefault(event.room_id, _Room())
        if isinstance(event, RoomPaused | RoomResumed):
            room.paused = isinstance(event, RoomPaused)
            self._changed(RoomState(event.room_id, room.paused))
        elif isinstance(event, TurnEvent):
            self._changed(_note(room, event))
        if isinstance(event, TurnBegan):
            # A moderator may have changed the settings with a command of the bot.
            self._looking = asyncio.create_task(self._look_at_mind())

    async def _look_at_mind(self) -> None:
        self._changed(await self.mind())


def _note(room: _Room, event: TurnEvent) -> Way:
    step = WayStep(type(event).__name__, getattr(event, "round", 0), datetime.now(UTC))
    way = room.ways.get(event.turn_id) or Way(event.room_id, event.turn_id, ())
    # A turn that is taken up again goes on where it was.
    again = isinstance(event, TurnBegan) and any(one.what == step.what for one in way.steps)
    way = replace(way, steps=(*way.steps, replace(step, what="TurnTakenUp") if again else step))
    room.ways[event.turn_id] = way
    while len(room.ways) > KEPT:
        del room.ways[next(iter(room.ways))]
    return way


def may_watch(person: Person, room_id: int) -> bool:
    """Whether somebody is a moderator of a Chat Room, as far as permissions make one."""
    if not person.may_see(room_id):
        return False
    held = discord.Permissions(
        person.sandbox.compute_permissions(person.guild_id, person.id, room_id)
    )
    return held.manage_messages or held.moderate_members


def _nobody(_: object) -> None:
    """Nobody listens yet."""
