"""The simulations that are on, by channel: one in each at a time."""

from __future__ import annotations

import asyncio

from bot.client.bot import FourRoomsBot


class RunningSimulations:
    """The tasks of simulations, each with the event that ends it after the next answer."""

    def __init__(self, _: FourRoomsBot) -> None:
        self._running: dict[int, tuple[asyncio.Task[None], asyncio.Event]] = {}

    def __contains__(self, room_id: int) -> bool:
        return room_id in self._running

    def add(self, room_id: int, task: asyncio.Task[None], stop: asyncio.Event) -> None:
        """Keep a simulation until its task ends."""
        self._running[room_id] = (task, stop)
        task.add_done_callback(lambda _: self._running.pop(room_id, None))

    def stop(self, room_id: int) -> bool:
        """End the simulation in that channel with the next answer; False if there is none."""
        running = self._running.get(room_id)
        if running is not None:
            running[1].set()
        return running is not None

    async def end(self, room_id: int) -> bool:
        """End the simulation in that channel at once; False if there is none."""
        running = self._running.get(room_id)
        if running is None:
            return False
        running[0].cancel()
        await asyncio.gather(running[0], return_exceptions=True)
        return True

    async def cancel(self) -> None:
        """End all at once."""
        tasks = [task for task, _ in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
