"""What members say of replies: one a person and reply, a reward, told to the moderators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import NewPost, PostKind, PostTo, TurnState
from bot.domain.feedback import FeedbackKind
from bot.domain.privacy import PrivacyChoice
from bot.domain.ratings import Reward
from bot.rooms.evaluation.feedback import MOST_GIVEN, NoReply, NotStored, TooOften
from bot.rooms.evaluation.rewards import CRITIC
from tests.world import ANA, HARM, LOBBY, World

HELPED, HURT = FeedbackKind.HELPED, FeedbackKind.HURT


async def give(world: World, kind: FeedbackKind, words: str = "") -> bool:
    turn = await world.stores.turns.get(1)
    room = await world.stores.rooms.get(LOBBY)
    assert turn is not None
    assert room is not None
    return await world.control.feedback.give(turn, room, ANA, kind, words)


async def talk(world: World) -> None:
    world.script.reviews.append(HARM)
    await world.say("cats")
    await world.settle()


async def member_rewards(world: World) -> list[Reward]:
    rewards = await world.stores.evaluations.rewards_of(1)
    return [reward for reward in rewards if reward.source != CRITIC]


async def test_it_is_kept_once_a_person_and_reply_and_may_be_changed(world: World) -> None:
    await talk(world)
    assert await give(world, HELPED)
    assert not await give(world, HELPED)
    assert await give(world, HURT, " it stung ")
    (said,) = (await world.stores.feedback.of_turns([1]))[1]
    assert (said.by, said.kind, said.words) == (ANA, HURT, "it stung")


async def test_it_is_a_reward(world: World) -> None:
    await talk(world)
    await give(world, HELPED)
    (helped,) = await member_rewards(world)
    await give(world, HURT)
    (hurt,) = await member_rewards(world)
    assert helped.source == hurt.source == f"member {ANA.id}"
    assert (helped.reason, hurt.reason) == ("helped", "hurt")
    assert helped.value - hurt.value == 1.0
    assert helped.value >= 0 >= hurt.value


async def test_moderators_are_told_by_a_post(world: World) -> None:
    await talk(world)
    await give(world, HURT)
    await world.settle()
    said = await world.stores.feedback.by_person(1, ANA.id)
    assert said is not None
    told = [post.new for post in world.posted if post.new.kind is PostKind.FEEDBACK]
    assert told == [NewPost(LOBBY, PostTo.MODERATORS, PostKind.FEEDBACK, turn_id=1, ref=said.id)]


async def test_who_says_too_much_has_to_wait(world: World) -> None:
    await talk(world)
    for number in range(MOST_GIVEN):
        await give(world, HURT, f"word {number}")
    with pytest.raises(TooOften):
        await give(world, HELPED)


async def test_of_who_is_not_to_be_stored_nothing_is_kept(world: World) -> None:
    await talk(world)
    room = await world.stores.rooms.get(LOBBY)
    assert room is not None
    await world.stores.privacy_choices.choose(
        ANA.id, room.guild_id, PrivacyChoice.STORAGE, yes=False, by_id=ANA.id
    )
    with pytest.raises(NotStored):
        await give(world, HURT, "it stung")
    assert await world.stores.feedback.of_turns([1]) == {}


async def test_of_what_was_never_sent_nothing_can_be_said(world: World) -> None:
    await talk(world)
    sent = await world.turn()
    room = await world.stores.rooms.get(LOBBY)
    assert room is not None
    withheld = replace(sent, state=TurnState.WITHHELD)
    with pytest.raises(NoReply):
        await world.control.feedback.give(withheld, room, ANA, HURT)
