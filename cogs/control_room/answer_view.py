"""How the Chatbot's answers to `/query` and `/reflect` read, to the moderator who asked. Pure."""

from __future__ import annotations

from typing import Final

from bot.domain import ChatbotState, StateAnswer
from bot.reports.session_notes import WORDED_IN_CODE
from bot.rooms.chat.splitting import split_text
from bot.rooms.control.control_room import ReflectAnswer
from bot.text.moderator_texts import say
from cogs.shared.bars import values
from cogs.shared.counts import replies
from cogs.shared.text import agents_words, quoted

MOST_QUESTION: Final = 500
MOST_CHANGES: Final = 3
"""Changes shown of a reflection, with `MOST_CHANGE` characters of each text."""
MOST_CHANGE: Final = 300


def render_state(answer: StateAnswer, room_id: int, question: str) -> list[str]:
    """Return the Chatbot's answer to a query, for the moderator who asked."""
    quotation = f"\n{quoted(question, MOST_QUESTION)}" if question else ""
    return split_text(
        say(
            "**How the Chatbot is doing in <#{room}>**{quotation}\n{figures}{answer}",
            room=room_id,
            quotation=quotation,
            figures=_figures(answer.state),
            answer=agents_words(answer.answer),
        )
    )


def render_reflection(answer: ReflectAnswer, room_id: int) -> list[str]:
    """Return what the Chatbot learned and would have said otherwise, for who asked."""
    changed = len(answer.changes)
    head = say(
        "**What the Chatbot learned in <#{room}>**, looking back on {replies}, {changed} of them "
        "changed by therapy",
        room=room_id,
        replies=replies(answer.turns),
        changed=changed,
    )
    parts = [head, agents_words(answer.learned)]
    if answer.worded_in_code:
        parts.append(f"-# {say(WORDED_IN_CODE)}")
    if answer.changes:
        parts.append(say("**Without therapy it would have said**"))
    if answer.without:
        parts.append(agents_words(answer.without))
    parts.extend(
        say(
            "-# reply #{number}\n{draft}\nand said\n{reply}",
            number=change.number,
            draft=quoted(change.draft, MOST_CHANGE),
            reply=quoted(change.reply, MOST_CHANGE),
        )
        for change in answer.changes[:MOST_CHANGES]
    )
    return split_text("\n".join(parts))


def _figures(state: ChatbotState | None) -> str:
    """Return the figures as bars; nothing where the model has none that mean anything."""
    if state is None:
        return ""
    named = {
        say("therapy progress"): state.therapy_progression,
        say("confusion"): state.confusion,
        say("urgency"): state.urgency,
    }
    return f"```\n{values(named)}\n```"
