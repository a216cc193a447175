"""A call to the moderators, as they see it. Pure."""

from __future__ import annotations

from typing import Any, Final

import discord

from bot.domain import Room
from bot.domain.crisis import Crisis, CrisisCause, CrisisKind
from bot.text.moderator_texts import Later, say
from cogs.shared.components import button
from cogs.shared.links import to_message
from cogs.shared.text import quoted, shown_name

NOT_KEPT: Final = Later("-# Their words are not stored, so what they wrote is not repeated here.")
MAX_QUOTED: Final = 1_200
"""Characters of the message that are quoted, so that the call fits into one of Discord's."""
_WHAT: Final = {
    CrisisKind.OVERDOSE: Later("may have taken something"),
    CrisisKind.SUICIDE: Later("speaks of suicide"),
    CrisisKind.SELF_HARM: Later("speaks of hurting themselves"),
    CrisisKind.ABUSE: Later("speaks of being hurt by somebody"),
    CrisisKind.VIOLENCE: Later("speaks of hurting somebody"),
    CrisisKind.PANIC: Later("speaks of acute fear"),
    CrisisKind.UNCLEAR: Later("may be in danger"),
}
_NOTICED: Final = {
    CrisisCause.RULE: "",
    CrisisCause.REVIEW: Later(" (noticed by the Therapist)"),
    CrisisCause.FEEDBACK: "",
    CrisisCause.REPLY: Later(" (the Chatbot's reply would have done harm, and was not sent)"),
}


def render_call(crisis: Crisis, room: Room, words: str | None) -> str:
    """Return the call: who, where, what, the words, and that help lines were given.

    Without the words, None, where others than the moderators read it.
    """
    role = f"<@&{room.settings.call_role_id}> " if room.settings.call_role_id else ""
    who = shown_name(crisis.author_name)
    what = say(_WHAT[crisis.sign.kind])
    if crisis.sign.about_other:
        what = say("is worried that somebody is in danger")
    said = "" if words is None else quoted(words, MAX_QUOTED) if words else NOT_KEPT
    if crisis.cause is CrisisCause.FEEDBACK:
        where = say("in what they told me of a reply in <#{channel}>", channel=crisis.channel_id)
        given = say("They were shown help lines, and nobody else was.")
    else:
        link = to_message(room.guild_id, crisis.channel_id, crisis.message_id)
        where = say("in <#{channel}>: {link}", channel=crisis.channel_id, link=link)
        given = say("They were given a fixed text with help lines, and no reply from the Chatbot.")
    return say(
        "{role}🆘 **{who} {what}**{noticed} {where}\n{said}\n"
        "{given} One of you should talk with them.",
        role=role,
        who=who,
        what=what,
        noticed=_NOTICED[crisis.cause],
        where=where,
        said=said,
        given=given,
    )


def call_buttons(crisis: Crisis) -> list[discord.ui.Item[Any]]:
    """Return the buttons that are still of use."""
    return [
        button(
            f"crisis:with:{crisis.id}",
            say("I am with them"),
            style=discord.ButtonStyle.success,
            disabled=crisis.taken_by is not None,
        ),
        button(
            f"crisis:false:{crisis.id}",
            say("False alarm"),
            disabled=crisis.false_alarm_by is not None,
        ),
    ]


def render_taken(crisis: Crisis) -> str:
    """Return what moderators have said of a call."""
    said = []
    if crisis.taken_by is not None:
        said.append(say("{who} is with them", who=shown_name(crisis.taken_by.name)))
    if crisis.false_alarm_by is not None:
        said.append(say("{who} calls it a false alarm", who=shown_name(crisis.false_alarm_by.name)))
    return " · ".join(said)
