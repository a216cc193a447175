"""The button on the card of a turn that ran out of time."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select

from bot.domain import PostKind, PostTo
from bot.domain.room_settings import NEW_ROOM, ReplyWhen
from bot.errors import LLMOverBudget
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.storage.database.tables import outbox
from tests.cogs.conftest import Server
from tests.cogs.evaluation_room.test_score_lists import lines, shown
from tests.cogs.shared.test_found_posts import again
from tests.world import Script


async def test_a_turn_is_tried_again_from_its_card_and_what_shows_it_follows(
    room: Server, script: Script
) -> None:
    rolling = NEW_ROOM.model_copy(update={"reply_when": ReplyWhen.ALWAYS})
    await room.bot.stores.rooms.update_settings(room.lobby.id, rolling)
    script.drafts.append(LLMOverBudget("The turn's time was up"))
    await room.ana.send(room.lobby, "Hi")
    roll, card = sorted(shown(room), key=lambda one: not str(one.embeds[0].title).startswith("📋"))
    assert "withheld" in lines(roll)[0]
    assert "withheld" in str(card.embeds[0].title)
    script.scores.append(70)
    await room.max.click(card, label="Try again")
    await room.env.settle()
    assert room.replies() == [APOLOGY, "The first thought on Hi."]
    roll_now, *cards = sorted(shown(room), key=lambda one: one.id != roll.id)
    assert len(lines(roll_now)) == 1
    assert "withheld" not in lines(roll_now)[0]
    assert [one.embeds[0].title for one in cards] == ["🔴 Reply #1 · hurtful"] * 2
    assert cards[0].id == card.id
    labels = [part.label for row in cards[0].components for part in getattr(row, "children", [])]
    assert "Try again" not in labels, "once"
    async with room.bot.stores.turns._database.read() as connection:
        latest = select(func.max(outbox.c.id)).where(outbox.c.kind == PostKind.CARD)
        second_id = await connection.scalar(latest)
    second = await again(room, PostKind.CARD, PostTo.MODERATORS)
    second = replace(second, id=second_id or 0)
    assert await room.bot.ports.deliver(second) == cards[1].id, "its own card, and not the first"
