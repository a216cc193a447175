"""Pauses in words: who paused a Chat Room, until when and why, and the buttons for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

import discord

from bot.domain import Act, Room
from bot.domain.act_details import ExtendPauseDetails, PauseDetails, PauseServerDetails
from bot.text.moderator_texts import Later, say, say_reason
from cogs.shared.components import button
from cogs.shared.counts import minutes as in_minutes
from cogs.shared.text import quoted, shortened, shown_name

MORE_MINUTES: Final = 10
"""Minutes that the button lets a pause last longer."""
ROOMS_A_MESSAGE: Final = 5
"""Rooms of one message: each has a row of buttons, and a message has five."""
MAX_REASON: Final = 400
ON_ITS_WAY: Final = Later(
    "⏸️ Paused: nothing more is sent. One reply was on its way to Discord already, "
    "and may still appear; I am waiting to hear of it."
)
MAY_APPEAR: Final = Later(
    " One reply that Discord had before, and has not confirmed, may still appear."
)

PausedRoom = tuple[int, int]
"""A Chat Room's id, and the mark of its pause."""


def render_until(until: int | None) -> str:
    """Say how long a pause lasts; ``until`` is in seconds since 1970."""
    return (
        say("until <t:{until}:t> (<t:{until}:R>)", until=until)
        if until
        else say("until somebody resumes it")
    )


def render_paused(rooms: Sequence[Room], unsure: Collection[int] = ()) -> str:
    """Say of paused rooms who paused them, until when, and why, which is the same for all.

    ``unsure`` are those in which a reply may come up that Discord did not confirm.
    """
    lines = [
        say(
            "⏸️ <#{room}> is paused{pause}: no reply is sent.{may_appear}",
            room=room.id,
            pause=_pause(room),
            may_appear=MAY_APPEAR if room.id in unsure else "",
        )
        for room in rooms
    ]
    return "\n".join(lines) + _why(rooms[0])


def render_still_paused(room: Room) -> str:
    """Say that a room had been paused already, and ask whether that is to be replaced."""
    since = (
        say(" since <t:{at}:t> (<t:{at}:R>)", at=_seconds(room.paused_at)) if room.paused_at else ""
    )
    return say(
        "⏸️ <#{room}> is already paused{since}{pause}: no reply is sent.{why}\n"
        "I have changed nothing. Do you want your pause to replace this one?",
        room=room.id,
        since=since,
        pause=_pause(room),
        why=_why(room),
    )


def render_not_paused(room_id: int) -> str:
    """Say that there was nothing to resume or to extend."""
    return say("▶️ <#{room}> is not paused: I have changed nothing.", room=room_id)


def render_extended(room_id: int, until: int | None) -> str:
    """Say how long a pause lasts now."""
    return say("⏸️ <#{room}> stays paused {until}.", room=room_id, until=render_until(until))


def pause_buttons(
    rooms: Sequence[PausedRoom], name_of: Callable[[int], str]
) -> list[discord.ui.Button[Any]]:
    """Return *Resume* and *+10 minutes* for each room, named where there are several."""
    buttons = []
    for row, (room_id, mark) in enumerate(rooms[:ROOMS_A_MESSAGE]):
        name = f" #{name_of(room_id)}" if len(rooms) > 1 else ""
        resume = button(
            _id("resume", room_id, mark), shortened(f"{say('Resume')}{name}", 80), emoji="▶️"
        )
        label = shortened(f"+{in_minutes(MORE_MINUTES)}{name}", 80)
        more = button(_id("more", room_id, mark), label, emoji="⏳")
        resume.row = more.row = row
        buttons += [resume, more]
    return buttons


def replace_buttons(room: Room, minutes: int) -> list[discord.ui.Button[Any]]:
    """Return the answers to the question of `render_still_paused`."""
    instead = say("Pause until resumed instead")
    if minutes:
        instead = say("Pause for {time} instead", time=in_minutes(minutes))
    return [
        button(
            _id("replace", room.id, room.pause_mark, minutes),
            instead,
            style=discord.ButtonStyle.danger,
        ),
        button(_id("keep", room.id, room.pause_mark), say("Keep it")),
    ]


def rooms_of_act(act: Act) -> list[PausedRoom]:
    """Return the rooms that an act paused; none where it is another kind of act."""
    match act.details:
        case PauseDetails(mark=mark) | ExtendPauseDetails(mark=mark):
            return [(act.room_id, mark)] if act.room_id else []
        case PauseServerDetails(rooms=room_ids, marks=marks):
            return list(zip(room_ids, marks, strict=False))
    return []


def end_of(act: Act) -> int | None:
    """Return when the pause of an act ends, in seconds since 1970; None if it has no end."""
    match act.details:
        case (
            PauseDetails(until=until, minutes=minutes)
            | PauseServerDetails(until=until, minutes=minutes)
        ) if until is None and minutes:
            return _seconds(act.at) + 60 * minutes  # of before the end was on the record
        case PauseDetails(until=until) | PauseServerDetails(until=until):
            return until
        case ExtendPauseDetails(until=until):
            return until
    return None


def _id(what: str, room_id: int, mark: int, minutes: int = 0) -> str:
    return f"pause:{what}:{room_id}:{mark}:{minutes}"


def _pause(room: Room) -> str:
    who = say(" by **{who}**", who=shown_name(room.paused_by.name)) if room.paused_by else ""
    return f"{who} {render_until(_seconds(room.paused_until) if room.paused_until else None)}"


def _why(room: Room) -> str:
    return f"\n{quoted(say_reason(room.pause_reason), MAX_REASON)}" if room.pause_reason else ""


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0
