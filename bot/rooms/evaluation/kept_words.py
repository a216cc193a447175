"""Whether the words of a turn are still kept, and what became of those that are not. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain import Line, Turn, TurnState
from bot.storage.database.data_classes import SOMEONE
from bot.storage.stores.privacy.erased_words import GONE
from bot.text.moderator_texts import say


def has_words(turn: Turn) -> bool:
    """Return whether anything is kept of what the Chatbot wrote, or of why nothing was sent."""
    if turn.state is TurnState.HELPED:  # a fixed text, which nobody forgets
        return True
    if turn.state is TurnState.SENT:
        return bool(turn.reply)
    return bool(turn.draft or turn.withheld_because not in (None, "", GONE))


def is_kept(line: Line) -> bool:
    """Return whether that is what somebody said, and not what stands in its place."""
    return (line.speaker, line.text) != (SOMEONE, GONE)


def explain_gone(turn: Turn, asked: Sequence[Line]) -> str:
    """Return in a sentence that a turn's words are gone, and why; empty while they are kept."""
    said = any(map(is_kept, asked))
    if said and (turn.reply or turn.state is not TurnState.SENT):
        return ""
    # Retention leaves the ids of what was said; whoever is forgotten takes theirs along.
    if not said and any(message_id > 0 for message_id in turn.message_ids):
        return say("What was said here is older than this room keeps words: only figures are left.")
    return say(
        "What was said here is deleted, as somebody had their words forgotten, deleted a message "
        "or left."
    )
