"""A text that waits for the person in the Therapist's seat, as they see it in the thread. Pure."""

from __future__ import annotations

from typing import Any

import discord

from bot.domain import Room, Turn
from bot.domain.room_settings import SeatTimeout
from bot.rooms.chat.splitting import split_text
from bot.text.moderator_texts import say
from cogs.shared.components import button
from cogs.shared.text import agents_words, shown_name


def render_waiting(room: Room, turn: Turn, *, waits: bool) -> list[str]:
    """Say that a text waits for the person in the seat, with the text if it is not the draft."""
    if not waits:
        return [say("-# reply #{number} waited here for the Therapist", number=turn.number)]
    who = shown_name(room.therapist.name) if room.therapist else say("the Therapist")
    text = f"\n{agents_words(turn.candidate or '')}" if turn.round else ""
    return split_text(
        say(
            "🧑 **{who}, you are the Therapist** · round {round}{text}\n"
            "-# Write here what the Chatbot should hear, or press a button. {time}",
            who=who,
            round=turn.round + 1,
            text=text,
            time=_time_left(room, turn),
        )
    )


def _time_left(room: Room, turn: Turn) -> str:
    """Say how long the session waits, and what comes after."""
    if room.paused or turn.waits_until is None:
        return say("The room is paused: your time starts again when it is resumed.")
    then = {
        SeatTimeout.THERAPIST: say("the AI takes over for this reply"),
        SeatTimeout.WITHHOLD: say("the reply is withheld"),
    }[room.settings.seat_on_timeout]
    at = int(turn.waits_until.timestamp())
    return say("I wait for you until <t:{at}:t> (<t:{at}:R>); then {then}.", at=at, then=then)


def seat_buttons(turn: Turn) -> list[discord.ui.Button[Any]]:
    """Return the buttons that end the session; `HumanTherapistButton` answers."""
    success, danger = discord.ButtonStyle.success, discord.ButtonStyle.danger
    return [
        button(f"seat:ready:{turn.id}", say("Ready: send it as it is"), style=success, emoji="✅"),
        button(f"seat:withhold:{turn.id}", say("Withhold this reply"), style=danger, emoji="⛔"),
    ]
