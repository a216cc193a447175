"""The button below the card of a turn that may be tried again. Pure."""

from __future__ import annotations

from typing import Any

import discord

from bot.domain import Turn, TurnState
from bot.text.moderator_texts import say
from cogs.shared.components import button


def try_again_buttons(turn: Turn, *, row: int | None = None) -> list[discord.ui.Button[Any]]:
    """Return the button, where a turn may be tried again; `TryAgainButton` answers."""
    if turn.retry_from is None or turn.state is not TurnState.WITHHELD:
        return []
    made = button(f"again:{turn.id}", say("Try again"), emoji="🔁")
    made.row = row
    return [made]
