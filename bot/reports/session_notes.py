"""The notes below what was said in a session: what each of the two found, felt and decided. Pure.

The thread, the page of `/session`, simulations and the example all show these, each in its form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.domain import Decider, HarmFinding, Reflection, Review, Utterance
from bot.domain.findings import FINDING_BY_NAME, finding_title
from bot.domain.session import Speaker, Try, TryKind

_TRIES: Final[Mapping[TryKind, str]] = {
    TryKind.MESSAGE: "the message as it was",
    TryKind.ADVISED: "a try with the need in mind",
    TryKind.DRAWN: "one more try",
}

WORDED_IN_CODE: Final = "worded by the program, not by the model"
"""The mark of words that the program put together from what a model found."""

_GOES_ON: Final[Mapping[Decider, str]] = {
    Decider.CHATBOT: "the Chatbot's decision",
    Decider.THERAPIST: "the Therapist wants to see the new text",
    Decider.MODERATOR: "a person is the Therapist",
}
_GOES_BACK: Final[Mapping[Decider, str]] = {
    Decider.CHATBOT: "the Chatbot's decision",
    Decider.BOUND: "the rounds are used up",
    Decider.RULE: "nobody wishes for another round",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One note. ``text`` is what an agent wrote; the label is the program's."""

    label: str
    text: str = ""


def notes_of(said: Utterance, *, with_response: bool = False) -> list[Note]:
    """Return the notes on an utterance, in the order in which they are read.

    The response stands among them where another round follows, so that it is shown nowhere else;
    ``with_response`` has it always.
    """
    notes = [Note(WORDED_IN_CODE)] if said.worded_in_code else []
    if said.review:
        notes.extend(_of_review(said.review, by_person=said.speaker is Speaker.MODERATOR))
    if said.reflection:
        notes.extend(_of_reflection(said.reflection, with_response=with_response))
    return notes


def _of_review(review: Review, *, by_person: bool) -> Iterator[Note]:
    for label, text in (("feels", review.user_feels), ("needs", review.user_needs)):
        if text.strip():
            yield Note(label, text)
    yield from map(_found, review.harms)
    if review.gives_needs is False and not review.harms:
        yield Note("to work on: the message does not give what they need")
    if review.objection:
        yield Note("turned down by a check all the same", review.objection)
    elif not review.something_left:
        yield Note("nothing left to work on")
    elif review.wants_to_see and not by_person:  # a person says so by pressing a button or none
        yield Note("wants to see the new text")


def _found(found: HarmFinding) -> Note:
    """Return one finding: the three scores and what is none of the list would hurt."""
    kind = FINDING_BY_NAME.get(found.harm)
    label = "would hurt" if kind is None or kind.is_score else "to work on"
    quote = f' · "{found.quote.strip()}"' if found.quote.strip() else ""
    return Note(label, f"{finding_title(found.harm)} ({found.why}){quote}")


def _of_reflection(reflection: Reflection, *, with_response: bool) -> Iterator[Note]:
    if reflection.feels:
        yield Note("how the session feels", reflection.feels)
    if reflection.state:
        state = reflection.state
        yield Note(
            f"progression {state.therapy_progression} · confusion {state.confusion} · "
            f"urgency {state.urgency}"
        )
    for one in reflection.turned_down:
        yield Note(f"turned down by a check ({one.why})", one.text)
    yield from map(_tried, reflection.tries)
    if reflection.keeps_message:
        yield Note("keeps the message as it is", reflection.keeps_why or "no reason given")
    yield from _of_end(reflection, with_response=with_response)


def _tried(one: Try) -> Note:
    """Return one of the texts that were compared: what it is, how it reads, what became of it."""
    what = _TRIES[one.kind]
    if one.turned_down:
        return Note(f"{what}, turned down by a check ({one.turned_down})", one.text)
    read = "not read" if one.fit is None else f"fits {one.fit} of 100"
    return Note(f"{what}, {read}{', chosen' if one.chosen else ''}", one.text)


def _of_end(reflection: Reflection, *, with_response: bool) -> Iterator[Note]:
    """Yield how the round ended, why, and what the Chatbot would say."""
    end, goes_on = reflection.end, reflection.wants_another_round
    if end is None:  # a session from before it was kept
        label = "wants another round" if goes_on else "ready to respond"
    elif end.by is Decider.CHECK:
        yield Note("no response passed the check")
        return
    elif end.another_round:
        goes_on, label = True, f"another round follows: {_GOES_ON[end.by]}"
    else:
        goes_on, label = False, f"ready to respond: {_GOES_BACK[end.by]}"
    yield Note(label)
    if reflection.why:
        yield Note("why", reflection.why)
    if with_response or (goes_on and not reflection.keeps_message):
        yield Note("would say now", reflection.response)
