"""The faults of Discord: of its routes, and of the connection that tells what is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bot.sandbox import Faults, Message
from bot.sandbox.users.user import SandboxUser
from tests.faults.house import POST_SECONDS, FaultHouse, Seen, Watch
from tests.patience import PATIENCE

Mishap = Callable[[Faults, str], object]

MISHAPS: Final[Mapping[str, Mishap]] = {
    "403": lambda faults, route: faults.fail(route, 403, code=50013),
    "404": lambda faults, route: faults.fail(route, 404, code=10003),
    "429": lambda faults, route: faults.limit(route, 0.3),
    "429 of the edge": lambda faults, route: faults.limit(route, 0.3, via=False),
    "500, three times": lambda faults, route: faults.fail(route, 500, times=3),
    "503, six times": lambda faults, route: faults.fail(route, 503, times=6),
    "hangs": lambda faults, route: faults.delay(route, 3 * POST_SECONDS),
    "request lost": lambda faults, route: faults.lose_request(route),
    "answer lost": lambda faults, route: faults.lose_answer(route),
}
ROUTES: Final[Mapping[str, str]] = {
    "a reply": "POST /channels/{lobby}/messages",
    "a post of the moderators": "POST /channels/{moderators}/messages",
    "a post in the thread": "POST /channels/{thread}/messages",
    "the history": "GET /channels/{lobby}/messages",
}


async def see_discord_fault(house: FaultHouse, route: str, mishap: str) -> Seen:
    """Return what comes of a message while Discord does that once, or some times, on a route."""
    guild = house.sandbox.guild
    thread = await house.bot.stores.threads.thread_of(guild.lobby_id, datetime.now(UTC).date())
    ids = {"lobby": guild.lobby_id, "moderators": guild.moderators_id, "thread": thread}
    path = ROUTES[route].format(**ids)
    MISHAPS[mishap](house.sandbox.faults, path)
    if route == "the history":  # it is read after a new connection
        return await see_closed(house, house.sandbox.gateway.invalidate)
    seen = await house.turn(mend=lambda: _mend(house))
    house.heal()
    return seen


async def _mend(house: FaultHouse) -> None:
    """Do what an operator does: mend it, and let a room that was stopped for it go on."""
    house.heal()
    await house.sandbox.person("Max").slash("#lobby", "resume")


async def see_closed(house: FaultHouse, close: Callable[[], object]) -> Seen:
    """Return what comes of a message that is said while the connection is away."""
    done = close()
    if asyncio.iscoroutine(done):
        await done
    seen = await house.turn(within=PATIENCE)
    house.heal()
    return seen


async def see_changed(house: FaultHouse, change: str) -> Seen:
    """Return what comes of a message that somebody changes while its draft is being written."""
    house.mind.hold = asyncio.Event()
    watch, asked = Watch(house, house.newest_at_moderators), len(house.model.requests)
    watch.said = await house.say()
    await house.model.wait_for_requests(asked + 1, within=PATIENCE)
    await CHANGES[change](house.sandbox.person("Ana"), watch.said)
    house.mind.hold.set()
    if change == "is edited":
        return await watch.see(PATIENCE)
    seen = await watch.see(GONE_SECONDS)
    return replace(seen, taken_back=True)


CHANGES: Final[Mapping[str, Callable[[SandboxUser, Message], Awaitable[object]]]] = {
    "is edited": lambda ana, said: ana.edit(said, "I have a new job"),
    "is deleted": lambda ana, said: ana.delete(said),
}
GONE_SECONDS: Final = 8.0
"""For which no reply may come to what is deleted."""


def _close_with(code: int) -> Callable[[FaultHouse], object]:
    return lambda house: house.sandbox.gateway.close(code)


CLOSES: Final[Mapping[str, Callable[[FaultHouse], object]]] = {
    "the socket is cut": lambda house: house.sandbox.gateway.drop(),
    "asks to reconnect (op 7)": lambda house: house.sandbox.gateway.ask_to_reconnect(),
    "session invalid, may resume (op 9)": lambda house: house.sandbox.gateway.invalidate(
        resumable=True
    ),
    "session invalid (op 9)": lambda house: house.sandbox.gateway.invalidate(),
    **{f"close {code}": _close_with(code) for code in (1000, 1001, *range(4000, 4004), 4005)},
    **{f"close {code}": _close_with(code) for code in (4007, 4008, 4009)},
}
"""What the connection may come to that a bot has to live with."""
