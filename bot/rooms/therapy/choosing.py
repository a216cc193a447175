"""The choice among the texts that the Chatbot offers in a round, where the Therapist can compare.

Where nothing would hurt, a small model's Chatbot draws several tries, a check in code looks at
each, and the Therapist reads those that pass. The reading is a rough one: the message gives way
only to a try that reads clearly better (`FROM`, `MARGIN`), or where a check does not let it out. So
no round ends with a text that its own reading finds worse. What reads as hardly anything does that
is fit to send (`LEAST`) does not go out; where nothing else is left, a fixed sentence says that
there is no good answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.agents.protocols import Therapist
from bot.domain import Reflection, Speaker, Utterance
from bot.domain.session import Try, TryKind
from bot.domain.turn_context import TurnContext
from bot.llm.protocol import CallContext
from bot.rooms.therapy.objections import as_sent, find_objections, word_complaint
from bot.text.language import guess_language
from bot.text.no_answer import no_answer
from bot.text.talk_language import language_of_talk

FROM: Final = 40
"""Reading, 0-100, below which no try takes the message's place."""
MARGIN: Final = 10
"""How much better than the message a try has to read.

On the labelled drafts of the train third, read by weights that had not seen them, this brings as
much as taking the best of all (7 % fit to send where 4 % were), and makes it worse in 4 % of the
cases instead of 24 %. On untouched drafts it brought nothing (docs/evaluation.md).
"""
LEAST: Final = 25
"""Reading below which no text goes out.

Of 369 labelled drafts of the validation third, which the weights have not seen, 45 % of those that
are not fit to send read lower, and 4 of the 35 that are (docs/evaluation.md).
"""
KEPT: Final = "I have looked for other words, and none does more for them. I keep my message."
"""The Chatbot's words to the Therapist where no try reads better than its message."""
SAYS_SO: Final = "None of my words does enough for them. I say that I have no good answer."
"""The Chatbot's words to the Therapist where none of its texts may go out."""
_WORDS: Final = {TryKind.MESSAGE: KEPT, TryKind.NO_ANSWER: SAYS_SO}


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
    unread = [one.text for one in offered if one.fit is None and not one.turned_down]
    read: Sequence[Try] = offered
    if unread:
        fits = dict(zip(unread, await therapist.compare(context, unread, ctx), strict=False))
        read = [one if one.fit is not None else _with_fit(one, fits) for one in offered]
    passing = [one for one in read if one.fit is not None and not one.turned_down]
    if not passing:
        return reflection.model_copy(update={"tries": offered})
    chosen = _choose([one for one in passing if (one.fit or 0) >= LEAST])
    if chosen is None:
        chosen = Try(kind=TryKind.NO_ANSWER, text=_no_answer(context))
        read = (*read, chosen)
    return _answer_with(chosen, read, reflection)


def _no_answer(context: TurnContext) -> str:
    """Return the sentence that says so, in the person's language, else in that of the talk."""
    talk = context.conversation
    people = " ".join(line.text for line in (*talk.lines, *talk.asked) if not line.by_chatbot)
    language = language_of_talk(talk) or guess_language(people) or context.settings.language
    latest = next((line.text for line in reversed(talk.lines) if line.by_chatbot), "")
    return no_answer(language or "en", talk.asked[-1].text, latest)


def _choose(passing: Sequence[Try]) -> Try | None:
    """Return the try that reads best, or the message where none reads clearly better, if any."""
    best = max(passing, key=lambda one: one.fit or 0, default=None)
    message = next((one for one in passing if one.kind is TryKind.MESSAGE), None)
    if best is None or message is None:
        return best
    least = max(FROM, (message.fit or 0) + MARGIN)
    return best if (best.fit or 0) >= least else message


def _answer_with(chosen: Try, read: Sequence[Try], reflection: Reflection) -> Reflection:
    tries = tuple(one.model_copy(update={"chosen": True}) if one is chosen else one for one in read)
    # Its own reading has said why, so that no further round is needed to hear a reason for keeping.
    words = _WORDS.get(chosen.kind, reflection.reflection)
    return reflection.model_copy(
        update={"response": chosen.text, "reflection": words, "tries": tries}
    )


def _offer(context: TurnContext, reflection: Reflection) -> tuple[Try, ...]:
    """Return the message and the tries, each text once, with what the check says of each."""
    review = context.latest_review and context.latest_review.review
    message = Try(kind=TryKind.MESSAGE, text=context.text, fit=review.fit if review else None)
    by_text: dict[str, Try] = {}
    for one in (message, *reflection.tries):
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
