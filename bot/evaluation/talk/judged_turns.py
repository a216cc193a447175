"""The turns of a talk evaluation as each judge sees them: hand labels, a model, the Critic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.scores import EMPATHETIC
from bot.evaluation.run_log import RunLog
from bot.evaluation.talk.judges import FIT_FROM
from bot.evaluation.talk_records import (
    ComparedTalkTexts,
    JudgedTalkText,
    TalkTurn,
    Version,
)

HAND: Final = "hand labels"
MARGIN: Final = 5.0
"""Points of 100 from which a reply counts as better or worse than its draft: less is noise."""
_ORDERS: Final = 2
"""A pair counts if it was asked in both orders."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge makes of one text; None where it does not say."""

    fit: bool | None = None
    worth: float | None = None
    """Higher is better, on the judge's own scale."""


@dataclass(frozen=True, slots=True)
class JudgedTurn:
    """A turn with what a judge makes of its draft and its reply."""

    turn: TalkTurn
    draft: Judged
    reply: Judged
    change: int | None
    """The reply against the draft: 1 better, 0 the same, -1 worse; None where unknown."""


def judged_turns(log: RunLog) -> dict[str, list[JudgedTurn]]:
    """Return all turns by judge: hand labels first if there are any, the Critic's reading last."""
    turns = list(log.of(TalkTurn))
    judged: dict[str, list[JudgedTurn]] = {}
    if any(turn.draft_label or turn.reply_label for turn in turns):
        judged[HAND] = [_by_hand(turn) for turn in turns]
    for judge in log.header.critics:
        readings = _readings(log, judge)
        choices = _choices(log, judge)
        judged[judge] = [_by_judge(turn, readings, choices) for turn in turns]
    if any(EMPATHETIC in (turn.before or {}) for turn in turns):
        judged[f"Critic, {EMPATHETIC}"] = [_by_critic(turn) for turn in turns]
    return judged


_Key = tuple[str, int]


def _by_hand(turn: TalkTurn) -> JudgedTurn:
    labels = {"draft": turn.draft_label, "reply": turn.reply_label}
    texts = {
        version: Judged(label.send, float(label.worth)) if label else Judged()
        for version, label in labels.items()
    }
    return _judged(turn, texts["draft"], texts["reply"], margin=1)


def _by_critic(turn: TalkTurn) -> JudgedTurn:
    draft, reply = (_as_judged((scores or {}).get(EMPATHETIC)) for scores in _scores(turn))
    return _judged(turn, draft, reply)


def _by_judge(
    turn: TalkTurn,
    readings: Mapping[tuple[_Key, Version], JudgedTalkText],
    choices: Mapping[_Key, Sequence[str]],
) -> JudgedTurn:
    key = (turn.room, turn.number)
    draft, reply = (
        Judged(one.send, one.value) if one else Judged()
        for one in (readings.get((key, "draft")), readings.get((key, "reply")))
    )
    chosen = choices.get(key)
    return _judged(turn, draft, reply, chosen=None if chosen is None else _agreed(chosen))


def _judged(
    turn: TalkTurn,
    draft: Judged,
    reply: Judged,
    *,
    margin: float = MARGIN,
    chosen: int | None = None,
) -> JudgedTurn:
    """Return the turn as judged. A reply that is the draft is as fit, and no change."""
    if turn.reply is None or turn.draft is None:
        return JudgedTurn(turn, draft, Judged(), None)
    if turn.reply == turn.draft:
        known = draft if draft.fit is not None else reply
        return JudgedTurn(turn, known, known, 0)
    if chosen is not None:
        return JudgedTurn(turn, draft, reply, chosen)
    if draft.worth is None or reply.worth is None:
        return JudgedTurn(turn, draft, reply, None)
    apart = reply.worth - draft.worth
    return JudgedTurn(turn, draft, reply, 0 if abs(apart) < margin else 1 if apart > 0 else -1)


def _agreed(chosen: Sequence[str]) -> int:
    """Return the choice that a judge makes in either order; the same where they differ."""
    if set(chosen) == {"reply"}:
        return 1
    return -1 if set(chosen) == {"draft"} else 0


def _readings(log: RunLog, judge: str) -> dict[tuple[_Key, Version], JudgedTalkText]:
    return {
        ((one.room, one.number), one.version): one
        for one in log.of(JudgedTalkText)
        if one.judge == judge and one.value is not None
    }


def _choices(log: RunLog, judge: str) -> dict[_Key, list[str]]:
    chosen: dict[_Key, list[str]] = {}
    for one in log.of(ComparedTalkTexts):
        if one.judge == judge and one.better is not None:
            chosen.setdefault((one.room, one.number), []).append(one.better)
    return {key: both for key, both in chosen.items() if len(both) == _ORDERS}


def _scores(turn: TalkTurn) -> Iterator[Mapping[str, int] | None]:
    yield turn.before
    yield turn.after


def _as_judged(value: float | None) -> Judged:
    return Judged() if value is None else Judged(value >= FIT_FROM, float(value))
