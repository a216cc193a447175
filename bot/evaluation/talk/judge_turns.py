"""The judgements of a talk evaluation: every text alone, and each pair in both orders, blind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from bot.domain import Conversation, Deadline, Line
from bot.domain.seeds import piece_seed
from bot.errors import LLMError
from bot.evaluation.datasets.datasets import CHATBOT
from bot.evaluation.plan import Progress, failure, go_through, mixed
from bot.evaluation.run_log import RunLog
from bot.evaluation.talk.judges import Choice, TextJudge, WrittenJudge
from bot.evaluation.talk_records import (
    ComparedTalkTexts,
    JudgedTalkText,
    TalkTurn,
    Version,
)
from bot.evaluation.usage_meter import UNIT_SECONDS
from bot.llm.protocol import CallContext

_OTHER: Final[Mapping[Version, Version]] = {"draft": "reply", "reply": "draft"}


async def judge_turns(judge: TextJudge, log: RunLog, at_once: int, progress: Progress) -> None:
    """Give all judgements that are missing in the log, in an order that only the seed decides."""
    turns = list(log.of(TalkTurn))
    readings = [
        partial(_read, judge, log, turn, about)
        for turn in turns
        for about in _readings(turn, judge)
        if about.key not in log
    ]
    order = mixed(readings, piece_seed(log.header.seed, "order", "readings"))
    await go_through(f"readings, {judge.name}", order, at_once, progress)
    if not isinstance(judge, WrittenJudge):
        return
    pairs = [
        partial(_compare, judge, log, turn, about)
        for turn in turns
        for about in _pairs(turn, judge)
        if about.key not in log
    ]
    order = mixed(pairs, piece_seed(log.header.seed, "order", "pairs"))
    await go_through(f"pairs, {judge.name}", order, at_once, progress)


def conversation_of(turn: TalkTurn) -> Conversation:
    """Return what the turn answered."""
    *before, last = (
        Line(speaker=speaker, text=text, by_chatbot=speaker == CHATBOT)
        for speaker, text in turn.conversation
    )
    return Conversation(lines=tuple(before), asked=(last,))


def _readings(turn: TalkTurn, judge: TextJudge) -> list[JudgedTalkText]:
    return [
        JudgedTalkText(room=turn.room, number=turn.number, version=version, judge=judge.name)
        for version in turn.texts
    ]


def _pairs(turn: TalkTurn, judge: TextJudge) -> list[ComparedTalkTexts]:
    if len(turn.texts) < len(_OTHER):
        return []
    return [
        ComparedTalkTexts(room=turn.room, number=turn.number, first=first, judge=judge.name)
        for first in turn.texts
    ]


async def _read(judge: TextJudge, log: RunLog, turn: TalkTurn, about: JudgedTalkText) -> None:
    text = turn.texts[about.version]
    try:
        reading = await judge.read(conversation_of(turn), text, _context(log, turn, text))
        result: dict[str, object] = {
            "value": reading.value,
            "send": reading.send,
            "answers": dict(reading.answers),
            "reason": reading.reason,
        }
    except LLMError as error:
        result = {"failure": failure(error)}
    log.add(about.model_copy(update=result))


async def _compare(
    judge: WrittenJudge, log: RunLog, turn: TalkTurn, about: ComparedTalkTexts
) -> None:
    second = _OTHER[about.first]
    first_text, second_text = turn.texts[about.first], turn.texts[second]
    named: Mapping[Choice, str] = {"first": about.first, "second": second, "same": "same"}
    try:
        chosen, reason = await judge.compare(
            conversation_of(turn), first_text, second_text, _context(log, turn, first_text)
        )
        result: dict[str, object] = {"better": named[chosen], "reason": reason}
    except LLMError as error:
        result = {"failure": failure(error)}
    log.add(about.model_copy(update=result))


def _context(log: RunLog, turn: TalkTurn, text: str) -> CallContext:
    seed = piece_seed(log.header.seed, "judge", turn.room, turn.number, text)
    return CallContext(Deadline.after(UNIT_SECONDS), seed=seed)
