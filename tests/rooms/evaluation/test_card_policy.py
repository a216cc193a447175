"""Which turns get a card, and that the others come in digests: none is dropped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import EvaluationState, PostKind, RoomSettings, Subject
from bot.domain.room_settings import CardsWhen, Scale
from bot.rooms.evaluation.card_policy import make_digests
from bot.storage.stores.digests import MOST_TURNS
from bot.text.no_answer import NO_ANSWER
from tests.world import HARM, LOBBY, MAX, World, llm_down

TOMORROW = datetime.now(UTC) + timedelta(days=1)


async def digested(world: World) -> list[int]:
    """The turns in all digests that were posted."""
    found: list[int] = []
    for post in world.shown(PostKind.DIGEST):
        digest = await world.stores.digests.get(post.ref or 0)
        assert digest is not None
        found.extend(digest.turn_ids)
    return found


async def test_flagged_turns_get_a_card_and_the_others_a_digest(tmp_path: Path) -> None:
    world = await World(tmp_path).open(RoomSettings(cards=CardsWhen.FLAGGED, cards_from=50))
    await world.say("calm")
    await world.settle()
    world.script.scores.append(50)
    await world.say("high")
    await world.settle()
    world.script.reviews.append(HARM)
    await world.say("changed")
    await world.settle()
    world.script.drafts.append(llm_down())
    await world.say("withheld")
    await world.settle()
    world.script.scores.append(llm_down())
    await world.say("not scored")
    await world.settle()
    assert world.cards() == [2, 3, 4, 5]
    assert await make_digests(world.stores) == []
    assert await make_digests(world.stores, TOMORROW) == [LOBBY]
    await world.heal()
    assert await digested(world) == [1]
    assert await make_digests(world.stores, TOMORROW) == []
    await world.close()


@pytest.mark.parametrize(
    ("cards", "hours"), [(CardsWhen.HOURLY, 1), (CardsWhen.DAILY, 24)], ids=str
)
async def test_a_digest_comes_when_the_hour_or_day_is_over(
    tmp_path: Path, cards: CardsWhen, hours: int
) -> None:
    world = await World(tmp_path).open(RoomSettings(cards=cards))
    world.script.scores.append(100)
    await world.say("high")
    await world.settle()
    assert world.cards() == []
    now = datetime.now(UTC)
    begun = now.replace(minute=0, second=0, microsecond=0)
    begun = begun if hours == 1 else begun.replace(hour=0)
    over = begun + timedelta(hours=hours)
    assert await make_digests(world.stores, over - timedelta(seconds=1)) == []
    assert await make_digests(world.stores, over) == [LOBBY]
    await world.heal()
    assert await digested(world) == [1]
    await world.close()


async def test_many_turns_make_several_digests(tmp_path: Path) -> None:
    world = await World(tmp_path).open(RoomSettings(cards=CardsWhen.DAILY))
    for _ in range(MOST_TURNS + 2):
        await world.say("cats")
        await world.settle()
    assert await make_digests(world.stores, TOMORROW) == [LOBBY, LOBBY]
    await world.heal()
    assert await digested(world) == [*range(1, MOST_TURNS + 3)]
    await world.close()


async def test_back_to_a_card_each_what_waits_comes_at_once(tmp_path: Path) -> None:
    world = await World(tmp_path).open(RoomSettings(cards=CardsWhen.DAILY))
    await world.say("cats")
    await world.settle()
    await world.control.settings.change(LOBBY, MAX, cards="every")
    await world.scheduler.run_due()
    await world.settle()
    assert await digested(world) == [1]
    await world.close()


async def test_own_scales_are_scored_and_flag_in_their_direction(tmp_path: Path) -> None:
    scales = (Scale(name="warmth", description="how warm it is", high_is_bad=False),)
    settings = RoomSettings(cards=CardsWhen.FLAGGED, cards_from=80, scales=scales)
    world = await World(tmp_path).open(settings)
    await world.say("cats")
    await world.settle()
    found = await world.stores.evaluations.of_turn(1)
    assert [one.scores.values["warmth"] for one in found] == [10, 10]
    assert world.cards() == [1]
    await world.close()


async def test_in_a_rolling_room_each_turn_has_a_line_and_some_a_card(tmp_path: Path) -> None:
    world = await World(tmp_path).open(RoomSettings(cards=CardsWhen.ROLLING, cards_from=50))
    for text, score in (("fine", 0), ("high", 50)):
        world.script.scores.append(score)
        await world.say(text)
        await world.settle()
    world.script.reviews.append(HARM)  # it changed the reply, which is what therapy is for
    await world.say("changed")
    await world.settle()
    world.script.drafts.append(llm_down())
    await world.say("withheld")
    await world.settle()
    world.script.scores.append(llm_down())
    await world.say("not scored")
    await world.settle()
    assert [post.turn_id for post in world.shown(PostKind.LINE)] == [1, 2, 3, 4, 5]
    assert world.cards() == [2, 4, 5]
    assert await make_digests(world.stores, TOMORROW) == []
    await world.close()


async def test_a_reply_that_was_held_has_a_card_whatever_its_scores(tmp_path: Path) -> None:
    settings = RoomSettings(cards=CardsWhen.ROLLING, cards_from=90, gate=10)
    world = await World(tmp_path).open(settings)
    world.script.scores.append(20)
    await world.say("held")
    await world.settle()
    assert world.cards() == []
    await world.control.gate.approve(1, MAX)
    await world.settle()
    assert world.cards() == [1]
    await world.close()


async def test_a_fixed_sentence_is_not_scored_and_needs_no_look(tmp_path: Path) -> None:
    world = await World(tmp_path).open(RoomSettings(cards=CardsWhen.ROLLING))
    world.script.reviews.append(HARM)
    world.script.drafts.append("a harmful draft")
    world.script.responses.append(NO_ANSWER)
    await world.say("Hello?")
    await world.settle()
    turn = await world.stores.turns.get(1)
    assert turn is not None
    assert turn.reply == NO_ANSWER
    scored = await world.stores.evaluations.of_turn(1)
    assert [one.subject for one in scored] == [Subject.DRAFT]
    assert turn.evaluation is EvaluationState.SCORED
    assert world.cards() == []
    await world.close()
