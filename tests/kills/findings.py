"""What a run of kills left behind: what people saw in Discord, held against the record."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.rooms.chat.fixed_texts import DELAY_TEXT
from bot.sandbox import Message, SandboxUser
from tests.kills.fates import Witness, find_lost, read_kept
from tests.kills.record import Record


@dataclass(frozen=True)
class Found:
    """What a run left behind; what `broken` names has to be 0."""

    kills: int
    messages: int
    replies: int
    lost: int
    doubled: int
    without_session: int
    cards_missing: int
    waits: Sequence[float] = field(default_factory=tuple)
    """Of several processes: the seconds from each kill until every shard was served again."""
    fates: Sequence[str] = field(default_factory=tuple)
    """What became of each message that is lost, and what each post is that is one too many."""

    @property
    def broken(self) -> dict[str, int]:
        """Return what should not be, with how often it is."""
        names = ("lost", "doubled", "without_session", "cards_missing")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def __str__(self) -> str:
        waited = (
            f"; every shard was served again after {max(self.waits):.0f} s at most, "
            f"{sorted(self.waits)[len(self.waits) // 2]:.0f} s in the middle"
            if self.waits
            else ""
        )
        return (
            f"{self.kills} kills, {self.messages} messages, {self.replies} replies: "
            f"{self.lost} lost, {self.doubled} doubled, {self.without_session} without a finished "
            f"session, {self.cards_missing} cards missing{waited}"
            + "".join(f"\n{fate}" for fate in self.fates)
        )


@dataclass(frozen=True)
class Seen:
    """What people saw in one server: the replies in its lobby, and its moderators' messages."""

    room_id: int
    replies: Sequence[Message]
    moderators: Sequence[Message]


def look_around(ana: SandboxUser, max_: SandboxUser) -> Seen:
    """Return what a member and a moderator of a server have before them, from the beginning."""
    lobby = ana.place_id("#lobby")
    said = (m for m in _all_messages(ana, "#lobby") if m.by_bot and m.reply_to)
    replies = [m for m in said if m.text != DELAY_TEXT]
    return Seen(lobby, replies, _all_messages(max_, "#moderators"))


def _all_messages(person: SandboxUser, where: str) -> list[Message]:
    found: list[Message] = []
    before: int | None = None
    while piece := person.messages(where, before=before):
        found = [*piece, *found]
        before = piece[0].id
    return found


async def count_broken(
    record: Record,
    seen: Sequence[Seen],
    said: Sequence[Message],
    kills: int,
    witness: Witness,
    waits: Sequence[float] = (),
) -> Found:
    """Count in Discord what people see, and hold it against the record."""
    kept = await read_kept(record)
    posted = await _posted(record)
    replies = [message for one in seen for message in one.replies]
    turns = [posted[m.id] for m in replies if m.id in posted]
    cards = Counter(
        (one.room_id, number) for one in seen for m in one.moderators for number in _cards_in(m)
    )
    lost = find_lost(said, kept, {*turns}, witness)
    doubled = [*_doubled_replies(replies, posted, witness), *_doubled_cards(cards)]
    answered = {(one.room_id, one.number) for one in kept.values() if one.has_ended}
    return Found(
        kills=kills,
        messages=len(said),
        replies=len(replies),
        lost=len(lost),
        doubled=len(doubled),
        without_session=len({*turns} - await _with_session(record)),
        cards_missing=len(answered - {*cards}),
        waits=waits,
        fates=[*lost, *doubled],
    )


async def _posted(record: Record) -> Mapping[int, int]:
    """Return the turn of each post that answers one."""
    posted = dict(await record.rows("SELECT message_id, turn_id FROM reply_posts"))
    # Whoever may be in danger reads help in place of a reply: it is counted as one of its turn.
    return posted | dict(
        await record.rows(
            "SELECT message_id, coalesce(turn_id, -id) FROM outbox "
            "WHERE kind = 'help' AND message_id IS NOT NULL"
        )
    )


async def _with_session(record: Record) -> set[int]:
    """Return the turns that had a session, and those that need none, as no reply came of them."""
    reviewed = await record.rows(
        "SELECT DISTINCT turns.id FROM turns JOIN utterances ON utterances.turn_id = turns.id "
        "WHERE turns.state = 'sent' AND utterances.speaker = 'therapist'"
    )
    without = await record.rows("SELECT id FROM turns WHERE state IN ('withheld', 'helped')")
    return {turn_id for (turn_id,) in (*reviewed, *without)}


def _doubled_replies(
    replies: Sequence[Message], posted: Mapping[int, int], witness: Witness
) -> Iterator[str]:
    """Say of each reply that is one too many what it is: of no turn, or of one that has others."""
    of_turn: defaultdict[int, list[int]] = defaultdict(list)
    for reply in replies:
        turn_id = posted.get(reply.id)
        said = f"doubled: {reply.id} {reply.text!r} in answer to {reply.reply_to}"
        if turn_id is None:
            yield f"{said}, which no turn has on record{witness.log_of(reply.id)}"
        elif others := of_turn[turn_id]:
            yield f"{said}, of turn {turn_id} as {others}{witness.log_of(reply.id, *others)}"
        if turn_id is not None:
            of_turn[turn_id].append(reply.id)


def _doubled_cards(cards: Mapping[tuple[int, int], int]) -> Iterator[str]:
    for (room_id, number), count in cards.items():
        yield from [f"doubled: the card of reply #{number} in {room_id}"] * (count - 1)


def _cards_in(message: Message) -> list[int]:
    """Return the numbers of the replies whose score cards a message has."""
    named = (re.search(r" Reply #(\d+) · ", embed.title or "") for embed in message.embeds)
    return [int(found[1]) for found in named if found]
