"""A turn in words for the page, read from the record: what was asked, thought, said and scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import Conversation, Evaluation, Room, Scores, Subject, Turn, TurnState, Utterance
from bot.domain.scores import EMPATHETIC, in_order
from bot.reports.critic_trust import MEASURED_IN, trust_of
from bot.reports.session_notes import notes_of
from bot.rooms.evaluation.evaluation_room import scores_of
from bot.rooms.evaluation.headline import headline_of
from bot.rooms.evaluation.turn_findings import findings_of_turn
from bot.sandbox.web.page_feed import SaidLine, ScorePair, SessionLine, TurnRecord
from bot.storage.stores.stores import Stores
from bot.text.talk_language import language_of_talk

_HELD_BY = {TurnState.GATED: "gate", TurnState.WAITING: "seat"}


async def read_record(stores: Stores, room: Room, turn: Turn) -> TurnRecord:
    """Return what the record has of a turn by now."""
    asked = await stores.messages.conversation(turn)
    session = await stores.turns.utterances(turn.id)
    evaluations = await stores.evaluations.of_turn(turn.id)
    verdict, asks_for_a_look, reason = await _judge(stores, room, turn, evaluations)
    return TurnRecord(
        turn_id=turn.id,
        number=turn.number,
        open=turn.state.open,
        waits_for=_HELD_BY.get(turn.state, "pause" if turn.state.open and room.paused else ""),
        asked=tuple(SaidLine(line.speaker, line.text) for line in asked.asked),
        draft=turn.draft or "",
        session=tuple(map(_line, session)),
        reply=turn.reply or "",
        withheld=turn.withheld_because or "",
        scores=_pairs(room, evaluations),
        verdict=verdict,
        asks_for_a_look=asks_for_a_look,
        reason=reason,
        seconds=_seconds(turn),
        thread_id=await stores.threads.thread_of(room.id, turn.created_at.date()),
        moderators_id=room.moderator_channel_id,
    )


def _line(said: Utterance) -> SessionLine:
    notes = tuple(f"{n.label}: {n.text}" if n.text else n.label for n in notes_of(said))
    return SessionLine(said.speaker.value, said.round, said.text, notes)


def _pairs(room: Room, evaluations: Sequence[Evaluation]) -> tuple[ScorePair, ...]:
    before, after = (_shown(scores_of(evaluations, subject)) for subject in Subject)
    bad = {scale.name: scale.high_is_bad for scale in room.settings.scales}
    return tuple(
        ScorePair(name, before.get(name), after.get(name), not bad.get(name, name != EMPATHETIC))
        for name in in_order((*before, *after))
    )


def _shown(scores: Scores | None) -> dict[str, int]:
    return dict(scores.shown) if scores is not None else {}


async def _judge(
    stores: Stores, room: Room, turn: Turn, evaluations: Sequence[Evaluation]
) -> tuple[str, bool, str]:
    """Return the word of its card, whether it asks for a look, and the Critic's reason."""
    failure = await stores.evaluations.failure_of(turn.id)
    if failure is not None:
        return "not scored", True, failure
    before, after = scores_of(evaluations, Subject.DRAFT), scores_of(evaluations, Subject.REPLY)
    if before is None and after is None:
        return "", False, ""
    verdict = await stores.evaluations.verdict_of(turn.id)
    said = await stores.card_records.said(turn)
    found = findings_of_turn(turn, room.settings, said, scores=(before, after), verdict=verdict)
    measured = await _is_measured(stores, said.conversation, evaluations)
    word = headline_of(replace(found, measured=measured))
    reason = after.reason if after is not None else ""
    return word.value, word.asks_for_a_look, reason


async def _is_measured(
    stores: Stores, asked: Conversation, evaluations: Sequence[Evaluation]
) -> bool:
    """Return whether it is known how good this Critic is, in that language."""
    scored = next((made for made in evaluations if made.rater == "critic"), None)
    language = language_of_talk(asked)
    if scored is None or not (language is None or language in MEASURED_IN):
        return False
    method, model = scored.scores.method, scored.model
    return await trust_of(stores.critic_trust, method, model) is not None


def _seconds(turn: Turn) -> float | None:
    return None if turn.replied_at is None else (turn.replied_at - turn.created_at).total_seconds()
