"""What was found about a turn, from what is on record of it."""

from __future__ import annotations

from bot.domain import RoomSettings, Scores, Turn, TurnState
from bot.domain.ratings import Verdict
from bot.rooms.evaluation.headline import Findings
from bot.storage.stores.card_records import SaidRecord
from bot.text.talk_language import wrong_language


def findings_of_turn(
    turn: Turn,
    settings: RoomSettings,
    record: SaidRecord,
    *,
    scores: tuple[Scores | None, Scores | None],
    verdict: Verdict | None,
) -> Findings:
    """Return what was found about a turn, given what the Critic said of draft and reply."""
    before, after = scores
    orders = (settings.norms, *(words.text for words in record.heard))
    sent = turn.reply if turn.state is TurnState.SENT else None
    return Findings(
        turn=turn,
        before=before,
        after=after,
        verdict=verdict,
        session=record.session,
        wrong_language=wrong_language(sent, record.conversation, orders) if sent else None,
        held=record.held,
    )
