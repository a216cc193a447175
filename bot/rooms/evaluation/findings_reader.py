"""The reader of what was found about a turn, from the record."""

from __future__ import annotations

from bot.domain import Conversation, PostKind, RoomSettings, Scores, Turn, TurnState
from bot.domain.ratings import Verdict
from bot.rooms.evaluation.headline import Findings
from bot.storage.stores.stores import Stores
from bot.text.talk_language import wrong_language


async def read_findings(
    stores: Stores,
    turn: Turn,
    settings: RoomSettings,
    asked: Conversation,
    *,
    scores: tuple[Scores | None, Scores | None],
    verdict: Verdict | None,
) -> Findings:
    """Return what was found about a turn, given what the Critic said of draft and reply."""
    before, after = scores
    guidance = await stores.guidance.heard_in(turn.id)
    orders = (settings.norms, *(words.text for words in guidance))
    sent = turn.reply if turn.state is TurnState.SENT else None
    return Findings(
        turn=turn,
        before=before,
        after=after,
        verdict=verdict,
        session=await stores.turns.utterances(turn.id),
        wrong_language=wrong_language(sent, asked, orders) if sent else None,
        held=await stores.outbox.was_put(turn.id, PostKind.GATE),
    )
