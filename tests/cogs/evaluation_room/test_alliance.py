"""A session opens from what is stored; its working alliance is measured on a button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.agents.alliance.observers import Alliance
from bot.agents.alliance.scales import SCALES, AllianceCurve, AlliancePoint, Side
from bot.domain import Utterance
from bot.llm.protocol import CallContext
from bot.reports.report_maker import ReportFailed, ReportMaker
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


NOT_DRAWN = "The picture could not be drawn just now."


@pytest.fixture(params=["the picture fails", "no child lives", "all is well"])
def failing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What happens to the child processes that make pictures and pages."""
    make: Any = ReportMaker.make
    how: str = request.param

    async def fail(self: ReportMaker, *args: Any, **options: Any) -> Any:
        if how == "no child lives" or (how == "the picture fails" and options.get("draw", True)):
            raise ReportFailed("exit status -9")
        return await make(self, *args, **options)

    monkeypatch.setattr(ReportMaker, "make", fail)
    return how


async def test_a_picture_that_cannot_be_drawn_takes_nothing_else_along(
    room: Server, observer: ObserverOnScript, failing: str
) -> None:
    shown = await room.max.slash(room.moderators, "session", reply=1)
    assert shown.response is not None
    assert [file.filename for file in shown.response.attachments] == [
        "reply-1.html",
        "reply-1.json",
    ]
    assert NOT_DRAWN not in shown.response.content, "nothing was measured that could be drawn"

    with capture_logs() as lines:
        measured = await room.max.click(shown.response, label=LABEL)
        session = await room.max.slash(room.moderators, "session", reply=1)
    reply = room.said_by_bot(room.lobby, room.ana)[-1]
    entry = await room.max.context_menu(room.lobby, "Show therapy", reply)
    for result, text, own in (
        (measured, "Working alliance", ["reply-1-alliance.txt"]),
        (session, "Reply #1", ["reply-1.html", "reply-1.json"]),
        (entry, "", ["reply-1.html", "reply-1.json"]),
    ):
        answer = [result.response, *result.followups][-1]
        assert answer is not None
        files = [file.filename for file in answer.attachments]
        drawn = failing == "all is well"
        assert files == [*own, *["reply-1-alliance.png"] * drawn]
        assert text in answer.content
        assert (NOT_DRAWN in answer.content) is not drawn
    not_drawn = [line for line in lines if line["event"] == "picture not drawn"]
    assert [line["report"] for line in not_drawn] == (
        [] if failing == "all is well" else ["alliance_chart", "session_pages"]
    )
    assert room.env.errors == []
