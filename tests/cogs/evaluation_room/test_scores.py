"""`/scores`: a picture where it can be drawn, and a table in any case."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.reports.report_maker import ReportFailed, ReportMaker
from tests.cogs.conftest import Server, told
from tests.cogs.control_room.test_status import answers
from tests.world import HARM, Script


async def test_scores_are_a_picture_a_table_and_a_sentence(room: Server, script: Script) -> None:
    assert "no reply was scored" in told(await room.max.slash(room.lobby, "scores"))
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    (answer,) = answers(await room.max.slash(room.moderators, "scores", days=1))
    assert [file.filename for file in answer.attachments] == ["scores.png"]
    assert "last day: **100 %** of 1 reply needed help; after therapy **0 %** still did." in (
        answer.content
    )
    assert "manipulative" in answer.content
    assert "ratings" in answer.content
    assert "-# scripted by scripted · trust: not tested" in answer.content


async def test_without_a_picture_that_cannot_be_drawn_the_table_comes_all_the_same(
    room: Server, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    make: Any = ReportMaker.make

    async def draw_nothing(self: ReportMaker, *args: Any, draw: bool, **options: Any) -> Any:
        if draw:
            raise ReportFailed("exit status -9")
        return await make(self, *args, draw=draw, **options)

    monkeypatch.setattr(ReportMaker, "make", draw_nothing)
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    with capture_logs() as lines:
        (answer,) = answers(await room.max.slash(room.moderators, "scores"))
    assert answer.attachments == []
    assert "manipulative" in answer.content
    assert "The picture could not be drawn just now." in answer.content
    (line,) = (line for line in lines if line["event"] == "picture not drawn")
    assert (line["report"], line["detail"]) == ("scores_answer", "exit status -9")
    assert room.env.errors == []


async def test_without_what_draws_the_picture_the_table_stands_alone(
    room: Server, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    (answer,) = answers(await room.max.slash(room.moderators, "scores"))
    assert answer.attachments == []
    assert "manipulative" in answer.content
    assert "ratings" in answer.content
    assert room.env.errors == []
