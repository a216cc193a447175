"""An incident is put on a page, with or without names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from simcord.results import InteractionResult
from structlog.testing import capture_logs

from bot.domain import Moderator
from bot.domain.feedback import FeedbackKind
from bot.domain.moderation_acts import HandReviewDetails
from bot.domain.ratings import RatingKind
from bot.reports.report_maker import ReportFailed, ReportMaker
from cogs.evaluation_room.incident import NotATime, read_start
from tests.cogs.conftest import Server, refused
from tests.cogs.control_room.test_status import answers


async def page_of(result: InteractionResult) -> tuple[str, str]:
    """The name of the file that a moderator was sent, and its text."""
    (answer,) = answers(result)
    (file,) = answer.attachments
    return file.filename, (await file.read()).decode()


async def test_the_replies_around_one_are_on_a_page(room: Server) -> None:
    for words in ("One", "Two", "Three", "Four <b>"):
        await room.ana.send(room.lobby, words)
    result = await room.max.slash(room.moderators, "incident", reply=3, around=1, reason="a report")
    name, page = await page_of(result)
    assert name == "incident-2-4.html"
    for words in (
        "#2 ·",
        "Two",
        "The first thought on Three.",
        "Four &lt;b&gt;",
        "The Critic on the",
    ):
        assert words in page
    assert "One" not in page
    assert "#lobby" in page
    assert room.acts()[-1] == (
        f"📄 **Max** put replies #2 to #4 of <#{room.lobby.id}> on a page, with names.\n> a report"
    )


async def test_a_page_of_one_reply_is_headed_so(room: Server) -> None:
    await room.ana.send(room.lobby, "One")
    _, page = await page_of(await room.max.slash(room.moderators, "incident", reply=1))
    assert "<h1>Reply #1 · #lobby</h1>" in page
    assert "to #1" not in page
    assert (
        room.acts()[-1] == f"📄 **Max** put reply #1 of <#{room.lobby.id}> on a page, with names."
    )


async def test_a_page_that_cannot_be_made_is_said_and_not_put_on_record(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object, **__: object) -> str:
        raise ReportFailed("exit status -9")

    await room.ana.send(room.lobby, "Hi")
    acts = room.acts()
    monkeypatch.setattr(ReportMaker, "make", die)
    with capture_logs() as lines:
        result = await room.max.slash(room.moderators, "incident", reply=1)
    said = refused(room, result, "PageNotMade")
    assert said == "The page could not be made just now. Please try again in a minute."
    (line,) = (line for line in lines if line["event"] == "incident's page not made")
    assert line["detail"] == "exit status -9"
    assert room.acts() == acts


async def test_names_are_blanked_wherever_they_stand(room: Server) -> None:
    await room.ana.send(room.lobby, f"Ben and <@{room.ben.id}> are late")
    await room.ben.send(room.lobby, "Sorry, Ana!")
    by = Moderator(room.max.id, "Max")
    rate = room.bot.control.ratings.rate
    await rate(1, by, RatingKind.TOO_HARSH, why="Ana was hurt")
    _, page = await page_of(await room.max.slash(room.moderators, "incident", blank_names=True))
    for words in ("Person 1:", "Person 2 and Person 2 are late", "Sorry, Person 1!"):
        assert words in page.replace("</b>", "")
    assert "Moderator 1 rated: too harsh" in page
    assert "Person 1 was hurt" in page
    for name in ("Ana", "Ben", "Max", str(room.ben.id)):
        assert name not in page
    assert "without names" in room.acts()[-1]


async def test_what_members_say_and_moderators_did_is_there_without_names(room: Server) -> None:
    await room.ana.send(room.lobby, "Hello?")
    turn, lobby = await room.bot.stores.turns.get(1), await room.room()
    assert turn is not None
    chi = Moderator(77, "Chi Chang")
    await room.bot.control.feedback.give(turn, lobby, chi, FeedbackKind.HURT, "I, Chi Chang, cried")
    by, hands = Moderator(room.max.id, "Max"), HandReviewDetails("Moritz")
    await room.bot.control.audit.record(lobby, by, hands, "Moritz knows Chi Chang", turn_id=1)
    _, page = await page_of(await room.max.slash(room.moderators, "incident", reply=1))
    assert "Chi Chang: 💔 it hurt them, or was wrong · " in page
    assert "🔎 Max gave reply #1 in #lobby to Moritz to review. · Moritz knows Chi Chang" in page
    blanked = await room.max.slash(room.moderators, "incident", reply=1, blank_names=True)
    _, page = await page_of(blanked)
    assert "Person 2: 💔 it hurt them, or was wrong · " in page
    assert "I, Person 2, cried" in page
    given = "🔎 Moderator 1 gave reply #1 in #lobby to Moderator 2 to review."
    assert f"{given} · Moderator 2 knows Person 2" in page
    for name in ("Chi", "Moritz", "Max"):
        assert name not in page


async def test_names_that_are_odd_are_blanked_too(room: Server) -> None:
    person = room.guild.add_member(room.env.create_user("p", global_name="Person"))
    bo = room.guild.add_member(room.env.create_user("bo", global_name="Bo: the Great"))
    await person.send(room.lobby, "Hi, Bo: the Great")
    await bo.send(room.lobby, "Bo the Great is what they call me")  # as a model is shown it
    _, page = await page_of(await room.max.slash(room.moderators, "incident", blank_names=True))
    assert "Hi, Person 2" in page
    assert "Person 2 is what they call me" in page
    assert "Person 1 1" not in page
    assert "the Great" not in page


async def test_a_time_without_a_reply_is_said(room: Server) -> None:
    result = await room.max.slash(room.lobby, "incident", start="2020-01-01 12:00")
    assert refused(room, result, "NothingThere") == "There was no reply in that time."


def test_a_start_is_a_moment_in_utc() -> None:
    assert read_start("2026-11-28 14:05", 60) == datetime(2026, 11, 28, 14, 5, tzinfo=UTC)
    before = datetime.now(UTC)
    assert before <= read_start(" ", 30) + timedelta(minutes=30) <= datetime.now(UTC)
    with pytest.raises(NotATime):
        read_start("yesterday", 60)
