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
from bot.text.moderator_texts import Later, say, say_reason

_TRIES: Final[Mapping[TryKind, Later]] = {
    TryKind.MESSAGE: Later("the message as it was"),
    TryKind.ADVISED: Later("a try with the need in mind"),
    TryKind.DRAWN: Later("one more try"),
    TryKind.NO_ANSWER: Later("a fixed sentence, as none of these is fit to send"),
}

WORDED_IN_CODE: Final = "worded by the program, not by the model"
"""The mark of words that the program put together from what a model found."""

_GOES_ON: Final[Mapping[Decider, Later]] = {
    Decider.CHATBOT: Later("the Chatbot's decision"),
    Decider.THERAPIST: Later("the Therapist wants to see the new text"),
    Decider.MODERATOR: Later("a person is the Therapist"),
}
_GOES_BACK: Final[Mapping[Decider, Later]] = {
    Decider.CHATBOT: Later("the Chatbot's decision"),
    Decider.BOUND: Later("the rounds are used up"),
    Decider.RULE: Later("nobody wishes for another round"),
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
    notes = [Note(say(WORDED_IN_CODE))] if said.worded_in_code else []
    if said.review:
        notes.extend(_of_review(said.review, by_person=said.speaker is Speaker.MODERATOR))
    if said.reflection:
        notes.extend(_of_reflection(said.reflection, with_response=with_response))
    return notes


def _of_review(review: Review, *, by_person: bool) -> Iterator[Note]:
    for label, text in ((say("feels"), review.user_feels), (say("needs"), review.user_needs)):
        if text.strip():
            yield Note(label, text)
    yield from map(_found, review.harms)
    if review.gives_needs is False and not review.harms:
        yield Note(say("to work on: the message does not give what they need"))
    if review.objection:
        yield Note(say("turned down by a check all the same"), say_reason(review.objection))
    elif not review.something_left:
        yield Note(say("nothing left to work on"))
    elif review.wants_to_see and not by_person:  # a person says so by pressing a button or none
        yield Note(say("wants to see the new text"))


def _found(found: HarmFinding) -> Note:
    """Return one finding: the three scores and what is none of the list would hurt."""
    kind = FINDING_BY_NAME.get(found.harm)
    label = say("would hurt") if kind is None or kind.is_score else say("to work on")
    quote = f' · "{found.quote.strip()}"' if found.quote.strip() else ""
    return Note(label, f"{say(finding_title(found.harm))} ({say(found.why)}){quote}")


def _of_reflection(reflection: Reflection, *, with_response: bool) -> Iterator[Note]:
    if reflection.feels:
        yield Note(say("how the session feels"), reflection.feels)
    if reflection.state:
        state = reflection.state
        yield Note(
            say(
                "progress {progress} · confusion {confusion} · urgency {urgency}",
                progress=state.therapy_progression,
                confusion=state.confusion,
                urgency=state.urgency,
            )
        )
    for one in reflection.turned_down:
        yield Note(say("turned down by a check ({why})", why=say_reason(one.why)), one.text)
    yield from map(_tried, reflection.tries)
    if reflection.keeps_message:
        yield Note(
            say("keeps the message as it is"), reflection.keeps_why or say("no reason given")
        )
    yield from _of_end(reflection, with_response=with_response)


def _tried(one: Try) -> Note:
    """Return one of the texts that were compared: what it is, how it reads, what became of it."""
    what = _TRIES[one.kind]
    if one.turned_down:
        down = say("turned down by a check ({why})", why=say_reason(one.turned_down))
        return Note(f"{what}, {down}", one.text)
    if one.kind is TryKind.NO_ANSWER:
        return Note(str(what), one.text)
    read = say("not read") if one.fit is None else say("fits {fit} of 100", fit=one.fit)
    chosen = f", {say('chosen')}" if one.chosen else ""
    return Note(f"{what}, {read}{chosen}", one.text)


def _of_end(reflection: Reflection, *, with_response: bool) -> Iterator[Note]:
    """Yield how the round ended, why, and what the Chatbot would say."""
    end, goes_on = reflection.end, reflection.wants_another_round
    if end is None:  # a session from before it was kept
        label = say("wants another round") if goes_on else say("ready to respond")
    elif end.by is Decider.CHECK:
        yield Note(say("no response passed the check"))
        return
    elif end.another_round:
        goes_on, label = True, say("another round follows: {why}", why=_GOES_ON[end.by])
    else:
        goes_on, label = False, say("ready to respond: {why}", why=_GOES_BACK[end.by])
    yield Note(label)
    if reflection.why:
        yield Note(say("why"), reflection.why)
    if with_response or (goes_on and not reflection.keeps_message):
        yield Note(say("would say now"), reflection.response)
