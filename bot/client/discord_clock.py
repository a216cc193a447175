"""Discord's clock, by which the age of messages is told: the host's may be an hour off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp
from discord.utils import snowflake_time


def _host_now() -> datetime:
    return datetime.now(UTC)


class DiscordClock:
    """What is known of Discord's time: of what comes in live, and of the dates of its answers."""

    def __init__(self, host_now: Callable[[], datetime] = _host_now) -> None:
        self._host_now = host_now
        self._ahead = timedelta()
        """By how much the host's clock is ahead."""
        self._by_id = False

    def note_live(self, message_id: int) -> None:
        """Note a message that comes in at this moment: its id has the time."""
        self._ahead, self._by_id = self._host_now() - snowflake_time(message_id), True

    def note_date(self, date: str | None) -> None:
        """Note the date of an answer, as long as nothing better is known."""
        if date is None or self._by_id:
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
        if not self._by_id:
            self.note_date(ended.response.headers.get("Date"))
