"""The calls to the moderators: what they are called for, as posts of the outbox.

What is called for a held reply and for a stopped room stands in the posts about those themselves.
"""

from __future__ import annotations

from typing import Final

from bot.domain import (
    NewPost,
    PostKind,
    PostTo,
    Room,
    RoomSettings,
    Scores,
    Turn,
    TurnState,
    UserMessage,
)
from bot.domain.calls import CallCause, find_word
from bot.domain.turn_context import Transition, TurnContext
from bot.reasons import Reason, because

SEPARATOR: Final = ": "
"""Between the cause and its words in the text of a post."""
AN_ALERT_PERSON: Final = because("somebody named in the settings has written")


def calls_of_step(context: TurnContext, step: Transition) -> tuple[NewPost, ...]:
    """Return the calls for what a step has come to: a wait for the seat, or a failure."""
    was, now = context.turn.state, step.turn
    if now.state is TurnState.WAITING and was is not TurnState.WAITING:
        return _called(context.settings, now, CallCause.SEAT, "")
    if now.state is TurnState.WITHHOLDING and not was.waits:
        return failure_calls(context.settings, now, now.withheld_because or "")
    return ()


def failure_calls(settings: RoomSettings, turn: Turn, why: str) -> tuple[NewPost, ...]:
    """Return the call for a turn whose reply could not be sent."""
    return _called(settings, turn, CallCause.FAILURE, why)


def score_alerts(settings: RoomSettings, turn: Turn, after: Scores | None) -> tuple[NewPost, ...]:
    """Return the alert for a reply that was sent with a score above the server's bound."""
    if settings.alert_score is None or after is None or turn.state is not TurnState.SENT:
        return ()
    good = {scale.name for scale in settings.scales if not scale.high_is_bad}
    risks = {name: value for name, value in after.values.items() if name not in good}
    worst = max(risks, key=lambda name: risks[name])
    if risks[worst] <= settings.alert_score:
        return ()
    return (_post(turn, CallCause.ALERT, score_above(worst, risks[worst], settings.alert_score)),)


def message_alerts(room: Room, message: UserMessage) -> tuple[NewPost, ...]:
    """Return the alert for a message that has a word, or comes from a person, of the rules."""
    settings = room.settings
    word = find_word(settings.alert_words, [message.text]) if settings.alert_words else None
    if word is not None:
        why = because("somebody has written “{word}”", word=word)
    elif message.author_id in settings.alert_people:
        why = AN_ALERT_PERSON
    else:
        return ()
    text = _call_text(CallCause.ALERT, why)
    return (NewPost(room.id, PostTo.MODERATORS, PostKind.ALERT, ref=message.id, text=text),)


def read_call(text: str) -> tuple[CallCause, str]:
    """Return the cause and the words of a call's post."""
    cause, _, why = text.partition(SEPARATOR)
    if isinstance(text, Reason):
        why = text.values["why"]
    return CallCause(cause), why


def _call_text(cause: CallCause, why: str) -> Reason:
    return because(f"{{cause}}{SEPARATOR}{{why}}", cause=cause.value, why=why)


def score_above(scale: str, score: int, bound: int) -> Reason:
    """Return the reason that a score, 0-100, is above a bound."""
    return because(
        "{scale} {score} is above {bound}", scale=because(scale), score=score, bound=bound
    )


def _called(settings: RoomSettings, turn: Turn, cause: CallCause, why: str) -> tuple[NewPost, ...]:
    return (_post(turn, cause, why),) if settings.calls_for(cause) else ()


def _post(turn: Turn, cause: CallCause, why: str) -> NewPost:
    text = _call_text(cause, why)
    return NewPost(turn.room_id, PostTo.MODERATORS, PostKind.ALERT, turn.id, text=text)
