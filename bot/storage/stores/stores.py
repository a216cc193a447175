"""All stores over one database."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.database.database import Database
from bot.storage.stores.acts import ActStore
from bot.storage.stores.calls import CallStore
from bot.storage.stores.digests import DigestStore
from bot.storage.stores.evaluations import EvaluationStore
from bot.storage.stores.guidance import GuidanceStore
from bot.storage.stores.key_value import Marks
from bot.storage.stores.messages import MessageStore
from bot.storage.stores.outbox import Outbox
from bot.storage.stores.retention import RetentionStore
from bot.storage.stores.rooms import RoomStore
from bot.storage.stores.turn_history import Windows
from bot.storage.stores.turns import TurnStore


@dataclass(frozen=True, slots=True)
class Stores:
    """What the bot knows: one attribute a store."""

    rooms: RoomStore
    messages: MessageStore
    turns: TurnStore
    evaluations: EvaluationStore
    acts: ActStore
    calls: CallStore
    outbox: Outbox
    marks: Marks
    guidance: GuidanceStore
    digests: DigestStore
    windows: Windows
    retention: RetentionStore

    @classmethod
    def over(cls, database: Database) -> Stores:
        """The stores of that database."""
        guidance = GuidanceStore(database)
        return cls(
            rooms=RoomStore(database),
            messages=MessageStore(database),
            turns=TurnStore(database, guidance),
            evaluations=EvaluationStore(database),
            acts=ActStore(database),
            calls=CallStore(database),
            outbox=Outbox(database),
            marks=Marks(database),
            guidance=guidance,
            digests=DigestStore(database),
            windows=Windows(database),
            retention=RetentionStore(database),
        )
