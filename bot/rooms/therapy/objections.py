"""What speaks against a text of a session, by the check in code, and what a retry is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.domain import Speaker, TurnedDown, Utterance
from bot.domain.turn_context import TurnContext
from bot.prompting.personas import persona_words
from bot.reasons import because, join_reasons
from bot.rooms.therapy.reply_checks import (
    TOLERATED,
    PrivateWords,
    ReplyFinding,
    ReplyFindingKind,
    check_reply,
)
from bot.text.discord_safety import make_harmless
from bot.text.moderator_texts import say_reason
from bot.text.own_label import without_own_label

_NEVER: Final = (
    ReplyFindingKind.LEAK,
    ReplyFindingKind.EMPTY,
    ReplyFindingKind.LONG,
    ReplyFindingKind.SELF_HARM,
)
_GIVES_AWAY: Final = (ReplyFindingKind.LEAK, ReplyFindingKind.SELF_HARM, ReplyFindingKind.COPY)
"""After one of these, to decline is the right answer."""


def as_sent(context: TurnContext, text: str) -> str:
    """Return a text as it is to be checked, kept and sent."""
    lines = (*context.conversation.lines, *context.conversation.asked)
    return make_harmless(without_own_label(text, {line.speaker for line in lines}))


def find_objections(
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
        private=PrivateWords(
            session,
            context.private_words,
            context.settings.norms or "",
            persona_words(context.settings.persona),
        ),
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
    """Say why not even a person's word lets the text out: it leaks, or says nothing.

    What is a matter of judgement (an echo, a refusal) is theirs to judge.
    """
    blocking = [finding for finding in find_objections(context, text) if finding.kind in _NEVER]
    return "; ".join(say_reason(finding.detail) for finding in blocking)


def turn_down(context: TurnContext, text: str, objections: Sequence[ReplyFinding]) -> TurnContext:
    """Return the context with one more text that did not pass; without objections as it is."""
    if not objections:
        return context
    turned_down = TurnedDown(text=text, why=word_complaint(objections))
    gives_away = any(one.kind in _GIVES_AWAY for one in objections)
    return replace(
        context,
        turned_down=(*context.turned_down, turned_down),
        may_refuse=context.may_refuse or gives_away,
    )


def join_complaints(context: TurnContext) -> str | None:
    """Return all complaints of a round so far, each once; None if there is none."""
    return "; ".join(dict.fromkeys(one.why for one in context.turned_down)) or None


def are_tolerated(objections: Sequence[ReplyFinding]) -> bool:
    """Return whether a text is better than no answer: it declines, repeats a line, or the like."""
    return all(one.kind in TOLERATED for one in objections)


def is_language_alone(objections: Sequence[ReplyFinding]) -> bool:
    """Return whether nothing is wrong with a text but its language."""
    return bool(objections) and all(one.kind is ReplyFindingKind.LANGUAGE for one in objections)


def word_complaint(objections: Sequence[ReplyFinding]) -> str:
    """Return the objections in one line; empty if there is none."""
    named = [
        because("{kind}: {detail}", kind=because(finding.kind.value), detail=finding.detail)
        for finding in objections
    ]
    return join_reasons(named, "; ")
