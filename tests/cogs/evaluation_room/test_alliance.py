"""A session opens from what is stored; its working alliance is measured on a button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.agents.alliance.observers import Alliance
from bot.agents.alliance.scales import SCALES, AllianceCurve, AlliancePoint, Side
from bot.domain import Utterance
from bot.llm.protocol import CallContext
from tests.cogs.conftest import Server, whispered
from tests.world import HARM, Script, llm_down

CURVE = AllianceCurve(
    method="by hand",
    points=(
        AlliancePoint(number=1, round=1, side=Side.THERAPIST, values=dict.fromkeys(SCALES, 4.0)),
        AlliancePoint(number=2, round=1, side=Side.CHATBOT, values=dict.fromkeys(SCALES, 5.0)),
    ),
)
LABEL = "Measure the working alliance"


class ObserverOnScript:
    """Observes what it is told to, and counts how often."""

    def __init__(self) -> None:
        self.fails = False
        self.measured = 0

    async def observe(self, session: Sequence[Utterance], ctx: CallContext) -> AllianceCurve:
        self.measured += 1
        if self.fails:
            raise llm_down()
        return CURVE


@pytest.fixture
async def observer(room: Server, script: Script) -> ObserverOnScript:
    observing = ObserverOnScript()
    agents = replace(room.bot.engine.agents, alliance=Alliance([observing]))
    room.bot.engine.agents = agents
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hello?")
    return observing


async def test_a_session_is_shown_unmeasured_and_measured_once_on_the_button(
    room: Server, observer: ObserverOnScript
) -> None:
    shown = await room.max.slash(room.moderators, "session", reply=1)
    assert observer.measured == 0
    assert shown.response is not None
    result = await room.max.click(shown.response, label=LABEL)
    assert "Working alliance" in whispered(result)
    assert observer.measured == 1
    again = await room.max.slash(room.moderators, "session", reply=1)
    assert again.response is not None
    assert again.response.components == []
    assert observer.measured == 1


async def test_show_therapy_has_the_button_too(room: Server, observer: ObserverOnScript) -> None:
    reply = room.said_by_bot(room.lobby, room.ana)[-1]
    result = await room.max.context_menu(room.lobby, "Show therapy", reply)
    assert observer.measured == 0
    await room.max.click(result.followups[-1], label=LABEL)
    assert observer.measured == 1


async def test_that_it_cannot_be_measured_is_said(room: Server, observer: ObserverOnScript) -> None:
    observer.fails = True
    shown = await room.max.slash(room.moderators, "session", reply=1)
    assert shown.response is not None
    assert "could not be measured" in whispered(await room.max.click(shown.response, label=LABEL))
