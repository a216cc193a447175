"""Draws four drafts of the embedded Chatbot in each situation; goes on where it was broken off.

python -m bot.learning.own_talk SITUATIONS DRAFTS [SEED]
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.app.llm_factory import open_llms
from bot.domain import Agent
from bot.learning.own_talk.draw import draw_all, plan_four
from bot.learning.own_talk.situations import load_situations
from bot.llm.protocol import CallRecord
from bot.prompting.templates import Prompts
from bot.settings import Settings


async def _forget(record: CallRecord) -> None:
    """Keep no record of the calls."""


def _show(stage: str, done: int, whole: int) -> None:
    sys.stderr.write(f"\r{stage}: {done} of {whole}")
    sys.stderr.flush()


async def _main(situations: str, drafts: str, seed: str = "1") -> None:
    agents = (Agent.CHATBOT, Agent.THERAPIST)
    async with open_llms(Settings(), _forget, agents=agents) as models:
        planned = plan_four(load_situations(Path(situations)), int(seed))
        await draw_all(planned, models.llms, Prompts.load(), Path(drafts), _show)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
