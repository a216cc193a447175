"""What became of a message that got no reply, or of a post that came twice: for a red test."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.sandbox import Message, Sandbox
from bot.sandbox.server.gateway.event_filter import is_on_shard
from tests.kills.record import Record

ENDED: Final = ("sent", "withheld", "helped")
"""The states of a turn that has come to its end."""
_TROUBLE: Final = ("warning", "error", "critical")
_KEPT: Final = (
    "SELECT messages.id, messages.set_aside_at IS NOT NULL, messages.set_aside_reason, "
    "turns.id, turns.room_id, turns.number, turns.state, turns.withheld_because "
    "FROM messages LEFT JOIN turns ON turns.id = messages.turn_id"
)


@dataclass(frozen=True)
class Kept:
    """A message as the bot's database has it, with the turn that answers it, if any."""

    set_aside: bool
    set_aside_because: str | None
    turn_id: int | None
    room_id: int | None
    number: int | None
    """The number by which people call the turn's reply."""
    state: str | None
    withheld_because: str | None

    @property
    def has_ended(self) -> bool:
        """Whether the turn that answers it has come to its end."""
        return self.state in ENDED


async def read_kept(record: Record) -> dict[int, Kept]:
    """Return every message that the bot has kept, by id."""
    return {row[0]: Kept(bool(row[1]), *row[2:]) for row in await record.rows(_KEPT)}


@dataclass(frozen=True)
class _Told:
    """How a message was told to the bot: by so many connections, and before which request."""

    connections: int
    mark: int


class Witness:
    """The one who sees how messages come to the bot. ``folders`` hold its processes' logs."""

    def __init__(self, sandbox: Sandbox, folders: Sequence[Path]) -> None:
        self._sandbox = sandbox
        self._folders = folders
        self._told: dict[int, _Told] = {}
        sandbox.backend.subscribers.append(self._note)

    def _note(self, event: str, payload: Mapping[str, Any]) -> None:
        if event != "MESSAGE_CREATE":
            return
        connected = self._sandbox.gateway.connected
        there = sum(is_on_shard(payload, event, session.shard) for session in connected)
        self._told[int(payload["id"])] = _Told(there, self._sandbox.requests.mark)

    def way_of(self, message: Message) -> str:
        """Say how a message came to the bot, or could have come."""
        told = self._told[message.id]
        history = f"GET /channels/{message.place_id}/messages"
        read = len(self._sandbox.requests.since(told.mark, history))
        told_to = f"told to {told.connections} connections" if told.connections else "told to none"
        return f"{told_to}, the history read {read} times since"

    def log_of(self, *ids: int) -> str:
        """Say what the logs tell of these ids, and how often there was trouble."""
        lines = list(self._lines())
        trouble = Counter(line["event"] for line in lines if line.get("level") in _TROUBLE)
        counts = "; ".join(f"{count} x {event}" for event, count in trouble.items())
        told = [json.dumps(line) for line in lines]
        named = [line for line in told if any(str(one) in line for one in ids)]
        return "".join(
            f"\n    {line}" for line in (f"trouble in the log: {counts or 'none'}", *named)
        )

    def _lines(self) -> Iterator[dict[str, Any]]:
        for folder in self._folders:
            log = folder / "log.jsonl"
            for line in log.read_text().splitlines() if log.exists() else ():
                with suppress(json.JSONDecodeError):  # a kill may cut one short
                    yield json.loads(line)


def find_lost(
    said: Sequence[Message], kept: Mapping[int, Kept], shown: Collection[int], witness: Witness
) -> list[str]:
    """Say of each message without an answer what became of it; ``shown`` are turns people saw."""
    return [
        f"lost: {message.id} {message.text!r}, {fate}; {witness.way_of(message)}"
        f"{witness.log_of(message.id)}"
        for message in said
        if (fate := _fate(kept.get(message.id), shown)) is not None
    ]


def _fate(kept: Kept | None, shown: Collection[int]) -> str | None:
    """Return why a message has no answer that people saw; None if it has one."""
    if kept is None:
        return "not kept"
    if kept.turn_id is None:
        aside = f"set aside: {kept.set_aside_because or 'without a reason'}"
        return f"kept and {aside}" if kept.set_aside else "kept, but no turn claimed it"
    return None if kept.turn_id in shown else _fate_of_turn(kept)


def _fate_of_turn(kept: Kept) -> str | None:
    """Return why nobody saw an answer of the turn that a message is in."""
    if not kept.has_ended:
        return f"in turn {kept.turn_id}, which is {kept.state} still"
    if kept.state == "withheld":
        return f"in turn {kept.turn_id}, withheld without a word: {kept.withheld_because}"
    if kept.state == "sent":
        return f"answered by turn {kept.turn_id}, whose reply nobody saw"
    return None  # help may be in a thread
