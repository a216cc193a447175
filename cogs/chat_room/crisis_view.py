"""A call to the moderators, as they see it. Pure."""

from __future__ import annotations

from typing import Any, Final

import discord

from bot.domain import Room
from bot.domain.crisis import Crisis, CrisisCause, CrisisKind
from cogs.shared.components import button
from cogs.shared.links import to_message
from cogs.shared.text import quoted, shown_name

NOT_KEPT: Final = "-# They chose not to be stored, so what they wrote is not repeated here."
MAX_QUOTED: Final = 1_200
"""Characters of the message that are quoted, so that the call fits into one of Discord's."""
_WHAT: Final = {
    CrisisKind.OVERDOSE: "may have taken something",
    CrisisKind.SUICIDE: "speaks of suicide",
    CrisisKind.SELF_HARM: "speaks of hurting themselves",
    CrisisKind.ABUSE: "speaks of being hurt by somebody",
    CrisisKind.VIOLENCE: "speaks of hurting somebody",
    CrisisKind.PANIC: "speaks of acute fear",
    CrisisKind.UNCLEAR: "may be in danger",
}
_NOTICED: Final = {
    CrisisCause.RULE: "",
    CrisisCause.REVIEW: " (noticed by the Therapist)",
    CrisisCause.FEEDBACK: "",
    CrisisCause.REPLY: " (the Chatbot's reply would have done harm, and was not sent)",
}


def render_call(crisis: Crisis, room: Room, words: str) -> str:
    """Return the call: who, where, what, the words, and that help lines were given."""
    role = f"<@&{room.settings.call_role_id}> " if room.settings.call_role_id else ""
    who = shown_name(crisis.author_name)
    what = _WHAT[crisis.sign.kind]
    if crisis.sign.about_other:
        what = "is worried that somebody is in danger"
    said = quoted(words, MAX_QUOTED) if words else NOT_KEPT
    if crisis.cause is CrisisCause.FEEDBACK:
        where = f"in what they told me of a reply in <#{crisis.channel_id}>"
        given = "They were shown help lines, and nobody else was."
    else:
        link = to_message(room.guild_id, crisis.channel_id, crisis.message_id)
        where = f"in <#{crisis.channel_id}>: {link}"
        given = "They were given a fixed text with help lines, and no reply from the Chatbot."
    return (
        f"{role}🆘 **{who} {what}**{_NOTICED[crisis.cause]} {where}\n{said}\n"
        f"{given} One of you should talk with them."
    )


def call_buttons(crisis: Crisis) -> list[discord.ui.Item[Any]]:
    """Return the buttons that are still of use."""
    return [
        button(
            f"crisis:with:{crisis.id}",
            "I am with them",
            style=discord.ButtonStyle.success,
            disabled=crisis.taken_by is not None,
        ),
        button(
            f"crisis:false:{crisis.id}",
            "False alarm",
            disabled=crisis.false_alarm_by is not None,
        ),
    ]


def render_taken(crisis: Crisis) -> str:
    """Return what moderators have said of a call."""
    said = []
    if crisis.taken_by is not None:
        said.append(f"{shown_name(crisis.taken_by.name)} is with them")
    if crisis.false_alarm_by is not None:
        said.append(f"{shown_name(crisis.false_alarm_by.name)} calls it a false alarm")
    return " · ".join(said)
