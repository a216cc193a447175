"""The time that an answer took, in words; a pause in it is named, as it tells no speed. Pure."""

from __future__ import annotations

from bot.domain import Turn
from bot.text.moderator_texts import say, say_number


def say_answered(turn: Turn, *, stood_still: bool) -> str:
    """Return after how many seconds a turn was answered; empty where it was not.

    ``stood_still``: it was paused, or held for a person, for some of them. When a pause ended is
    on no record where its time ran out, so that it cannot be taken off.
    """
    if turn.replied_at is None:
        return ""
    seconds = say_number((turn.replied_at - turn.created_at).total_seconds(), 1)
    if stood_still:
        return say(
            "answered after {seconds} s, including the time it was paused or held",
            seconds=seconds,
        )
    return say("answered after {seconds} s", seconds=seconds)
