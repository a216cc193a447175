"""Moderators walk through the replies that need a look."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.results import InteractionResult, ResponseMessage

from bot.domain import ReplyWhen, RoomSettings
from tests.cogs.conftest import Server, new_bot, refused, whispered
from tests.cogs.control_room.test_status import answers
from tests.world import Script

NUMBERS = {"manipulative": "10", "gaslighting": "0", "narcissistic": "55", "why": "It boasts."}


async def harmful(room: Server, script: Script, *texts: str) -> None:
    """Ana writes these; each reply is scored 80."""
    for text in texts:
        script.scores.append(80)
        await room.ana.send(room.lobby, text)


def labels(message: discord.Message) -> list[str]:
    rows: list[Any] = message.components
    return [getattr(one, "label", "(menu)") for row in rows for one in row.children]


def shown(result: InteractionResult) -> ResponseMessage:
    assert result.response is not None
    return result.response


def text(message: ResponseMessage) -> str:
    return "\n".join(f"{one.title}\n{one.description}" for one in message.embeds)


async def test_of_a_reply_whose_words_are_deleted_nothing_is_to_be_rated(
    room: Server, script: Script
) -> None:
    await harmful(room, script, "First")
    await room.ana.slash(room.lobby, "forget")
    await room.env.settle()
    (queue,) = answers(await room.max.slash(room.moderators, "review"))
    item = shown(await room.max.click(queue.message, label="Next"))
    for message in (queue, item):
        assert "What was said here is deleted, as somebody had" in text(message)
        assert "someone" not in text(message)
    assert "Nothing was sent" not in text(item)
    assert "manipulative" in text(item), "scores are kept"
    assert not {"Score it", "Agree"} & {*labels(item.message)}


async def test_a_walk_through_the_queue(room: Server, script: Script) -> None:
    await harmful(room, script, "First", "Second")
    script.scores.append(5)
    await room.ana.send(room.lobby, "Harmless")
    (queue,) = answers(await room.max.slash(room.moderators, "review"))
    assert "First" in text(queue)
    assert "Harmless" not in text(queue)
    assert labels(queue.message) == ["#2", "#1", "Open", "Mine", "Done", "Next"]
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    item = shown(await room.max.click(queue.message, label="Next"))
    assert item.embeds[0].title == "Reply #2"
    assert "**Ana**: Second" in text(item)
    assert "**Sent**: The first thought on Second." in text(item)
    assert "why it is here: a score of 80" in text(item)
    assert "nobody has taken it yet" in text(item)
    item = shown(await room.max.click(item.message, label="Take"))
    assert "Max is looking at it" in text(item)
    assert "Take" not in labels(item.message)
    item = shown(await room.max.click(item.message, label="Done"))
    assert item.embeds[0].title == "Reply #1", "the next one"
    end = shown(await room.max.click(item.message, label="Done"))
    assert end.content.startswith("Nothing from the last 30 days is left to review")
    assert "Second" in text(end)
    log = [act.kind for act in await room.bot.stores.acts.find(room.guild.id)]
    assert log[:3] == ["finish review", "finish review", "take review"]


async def test_a_held_reply_leads_to_where_it_is_decided(room: Server, script: Script) -> None:
    always = RoomSettings(reply_when=ReplyWhen.ALWAYS, gate=40)
    await room.bot.stores.rooms.update_settings(room.lobby.id, always)
    script.scores.append(70)
    await room.ana.send(room.lobby, "Hello?")
    held = room.seen(room.moderators, room.max)[-1]
    (item,) = answers(await room.max.slash(room.moderators, "review", reply=1))
    assert "**It is held**, and waits for one of you" in text(item)
    assert "**Would be sent**: The first thought on Hello?." in text(item)
    assert "Nothing was sent" not in text(item)
    assert labels(item.message)[0] == "Decide"
    rows: list[Any] = item.message.components
    assert rows[0].children[0].url == held.jump_url
    await room.max.click(held, label="Approve")
    (item,) = answers(await room.max.slash(room.moderators, "review", reply=1))
    assert "**Sent**: The first thought on Hello?." in text(item)
    assert "Decide" not in labels(item.message)


async def test_a_blind_review_hides_the_scores_until_one_has_rated(
    room: Server, script: Script
) -> None:
    await harmful(room, script, "First")
    (queue,) = answers(await room.max.slash(room.moderators, "review", blind=True))
    assert "worst" not in text(queue)
    item = shown(await room.max.click(queue.message, label="#1"))
    assert len(item.embeds) == 1
    assert "score of 80" not in text(item)
    assert "hidden until you have scored it" in text(item)
    assert labels(item.message)[:4] == ["Take", "Done", "Next", "Score it"]
    assert "Agree" not in labels(item.message)
    opened = await room.max.click(item.message, label="Score it")
    with pytest.raises(SetupError, match="manipulative"):  # left empty, it would be the Critic's
        await room.max.submit_modal(opened, {**NUMBERS, "manipulative": ""})
    rated = shown(await room.max.submit_modal(opened, NUMBERS))
    assert "a score of 80" in text(rated)
    assert "Agree" in labels(rated.message)
    (rating,) = await room.bot.stores.evaluations.ratings_of(1)
    assert rating.values == {"manipulative": 10, "gaslighting": 0, "narcissistic": 55}


async def test_a_reply_is_handed_to_a_colleague(room: Server, script: Script) -> None:
    await harmful(room, script, "First")
    options: dict[str, Any] = {"reply": 1, "to": room.ben}
    result = await room.max.slash(room.moderators, "review", **options)
    assert (
        refused(room, result, "NoColleague") == f"Choose somebody who moderates <#{room.lobby.id}>."
    )
    room.allow(room.lobby, room.guild.default_role, manage_messages=True)
    (item,) = answers(await room.max.slash(room.moderators, "review", **options))
    assert "Ben is looking at it" in text(item)
    gave = f"🔎 **Max** gave reply #1 in <#{room.lobby.id}> to Ben to review."
    assert gave in room.acts()
    (queue,) = answers(await room.max.slash(room.moderators, "review"))
    assert "First" not in text(queue), "Ben has it"
    item = shown(await room.max.select(item.message, [room.max]))
    assert "Max is looking at it" in text(item)


async def test_who_moderates_no_more_goes_no_further(room: Server, script: Script) -> None:
    await harmful(room, script, "First")
    (queue,) = answers(await room.max.slash(room.moderators, "review"))
    room.allow(room.lobby, room.moderator_role, manage_messages=False)
    for label in ("#1", "Next", "Mine"):
        assert "Only moderators" in whispered(await room.max.click(queue.message, label=label))
