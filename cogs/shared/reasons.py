"""Why a moderator keeps a reply back or deletes it: ready choices, and words of their own."""

from __future__ import annotations

from typing import Any, Final

import discord

from bot.reasons import because, join_reasons
from bot.text.moderator_texts import Later, say
from cogs.shared.modals import ModalInput, choice_field, text_field

REASONS: Final = {
    "hurts": Later("it hurts or presses somebody"),
    "wrong": Later("it is wrong or made up"),
    "missed": Later("it misses what they said"),
    "language": Later("it is in the wrong language"),
    "private": Later("it tells what is private"),
    "unwanted": Later("nobody asked for it"),
}
MOST_WHY: Final = 400


def reason_fields() -> list[discord.ui.Label[Any]]:
    """Return the fields for why, for the other moderators; none has to be filled in."""
    return [
        choice_field(
            "reason_kind",
            say("What is wrong"),
            {kind: str(words) for kind, words in REASONS.items()},
            required=False,
        ),
        text_field(
            "reason", say("Why"), hint=say("for the other moderators"), long=True, most=MOST_WHY
        ),
    ]


def reason_of(inputs: ModalInput) -> str:
    """Return what was chosen and written there; a form of before has words alone."""
    ready, words = REASONS.get(inputs.get("reason_kind", "")), inputs.get("reason", "").strip()
    return join_reasons(
        [*([because(ready.source)] if ready else []), *([words] * bool(words))], ". "
    )
