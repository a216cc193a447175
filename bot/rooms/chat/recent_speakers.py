"""Who has lately spoken in a Chat Room, and whether to the Chatbot: ids and names, no words."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TALK_LASTS: Final = timedelta(minutes=3)
"""How long after a person's words a question is taken to be for them."""
NAMES_LAST: Final = timedelta(hours=6)
"""How long the names of those who spoke are known, so as to see who is called by theirs."""
MOST_SPOKEN: Final = 60
"""Messages of a room that are known; older ones are let go."""
MAX_ROOMS: Final = 2000


@dataclass(frozen=True, slots=True)
class _Spoken:
    person_id: int
    name: str
    at: datetime
    for_chatbot: bool


class RecentSpeakers:
    """The speakers of each room; in memory alone, so that a restart begins with quiet rooms."""

    def __init__(self) -> None:
        self._spoken: dict[int, deque[_Spoken]] = {}

    def note(
        self, room_id: int, person_id: int, name: str, at: datetime, *, for_chatbot: bool
    ) -> None:
        """Note that a person has said something."""
        spoken = self._spoken.pop(room_id, None) or deque(maxlen=MOST_SPOKEN)
        spoken.append(_Spoken(person_id, name, at, for_chatbot))
        self._spoken[room_id] = spoken
        if len(self._spoken) > MAX_ROOMS:  # the one that has been silent for longest
            del self._spoken[next(iter(self._spoken))]

    def others_talk(self, room_id: int, person_id: int, at: datetime) -> bool:
        """Return whether another person has just said something that was not for the Chatbot."""
        return any(
            one.person_id != person_id and not one.for_chatbot and _is_within(one, at, TALK_LASTS)
            for one in self._spoken.get(room_id, ())
        )

    def other_names(self, room_id: int, person_id: int, at: datetime) -> tuple[str, ...]:
        """Return what the others are called who have lately spoken, each once."""
        names = (
            one.name
            for one in self._spoken.get(room_id, ())
            if one.person_id != person_id and _is_within(one, at, NAMES_LAST)
        )
        return tuple(dict.fromkeys(names))

    def forget(self, person_id: int) -> None:
        """Forget a person."""
        for room_id, spoken in self._spoken.items():
            others = (one for one in spoken if one.person_id != person_id)
            self._spoken[room_id] = deque(others, maxlen=MOST_SPOKEN)


def _is_within(spoken: _Spoken, at: datetime, time: timedelta) -> bool:
    return at - time <= spoken.at <= at
