"""The demo's feed for the page: how the latest turns go on, their words, and the room's settings.

A turn's way and its words are for moderators and admins, by the same permissions that make
somebody a moderator of a Chat Room. Words are read from the record whenever a page asks for them,
and kept nowhere else: what is forgotten there is gone here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from statistics import median
from typing import Final

from bot.client.moderators import may_moderate
from bot.demo.turn_words import read_record
from bot.domain import Moderator, ReplyWhen
from bot.domain.events import Event, ReplySent, RoomPaused, RoomResumed, TurnBegan, TurnEvent
from bot.engine.engine import Engine
from bot.errors import FourRoomsError
from bot.prompting.templates import Prompts
from bot.rooms.control.settings_editor import NothingChanged
from bot.sandbox.users.user import SandboxUser
from bot.sandbox.users.user_errors import Refused
from bot.sandbox.web.page_feed import (
    FeedChange,
    ModelNote,
    ProgressStep,
    RoomChoices,
    RoomState,
    TurnProgress,
    TurnRecord,
)

KEPT: Final = 5
"""Turns whose way is remembered in each room: the latest, and those still being scored."""
_TIMED: Final = 5
"""The latest replies whose seconds say how long the next one may take."""


@dataclass
class _RoomFeed:
    paused: bool = False
    turns: dict[int, TurnProgress] = field(default_factory=dict)


class TurnFeed:
    """A listener to the engine (a `PageFeed`).

    ``room_id`` is the Chat Room whose settings it shows and changes, ``model`` what answers there.
    """

    def __init__(self, engine: Engine, prompts: Prompts, room_id: int, model: ModelNote) -> None:
        self._engine = engine
        self._prompts = prompts
        self.room_id = room_id
        self._model = model
        self._rooms: dict[int, _RoomFeed] = {}
        self._on_change: Callable[[FeedChange], None] = _ignore
        self._looking: set[asyncio.Task[None]] = set()

    async def open(self, on_change: Callable[[FeedChange], None]) -> None:
        """Begin to listen, and to pass on changes."""
        self._on_change = on_change
        for room in await self._engine.stores.rooms.all():
            latest = await self._engine.stores.turns.latest(room.id, KEPT)
            ways = {turn.id: TurnProgress(room.id, turn.id, ()) for turn in latest}
            self._rooms[room.id] = _RoomFeed(room.paused, dict(sorted(ways.items())))
        self._engine.subscribe(self._hear)

    def close(self) -> None:
        """Listen no more."""
        for task in self._looking:
            task.cancel()
        self._engine.unsubscribe(self._hear)

    # Settings, and the model

    async def choices(self) -> RoomChoices:
        """Return the settings of the Chat Room."""
        room = await self._engine.stores.rooms.get(self.room_id)
        return RoomChoices(
            persona=room.settings.persona if room else "",
            personas=self._prompts.personas,
            replies=room.settings.reply_when.value if room else "",
            replies_choices=tuple(when.value for when in ReplyWhen),
        )

    async def model(self) -> ModelNote:
        """Return the model, with the seconds that its latest replies took."""
        taken = await self._engine.stores.turn_history.latencies(self.room_id, _TIMED)
        return replace(self._model, seconds=median(taken) if taken else None)

    def may_choose(self, user: SandboxUser) -> bool:
        """Return whether somebody is an admin: as for the command ``/settings``."""
        return user.permissions_in(self.room_id).manage_guild

    async def choose(self, user: SandboxUser, persona: str | None, replies: str | None) -> None:
        """Change the settings, as an act of that person on the record. Raises Refused."""
        if not self.may_choose(user):
            raise Refused(0, "only an admin changes that: here it is Ada")
        changes = {"persona": persona, "reply_when": replies}
        given = {name: value for name, value in changes.items() if value is not None}
        try:
            if persona is not None:
                self._prompts.persona(persona)  # a name that is not there is said
            by = Moderator(user.id, user.name)
            await self._engine.control.settings.change(self.room_id, by, **given)
        except NothingChanged:
            pass
        except FourRoomsError as error:
            raise Refused(0, str(error)) from error
        self._on_change(await self.choices())

    # Turns

    def may_watch(self, user: SandboxUser, room_id: int) -> bool:
        """Return whether somebody is a moderator of a room, as far as permissions make one."""
        return may_moderate(user.permissions_in(room_id))

    async def read_turn(self, user: SandboxUser, turn_id: int) -> TurnRecord:
        """Return a turn in words. Raises Refused for a member, and where there is none."""
        stores = self._engine.stores
        turn = await stores.turns.get(turn_id)
        room = await stores.rooms.get(turn.room_id) if turn is not None else None
        if turn is None or room is None or not self.may_watch(user, room.id):
            raise Refused(0, "that reply is not there, or not yours to look into")
        return await read_record(stores, room, turn)

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
        if isinstance(event, TurnBegan | ReplySent):
            # A moderator may have changed the settings with a command of the bot.
            looking = asyncio.create_task(self._look_again(), name="look at settings and speed")
            self._looking.add(looking)
            looking.add_done_callback(self._looking.discard)

    async def _look_again(self) -> None:
        self._on_change(await self.choices())
        self._on_change(await self.model())


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
    """Hear of a change before anybody listens."""
