"""The button on the card of a turn that ran out of time."""

from __future__ import annotations

from bot.errors import LLMOverBudget
from bot.rooms.chat.fixed_texts import APOLOGY
from tests.cogs.conftest import Server
from tests.world import Script


async def test_a_turn_is_tried_again_from_its_card(room: Server, script: Script) -> None:
    script.drafts.append(LLMOverBudget("The turn's time was up"))
    await room.ana.send(room.lobby, "Hi")
    card = next(m for m in room.seen(room.moderators, room.max) if m.embeds)
    await room.max.click(card, label="Try again")
    await room.env.settle()
    assert room.replies() == [APOLOGY, "The first thought on Hi."]
    now = next(m for m in room.seen(room.moderators, room.max) if m.id == card.id)
    labels = [part.label for row in now.components for part in getattr(row, "children", [])]
    assert "Try again" not in labels, "once"
