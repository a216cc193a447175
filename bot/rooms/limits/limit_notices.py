"""The words in which moderators are told of limits."""

from __future__ import annotations

from typing import Final

from bot.domain.limits import NANO, Amount, Charge, Limit, Measure, Scope
from bot.text.moderator_texts import Later, say

_WHOSE: Final = {
    Scope.ROOM: "This Chat Room",
    Scope.SERVER: "This server",
    Scope.PROCESS: "The bot, over all of its servers,",
}
_THEN: Final = {
    Scope.ROOM: "It rests until 00:00 UTC",
    Scope.SERVER: "All Chat Rooms here rest until 00:00 UTC",
    Scope.PROCESS: "Its Chat Rooms rest until 00:00 UTC",
    Scope.PERSON: "They are not answered until 00:00 UTC",
}
USED_UP: Final = {
    Scope.ROOM: Later("The limit of this Chat Room for today is used up"),
    Scope.SERVER: Later("The limit of this server for today is used up"),
    Scope.PROCESS: Later("My limit for today is used up"),
    Scope.PERSON: Later("The limit of one person for today is used up"),
}


def step_notice(charge: Charge, used: Amount, step: int, name: str = "") -> str:
    """Return what moderators read at a step of a limit; ``name`` is the person's."""
    scope = charge.subject.scope
    whose = _WHOSE.get(scope) or f"{name or 'Somebody'} ({charge.subject.id})"
    figures = _figures(charge, used)
    if step < 100:
        return f"{whose} has used {step} % of the limit for today{figures}."
    return (
        f"{whose} has used up the limit for today{figures}. {_THEN[scope]}: what is said "
        "meanwhile is kept and read later, but not answered."
    )


def refusal_text(charge: Charge) -> str:
    """Return what a moderator reads whose command asks for a call that there is no room for."""
    return say("{used_up}. It starts again at 00:00 UTC.", used_up=USED_UP[charge.subject.scope])


def amount_text(value: int, measure: Measure) -> str:
    """Return an amount in one measure: ``1,200`` or ``$0.35``."""
    return f"${value / NANO:,.2f}" if measure is Measure.COST else f"{value:,}"


def limit_text(limit: Limit) -> str:
    """Return the bounds of a limit in words; ``none`` where there is none."""
    parts = [
        amount_text(bound, measure) + ("" if measure is Measure.COST else f" {say(measure.value)}")
        for measure, bound in limit.bounds.items()
    ]
    return ", ".join(parts) or say("none")


def _figures(charge: Charge, used: Amount) -> str:
    """Return the figures of the fullest measure; those of the whole bot are its operator's."""
    measure = charge.limit.fullest(used)
    bound = charge.limit.of(measure) if measure else None
    if measure is None or bound is None or charge.subject.scope is Scope.PROCESS:
        return ""
    unit = "" if measure is Measure.COST else f" {measure.value}"
    shown = amount_text(min(used.of(measure), bound), measure)
    return f" ({shown} of {amount_text(bound, measure)}{unit})"
