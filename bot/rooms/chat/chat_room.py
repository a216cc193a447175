"""The Chat Room, where a reply gets once, in pieces that fit, and never while it is paused.

`ChatRoomPort` is the only way into a Chat Room, and `ChatRoom` alone sends replies by it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.domain import (
    EvaluationState,
    NewPost,
    PostKind,
    PostTo,
    RoomSettings,
    Turn,
    TurnState,
)
from bot.domain.permissions import MISSING_RIGHT_BECAUSE
from bot.domain.posts import ChatRoomPort, ReplyPost, nonce_of
from bot.errors import DeliveryError, DeliveryForbidden, DeliveryRefused, DeliveryUncertain
from bot.reasons import Reason, because
from bot.rooms.calls import failure_calls
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.rooms.chat.member_texts import MemberTexts
from bot.rooms.chat.splitting import split_text
from bot.storage.stores.privacy.removals import PostPlace, removal
from bot.storage.stores.stores import Stores
from bot.storage.stores.turns import StaleTurn
from bot.text.discord_safety import make_harmless

log = structlog.get_logger(__name__)

SEND_FOR: Final = timedelta(minutes=15)
"""How long an undeliverable reply is tried: later, it would answer nobody."""
SECOND_WAIT: Final = 10.0
"""Seconds after the second try in a row that Discord did not take; doubled at each further one."""
LONGEST_WAIT: Final = 60.0
PAUSE_PATIENCE: Final = 32.0
"""Seconds a pause waits for a reply that is just being sent: Discord gets 30 for a post."""
CALL_BACK_SECONDS: Final = 5.0
"""Seconds to arrive for a reply that is called back, and then to end."""


@dataclass(frozen=True, slots=True)
class _Posted:
    """The messages of a reply that are in the Chat Room, by part."""

    of_turn: tuple[int, TurnState]
    message_ids: dict[int, int] = field(default_factory=dict)


class ChatRoom:
    """The sender of replies and apologies, one at a time in each room."""

    def __init__(
        self, stores: Stores, port: ChatRoomPort, texts: MemberTexts | None = None
    ) -> None:
        self.stores = stores
        self.port = port
        self.texts = texts or MemberTexts(stores)
        self._sending: dict[int, asyncio.Task[Turn | None]] = {}
        self._retry_at: dict[int, tuple[float, float]] = {}
        """By room that did not take a reply: when to try again (monotonic), and the next wait."""
        self._posted: dict[int, _Posted] = {}
        """By room what is there of its latest reply: of one that never gets whole, nothing stays.

        It is known where Discord cannot be asked: reading may fail as long as posting does.
        """
        self._unsure: set[int] = set()
        """Rooms whose latest post Discord has neither confirmed nor refused."""
        self._forbidden: dict[int, str] = {}
        self.stop_room: Callable[[int, str], Awaitable[None]] = _stop_nothing
        """Pauses a room in which the bot may not post, for the reason; set by the Control Room."""

    async def send(self, turn: Turn) -> Turn | None:
        """Post what the turn has to say, and return the turn as it then is.

        None if it has to wait: the room is paused, or Discord did not take the post. Where the bot
        may not post, the room is stopped. Words that Discord refuses become the apology.
        """
        sent = await self._send_called_back(turn)
        if sent is not None and sent.state is TurnState.WITHHOLDING:
            sent = await self._send_called_back(sent)
        if (why := self._forbidden.pop(turn.room_id, None)) is not None:
            await self.stop_room(turn.room_id, why)
        return sent

    async def _send_called_back(self, turn: Turn) -> Turn | None:
        """Post in a task of its own, so that a pause can call it back."""
        task = asyncio.create_task(self._send(turn), name=f"send turn {turn.id}")
        self._sending[turn.room_id] = task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            await self._call_back(task)
            raise
        finally:
            del self._sending[turn.room_id]
        return None if task.cancelled() else task.result()

    async def close(self, turn: Turn, why: str) -> Turn:
        """End a turn without a word to anybody but the moderators."""
        done = replace(turn, state=TurnState.WITHHELD, withheld_because=why, waits_until=None)
        return await self._finish(done, was=turn)

    def waits_to_retry(self, turn: Turn) -> bool:
        """Return whether a turn's reply was not taken, and it is too early to try again."""
        until, _ = self._retry_at.get(turn.room_id, (0.0, 0.0))
        return turn.delivery_tries > 0 and time.monotonic() < until

    def reset_backoff(self, room_id: int) -> None:
        """Try a room again at once: someone says that it is mended."""
        self._retry_at.pop(room_id, None)

    async def hold(self, room_id: int) -> None:
        """Return once no reply can leave a room that has just been marked as paused.

        The fate of one that is being sent is waited for. Where Discord does not tell it in time,
        it `may_appear`, and is looked for before it is ever sent again.
        """
        if (task := self._sending.get(room_id)) is not None:
            await asyncio.wait({task}, timeout=PAUSE_PATIENCE)
            if not task.done():
                self._unsure.add(room_id)
            await self._call_back(task)

    async def call_back(self, room_id: int) -> None:
        """Stop a reply that is being sent, unless it arrives within moments."""
        if (task := self._sending.get(room_id)) is not None:
            await asyncio.wait({task}, timeout=CALL_BACK_SECONDS)
            await self._call_back(task)

    def may_appear(self, room_id: int) -> bool:
        """Return whether a reply that Discord did not confirm may still come up in a room."""
        return room_id in self._unsure

    def note_looked(self, room_id: int) -> None:
        """Note that somebody has looked whether such a reply came up."""
        self._unsure.discard(room_id)

    def sending(self, room_id: int) -> bool:
        """Return whether a reply of that room is on its way."""
        return room_id in self._sending

    async def drain(self, seconds: float) -> None:
        """Give the replies on their way that long to arrive."""
        if self._sending:
            await asyncio.wait(self._sending.values(), timeout=seconds)

    async def _call_back(self, task: asyncio.Task[Turn | None]) -> None:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=CALL_BACK_SECONDS)

    async def _send(self, turn: Turn) -> Turn | None:
        room = await self.stores.rooms.get(turn.room_id)
        if room is None or room.paused:
            return None
        trying = replace(turn, delivery_tries=turn.delivery_tries + 1)
        if turn.delivery_tries == 0:  # what it waited for before says nothing of Discord
            trying = replace(trying, began_at=datetime.now(UTC))
        try:
            trying = await self.stores.turns.save(trying, was=turn)
            return await self._try_to_send(trying, room.settings)
        except StaleTurn:
            await self._take_away(turn, self._posted_of(turn))
            raise

    async def _try_to_send(self, trying: Turn, settings: RoomSettings) -> Turn | None:
        self._unsure.discard(trying.room_id)
        try:
            message_ids = await self._post(trying, look_first=trying.delivery_tries > 1)
        except DeliveryForbidden as error:
            self._forbidden[trying.room_id] = because(MISSING_RIGHT_BECAUSE, why=error.detail)
            return None
        except DeliveryRefused as error:
            return await self._refused(trying, error.detail, settings)
        except DeliveryError as error:
            if isinstance(error, DeliveryUncertain):
                self._unsure.add(trying.room_id)
            log.warning("reply not delivered", tries=trying.delivery_tries, detail=error.detail)
            if datetime.now(UTC) - trying.waits_since > SEND_FOR:
                return await self._give_up(trying, error.detail, settings)
            self._wait_to_retry(trying.room_id)
            return None
        self.reset_backoff(trying.room_id)
        return await self._arrived(trying, message_ids)

    def _wait_to_retry(self, room_id: int) -> None:
        """Let the next try wait: not after a first failure, which may be chance."""
        _, wait = self._retry_at.get(room_id, (0.0, 0.0))
        following = min(max(SECOND_WAIT, 2 * wait), LONGEST_WAIT)
        self._retry_at[room_id] = (time.monotonic() + wait, following)

    async def _take_away(self, turn: Turn, message_ids: tuple[int, ...]) -> None:
        """Delete a reply to a turn that ended while it was posted: forgotten, or given help."""
        now = await self.stores.turns.get(turn.id)
        if now is not None and (now.state.open or {*message_ids} & {*now.reply_message_ids}):
            return
        await self.stores.outbox.add(_removals(turn.room_id, message_ids))

    async def reply_posts(self, turn: Turn) -> list[ReplyPost]:
        """Return the messages that a turn sends, an apology in the person's language."""
        if turn.state is not TurnState.WITHHOLDING:
            return make_reply_posts(turn)
        return make_reply_posts(turn, await self.texts.for_turn(APOLOGY, turn))

    async def _post(self, turn: Turn, *, look_first: bool) -> tuple[int, ...]:
        message_ids: list[int] = []
        of_turn = (turn.id, turn.state)
        posted = self._posted.get(turn.room_id)
        if posted is None or posted.of_turn != of_turn:
            posted = self._posted[turn.room_id] = _Posted(of_turn)
        for post in await self.reply_posts(turn):
            message_id = await self.port.find(post) if look_first else None
            posted.message_ids[post.part] = message_id or await self.port.send(post)
            message_ids.append(posted.message_ids[post.part])
        return tuple(message_ids)

    def _posted_of(self, turn: Turn) -> tuple[int, ...]:
        """Return the messages of a turn's reply that are known to be there, all of it or not."""
        posted = self._posted.get(turn.room_id)
        if posted is None or posted.of_turn != (turn.id, turn.state):
            return ()
        return tuple(posted.message_ids.values())

    async def _arrived(self, trying: Turn, message_ids: tuple[int, ...]) -> Turn:
        replied = trying.state is TurnState.READY
        done = replace(
            trying,
            state=TurnState.SENT if replied else TurnState.WITHHELD,
            reply_message_ids=message_ids,
            replied_at=datetime.now(UTC),
        )
        return await self._finish(done, was=trying)

    async def _refused(self, trying: Turn, why: str, settings: RoomSettings) -> Turn:
        """Have the apology take the place of a reply that Discord refuses."""
        if trying.state is not TurnState.READY:
            return await self._give_up(trying, why, settings)
        withheld = _not_posted(why)
        apology = replace(trying, state=TurnState.WITHHOLDING, withheld_because=withheld)
        apology = replace(apology, delivery_tries=0)
        calls = failure_calls(settings, apology, withheld)
        gone = _removals(trying.room_id, self._posted_of(trying))
        return await self.stores.turns.save(apology, was=trying, posts=(*calls, *gone))

    async def _give_up(self, trying: Turn, why: str, settings: RoomSettings) -> Turn:
        reason = trying.withheld_because or _not_posted(why)
        done = replace(trying, state=TurnState.WITHHELD, withheld_because=reason)
        written = trying.state is TurnState.READY  # of an apology it has been told before
        calls = failure_calls(settings, done, reason) if written else ()
        gone = _removals(trying.room_id, self._posted_of(trying))
        return await self._finish(done, was=trying, besides=(*calls, *gone))

    async def _finish(self, done: Turn, *, was: Turn, besides: tuple[NewPost, ...] = ()) -> Turn:
        self._unsure.discard(done.room_id)  # nothing of it is ever sent again
        done = replace(done, evaluation=EvaluationState.PENDING)
        kind = PostKind.REPLY if done.state is TurnState.SENT else PostKind.WITHHELD
        post = NewPost(done.room_id, PostTo.THERAPY_ROOM, kind, turn_id=done.id)
        return await self.stores.turns.save(done, was=was, posts=(post, *besides))


def _removals(room_id: int, message_ids: Iterable[int]) -> list[NewPost]:
    return [removal(room_id, message_id, PostPlace(room_id)) for message_id in message_ids]


async def _stop_nothing(room_id: int, why: str) -> None:
    log.warning("may not post", room_id=room_id, why=why)


def _not_posted(why: str) -> Reason:
    return because("the reply could not be posted: {why}", why=why)


def make_reply_posts(turn: Turn, apology: str = APOLOGY) -> list[ReplyPost]:
    """Return the messages that a turn sends: its reply made harmless, in pieces, or the apology."""
    text = apology if turn.state is TurnState.WITHHOLDING else turn.reply or ""
    pieces = split_text(make_harmless(text))
    answered = turn.message_ids[-1]
    return [
        ReplyPost(
            turn_id=turn.id,
            room_id=turn.room_id,
            part=number,
            parts=len(pieces),
            text=piece,
            nonce=nonce_of(turn.room_id, answered, turn.state.value, number),
            reference_id=answered,
        )
        for number, piece in enumerate(pieces)
    ]
