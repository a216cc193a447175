"""What an admin reads whose `/setup` went through, or did not. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain import ReplyWhen, Room
from bot.text.moderator_texts import Later, say, say_count
from cogs.setup.permission_check import SetupPlan, checked, readers

REPLIES: Final = {
    ReplyWhen.ADDRESSED: (
        Later(
            "I reply when somebody mentions me, replies to me or calls me by name, or asks "
            "the room something while nobody else is being talked to."
        )
    ),
    ReplyWhen.MENTIONED: Later("I reply when somebody mentions me or replies to me."),
    ReplyWhen.ALWAYS: Later("I reply to every message."),
}
"""What an admin reads of the setting when the room stands."""


def refusal(plan: SetupPlan, obstacles: Sequence[str]) -> str:
    """Return what an admin reads when something is in the way: each problem and its remedy."""
    count = len(obstacles)
    lines = "\n".join(f"- {problem}" for problem in obstacles)
    head = say_count(
        "**Nothing was changed: {count} thing to fix first.**",
        "**Nothing was changed: {count} things to fix first.**",
        count,
    )
    again = say("Then run the command again.")
    report = "\n".join([*checked(plan), readers(plan.moderators)])
    return f"{head}\n{lines}\n{again}\n\n{report}"


def welcome(room: Room, plan: SetupPlan) -> str:
    """Return what an admin reads when the Chat Room stands."""
    who = say("everyone who can manage messages in <#{room}> or time members out", room=room.id)
    if room.moderator_role_id:
        who = say("{who}, and {role}", who=who, role=f"<@&{room.moderator_role_id}>")
    where = say(
        "**<#{room}> is a Chat Room.** Cards and what moderators do go to <#{moderators}>, therapy "
        "threads under <#{therapy}>.\n"
        "Moderators: {who}. To read the threads they need Manage Threads in <#{therapy}>.",
        room=room.id,
        moderators=room.moderator_channel_id,
        therapy=room.therapy_parent_id,
        who=who,
    )
    paused = [say("**It is paused.** `/resume` starts it.")] * room.paused
    replies = say("{replies} `/settings` changes that.", replies=REPLIES[room.settings.reply_when])
    lines = [where, *paused, replies, readers(plan.moderators), "", *checked(plan)]
    return "\n".join(lines)
