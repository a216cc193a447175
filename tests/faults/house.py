"""A bot between a Discord and a model with faults, all over sockets; its waits are shortened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from pydantic import SecretStr

from bot.app.app import open_app
from bot.client.bot import FourRoomsBot
from bot.client.connect import serve
from bot.domain.patience import PatienceTimes
from bot.domain.room_settings import CardsWhen
from bot.llm.openai_api.breaker import BreakerLimits
from bot.llm.openai_api.connection import Timeouts
from bot.rooms.chat.fixed_texts import APOLOGY, DELAY_TEXT
from bot.sandbox import Message, Sandbox
from bot.settings import Settings
from tests.e2e.mind import Mind
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import KEY, MODEL, Answer, OpenAIServer, Request

CALL_SECONDS: Final = 3.0
"""What a call may take in these tests, and with it a hanging one."""
POST_SECONDS: Final = 3.0
TURN_WAITS: Final = timedelta(seconds=6)
"""For a model that is away, in place of ten minutes."""
TICK: Final = 0.3
QUIET: Final = 0.6
"""Seconds without anything new after which a turn is taken to be done."""

Broken = Callable[[Request], Answer]


@dataclass
class Seen:
    """What came of one message."""

    reply: str = "nothing"
    """A reply, the apology, nothing, or how many posts there were."""
    cards: int = 0
    calls: int = 0
    """Requests to the model until it was over."""
    requests: int = 0
    """Requests to Discord until it was over."""
    after_mending: bool = False
    """Whether it had to be mended before all of it came."""

    taken_back: bool = False
    """Whether the message was deleted while it was being answered: nobody is to read a reply.

    Moderators may have a card that says so.
    """

    @property
    def is_right(self) -> bool:
        """Return whether people read one thing, and moderators have one card of it."""
        if self.taken_back:
            return self.reply == "nothing" and self.cards <= 1
        return self.reply in ("reply", "apology") and self.cards == 1


@dataclass
class FaultHouse:
    """Who takes part, and what is broken now."""

    sandbox: Sandbox
    model: OpenAIServer
    bot: FourRoomsBot
    running: asyncio.Task[None]
    """The bot's process, as it were: ends with what ends that."""
    statuses: list[int] = field(default_factory=list)
    """The exit status, once it ends."""
    mind: Mind = field(default_factory=Mind)
    broken: dict[str, Broken] = field(default_factory=dict)
    """By kind of question: what comes in place of its answer."""
    said: int = 0

    async def answer(self, request: Request) -> Any:
        """Answer for the model."""
        form = request.body.get("response_format", {}).get("json_schema", {})
        kind = self.kind_of(request, str(form.get("name", "")))
        if kind in self.broken:
            return self.broken[kind](request)
        known = {"json_schema": {"name": kind}}  # also where the form is said in words
        return await self.mind.answer(
            replace(request, body={**request.body, "response_format": known})
        )

    def kind_of(self, request: Request, name: str) -> str:
        """Return what is asked: also where the form is said in words, it names its fields."""
        fields = {"_FullReview": '"user_feels"', "_FullReflection": '"keeps_message"'}
        fields |= {"_FullWritten": '"manipulative"', "_Said": '"ends_talk"'}
        for kind, said in fields.items():
            if name == kind or (not name and said in request.text):
                return kind
        return name or "text"

    async def say(self) -> Message:
        """Ana says something new."""
        self.said += 1
        return await self.sandbox.person("Ana").say("#lobby", f"I have {self.said} cats today")

    def heal(self) -> None:
        """Mend everything."""
        self.broken.clear()
        self.sandbox.faults.clear()
        relay, room_id = self.bot.engine.outbox_relay, self.sandbox.guild.lobby_id
        relay.reset_backoff(room_id)
        self.bot.engine.chat_room.reset_backoff(room_id)
        self.bot.engine.wake(room_id)

    async def turn(
        self, *, mend: Callable[[], Awaitable[None]] | None = None, within: float = 8.0
    ) -> Seen:
        """Have Ana say something, and return what came of it.

        What has not come after ``within`` seconds is looked for again once it is mended.
        """
        watch = Watch(self, self.newest_at_moderators)
        watch.said = await self.say()
        seen = await watch.see(within)
        if not seen.is_right:
            await (mend or self.mend)()
            seen = replace(await watch.see(PATIENCE), after_mending=True)
        return seen

    async def mend(self) -> None:
        """Mend everything."""
        self.heal()

    def answers(self, said: Message) -> list[Message]:
        """Return what the bot said to a message, but that it takes longer."""
        lobby = self.sandbox.person("Ana").messages("#lobby")
        return [m for m in lobby if m.by_bot and m.reply_to == said.id and m.text != DELAY_TEXT]

    def cards(self, before: int | None) -> list[Message]:
        """Return the cards after a message in the moderator channel."""
        shown = self.sandbox.person("Max").messages("#moderators")
        return [m for m in shown if m.embeds and m.id > (before or 0)]

    @property
    def newest_at_moderators(self) -> int | None:
        """Return the newest message there."""
        return self.sandbox.person("Max").place("#moderators").last_message_id


class Watch:
    """The look at what comes of one message, from before it is said."""

    said: Message

    def __init__(self, house: FaultHouse, before: int | None) -> None:
        self._house = house
        self._before = before
        self._calls, self._mark = len(house.model.requests), house.sandbox.requests.mark

    async def see(self, within: float) -> Seen:
        """Return what there is after so many seconds, or once nothing new has come for a while."""
        house, clock = self._house, asyncio.get_running_loop().time
        until, now, quiet_since = clock() + within, (0, 0, 0), clock()
        while clock() < until:
            shown = len(house.answers(self.said)), len(house.cards(self._before))
            seen = (*shown, len(house.model.requests))
            if seen != now:
                now, quiet_since = seen, clock()
            elif all(shown) and clock() - quiet_since > QUIET:
                break
            await asyncio.sleep(0.05)
        return Seen(
            _in_words([m.text for m in house.answers(self.said)]),
            len(house.cards(self._before)),
            len(house.model.requests) - self._calls,
            house.sandbox.requests.mark - self._mark,
        )


def _in_words(answers: list[str]) -> str:
    if not answers:
        return "nothing"
    if len(answers) > 1:
        return f"{len(answers)} posts"
    return "apology" if answers[0] == APOLOGY else "reply"


@asynccontextmanager
async def open_house(folder: Path, *, hasty: bool = True) -> AsyncIterator[FaultHouse]:
    """Open a bot with its Chat Room set up; ``hasty``: with waits of a fraction of a second."""
    with patch("bot.sandbox.users.user.FIRST_RESPONSE", PATIENCE):
        async with OpenAIServer(strict=False) as model, Sandbox() as sandbox:
            with _hasty() if hasty else nullcontext():
                async with _running(folder, sandbox, model, hasty=hasty) as house:
                    yield house


@asynccontextmanager
async def _running(
    folder: Path, sandbox: Sandbox, model: OpenAIServer, *, hasty: bool
) -> AsyncIterator[FaultHouse]:
    settings = Settings(
        _env_file=None,
        openai_base_url=model.base_url,
        openai_api_key=SecretStr(KEY),
        model=MODEL,
        database_url=SecretStr(f"sqlite:///{folder / 'bot.db'}"),
        cooldown_seconds=0,
        llm_timeout=CALL_SECONDS if hasty else 60.0,
    )
    async with open_app(settings, limits=settings.operator_limits()) as app:
        times = PatienceTimes(wait=TURN_WAITS) if hasty else settings.patience()
        bot = FourRoomsBot.over(app.stores, app.agents, limits=app.limits, patience=times)
        statuses: list[int] = []
        served = serve(bot, sandbox.token, sandbox.api_url, at_stop=statuses.append)
        running = asyncio.create_task(served)
        house = FaultHouse(sandbox, model, bot, running, statuses)
        model.always(house.answer)
        striking = asyncio.create_task(_strike(bot)) if hasty else None
        try:
            await sandbox.gateway.wait_connected(PATIENCE)
            asked = await sandbox.person("Ada").slash(
                "#lobby", "setup", chat="#lobby", moderators="#moderators", replies="always"
            )
            await asked.message(timeout=PATIENCE)
            await _show_each_card(bot, sandbox.guild.lobby_id)
            yield house
        finally:
            if striking is not None:
                striking.cancel()
            running.cancel()
            await asyncio.wait({running})


async def _show_each_card(bot: FourRoomsBot, room_id: int) -> None:
    room = await bot.stores.rooms.get(room_id)
    assert room is not None
    each = room.settings.model_copy(update={"cards": CardsWhen.EVERY})
    await bot.stores.rooms.update_settings(room_id, each)


async def _strike(bot: FourRoomsBot) -> None:
    """Do what has come due, more often than the clock does."""
    while True:
        await asyncio.sleep(TICK)
        if bot.serving.is_set():
            await bot.scheduler.run_due()


@contextmanager
def _hasty() -> Iterator[None]:
    """Have calls, breakers and posts wait for a fraction of what they do."""
    breaker = partial(BreakerLimits, first_wait=0.3, longest_wait=0.6)
    timeouts = partial(Timeouts, first_wait=0.02, longest_wait=0.1)
    with ExitStack() as stack:
        for one in (
            patch("bot.llm.openai_api.breaker.BreakerLimits", breaker),
            patch("bot.llm.openai_api.connection.Timeouts", timeouts),
            patch("bot.simulation.conversation.USER_SECONDS", TURN_WAITS.total_seconds()),
            patch("bot.engine.ports.POST_SECONDS", POST_SECONDS),
            patch("bot.rooms.chat.chat_room.SECOND_WAIT", 0.2),
            patch("bot.engine.outbox_relay.FIRST_BACKOFF", 0.2),
        ):
            stack.enter_context(one)
        yield
