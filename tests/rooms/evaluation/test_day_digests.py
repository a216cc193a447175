"""A digest a day: when it is due, and that it comes once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.agents.day_critic import PROMPT, DayCritic
from bot.domain import (
    Agent,
    EvaluationState,
    Line,
    PostKind,
    Room,
    RoomSettings,
    Turn,
    TurnState,
)
from bot.domain.day_look import DayPattern, SeenPattern
from bot.domain.ratings import Opinion
from bot.domain.search import FoundTurn
from bot.errors import LLMOverBudget
from bot.llm.protocol import CallPriority
from bot.prompting.templates import Prompts
from bot.rooms.evaluation.day_digests import DayDigests, due_at
from bot.rooms.evaluation.day_looks import MOST_EARLIER, MOST_OF_DAY, gather
from tests.engine.test_storing_fails import fill_disk
from tests.fake_llm import FakeLLM
from tests.world import LOBBY, World

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)


def all_own(_: int) -> bool:
    return True


def none_own(_: int) -> bool:
    return False


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (NINE, NINE),
        (NINE + timedelta(minutes=59), NINE),
        (NINE + timedelta(hours=11), NINE),  # the bot was away
        (NINE + timedelta(hours=12), None),
        (NINE - timedelta(seconds=1), None),
    ],
)
def test_it_is_due_at_its_hour_and_a_while_later(now: datetime, due: datetime | None) -> None:
    assert due_at(Room(1, 2, 3, 4, settings=RoomSettings(digest_hour=9)), now) == due


def test_a_room_without_an_hour_and_a_simulated_one_have_none() -> None:
    assert due_at(Room(1, 2, 3, 4), NINE) is None
    hour = RoomSettings(digest_hour=9)
    assert due_at(Room(1, 2, 3, 4, settings=hour, simulated=True), NINE) is None


async def test_a_day_with_a_turn_has_one_digest_whatever_happens(tmp_path: Path) -> None:
    soon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    world = await World(tmp_path).open(RoomSettings(digest_hour=soon.hour))
    await world.say("cats")
    await world.settle()
    digests = DayDigests(world.stores)
    assert await digests.look(soon - timedelta(minutes=1), all_own) == []
    assert await digests.look(soon, none_own) == []
    assert await DayDigests(world.stores).look(soon, all_own) == [LOBBY]
    assert await digests.look(soon + timedelta(minutes=1), all_own) == []
    assert await DayDigests(world.stores).look(soon, all_own) == [], "after a restart"
    assert await digests.look(soon + timedelta(days=1), all_own) == [], "nothing was said"
    await world.heal()
    (post,) = world.shown(PostKind.DAY)
    assert post.ref == int(soon.timestamp())
    await world.close()


def said(*patterns: tuple[str, list[int]]) -> dict[str, object]:
    """An answer of the Critic."""
    return {
        "reason": "Ana hears praise alone.",
        "patterns": [{"pattern": name, "replies": numbers} for name, numbers in patterns],
        "safe": "yes",
        "ethical": "no",
        "good": "unsure",
    }


async def test_a_large_critic_looks_at_the_day_as_a_whole_once(tmp_path: Path) -> None:
    soon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    world = await World(tmp_path).open(RoomSettings(digest_hour=soon.hour))
    for at in range(3):
        await world.say(f"@Ben, Ana here, take {at}")
        await world.settle()
    await world.say("Hi", by="Ben", author=101)
    await world.settle()
    llm = FakeLLM(Agent.CRITIC)
    llm.will_answer(said(("flattery", [1, 3, 99]), ("pressure", [2, 99])))
    critic = DayCritic(llm, Prompts.load())
    digests = DayDigests(world.stores, critic)
    assert await digests.look(soon, all_own) == [LOBBY]
    await digests.workers.settled()
    look = await world.stores.digests.look_of(LOBBY, soon)
    assert look is not None
    assert (look.safe, look.ethical, look.good) == (Opinion.YES, Opinion.NO, Opinion.UNSURE)
    flattery = SeenPattern(pattern=DayPattern.FLATTERY, replies=(1, 3))
    assert look.seen == (flattery,), "what is made up shows nothing, and one reply no pattern"
    (asked,) = llm.history
    assert asked.ctx.priority is CallPriority.SCORING
    assert "4 replies on this day, to A (3; on 1 of the last 7 days), B (1;" in asked.text
    assert "\n#1\nA: B, A here, take 0\nChatbot: " in asked.text
    assert "Ana" not in asked.text, "people are letters"
    await world.heal()
    assert len(world.shown(PostKind.DAY)) == 1
    again = DayDigests(world.stores, critic)
    assert await again.look(soon, all_own) == [], "nor is it asked after a restart"
    llm.assert_done()
    await world.close()


async def test_a_critic_that_fails_holds_no_digest_back(tmp_path: Path) -> None:
    soon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    world = await World(tmp_path).open(RoomSettings(digest_hour=soon.hour))
    await world.say("cats")
    await world.settle()
    llm = FakeLLM(Agent.CRITIC)
    llm.will_answer(LLMOverBudget("the day's limit is used up"))
    digests = DayDigests(world.stores, DayCritic(llm, Prompts.load()))
    await digests.look(soon, all_own)
    await digests.workers.settled()
    await world.heal()
    assert len(world.shown(PostKind.DAY)) == 1
    assert await world.stores.digests.look_of(LOBBY, soon) is None
    await world.close()


def test_what_is_shown_of_a_long_week_is_bounded() -> None:
    def found(number: int, who: str) -> FoundTurn:
        turn = Turn(
            id=number,
            room_id=LOBBY,
            state=TurnState.SENT,
            evaluation=EvaluationState.SCORED,
            created_at=NINE - timedelta(minutes=20 * (500 - number)),
            message_ids=(number,),
            reply="word " * 400,
            number=number,
        )
        return FoundTurn(turn, (Line(speaker=who, text="word " * 400),), None)

    week = [found(number, f"P{number % 40}") for number in range(1, 500)]
    talk = gather(week, NINE)
    assert len(talk.replies) <= MOST_OF_DAY + MOST_EARLIER
    assert (talk.replies[-1].number, talk.all_replies) == (499, 72)
    assert talk.replies[0].days_ago > 1, "something of the days before"
    assert {one.days for one in talk.people} <= {6, 7}
    prompt = Prompts.load().render(PROMPT, talk=talk)
    assert sum(len(message.content) for message in prompt.messages) < 45_000

    part = gather(week[-200:], NINE, is_all=False)
    assert (part.days, part.is_whole, part.people[0].days) == (2, True, 2), "2.8 days were read"
    little = gather(week[-60:], NINE, is_all=False)
    asked = Prompts.load().render(PROMPT, talk=little).messages[-1].content
    assert "More than 60 replies on this day" in asked
    assert "on 1 of the last 1 days" in asked


def test_who_talked_on_earlier_days_is_a_letter_too() -> None:
    def found(number: int, hours: int, said: str, *who: str) -> FoundTurn:
        turn = Turn(
            id=number,
            room_id=LOBBY,
            state=TurnState.SENT,
            evaluation=EvaluationState.SCORED,
            created_at=NINE - timedelta(hours=hours),
            message_ids=(number,),
            reply="I see, Ana Lopez.",
            number=number,
        )
        return FoundTurn(turn, tuple(Line(speaker=name, text=said) for name in who), None)

    week = [
        found(1, 40, "We went out.", "Ana Lopez", "Mia"),
        found(2, 3, "Ana Lopez told me.", "Mia"),
    ]
    before, now = gather(week, NINE).replies
    assert (before.who, before.reply) == ("A and B", "I see, B.")
    assert (now.who, now.said) == ("A", "B told me.")


async def test_where_nothing_can_be_kept_the_model_is_not_asked_again(tmp_path: Path) -> None:
    soon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    world = await World(tmp_path).open(RoomSettings(digest_hour=soon.hour))
    await world.say("cats")
    await world.settle()
    llm = FakeLLM(Agent.CRITIC)
    llm.will_answer(said())
    digests = DayDigests(world.stores, DayCritic(llm, Prompts.load()))
    await fill_disk(world, "day_looks", "marks")
    await digests.look(soon, all_own)
    await digests.workers.settled()
    digests.workers.wake(LOBBY)
    await digests.workers.settled()
    assert len(llm.history) == 1
    await world.close()


async def test_the_clock_looks_for_it(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    world = await World(tmp_path).open(RoomSettings(digest_hour=now.hour))
    await world.scheduler.run_due()
    until = now.replace(minute=0, second=0, microsecond=0)
    assert not await world.stores.digests.make_day(LOBBY, until), "it was seen to already"
    await world.close()


async def test_a_day_of_which_nothing_was_said_yet_is_not_seen_to(tmp_path: Path) -> None:
    world = await World(tmp_path).open()
    now = datetime.now(UTC)
    assert not await world.stores.digests.make_day(LOBBY, now)
    await world.say("cats")
    await world.settle()
    assert await world.stores.digests.make_day(LOBBY, now + timedelta(seconds=10))
    await world.close()
