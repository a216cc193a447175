"""Guidance that a reply did not follow is told in the thread, and can be asked for again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

import discord
import pytest

from bot.domain import Guidance, Moderator, ReplyWhen, RoomSettings
from bot.errors import LLMError
from bot.llm.protocol import CallContext
from cogs.control_room.guidance_again import render_missed
from tests.cogs.conftest import Server
from tests.world import HARM, Script, llm_down

MISSED = "🧭 **Not followed**"


@dataclass
class JudgeOnScript:
    """Answers as it is told, and keeps what it was asked."""

    answers: deque[bool | LLMError] = field(default_factory=deque)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def follows(self, guidance: str, reply: str, ctx: CallContext) -> bool:
        assert ctx.by_moderator
        self.asked.append((guidance, reply))
        answer = self.answers.popleft()
        if isinstance(answer, LLMError):
            raise answer
        return answer


@pytest.fixture
async def judge(room: Server, script: Script) -> JudgeOnScript:
    """Somebody looks at the replies; guidance is given for one turn."""
    made = JudgeOnScript()
    room.bot.control.guidance_checks._judge = made
    await room.max.slash(room.lobby, "guide", text="Ask one question.")
    script.reviews.append(HARM)
    return made


def missed(room: Server) -> list[discord.Message]:
    return [one for one in room.seen(room.thread(), room.max) if one.content.startswith(MISSED)]


async def test_what_is_followed_is_not_spoken_of(room: Server, judge: JudgeOnScript) -> None:
    judge.answers.append(True)
    await room.ana.send(room.lobby, "Hi")
    assert judge.asked == [("Ask one question.", "A kinder word about Hi, thought through.")]
    assert missed(room) == []
    await room.ana.send(room.lobby, "Hi again")
    assert len(judge.asked) == 1


async def test_what_is_not_is_told_once_the_reply_is_out(
    room: Server, judge: JudgeOnScript
) -> None:
    judge.answers.append(False)
    await room.ana.send(room.lobby, "Hi")
    (post,) = missed(room)
    assert "> Ask one question." in post.content
    assert (
        "The reply has been sent, and the guidance has ended: `/guide` gives it again."
        in post.content
    )
    assert post.components == []


async def test_that_it_cannot_be_said_is_no_complaint(room: Server, judge: JudgeOnScript) -> None:
    judge.answers.append(llm_down())
    await room.ana.send(room.lobby, "Hi")
    assert len(judge.asked) == 1
    assert missed(room) == []


async def test_a_held_reply_is_redone_with_it_and_looked_at_again(
    room: Server, judge: JudgeOnScript, script: Script
) -> None:
    await room.bot.stores.rooms.update_settings(
        room.lobby.id, RoomSettings(gate=40, reply_when=ReplyWhen.ALWAYS)
    )
    judge.answers.extend([False, True])
    script.scores.extend([70, 0])
    script.responses.extend(["I hear you.", "What happened then?"])
    await room.ana.send(room.lobby, "Hi")
    (post,) = missed(room)
    await room.max.click(post, label="Again, with this")
    assert room.replies() == ["What happened then?"]
    assert [reply for _, reply in judge.asked] == ["I hear you.", "What happened then?"]
    (after,) = missed(room)
    assert after.components == []
    held = next(one for one in room.seen(room.moderators, room.max) if "Reply #1" in _title(one))
    assert "Max sent it back into therapy" in str(held.embeds[0].description)


def _title(message: discord.Message) -> str:
    return message.embeds[0].title or "" if message.embeds else ""


def test_where_the_guidance_still_holds_that_is_said() -> None:
    given = Guidance(1, 2, Moderator(5, "Max"), "Be brief.", datetime.now(UTC), turns_left=2)
    (text,) = render_missed(given, held=False)
    assert "The guidance holds for 2 more replies." in text
