"""Draws drafts of the embedded Chatbot in each situation; goes on where it was broken off.

python -m bot.learning.own_talk SITUATIONS DRAFTS [--seed N] [--split NAME] [--ways WAY …]
    [--arm NAME] [--prompts FOLDER]

Without ``--ways``, four drafts a situation: plain twice, warmer, and with examples or after a
round. With them, one of each way, for an arm of a comparison that ``--arm`` names: CHATBOT_ADAPTER
and CHATBOT_ADAPTER_SCALE say what is tuned in it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from bot.app.llm_factory import open_llms
from bot.domain import Agent
from bot.errors import SettingError
from bot.evaluation.datasets.talk_sets import load_talk_rooms
from bot.learning.own_talk.draw import WAYS, draw_all, plan_arm, plan_four
from bot.llm.protocol import CallRecord
from bot.prompting.templates import FOLDER, Prompts
from bot.settings import Settings


async def _forget(record: CallRecord) -> None:
    """Keep no record of the calls."""


def _show(stage: str, done: int, whole: int) -> None:
    sys.stderr.write(f"\r{stage}: {done} of {whole}")
    sys.stderr.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.learning.own_talk")
    parser.add_argument("situations", type=Path)
    parser.add_argument("drafts", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", default="")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=[])
    parser.add_argument("--arm", default="")
    parser.add_argument("--prompts", type=Path, default=FOLDER)
    return parser.parse_args()


async def _main(given: argparse.Namespace) -> None:
    situations = load_talk_rooms(given.situations, given.split or None)
    planned = plan_four(situations, given.seed)
    if given.ways:
        planned = plan_arm(situations, given.ways, given.arm, given.seed)
    agents = (Agent.CHATBOT, Agent.THERAPIST)
    async with open_llms(Settings(), _forget, agents=agents) as models:
        await draw_all(planned, models.llms, Prompts.load(given.prompts), given.drafts, _show)


if __name__ == "__main__":
    try:
        asyncio.run(_main(_arguments()))
    except SettingError as error:
        sys.exit(error.detail)
