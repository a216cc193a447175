"""All stores over one database."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.acts import ActStore
from bot.storage.calls import CallStore
from bot.storage.database import Database
from bot.storage.digests import DigestStore
from bot.storage.evaluations import EvaluationStore
from bot.storage.guidance import GuidanceStore
from bot.storage.marks import Marks
from bot.storage.messages import MessageStore
from bot.storage.outbox import Outbox
from bot.storage.retention import RetentionStore
from bot.storage.rooms import RoomStore
from bot.storage.turns import TurnStore
from bot.storage.windows import Windows


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
