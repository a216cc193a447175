"""The day's talk as the Critic is shown it, once a day and within bounds."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from string import ascii_uppercase
from typing import Final, Protocol

import structlog

from bot.domain import Deadline, TurnState
from bot.domain.day_look import DayLook, DayPerson, DayReply, DayTalk
from bot.domain.search import FoundTurn
from bot.errors import LLMError
from bot.llm.protocol import CallContext, CallPriority
from bot.storage.stores.stores import Stores
from bot.text.traces import Traces

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 120.0
"""What the look may take; the digest waits for it."""
DAY: Final = timedelta(days=1)
BACK: Final = timedelta(days=7)
"""How far back it sees who talked, and something of what was said to those who talk most."""
MOST_READ: Final = 400
"""Turns that are read, the newest: where there were more, the look is told how far back it sees."""
MOST_OF_DAY: Final = 50
MOST_EARLIER: Final = 12
"""Replies that are shown, of the day and of the six before: some 8,000 tokens with all."""
MOST_PEOPLE: Final = 20
MOST_REGULARS: Final = 2
"""People of whom earlier days are shown."""
_MENTION: Final = re.compile(r"<@[!&]?[0-9]+>")


class LooksAtDays(Protocol):
    """Whoever says what a day was like; see `bot.agents.day_critic`."""

    async def look(self, talk: DayTalk, ctx: CallContext) -> DayLook:
        """Say what the day was like. LLMError if it cannot say."""
        ...


class DayLooks:
    """The taker of the looks, each once for a room and day."""

    def __init__(self, stores: Stores, critic: LooksAtDays) -> None:
        self._stores = stores
        self._critic = critic

    async def take(self, room_id: int, until: datetime) -> None:
        """Ask about the day that ends then, and keep what is said; nothing where none can be."""
        digests = self._stores.digests
        if await digests.look_of(room_id, until) is not None:
            return
        found = await self._stores.turn_search.between(room_id, until - BACK, until, MOST_READ)
        talk = gather(found, until, is_all=not await self._has_older(room_id, found, until))
        if not talk.replies:
            return
        ctx = CallContext(
            Deadline.after(LOOK_SECONDS),
            room_id=room_id,
            is_patient=False,
            priority=CallPriority.SCORING,
        )
        try:
            look = await self._critic.look(talk, ctx)
        except LLMError as error:  # the digest is worth having without it
            log.warning("day not looked at", room_id=room_id, detail=error.detail)
            return
        await digests.keep_look(room_id, until, look)

    async def _has_older(self, room_id: int, found: Sequence[FoundTurn], until: datetime) -> bool:
        """Return whether the time holds turns from before those that were read."""
        if not found:
            return False
        oldest = found[0].turn.created_at
        return bool(await self._stores.turn_search.between(room_id, until - BACK, oldest, 1))


def gather(found: Sequence[FoundTurn], until: datetime, *, is_all: bool = True) -> DayTalk:
    """Return what is shown of the turns of a week, oldest first; nothing if the day had none.

    Unless it ``is_all`` of the week, days that were read in part do not count.
    """
    whole = BACK // DAY if is_all else (until - found[0].turn.created_at) // DAY
    sent = [one for one in found if one.turn.state is TurnState.SENT and one.turn.reply]
    day = [one for one in sent if one.turn.created_at >= until - DAY]
    replies = Counter(name for one in day for name in _people(one))
    days = _days(sent, until, max(1, whole))
    letters = _Letters(list(dict.fromkeys([*(name for name, _ in replies.most_common()), *days])))
    return DayTalk(
        replies=tuple(_shown(one, until, letters) for one in _chosen(sent, day, replies, until)),
        people=tuple(
            DayPerson(letters.of(name), count, len(days[name]))
            for name, count in replies.most_common(MOST_PEOPLE)
        ),
        all_replies=len(day),
        days=max(1, whole),
        is_whole=whole > 0,
    )


def _days(sent: Sequence[FoundTurn], until: datetime, whole: int) -> dict[str, set[int]]:
    """Return everybody who talked, each with the days of the whole ones on which they did."""
    days = defaultdict[str, set[int]](set)
    for one in sent:
        ago = _days_ago(one, until)
        for name in sorted(_people(one)):
            days[name].update({ago} if ago < whole else ())
    return days


def _chosen(
    sent: Sequence[FoundTurn], day: Sequence[FoundTurn], replies: Counter[str], until: datetime
) -> Sequence[FoundTurn]:
    """Return some of the day, and of what was said before to those who talk most."""
    if not day:
        return ()
    regulars = {name for name, _ in replies.most_common(MOST_REGULARS)}
    earlier = [one for one in sent if one.turn.created_at < until - DAY]
    earlier = [one for one in earlier if regulars.intersection(_people(one))]
    return (*_spread(earlier, MOST_EARLIER), *_spread(day, MOST_OF_DAY))


class _Letters:
    """Letters in the place of people's display names: in texts, of those written in full."""

    def __init__(self, names: Sequence[str]) -> None:
        self._letters = dict(zip(names, _all_letters(), strict=False))
        # Longest first: "Ana Lopez" before "Ana".
        longest = sorted(self._letters, key=len, reverse=True)
        self._traces = [(Traces([name], ()), self._letters[name]) for name in longest]

    def of(self, name: str) -> str:
        """Return a person's letter."""
        return self._letters.get(name, "somebody")

    def put_into(self, text: str) -> str:
        """Return a text that names none of them in full."""
        text = _MENTION.sub("somebody", text)
        for traces, letter in self._traces:
            text = traces.without_names(text, letter)
        return text


def _all_letters() -> Iterator[str]:
    yield from ascii_uppercase
    yield from (first + second for first in ascii_uppercase for second in ascii_uppercase)


def _people(one: FoundTurn) -> set[str]:
    return {line.speaker for line in one.asked}


def _days_ago(one: FoundTurn, until: datetime) -> int:
    return max(0, (until - one.turn.created_at) // DAY)


def _spread(found: Sequence[FoundTurn], most: int) -> list[FoundTurn]:
    """Return at most so many, from the first to the last: a pattern may take the whole day."""
    if len(found) <= most:
        return [*found]
    step = (len(found) - 1) / (most - 1)
    return [found[round(at * step)] for at in range(most)]


def _shown(one: FoundTurn, until: datetime, letters: _Letters) -> DayReply:
    return DayReply(
        number=one.turn.number,
        days_ago=_days_ago(one, until),
        who=" and ".join(sorted({letters.of(name) for name in _people(one)})) or "somebody",
        said=letters.put_into(" / ".join(line.text for line in one.asked)),
        reply=letters.put_into(one.turn.reply or ""),
    )
