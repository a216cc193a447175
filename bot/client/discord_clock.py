"""Discord's clock, by which the age of messages is told: the host's may be an hour off."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Final

import aiohttp
from discord.utils import snowflake_time

LATELY: Final = 50
"""Messages by whose ids the time is told: a clock that is set is known after as many."""


def _host_now() -> datetime:
    return datetime.now(UTC)


class DiscordClock:
    """What is known of Discord's time: of what comes in live, and of the dates of its answers."""

    def __init__(self, host_now: Callable[[], datetime] = _host_now) -> None:
        self._host_now = host_now
        self._ahead = timedelta()
        """By how much the host's clock is ahead."""
        self._lately: deque[timedelta] = deque(maxlen=LATELY)
        """The same by the latest messages, each with the time that it took to get here."""

    def note_live(self, message_id: int) -> None:
        """Note a message that comes in at this moment: its id has the time.

        Some come in late, as after a connection that was away: the quickest of the latest counts.
        """
        self._lately.append(self._host_now() - snowflake_time(message_id))
        self._ahead = min(self._lately)

    def note_date(self, date: str | None) -> None:
        """Note the date of an answer, as long as nothing better is known."""
        if date is None or self._lately:
            return
        try:
            self._ahead = self._host_now() - parsedate_to_datetime(date).astimezone(UTC)
        except ValueError:
            return

    def age(self, message_id: int) -> timedelta:
        """Return how long ago the message was said."""
        return self._host_now() - self._ahead - snowflake_time(message_id)

    def trace(self) -> aiohttp.TraceConfig:
        """Return what shows a client's answers to this clock."""
        config = aiohttp.TraceConfig()
        config.on_request_end.append(self._on_answer)
        return config

    async def _on_answer(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
    ) -> None:
        if not self._lately:
            self.note_date(ended.response.headers.get("Date"))
