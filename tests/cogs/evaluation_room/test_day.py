"""The digest a day, as moderators see it."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import discord
import pytest

from bot.domain import Room, Subject
from bot.domain.day_look import DayLook, DayPattern, SeenPattern
from bot.domain.day_shares import DayShare
from bot.domain.ratings import Opinion, RatingKind
from bot.reports.report_maker import ReportFailed, ReportMaker
from bot.text.no_answer import NO_ANSWER
from cogs.evaluation_room.day_view import PATTERNS, DayDigest, render_day
from cogs.evaluation_room.feedback import HURT
from tests.cogs.conftest import Server
from tests.cogs.evaluation_room.test_card import BEFORE, SENT, card_of, scored
from tests.world import HARM, Script, llm_down

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROOM = Room(5, 1, 2, 5)
QUIET = DayDigest(NOON, DayShare(NOON.date(), 12, 4, 1), 0, 0, (), 30, None, ())


def said(digest: DayDigest) -> list[str]:
    return (render_day(ROOM, digest, picture=False).description or "").split("\n")


def test_a_quiet_day() -> None:
    assert said(QUIET) == [
        "<#5>",
        "**33 %** of 12 replies needed help; after therapy **8 %** still did.",
        "Nothing failed.",
        "👥 Nobody has rated these replies yet.",
        "30 calls to models",
        "",
        "Nothing needs a look.",
    ]


def test_a_day_on_which_things_went_wrong() -> None:
    hurtful = card_of(SENT, BEFORE, scored(Subject.REPLY, 0, 73, 0))
    ratings = (RatingKind.AGREE, RatingKind.AGREE, RatingKind.TOO_HARSH)
    digest = DayDigest(NOON, None, 2, 1, ratings, 1200, 0.456, (hurtful,))
    assert said(digest)[1:] == [
        "No reply was scored.",
        "⛔ 2 withheld · ⚪ 1 not scored",
        "👥 People agreed with the Critic in 2 of 3 ratings: 2 agree · 1 too harsh",
        "$0.46 for 1,200 calls to models",
        "",
        "**Worth a look**",
        "🔴 **[#12](https://discord.com/r)** hurtful · 81 → 73",
    ]
    words = " ".join(said(digest))
    assert "Ana" not in words, "it stays when somebody is forgotten"
    assert "promoted" not in words


def test_what_the_critic_says_of_the_day_as_a_whole() -> None:
    seen = SeenPattern(pattern=DayPattern.DEPENDENCE, replies=(3, 12))
    yes = Opinion.YES
    look = DayLook(safe=yes, ethical=yes, good=Opinion.UNSURE, seen=(seen,))
    digest = replace(QUIET, look=look, links={12: "[#12](https://discord.com/r)"})
    assert said(digest)[-4:] == [
        "",
        "**The day as a whole**, as the Critic sees it",
        "safe ✅ yes · ethical ✅ yes · good ❔ unsure",
        f"- **dependence**: {PATTERNS[DayPattern.DEPENDENCE]} (#3, [#12](https://discord.com/r))",
    ]
    nothing = replace(digest, look=look.model_copy(update={"seen": ()}))
    assert said(nothing)[-1] == "It sees nothing that only shows across several replies."


async def digest(room: Server) -> discord.Message:
    """The day is over; its digest."""
    until = datetime.now(UTC) + timedelta(minutes=1)
    assert await room.bot.stores.digests.make_day(room.lobby.id, until)
    with room.env._bot_scope():
        room.bot.engine.outbox_relay.wake(room.lobby.id)
    await room.env.settle()
    found = [m for m in room.seen(room.moderators, room.max) if m.embeds]
    assert found[-1].embeds[0].title == "☀️ The last 24 hours"
    return found[-1]


async def test_a_day_with_its_picture_and_the_turns_worth_a_look(
    room: Server, script: Script
) -> None:
    room.env.settle_timeout = 60.0  # a chart takes a second of a processor that others use too
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    script.scores.append(70)
    await room.ana.send(room.lobby, "You never listen")
    script.drafts.append(llm_down())
    await room.ana.send(room.lobby, "Hello?")
    seen = SeenPattern(pattern=DayPattern.UNHEARD, replies=(1, 2))
    look = DayLook(safe=Opinion.YES, ethical=Opinion.NO, good=Opinion.NO, seen=(seen,))
    tomorrow = datetime.now(UTC) + timedelta(minutes=1)
    await room.bot.stores.digests.keep_look(room.lobby.id, tomorrow, look)
    message = await digest(room)
    assert [file.filename for file in message.attachments] == ["days.png"]
    assert message.embeds[0].image.url
    lines = (message.embeds[0].description or "").split("\n")
    assert lines[1] == "**100 %** of 2 replies needed help; after therapy **50 %** still did."
    assert lines[2] == "⛔ 1 withheld"
    assert [line.split("** ")[-1] for line in lines[-6:-4]] == ["withheld", "hurtful · 70 → 70"]
    assert lines[-1].count("](https://discord.com/channels/") == 2
    opened = await room.max.select(message, ["2"])
    assert opened.response is not None
    assert "You never listen" in (opened.response.embeds[0].description or "")
    walked = await room.max.click(message, label="Review")
    assert walked.ephemeral
    assert walked.response is not None
    assert "Hello?" in (walked.response.embeds[0].description or "")
    later = await room.max.click(walked.response.message, label="Done")
    assert later.response is not None
    assert "You never listen" in (later.response.embeds[0].description or "")
    (after,) = [m for m in room.seen(room.moderators, room.max) if m.id == message.id]
    assert after.embeds[0].title == "☀️ The last 24 hours", "it stays for everybody"


async def test_a_fixed_sentence_is_none_of_what_failed(room: Server, script: Script) -> None:
    script.drafts.append(NO_ANSWER)
    await room.ana.send(room.lobby, "Hi")
    script.scores.append(llm_down())
    await room.ana.send(room.lobby, "Hello?")
    lines = ((await digest(room)).embeds[0].description or "").split("\n")
    assert lines[2] == "⚪ 1 not scored", "of two replies without a score"


async def test_what_a_member_says_hurt_them_stands_first_however_calm_its_scores(
    room: Server, script: Script
) -> None:
    script.scores.append(0)
    await room.ana.send(room.lobby, "Hi")
    reply = room.said_by_bot(room.lobby, room.max)[-1]
    opened = await room.ana.context_menu(room.lobby, HURT, reply)
    await room.ana.submit_modal(opened, {"words": "it was false"})
    script.scores.append(70)
    await room.ana.send(room.lobby, "You never listen")
    message = await digest(room)
    lines = (message.embeds[0].description or "").split("\n")
    worth = lines[lines.index("**Worth a look**") + 1 :]
    assert [line.rpartition(" · ")[2] for line in worth] == [
        "a member says that it hurt them, or was wrong",
        "70 → 70",
    ]
    opened = await room.max.select(message, ["1"])
    assert opened.response is not None
    assert "Hi" in (opened.response.embeds[0].description or "")


async def test_without_what_draws_the_picture_the_words_stand_alone(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    await room.ana.send(room.lobby, "Hi")
    message = await digest(room)
    assert message.attachments == []
    assert message.embeds[0].image.url is None


async def test_a_picture_that_cannot_be_drawn_holds_up_no_digest(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> bytes:
        raise ReportFailed("exit status -9")

    monkeypatch.setattr(ReportMaker, "make", fail)
    await room.ana.send(room.lobby, "Hi")
    message = await digest(room)
    assert message.attachments == []
    assert message.embeds[0].image.url is None
