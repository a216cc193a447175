"""The session in the Therapy Room, which a draft goes through before it may become a reply.

Each function takes a turn one step on: it asks an agent, and returns the turn as it is then,
what was said, and what the thread shows. Nothing is stored or sent here.

The ways between the states are drawn in `bot.domain.transitions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.agents.protocols import Chatbot, Reviser, Therapist
from bot.domain import (
    Decider,
    EvaluationState,
    NewPost,
    PostKind,
    PostTo,
    Reflection,
    Review,
    RoundEnd,
    Speaker,
    Turn,
    TurnedDown,
    TurnState,
    Utterance,
)
from bot.domain.crisis import CrisisCause, CrisisKind, CrisisSign, Danger
from bot.domain.events import (
    ChatbotReflected,
    CheckInAnswered,
    DraftWritten,
    ReplyReady,
    TherapistSpoke,
    TurnEvent,
)
from bot.domain.moderation import CheckInAnswer
from bot.domain.turn_context import Transition, TurnContext
from bot.llm.protocol import CallContext
from bot.reasons import because
from bot.rooms.therapy.choosing import choose_response
from bot.rooms.therapy.leaks import leak_language_known
from bot.rooms.therapy.objections import (
    are_tolerated,
    as_sent,
    find_objections,
    is_language_alone,
    join_complaints,
    turn_down,
    word_complaint,
)
from bot.rooms.therapy.reply_checks import ReplyFinding, ReplyFindingKind


async def draft_reply(context: TurnContext, chatbot: Chatbot, ctx: CallContext) -> Transition:
    """Have the Chatbot write the hypothetical response, before therapy."""
    draft = as_sent(context, await chatbot.draft(context, ctx))
    turn = replace(context.turn, state=TurnState.DRAFTED, draft=draft, candidate=draft)
    return Transition(
        turn, posts=(_post(turn, PostKind.DRAFT),), events=(_event(DraftWritten, turn),)
    )


async def review_draft(context: TurnContext, therapist: Therapist, ctx: CallContext) -> Transition:
    """Take the Therapist's part of a round. The text is the reply only if nothing is left."""
    review = await therapist.review(context, ctx)
    if review.in_danger:
        return end_with_help(context, CrisisCause.REVIEW, because("the person may be in danger"))
    if context.unheard and not review.something_left:
        # A moderator's words came in: nothing is done before the Chatbot has worked with them.
        review = review.model_copy(update={"something_left": True})
    return hear_review(context, review)


def hear_review(
    context: TurnContext, review: Review, *, by: Speaker = Speaker.THERAPIST
) -> Transition:
    """Draw what follows from a review, whoever sits in the Therapist's seat."""
    turn = replace(context.turn, round=context.turn.round + 1, state=TurnState.REVIEWED)
    utterance = Utterance(
        number=len(context.session) + 1,
        round=turn.round,
        speaker=by,
        text=review.says,
        review=review,
    )
    if by is Speaker.THERAPIST and not review.something_left:
        objection = word_complaint(find_objections(context, context.text, latest=utterance))
        review = review.model_copy(update={"objection": objection})
        utterance = replace(utterance, review=review)
    spoke = TherapistSpoke(turn.room_id, turn.id, turn.round)
    posts = (_post(turn, PostKind.UTTERANCE, utterance.number),)
    if review.something_left:
        return Transition(turn, utterance, posts, (spoke,))
    if review.objection:
        # The Therapist is content, the check in code is not: the Chatbot has to write it anew.
        return Transition(replace(turn, attempts=turn.attempts + 1), utterance, posts, (spoke,))
    ready = _ready(turn, context.text)
    return Transition(ready, utterance, posts, (spoke, *_ready_events(context, ready)))


async def reflect_and_revise(
    context: TurnContext, chatbot: Reviser, therapist: Therapist, ctx: CallContext
) -> Transition:
    """Take the Chatbot's part of a round: reflection, decision and revised response in one call.

    Where the Chatbot offers several tries, the Therapist chooses. In a language that the rules for
    leaks do not know, it is asked for those too.

    A response that a check turns down is asked for once more, with all that was turned down so
    far and why; if the second is no better, the turn is withheld. None is for a refusal alone, or
    for the language alone: then the last text with no other fault is the response.
    """
    passable: str | None = None
    if context.turn.attempts:
        objections = find_objections(context, context.text)
        passable = context.text if is_language_alone(objections) else None
        context = turn_down(context, context.text, objections)
    earlier = len(context.turned_down)
    for is_last in (False, True):
        offered = await chatbot.reflect(context, ctx, complaint=join_complaints(context))
        reflection = await choose_response(context, offered, therapist, ctx)
        response = as_sent(context, reflection.response)
        reflection = reflection.model_copy(
            update={"response": response, "turned_down": context.turned_down[earlier:]}
        )
        if reflection.has_no_answer:  # a fixed sentence needs no check, and may be said again
            return _hear_reflection(context, reflection)
        utterance = _spoken(context, reflection)
        objections = find_objections(context, response, (*context.session, utterance))
        if reflection.keeps_message and decide(context, reflection).another_round:
            # It does not leave yet: the Therapist hears why the message is kept.
            objections = [one for one in objections if one.kind is not ReplyFindingKind.COPY]
        if not (objections or leak_language_known(response)):
            objections = await _leaks_seen(therapist, response, ctx)
        if not objections or (is_last and are_tolerated(objections)):
            return _hear_reflection(context, reflection)
        context = turn_down(context, response, objections)
        passable = response if is_language_alone(objections) else passable
    turned_down = context.turned_down[earlier:]
    return _give_up(context, _with_turned_down(reflection, turned_down), objections, passable)


def _give_up(
    context: TurnContext,
    reflection: Reflection,
    objections: Sequence[ReplyFinding],
    passable: str | None,
) -> Transition:
    """Draw what follows where no response passed the check: help, ``passable``, or no reply."""
    complaint = word_complaint(objections)
    end = RoundEnd(another_round=False, by=Decider.CHECK)
    kept = reflection.model_copy(update={"end": end})
    if any(one.kind is ReplyFindingKind.SELF_HARM for one in objections):
        why = because("no response could be sent: {complaint}", complaint=complaint)
        return _with_words(end_with_help(context, CrisisCause.REPLY, why), _spoken(context, kept))
    if passable is not None:
        others = tuple(one for one in reflection.turned_down if one.text != passable)
        sent = _with_turned_down(reflection, others)
        return _hear_reflection(context, sent.model_copy(update={"response": passable}))
    why = because("no response passed the check before sending: {complaint}", complaint=complaint)
    return _with_words(withhold(context.turn, why), _spoken(context, kept))


def _with_turned_down(reflection: Reflection, texts: tuple[TurnedDown, ...]) -> Reflection:
    return reflection.model_copy(update={"turned_down": texts})


def _with_words(step: Transition, said: Utterance) -> Transition:
    """Put on record what was said in a round of which no response could go out."""
    post = _post(step.turn, PostKind.UTTERANCE, said.number)
    return replace(step, utterance=said, posts=(post, *step.posts))


async def _leaks_seen(therapist: Therapist, text: str, ctx: CallContext) -> list[ReplyFinding]:
    if not await therapist.sees_leak(text, ctx):
        return []
    return [ReplyFinding(ReplyFindingKind.LEAK, because("the message tells of the session"))]


def _spoken(context: TurnContext, reflection: Reflection) -> Utterance:
    return Utterance(
        number=len(context.session) + 1,
        round=context.turn.round,
        speaker=Speaker.CHATBOT,
        text=reflection.reflection,
        reflection=reflection,
    )


def _hear_reflection(context: TurnContext, reflection: Reflection) -> Transition:
    """Let the Chatbot go back, or on, as is decided."""
    end = decide(context, reflection)
    utterance = _spoken(context, reflection.model_copy(update={"end": end}))
    turn = replace(context.turn, candidate=reflection.response, attempts=0)
    heard = tuple(guidance.id for guidance in context.guidance)
    posts = (
        *(_post(turn, PostKind.GUIDANCE, guidance.id) for guidance in context.unheard),
        _post(turn, PostKind.UTTERANCE, utterance.number),
    )
    answered = _answered(context, reflection)
    events: tuple[TurnEvent, ...] = (ChatbotReflected(turn.room_id, turn.id, turn.round),)
    if answered is not None:
        events += (CheckInAnswered(turn.room_id, turn.id, answered.check_in_id),)
    if end.another_round:
        drafted = replace(turn, state=TurnState.DRAFTED)
        return Transition(drafted, utterance, posts, events, heard=heard, answered=answered)
    ready = _ready(turn, reflection.response)
    events += _ready_events(context, ready)
    return Transition(ready, utterance, posts, events, heard=heard, answered=answered)


def _answered(context: TurnContext, reflection: Reflection) -> CheckInAnswer | None:
    """Return the answer to the check-in that waited, if the Chatbot gave one."""
    if context.check_in is None or not reflection.check_in:
        return None
    return CheckInAnswer(context.check_in.id, context.turn.id, reflection.check_in)


def end_with_help(context: TurnContext, cause: CrisisCause, why: str) -> Transition:
    """End the turn with a fixed text with help in place of a reply; ``why`` is for moderators."""
    turn = replace(
        context.turn,
        state=TurnState.HELPED,
        evaluation=EvaluationState.EXEMPT,
        withheld_because=why,
        waits_until=None,
    )
    sign = CrisisSign(CrisisKind.UNCLEAR, about_other=False, language=None, rule=cause.value)
    posts = (_post(turn, PostKind.WITHHELD),)
    return Transition(turn, posts=posts, danger=Danger(sign, cause))


def withhold(turn: Turn, why: str, *, out_of_time: bool = False) -> Transition:
    """Fail the turn closed: no reply, an apology, and the reason for the moderators.

    One that ran ``out_of_time`` keeps what is done, and may be tried again from there, once.
    """
    withholding = replace(
        turn,
        state=TurnState.WITHHOLDING,
        withheld_because=why,
        delivery_tries=0,
        waits_until=None,
        retry_from=turn.state if out_of_time and not turn.retried else None,
    )
    return Transition(withholding)


def decide(context: TurnContext, reflection: Reflection) -> RoundEnd:
    """Return whether another round follows, and who decided it.

    A person in the Therapist's seat bounds their rounds themself. Within the room's rounds it is
    the Chatbot's decision, where it takes one; else another round follows if either wishes for it.
    A Chatbot that keeps its message goes on, so that the Therapist hears why; one that has no good
    answer and says so does not.
    """
    if reflection.has_no_answer:
        return RoundEnd(another_round=False, by=Decider.RULE)
    latest, wish = context.latest_review, context.therapist_wants_to_see
    if wish and latest and latest.speaker is Speaker.MODERATOR:
        return RoundEnd(another_round=True, by=Decider.MODERATOR)
    wanted = reflection.wants_another_round or reflection.keeps_message
    if context.turn.round >= context.settings.max_rounds and (wanted or wish):
        return RoundEnd(another_round=False, by=Decider.BOUND)
    if reflection.decision is not None or wanted:
        return RoundEnd(another_round=wanted, by=Decider.CHATBOT)
    return RoundEnd(another_round=wish, by=Decider.THERAPIST if wish else Decider.RULE)


def _ready(turn: Turn, text: str) -> Turn:
    return replace(turn, state=TurnState.READY, reply=text, waits_until=None)


def _ready_events(context: TurnContext, ready: Turn) -> tuple[TurnEvent, ...]:
    """Return the event of a ready reply; with a gate, it is ready only once it is through."""
    return () if context.settings.gate is not None else (_event(ReplyReady, ready),)


def _event(kind: type[TurnEvent], turn: Turn) -> TurnEvent:
    return kind(turn.room_id, turn.id)


def _post(turn: Turn, kind: PostKind, ref: int | None = None) -> NewPost:
    return NewPost(turn.room_id, PostTo.THERAPY_ROOM, kind, turn_id=turn.id, ref=ref)
