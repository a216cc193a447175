"""The scales and slots of calls to an embedded server that has adapters loaded.

What llama.cpp (xllamacpp 2026.10.11549) keeps of a prompt it has read bears the adapter's mark, and
it does not look at the adapter everywhere before it uses that again. So, once there are adapters:

- every completion says the scale of every adapter: one that says nothing, or an empty list, goes on
  from what a slot has read under an adapter, and so does the next one;
- no prompt is kept outside the slots (see `bot.llm.embedded.child`), since there it is found by its
  words alone;
- calls under an adapter have a slot of their own: a slot that changes its scales reads the whole
  prompt anew;
- embeddings say nothing, go to any slot and read all anew: at the scale at which adapters are
  loaded, which is 0. One slot is left to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bot.domain import Agent, Deadline
from bot.errors import LLMOverBudget
from bot.llm.embedded.adapters import Adapter
from bot.reasons import because


class SlotPool:
    """Slots that some agents share. Each call gets the one that read its kind of prompt last."""

    def __init__(self, slots: Sequence[int]) -> None:
        """Take the numbers of the slots, at least one."""
        self._free = list(slots)  # the longest unused first
        self._last: dict[int, str] = {}
        self._places = asyncio.Semaphore(len(slots))

    @asynccontextmanager
    async def held(self, prompt: str, deadline: Deadline) -> AsyncIterator[int]:
        """Hold a slot for a prompt of that name; LLMOverBudget if none is free in time."""
        try:
            async with asyncio.timeout(max(0.0, deadline.remaining())):
                await self._places.acquire()
        except TimeoutError:
            raise LLMOverBudget(
                because("The turn's time was up before the model could be asked.")
            ) from None
        alike = (slot for slot in self._free if self._last.get(slot) == prompt)
        slot = next(alike, self._free[0])
        self._free.remove(slot)
        self._last[slot] = prompt
        try:
            yield slot
        finally:
            self._free.append(slot)
            self._places.release()


@dataclass(frozen=True, slots=True)
class AdapterScales:
    """The `CompletionFields` of one agent: the scale of each loaded adapter by id, and a slot."""

    adapter: str | None
    scales: tuple[float, ...]
    slots: SlotPool

    @asynccontextmanager
    async def held(self, prompt: str, deadline: Deadline) -> AsyncIterator[dict[str, Any]]:
        """See `CompletionFields`."""
        lora = [{"id": number, "scale": scale} for number, scale in enumerate(self.scales)]
        async with self.slots.held(prompt, deadline) as slot:
            yield {"lora": lora, "id_slot": slot}

    def silenced(self) -> AdapterScales:
        """Return the same with every adapter at scale 0: the model alone."""
        return replace(self, adapter=None, scales=(0.0,) * len(self.scales))


def count_slots(shared: int, adapters: int) -> int:
    """Return the slots of a server: the shared ones, one an adapter, and one more.

    With adapters that one is for embeddings. Without, llama.cpp keeps what a slot has read while
    another begins to work, but for the slot that an embedding takes, the longest unused: with one
    slot more than calls at once, that one has been kept before.
    """
    return shared + adapters + 1


def route_agents(
    agents: Iterable[Agent], adapters: Mapping[Agent, Adapter], shared: int
) -> dict[Agent, AdapterScales]:
    """Return what each agent's completions carry, with ``adapters`` loaded in that order.

    An agent's own adapter has its scale, every other one 0. Nothing where there are no adapters.
    """
    if not adapters:
        return {}
    common = SlotPool(range(shared))
    routes = {}
    for agent in agents:
        scales = tuple(
            adapter.scale if owner is agent else 0.0 for owner, adapter in adapters.items()
        )
        own = adapters.get(agent)
        slots = SlotPool([shared + list(adapters).index(agent)]) if own else common
        routes[agent] = AdapterScales(own.name if own else None, scales, slots)
    return routes
