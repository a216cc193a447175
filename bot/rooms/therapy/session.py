"""The session in the Therapy Room, which a draft goes through before it may become a reply.

Each function takes a turn one step on: it asks an agent, and returns the turn as it is then,
what was said, and what the thread shows. Nothing is stored or sent here.

The ways between the states are drawn in `bot.domain.transitions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.agents.protocols import Chatbot, Reviser, Therapist
from bot.domain import (
    EvaluationState,
    NewPost,
    PostKind,
    PostTo,
    Reflection,
    Review,
    Speaker,
    Turn,
    TurnState,
    Utterance,
)
from bot.domain.crisis import CrisisCause, CrisisKind, CrisisSign, Danger
from bot.domain.events import ChatbotReflected, DraftWritten, ReplyReady, TherapistSpoke, TurnEvent
from bot.domain.session import TurnedDown
from bot.domain.turn_context import Transition, TurnContext
from bot.llm.protocol import CallContext
from bot.rooms.therapy.leaks import leak_language_known
from bot.rooms.therapy.reply_checks import (
    PrivateWords,
    ReplyFinding,
    ReplyFindingKind,
    check_reply,
)
from bot.text.discord_safety import make_harmless
from bot.text.own_label import without_own_label

_NEVER: Final = (
    ReplyFindingKind.LEAK,
    ReplyFindingKind.EMPTY,
    ReplyFindingKind.LONG,
    ReplyFindingKind.SELF_HARM,
)
_GIVES_AWAY: Final = (ReplyFindingKind.LEAK, ReplyFindingKind.SELF_HARM, ReplyFindingKind.COPY)
"""After one of these, to decline is the right answer."""


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
        return end_with_help(context, CrisisCause.REVIEW, "the person may be in danger")
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
    spoke = TherapistSpoke(turn.room_id, turn.id, turn.round)
    posts = (_post(turn, PostKind.UTTERANCE, utterance.number),)
    if review.something_left:
        return Transition(turn, utterance, posts, (spoke,))
    if by is Speaker.THERAPIST and _objections(context, context.text, latest=utterance):
        # The Therapist is content, the check in code is not: the Chatbot has to write it anew.
        return Transition(replace(turn, attempts=turn.attempts + 1), utterance, posts, (spoke,))
    ready = _ready(turn, context.text)
    return Transition(ready, utterance, posts, (spoke, *_ready_events(context, ready)))


async def reflect_and_revise(
    context: TurnContext, chatbot: Reviser, therapist: Therapist, ctx: CallContext
) -> Transition:
    """Take the Chatbot's part of a round: reflection, decision and revised response in one call.

    In a language that the rules for leaks do not know, the Therapist is asked for them too.

    A response that a check turns down is asked for once more, with all that was turned down so
    far and why; if the second is no better, the turn is withheld. None is for a refusal alone.
    """
    if context.turn.attempts:
        context = _turn_down(context, context.text, _objections(context, context.text))
    for is_last in (False, True):
        reflection = await chatbot.reflect(context, ctx, complaint=_all_complaints(context))
        response = as_sent(context, reflection.response)
        reflection = reflection.model_copy(update={"response": response})
        utterance = _spoken(context, reflection)
        objections = _objections(context, response, (*context.session, utterance))
        if reflection.keeps_message and _another_round(context, reflection):
            # It does not leave yet: the Therapist hears why the message is kept.
            objections = [one for one in objections if one.kind is not ReplyFindingKind.COPY]
        if not (objections or leak_language_known(response)):
            objections = await _leaks_seen(therapist, response, ctx)
        if not objections or (is_last and _only_refuses(objections)):
            return _hear_reflection(context, reflection, utterance)
        context = _turn_down(context, response, objections)
    complaint = _complaint(objections)
    if any(one.kind is ReplyFindingKind.SELF_HARM for one in objections):
        return end_with_help(context, CrisisCause.REPLY, f"no response could be sent: {complaint}")
    return withhold(context.turn, f"no response passed the check before sending: {complaint}")


async def _leaks_seen(therapist: Therapist, text: str, ctx: CallContext) -> list[ReplyFinding]:
    if not await therapist.sees_leak(text, ctx):
        return []
    return [ReplyFinding(ReplyFindingKind.LEAK, "the message tells of the session")]


def as_sent(context: TurnContext, text: str) -> str:
    """Return a text as it is to be checked, kept and sent."""
    lines = (*context.conversation.lines, *context.conversation.asked)
    return make_harmless(without_own_label(text, {line.speaker for line in lines}))


def _spoken(context: TurnContext, reflection: Reflection) -> Utterance:
    return Utterance(
        number=len(context.session) + 1,
        round=context.turn.round,
        speaker=Speaker.CHATBOT,
        text=reflection.reflection,
        reflection=reflection,
    )


def _hear_reflection(
    context: TurnContext, reflection: Reflection, utterance: Utterance
) -> Transition:
    """Let the Chatbot go back if both are content, or the rounds are used up."""
    turn = replace(context.turn, candidate=reflection.response, attempts=0)
    heard = tuple(guidance.id for guidance in context.guidance)
    posts = (
        *(_post(turn, PostKind.GUIDANCE, guidance.id) for guidance in context.unheard),
        _post(turn, PostKind.UTTERANCE, utterance.number),
    )
    reflected = ChatbotReflected(turn.room_id, turn.id, turn.round)
    if _another_round(context, reflection):
        drafted = replace(turn, state=TurnState.DRAFTED)
        return Transition(drafted, utterance, posts, (reflected,), heard=heard)
    ready = _ready(turn, reflection.response)
    return Transition(
        ready, utterance, posts, (reflected, *_ready_events(context, ready)), heard=heard
    )


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


def withhold(turn: Turn, why: str) -> Transition:
    """Fail the turn closed: no reply, an apology, and the reason for the moderators."""
    withholding = replace(
        turn,
        state=TurnState.WITHHOLDING,
        withheld_because=why,
        delivery_tries=0,
        waits_until=None,
    )
    return Transition(withholding)


def _another_round(context: TurnContext, reflection: Reflection) -> bool:
    reviews = [utterance for utterance in context.session if utterance.review]
    last = reviews[-1] if reviews else None
    wanted = bool(last and last.review and last.review.wants_to_see)
    if wanted and last and last.speaker is Speaker.MODERATOR:
        return True  # a person bounds their rounds themself, in `bot.rooms.therapy.human_therapist`
    return context.turn.round < context.settings.max_rounds and (
        reflection.wants_another_round or reflection.keeps_message or wanted
    )


def _objections(
    context: TurnContext,
    text: str,
    session: tuple[Utterance, ...] | None = None,
    latest: Utterance | None = None,
) -> list[ReplyFinding]:
    """Return what speaks against a text, after the session as it is, or with what was just said.

    ``latest`` is a review of this very text: it may take back what was found, and as it quotes
    the text, the text does not recite it.
    """
    session = context.session if session is None else session
    heard = session if latest is None else (*session, latest)
    return check_reply(
        text,
        context.conversation,
        draft=context.turn.draft or "",
        harmful=_draft_hurts(context.turn.draft, heard),
        in_crisis=context.help_given,
        may_refuse=context.may_refuse,
        private=PrivateWords(session, context.words, context.settings.norms or ""),
    )


def _draft_hurts(draft: str | None, session: Sequence[Utterance]) -> bool:
    """Return whether the Therapist's latest word on the draft itself is that it would hurt."""
    text, hurts = draft, False
    for said in session:
        if said.review and said.speaker is Speaker.THERAPIST and text == draft:
            hurts = said.review.hurts
        if said.reflection:
            text = said.reflection.response
    return hurts


def blocking_findings(context: TurnContext, text: str) -> str:
    """Return why not even a person's word lets the text out: it leaks, or says nothing.

    What is a matter of judgement (an echo, a refusal) is theirs to judge.
    """
    blocking = [finding for finding in _objections(context, text) if finding.kind in _NEVER]
    return "; ".join(finding.detail for finding in blocking)


def _turn_down(context: TurnContext, text: str, objections: Sequence[ReplyFinding]) -> TurnContext:
    """Return the context with one more text that did not pass; without objections as it is."""
    if not objections:
        return context
    turned_down = TurnedDown(text=text, why=_complaint(objections))
    gives_away = any(one.kind in _GIVES_AWAY for one in objections)
    return replace(
        context,
        turned_down=(*context.turned_down, turned_down),
        may_refuse=context.may_refuse or gives_away,
    )


def _all_complaints(context: TurnContext) -> str | None:
    return "; ".join(dict.fromkeys(one.why for one in context.turned_down)) or None


def _only_refuses(objections: Sequence[ReplyFinding]) -> bool:
    return all(one.kind is ReplyFindingKind.REFUSAL for one in objections)


def _complaint(objections: Sequence[ReplyFinding]) -> str:
    return "; ".join(f"{finding.kind}: {finding.detail}" for finding in objections)


def _ready(turn: Turn, text: str) -> Turn:
    return replace(turn, state=TurnState.READY, reply=text, waits_until=None)


def _ready_events(context: TurnContext, ready: Turn) -> tuple[TurnEvent, ...]:
    """Return the event of a ready reply; with a gate, it is ready only once it is through."""
    return () if context.settings.gate is not None else (_event(ReplyReady, ready),)


def _event(kind: type[TurnEvent], turn: Turn) -> TurnEvent:
    return kind(turn.room_id, turn.id)


def _post(turn: Turn, kind: PostKind, ref: int | None = None) -> NewPost:
    return NewPost(turn.room_id, PostTo.THERAPY_ROOM, kind, turn_id=turn.id, ref=ref)
