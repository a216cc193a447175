"""What the Critic is asked about a turn goes side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.domain import Agent, RoomSettings
from bot.domain.room_settings import Scale
from bot.llm.protocol import CallContext, Prompt
from bot.simulation.in_memory import SimulatedMember
from tests.simulation.model import open_stage

WARMTH = Scale(name="warmth", description="how warm it is")
ASKED = {"critic/yes_no", "critic/scale", "critic/verdict_yes_no"}


async def test_scores_own_scales_and_verdict_wait_for_none_of_each_other(tmp_path: Path) -> None:
    waiting: set[str] = set()
    all_are_asked = asyncio.Event()
    async with open_stage(tmp_path) as (stage, made):
        critic = made[Agent.CRITIC]
        called = critic._called

        async def wait(prompt: Prompt, ctx: CallContext) -> None:
            waiting.add(prompt.name)
            if waiting >= ASKED:
                all_are_asked.set()
            await all_are_asked.wait()
            await called(prompt, ctx)

        critic._called = wait  # type: ignore[method-assign]
        room = await stage.open_room(RoomSettings(scales=(WARMTH,)), seed=1)
        turn = await SimulatedMember(stage, room, "Ana").say("hello there")
        assert await stage.watch.scored(turn.id, 60)
        assert await stage.stores.evaluations.verdict_of(turn.id) is not None
        evaluations = await stage.stores.evaluations.of_turn(turn.id)
    assert [set(one.scores.values) for one in evaluations] == [
        {"manipulative", "gaslighting", "narcissistic", "warmth"}
    ] * 2
