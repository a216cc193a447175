"""Whether the bot is well: what a restart may mend, and whether it serves its rooms right now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.app.loop_lag import LoopLag
from bot.storage.database.troubles import DatabaseUnavailable

GATEWAY_SECONDS: Final = 180.0
"""For so long Discord may be away: its own troubles and a new connection take a minute or two."""
DATABASE_SECONDS: Final = 5.0
"""The database answers within milliseconds, and within this beside another process that writes."""
LAG_SECONDS: Final = 5.0
"""From here on people notice, and Discord soon ends a connection that does not answer."""
OUTBOX_SECONDS: Final = 900.0
"""A post that nothing holds up is out within seconds."""

Problems = dict[str, str]
"""What is wrong, by its part; no word and no id is in it."""


class Gateway(Protocol):
    """The connection to Discord, as far as health goes."""

    def seconds_away(self) -> float:
        """Return for how long Discord has delivered no events; 0 while it does."""

    def latency(self) -> float | None:
        """Return the seconds of a heartbeat's way of the slowest shard; None if not known."""

    def shards(self) -> Sequence[int]:
        """Return the shards that the process serves, or is about to."""


@dataclass(frozen=True, slots=True)
class Health:
    """The looks at the parts that have to work. ``ping`` raises DatabaseUnavailable.

    ``overdue`` tells the seconds for which a post has waited that nothing is known to hold up.
    """

    gateway: Gateway
    lag: LoopLag
    ping: Callable[[], Awaitable[None]]
    overdue: Callable[[], Awaitable[float]]

    async def problems(self, *, gateway_seconds: float = GATEWAY_SECONDS) -> Problems:
        """Return what is wrong, which is nothing if all is well; within some seconds."""
        found: Problems = {}
        if (away := self.gateway.seconds_away()) > gateway_seconds:
            found["gateway"] = f"not ready for {away:.0f} s"
        if (late := self.lag.worst()) > LAG_SECONDS:
            found["event loop"] = f"was {late:.1f} s late within the last minute"
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                await self.ping()
                waited = await self.overdue()
        except (TimeoutError, DatabaseUnavailable):
            found["database"] = f"did not answer within {DATABASE_SECONDS:g} s"
        else:
            if waited > OUTBOX_SECONDS:
                found["outbox"] = f"a post has waited for {waited:.0f} s"
        return found

    async def unready(self) -> Problems:
        """Return why the rooms are not served right now; a connection that is away counts."""
        found = await self.problems(gateway_seconds=0.0)
        if "gateway" in found and not self.gateway.shards():
            found["shards"] = "none is served, and there is one to be"
        return found

    def loop_lag(self) -> float:
        """Return the most seconds by which the event loop was late within the last minute."""
        return self.lag.worst()

    def gateway_ready(self) -> bool:
        """Return whether Discord delivers events."""
        return self.gateway.seconds_away() == 0

    def shards(self) -> Sequence[int]:
        """Return the shards that the process serves."""
        return self.gateway.shards()

    def gateway_latency(self) -> float | None:
        """Return the seconds of a heartbeat's way of the slowest shard; None if not known."""
        return self.gateway.latency()


def while_running(
    overdue: Callable[[], Awaitable[float]], now: Callable[[], float] = time.monotonic
) -> Callable[[], Awaitable[float]]:
    """Return ``overdue`` without the time before now, in which nothing could go out.

    Else whoever asks right after a start would read of what has waited for it.
    """
    began = now()

    async def since_start() -> float:
        return min(await overdue(), now() - began)

    return since_start
