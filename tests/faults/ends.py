"""Closes of the gateway after which no new try helps: they end the process, with a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import FourRoomsError
from tests.faults.house import open_house
from tests.patience import PATIENCE

NOT_AGAIN: Final = 2
"""The status after which systemd does not start it again."""
ENDS: Final[Mapping[int, tuple[int, str]]] = {
    4004: (NOT_AGAIN, "DISCORD_TOKEN: Discord does not accept it."),
    4010: (NOT_AGAIN, "SHARD_IDS: Discord knows no such shard."),
    # Nobody set how many shards there are: the next start asks Discord.
    4011: (1, "Discord wants more shards: the next start asks how many."),
    4012: (NOT_AGAIN, "Upgrade it: the version of the gateway (close code 4012)."),
    4013: (NOT_AGAIN, "Upgrade it: the intents that it asks for (close code 4013)."),
    4014: (NOT_AGAIN, "Switch on Message Content Intent"),
}
"""By close code: the exit status, and what the operator reads."""


@dataclass(frozen=True, slots=True)
class End:
    """How the process ended."""

    status: int | None = None
    sentence: str = ""

    def is_right(self, code: int) -> bool:
        """Return whether that is what the code should come to."""
        status, sentence = ENDS[code]
        return self.status == status and sentence in self.sentence


async def see_end(folder: Path, code: int) -> End:
    """Return how a bot ends whose connection is closed with that code."""
    async with open_house(folder) as house:
        done = house.sandbox.gateway.close(code)
        if asyncio.iscoroutine(done):
            await done
        await asyncio.wait({house.running}, timeout=PATIENCE)
        if not house.running.done():
            return End()
        error = house.running.exception()
        sentence = error.detail if isinstance(error, FourRoomsError) else type(error).__name__
        return End(house.statuses[0], sentence)
