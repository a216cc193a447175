"""An in-memory Discord that tells a slow machine from a bot that is stuck."""

from __future__ import annotations

import asyncio

from simcord.env import Env

from tests.patience import PATIENCE


class PatientEnv(Env):
    """An environment whose bot may be slow.

    simcord's `settle_timeout` says two things: how long work may take, and which of the bot's
    timers are waited for. Only the first is to be longer: what has not settled is looked at again.
    """

    async def _settle_internal(
        self,
        *,
        timeout: float | None = None,
        idle: float = 0.05,
        dispatch: str | None = None,
        _deadline: float | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        latest = loop.time() + PATIENCE if _deadline is None else _deadline
        while True:
            try:
                await super()._settle_internal(timeout=timeout, idle=idle, dispatch=dispatch)
            except TimeoutError:
                if loop.time() >= latest:
                    raise
            else:
                return

    async def _advance_to(self, target: float, deadline: float) -> None:
        await super()._advance_to(target, deadline + PATIENCE)

    async def _detach_bot(self) -> None:
        work = self.settle_timeout
        self.settle_timeout = PATIENCE  # a thread under way is seen through
        try:
            await super()._detach_bot()
        finally:
            self.settle_timeout = work
