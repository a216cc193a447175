"""The choice among the texts that the Chatbot offers in a round, where the Therapist can compare.

A small model chooses better than it rewrites. So its Chatbot offers several tries, a check in code
looks at each, and the Therapist reads those that pass, beside the message as it was: what it reads
as the best is the response. No round ends with a text that its own reading finds worse than the
message it began with.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.agents.protocols import Therapist
from bot.domain import Reflection, Speaker, Utterance
from bot.domain.session import Try, TryKind
from bot.domain.turn_context import TurnContext
from bot.llm.protocol import CallContext
from bot.rooms.therapy.objections import as_sent, find_objections, word_complaint

KEPT: str = "I have looked for other words, and none does more for them. I keep my message."
"""The Chatbot's words to the Therapist where no try reads better than its message."""


async def choose_response(
    context: TurnContext, reflection: Reflection, therapist: Therapist, ctx: CallContext
) -> Reflection:
    """Return the reflection with the try as response that the Therapist would answer with.

    As it is where there are no tries, or none of them passes the check. LLMError if the Therapist
    cannot say.
    """
    if not reflection.tries:
        return reflection
    offered = _offer(context, reflection)
    passing = [one for one in offered if not one.turned_down]
    if not any(one.kind is not TryKind.MESSAGE for one in passing):
        return reflection.model_copy(update={"tries": offered})
    unread = [one.text for one in passing if one.fit is None]
    fits = dict(zip(unread, await therapist.compare(context, unread, ctx), strict=False))
    read = [one if one.fit is not None else _with_fit(one, fits) for one in offered]
    best = max(
        (one for one in read if one.fit is not None and not one.turned_down),
        key=lambda one: (one.fit or 0, one.kind is TryKind.MESSAGE),
        default=None,
    )
    if best is None or not fits:
        return reflection.model_copy(update={"tries": offered})
    return _answer_with(best, read, reflection)


def _answer_with(best: Try, read: Sequence[Try], reflection: Reflection) -> Reflection:
    tries = tuple(one.model_copy(update={"chosen": True}) if one is best else one for one in read)
    # Its own reading has said why, so that no further round is needed to hear a reason for keeping.
    words = KEPT if best.kind is TryKind.MESSAGE else reflection.reflection
    return reflection.model_copy(
        update={"response": best.text, "reflection": words, "tries": tries}
    )


def _offer(context: TurnContext, reflection: Reflection) -> tuple[Try, ...]:
    """Return message, rewrite and tries, each text once, with what the check says of each."""
    review = context.latest_review and context.latest_review.review
    message = Try(kind=TryKind.MESSAGE, text=context.text, fit=review.fit if review else None)
    rewrite = Try(kind=TryKind.REWRITE, text=reflection.response)
    by_text: dict[str, Try] = {}
    for one in (message, rewrite, *reflection.tries):
        text = as_sent(context, one.text)
        if text.strip():
            by_text.setdefault(text.casefold(), one.model_copy(update={"text": text}))
    return tuple(_checked(context, one, reflection) for one in by_text.values())


def _checked(context: TurnContext, one: Try, reflection: Reflection) -> Try:
    said = Utterance(
        number=len(context.session) + 1,
        round=context.turn.round,
        speaker=Speaker.CHATBOT,
        text=reflection.reflection,
        reflection=reflection.model_copy(update={"response": one.text, "tries": ()}),
    )
    objections = find_objections(context, one.text, (*context.session, said))
    return one.model_copy(update={"turned_down": word_complaint(objections)})


def _with_fit(one: Try, fits: dict[str, int]) -> Try:
    return one.model_copy(update={"fit": fits.get(one.text)})
