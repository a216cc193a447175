"""From a message's arrival to the reply's request: time, model calls, Discord calls, and rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.sandbox import LoggedRequest
from tests.benchmarks.stage import Stage

QUIET_SECONDS: Final = 0.1
"""Before the next turn, so that the work after a reply does not weigh on it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One measured turn."""

    seconds: float
    model_calls: int
    discord_calls: tuple[str, ...]
    """All Discord requests before the reply but typing."""


async def measure_turns(
    stage: Stage, room_id: int, count: int, *, scored: bool = True
) -> list[Turn]:
    """Takes ``count`` turns one after the other; with ``scored`` each waits for its score card."""
    turns = []
    for number in range(count):
        mark = stage.sandbox.requests.mark
        turns.append(await _measure_turn(stage, room_id, f"Message {number} of this talk."))
        if scored:
            await stage.told_moderators(mark)
        await _quiet(stage)
    return turns


async def _quiet(stage: Stage) -> None:
    """Returns once the bot has asked Discord nothing for `QUIET_SECONDS`."""
    mark = -1
    while mark != stage.sandbox.requests.mark:
        mark = stage.sandbox.requests.mark
        await asyncio.sleep(QUIET_SECONDS)


async def _measure_turn(stage: Stage, room_id: int, text: str) -> Turn:
    log = stage.sandbox.requests
    mark, began = log.mark, time.monotonic()
    await stage.ana.say(room_id, text)
    (reply, *_) = await log.wait_for(_posts_to(room_id), since=mark, timeout=30)
    return Turn(
        seconds=reply.began - began,
        model_calls=stage.model.calls_between(began, reply.began),
        discord_calls=tuple(str(one) for one in _before(reply, log.since(mark))),
    )


def _posts_to(channel_id: int) -> str:
    return f"POST /channels/{channel_id}/messages"


def _before(reply: LoggedRequest, requests: Sequence[LoggedRequest]) -> list[LoggedRequest]:
    return [
        one for one in requests if one.number < reply.number and not one.path.endswith("/typing")
    ]


async def measure_rate(stage: Stage, room_ids: Sequence[int], each: int) -> float:
    """Replies a second with all rooms talking at once, each message after the last reply."""
    began = time.monotonic()
    await asyncio.gather(*(_talk(stage, room_id, each) for room_id in room_ids))
    return len(room_ids) * each / (time.monotonic() - began)


async def _talk(stage: Stage, room_id: int, count: int) -> None:
    log = stage.sandbox.requests
    for number in range(count):
        mark = log.mark
        await stage.ana.say(room_id, f"Message {number} in room {room_id}.")
        await log.wait_for(_posts_to(room_id), since=mark, timeout=60)
