"""Faults of the AI User's model, while a simulation is held in a channel."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.domain import EvaluationState, TurnState
from tests.faults.house import QUIET, FaultHouse
from tests.faults.models import FAULTS
from tests.patience import PATIENCE

ASKED_OF_USER: Final = "_Said"
"""The form in which the AI User answers."""
TURNS: Final = 3
ENDS: Final = "End of the simulation."
WHY: Final = "It broke off:"


@dataclass(frozen=True, slots=True)
class SeenSimulation:
    """What came of a simulation whose AI User fell silent after its first message."""

    ending: str
    """The last sentence in the channel."""
    replies: int
    """Replies that stand there, and are kept as turns."""
    calls: int
    """Requests to models until it was over."""
    calls_after: int
    """Those that came after that."""

    @property
    def is_right(self) -> bool:
        """Return whether it ended with a sentence, kept what was done, and left off."""
        said = ENDS in self.ending and WHY in self.ending
        return said and self.replies == 1 and not self.calls_after


async def see_simulation_fault(house: FaultHouse, fault: str) -> SeenSimulation:
    """Return what comes of a simulation in which the User's model does that from the first on.

    Its first message is the persona's own, and takes no model.
    """
    name = f"stage-{fault}"
    channel_id, asked = house.sandbox.guild.add_channel(name), len(house.model.requests)
    house.broken[ASKED_OF_USER] = FAULTS[fault]
    max_ = house.sandbox.person("Max")
    await max_.slash("#moderators", "simulate", persona="glad", channel=channel_id, turns=TURNS)
    ending = await max_.wait_for(
        lambda message: ENDS in message.text, where=channel_id, timeout=PATIENCE
    )
    until, turns = asyncio.get_running_loop().time() + PATIENCE, house.bot.stores.turns
    while await _is_a_room(house, channel_id) or not await _is_scored(house, channel_id):
        assert asyncio.get_running_loop().time() < until, "it does not come to its end"
        await asyncio.sleep(0.05)
    calls = len(house.model.requests)
    await asyncio.sleep(QUIET)
    seen = SeenSimulation(
        ending=ending.text,
        replies=sum(turn.state is TurnState.SENT for turn in await turns.latest(channel_id, TURNS)),
        calls=calls - asked,
        calls_after=len(house.model.requests) - calls,
    )
    house.heal()
    return seen


async def _is_a_room(house: FaultHouse, channel_id: int) -> bool:
    rooms = await house.bot.stores.rooms.of_guild(house.sandbox.guild.guild_id)
    return channel_id in [room.id for room in rooms]


async def _is_scored(house: FaultHouse, channel_id: int) -> bool:
    turns = await house.bot.stores.turns.latest(channel_id, TURNS)
    return all(turn.evaluation is not EvaluationState.PENDING for turn in turns)
