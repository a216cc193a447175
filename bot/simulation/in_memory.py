"""The engine with Chat Rooms in memory: no Discord, everything else as it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final, Self

from bot.agents.user import User
from bot.domain import (
    EvaluationState,
    Line,
    Post,
    ReplyWhen,
    Room,
    RoomSettings,
    Turn,
    TurnState,
    UserMessage,
)
from bot.domain.posts import ReplyPost
from bot.engine.engine import Engine
from bot.engine.outbox_relay import OutboxRelay
from bot.engine.team import Agents
from bot.errors import SettingError
from bot.prompting.user_personas import UserPersona
from bot.simulation.turn_waiter import TurnLost, TurnWaiter
from bot.storage.database.data_classes import NOBODY
from bot.storage.stores.stores import Stores

TURN_SECONDS: Final = 1800.0
"""What a turn may take: many rooms share one small model, and nobody waits in a channel."""
IDS_PER_ROOM: Final = 1_000_000
"""Message ids are made of the room's id, so that no two rooms share one."""
SERVER: Final = 1
"""The server that simulated rooms are kept under."""
AUTHOR: Final = 1
"""The AI User's id as an author: no snowflake is that small."""

Deliver = Callable[[Post], Awaitable[None]]


class InMemoryChatRoom:
    """A `ChatRoomPort` into rooms that are lists."""

    def __init__(self) -> None:
        self.ids: dict[int, count[int]] = {}
        """By room: the next message id."""
        self.posts: dict[int, list[tuple[int, ReplyPost]]] = {}
        self.before_send: Callable[[ReplyPost], Awaitable[None]] | None = None
        """Awaited before a reply enters its room."""

    def open(self, room_id: int) -> None:
        """Make a room."""
        self.ids[room_id] = count(room_id * IDS_PER_ROOM + 1)
        self.posts[room_id] = []

    async def send(self, post: ReplyPost) -> int:
        """See `ChatRoomPort`."""
        if self.before_send is not None:
            await self.before_send(post)
        message_id = next(self.ids[post.room_id])
        self.posts[post.room_id].append((message_id, post))
        return message_id

    async def find(self, post: ReplyPost) -> int | None:
        """See `ChatRoomPort`."""
        for message_id, sent in self.posts[post.room_id]:
            if (sent.reference_id, sent.text) == (post.reference_id, post.text):
                return message_id
        return None


@dataclass(frozen=True, slots=True)
class SimulatedMember:
    """A person's place in a room of the server: a `ConversationChannel`."""

    stage: InMemoryServer
    room: Room
    person: str

    @property
    def room_id(self) -> int:
        """See `ConversationChannel`."""
        return self.room.id

    async def say(self, text: str) -> Turn:
        """See `ConversationChannel`. Raises TurnLost if no turn comes of it."""
        return await self.stage.answer(self.room.id, self.person, text)


class InMemoryServer:
    """An engine whose rooms are in memory, and what it needs around it. Use it as a context."""

    def __init__(
        self,
        stores: Stores,
        agents: Agents,
        *,
        deliver: Deliver | None = None,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self.stores = stores
        self.agents = agents
        self.door = InMemoryChatRoom()
        self._deliver = deliver
        self._posts = count(1)
        self._turn_seconds = turn_seconds
        outbox_relay = OutboxRelay(stores.outbox, self._post)
        self._seeds: dict[int, int] = {}
        self.engine = Engine(
            stores, agents, self.door, outbox_relay, seeds=self._seeds, turn_seconds=turn_seconds
        )
        self.control = self.engine.control
        self.watch = TurnWaiter(self.engine)

    async def __aenter__(self) -> Self:
        self.watch.__enter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.watch.__exit__()
        await self.engine.close(0)

    def user(self, persona: UserPersona) -> User:
        """Return the AI User as that person. Raises SettingError if there is no model for it."""
        if self.agents.user is None:
            raise SettingError("There is no model for the AI User: set USER_MODEL or MODEL.")
        return self.agents.user(persona)

    async def open_room(self, settings: RoomSettings, *, seed: int) -> Room:
        """Open a Chat Room, marked as simulated; all calls for it get that seed."""
        bound = [room.id for room in await self.stores.rooms.all()]
        room_id = max([0, *bound, *self.door.ids]) + 1
        self.door.open(room_id)
        settings = settings.model_copy(update={"reply_when": ReplyWhen.ALWAYS})
        room = Room(room_id, SERVER, room_id, room_id, settings=settings, simulated=True)
        await self.stores.rooms.bind(room)
        self._seeds[room_id] = seed
        return room

    async def write_past(self, room_id: int, lines: Sequence[Line]) -> None:
        """Put lines into a room as if they had been said; the last is the Chatbot's.

        Its lines become turns that were answered beforehand, which no agent sees or scores.
        """
        moment = datetime.now(UTC) - timedelta(seconds=len(lines))
        for before, line in zip((None, *lines), lines, strict=False):
            moment += timedelta(seconds=1)
            if not line.by_chatbot:
                await self._write(room_id, AUTHOR, line.speaker, line.text, moment)
                continue
            if before is None or before.by_chatbot:  # a turn needs a message, if only a forgotten
                await self._write(room_id, NOBODY, "", "", moment)
            await self._answer_beforehand(room_id, line.text, moment)

    async def _write(
        self, room_id: int, author: int, name: str, text: str, moment: datetime
    ) -> None:
        message_id = next(self.door.ids[room_id])
        await self.stores.messages.add(UserMessage(message_id, room_id, author, name, text, moment))

    async def _answer_beforehand(self, room_id: int, text: str, moment: datetime) -> None:
        turn = await self.stores.turns.claim(room_id)
        if turn is None:
            raise TurnLost(f"room {room_id}: there is nothing to answer beforehand")
        end = {
            "state": TurnState.SENT,
            "evaluation": EvaluationState.EXEMPT,
            "reply_message_ids": (next(self.door.ids[room_id]),),
            "replied_at": moment,
        }
        steps: tuple[dict[str, Any], ...] = (
            {"state": TurnState.DRAFTED, "draft": text, "candidate": text},
            {"state": TurnState.READY, "reply": text},
            end,
        )
        for step in steps:
            turn = await self.stores.turns.save(replace(turn, **step), was=turn)

    async def answer(self, room_id: int, person: str, text: str, *, author: int = AUTHOR) -> Turn:
        """Write in a room as a person; return the turn that answers it, once it has ended."""
        message = UserMessage(
            next(self.door.ids[room_id]), room_id, author, person, text, datetime.now(UTC)
        )
        ending = self.watch.next_turn(room_id)
        await self.engine.receive(message)
        turn_id = await self.watch.ended(room_id, ending, 2 * self._turn_seconds)
        turn = await self.stores.turns.get(turn_id)
        if turn is None:
            raise TurnLost(f"turn {turn_id} is not in the database")
        return turn

    async def _post(self, post: Post) -> int:
        if self._deliver is not None:
            await self._deliver(post)
        return next(self._posts)
