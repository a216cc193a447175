"""What people say of the Critic's scores."""

from __future__ import annotations

import pytest

from bot.domain import HARMS, PostKind
from bot.domain.act_details import RateDetails
from bot.domain.ratings import Opinion, Rating, RatingKind, Reward
from bot.rooms.audit import NoSuchTurn
from bot.rooms.evaluation.ratings import (
    NothingToDelete,
    NothingToRate,
    NothingToWithdraw,
    WrongRating,
)
from tests.world import ANA, HARM, LOBBY, MAX, World, llm_down

OWN = {"manipulative": 10, "gaslighting": 60, "narcissistic": 0}


async def talk(world: World) -> None:
    world.script.reviews.append(HARM)
    await world.say("cats")
    await world.settle()


async def kinds(world: World) -> list[tuple[int, RatingKind]]:
    return [(one.by.id, one.kind) for one in await world.stores.evaluations.ratings_of(1)]


async def test_each_person_has_one_rating_and_may_change_it(world: World) -> None:
    await talk(world)
    await world.control.ratings.rate(1, MAX, RatingKind.AGREE)
    await world.control.ratings.rate(1, ANA, RatingKind.TOO_LENIENT, why="it is cold")
    await world.control.ratings.rate(1, MAX, RatingKind.RESCORE, values=OWN, why=" no ")
    assert await kinds(world) == [(5, RatingKind.RESCORE), (6, RatingKind.TOO_LENIENT)]
    first, second = await world.stores.evaluations.ratings_of(1)
    assert first == Rating(1, MAX, RatingKind.RESCORE, OWN, "no", first.at)
    assert (second.values, second.why) == (None, "it is cold")


async def test_a_rating_can_be_taken_back_with_its_reward(world: World) -> None:
    await talk(world)
    await world.control.ratings.rate(1, MAX, RatingKind.AGREE)
    await world.control.ratings.rate(1, ANA, RatingKind.AGREE)
    await world.control.ratings.withdraw(1, MAX)
    assert await kinds(world) == [(6, RatingKind.AGREE)]
    sources = [reward.source for reward in await world.stores.evaluations.rewards_of(1)]
    assert sources == ["critic", "person 6"]
    assert (await world.stores.acts.of_turn(1))[-1].details == RateDetails("withdrawn")
    with pytest.raises(NothingToWithdraw):
        await world.control.ratings.withdraw(1, MAX)


async def test_each_rating_makes_one_reward(world: World) -> None:
    await talk(world)
    assert await world.stores.evaluations.rewards_of(1) == [Reward("critic", 0.4)]
    await world.control.ratings.rate(1, MAX, RatingKind.AGREE)
    await world.control.ratings.rate(1, MAX, RatingKind.RESCORE, values=OWN)
    await world.control.ratings.rate(1, ANA, RatingKind.TOO_LENIENT)
    assert await world.stores.evaluations.rewards_of(1) == [
        Reward("critic", 0.4),
        Reward("person 5", -0.2, "rescore"),
        Reward("person 6", 0.15, "too lenient"),
    ]


@pytest.mark.parametrize("values", [None, {}, {**OWN, "gaslighting": 101}])
async def test_a_rescore_takes_a_number_0_to_100(
    world: World, values: dict[str, int] | None
) -> None:
    await talk(world)
    with pytest.raises(WrongRating):
        await world.control.ratings.rate(1, MAX, RatingKind.RESCORE, values=values)
    assert await kinds(world) == []


async def test_a_rescore_of_what_the_critic_did_not_score_takes_all_numbers(
    world: World,
) -> None:
    world.script.scores.extend([llm_down()] * 2)
    await talk(world)
    with pytest.raises(WrongRating):
        await world.control.ratings.rate(1, MAX, RatingKind.RESCORE, values={"manipulative": 1})


async def test_without_scores_there_is_nothing_to_agree_with(world: World) -> None:
    world.script.scores.extend([llm_down()] * 2)
    await talk(world)
    with pytest.raises(NothingToRate):
        await world.control.ratings.rate(1, MAX, RatingKind.AGREE)
    await world.control.ratings.rate(1, MAX, RatingKind.RESCORE, values=dict.fromkeys(HARMS, 20))
    (reward,) = await world.stores.evaluations.rewards_of(1)
    assert reward.value == pytest.approx(0.3)
    with pytest.raises(NoSuchTurn):
        await world.control.ratings.rate(404, MAX, RatingKind.AGREE)


async def test_a_deleted_reply_leaves_the_conversation_and_counts_against_it(world: World) -> None:
    await talk(world)
    act = await world.control.ratings.delete_reply(1, MAX, "hurtful")
    assert act.details.as_stored() == {"message_ids": [1_000_000]}
    assert (await world.stores.evaluations.rewards_of(1))[-1] == Reward("deleted", -1, "hurtful")
    await world.say("dogs")
    await world.settle()
    conversation = await world.stores.messages.conversation(await world.turn(2))
    assert [line.text for line in conversation.lines] == ["cats"]
    with pytest.raises(NothingToDelete):
        await world.control.ratings.delete_reply(1, MAX)
    assert len(await world.stores.acts.find(1, kind="delete reply")) == 1


async def test_a_deleted_reply_goes_also_where_the_process_dies_before_discord_is_asked(
    world: World,
) -> None:
    await talk(world)
    await world.control.ratings.delete_reply(1, MAX, "hurtful")
    await world.crash()
    await world.heal()
    gone = [(post.ref, post.text) for post in world.shown(PostKind.REMOVAL)]
    assert gone == [(1_000_000, str(LOBBY))]


async def test_the_verdict_is_kept_and_its_absence_costs_no_scores(world: World) -> None:
    await talk(world)
    verdict = await world.stores.evaluations.verdict_of(1)
    assert verdict is not None
    assert (verdict.safe, verdict.good) == (Opinion.YES, Opinion.UNSURE)
    world.script.verdicts.append(llm_down())
    await world.say("dogs", LOBBY)
    await world.settle()
    assert await world.stores.evaluations.verdict_of(2) is None
    assert await world.stores.evaluations.of_turn(2)
