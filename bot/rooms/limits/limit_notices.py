"""The words in which moderators are told of limits."""

from __future__ import annotations

from typing import Final

from bot.domain.limits import NANO, Amount, Charge, Limit, Measure, Scope
from bot.reasons import Reason, because
from bot.text.moderator_texts import Later, say, say_dollars, say_number

_HAS_USED: Final = {
    Scope.ROOM: Later("This Chat Room has used {percent} % of the limit for today{figures}."),
    Scope.SERVER: Later("This server has used {percent} % of the limit for today{figures}."),
    Scope.PROCESS: Later(
        "The bot, over all of its servers, has used {percent} % of the limit for today{figures}."
    ),
    Scope.PERSON: Later("{name} ({id}) has used {percent} % of the limit for today{figures}."),
}
_HAS_USED_UP: Final = {
    Scope.ROOM: Later(
        "This Chat Room has used up the limit for today{figures}. It rests until 00:00 UTC: what "
        "is said meanwhile is kept and read later, but not answered."
    ),
    Scope.SERVER: Later(
        "This server has used up the limit for today{figures}. All Chat Rooms here rest until "
        "00:00 UTC: what is said meanwhile is kept and read later, but not answered."
    ),
    Scope.PROCESS: Later(
        "The bot, over all of its servers, has used up the limit for today{figures}. Its Chat "
        "Rooms rest until 00:00 UTC: what is said meanwhile is kept and read later, but not "
        "answered."
    ),
    Scope.PERSON: Later(
        "{name} ({id}) has used up the limit for today{figures}. They are not answered until "
        "00:00 UTC: what is said meanwhile is kept and read later, but not answered."
    ),
}
USED_UP: Final = {
    Scope.ROOM: Later("The limit of this Chat Room for today is used up"),
    Scope.SERVER: Later("The limit of this server for today is used up"),
    Scope.PROCESS: Later("My limit for today is used up"),
    Scope.PERSON: Later("The limit of one person for today is used up"),
}


def step_notice(charge: Charge, used: Amount, step: int, name: str = "") -> Reason:
    """Return what moderators read at a step of a limit; ``name`` is the person's."""
    text = (_HAS_USED if step < 100 else _HAS_USED_UP)[charge.subject.scope]
    return because(
        text.source,
        percent=step,
        figures=_figures(charge, used),
        name=name or because("Somebody"),
        id=str(charge.subject.id),
    )


def refusal_text(charge: Charge) -> str:
    """Return what a moderator reads whose command asks for a call that there is no room for."""
    return say("{used_up}. It starts again at 00:00 UTC.", used_up=USED_UP[charge.subject.scope])


def amount_text(value: int, measure: Measure) -> str:
    """Return an amount in one measure: ``1,200`` or ``$0.35``."""
    return say_dollars(value / NANO) if measure is Measure.COST else say_number(value)


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
    now = min(used.of(measure), bound)
    if measure is Measure.COST:
        return because(" (${used} of ${limit})", used=now / NANO, limit=bound / NANO)
    unit = because(measure.value)
    return because(" ({used} of {limit} {unit})", used=now, limit=bound, unit=unit)
