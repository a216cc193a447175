"""What people are told while a room is paused, if its server wants that: one sentence, once."""

from __future__ import annotations

import structlog

from bot.domain import Room
from bot.errors import DeliveryError
from bot.rooms.chat import ChatRoomPort, ReplyPost, nonce_of
from bot.storage.stores import Stores

log = structlog.get_logger(__name__)


class PausedAnswers:
    """Answers each person once in a pause, as best it can: nothing depends on it."""

    def __init__(self, stores: Stores, door: ChatRoomPort) -> None:
        self._stores = stores
        self._door = door
        self._told: dict[int, set[int]] = {}

    def forget(self, room_id: int) -> None:
        """The pause is over: in the next one people are told again."""
        self._told.pop(room_id, None)

    async def give(self, room: Room) -> None:
        """Answers who has spoken during the pause and was not told yet."""
        if not room.settings.paused_answer:
            return
        told = self._told.setdefault(room.id, set())
        for author_id, message_id in await self._stores.messages.said_in_pause(room.id):
            if author_id in told:
                continue
            told.add(author_id)
            post = ReplyPost(
                turn_id=0,
                room_id=room.id,
                part=0,
                parts=1,
                text=room.settings.paused_answer,
                nonce=nonce_of("paused", message_id),
                reference_id=message_id,
            )
            try:
                await self._door.send(post)
            except DeliveryError as error:
                log.warning("paused answer not delivered", room_id=room.id, detail=error.detail)
