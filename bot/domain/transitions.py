"""The one table of a turn's states: where a turn may go from each of them.

::

    CLAIMED ─ draft ─▶ DRAFTED ─ review ─────▶ REVIEWED ─ reflect ─▶ READY ─ delivered ─▶ SENT
                       │ ▲ │ ▲                 ▲ ▲ │                 ▲ │ ▲
                       │ │ │ └─ another round ─┼─┼─┘                 │ │ │
                       │ │ └─── nothing left ──┼─┼───────────────────┤ │ └─ approve, edit ──┐
            seat taken │ │ seat left,          │ │                   │ └─ above the gate ─▶ GATED
                       ▼ │ time over           │ │                   │                      │
                       WAITING ─── speaks ─────┘ │                   │                      │
                           └────── ready ────────┼───────────────────┘                      │
                                                 └───────────── another round ──────────────┘

    CLAIMED … GATED ─ failed, withheld, time over ─▶ WITHHOLDING ─ apology out, or given up ─┐
    READY ─ cannot be posted ────────────────────────────────────────────▶ WITHHELD ◀────────┘
    WITHHELD ─ its time at the gate ran out, and a moderator sends it after all ─▶ READY
    WITHHELD ─ ran out of time, and is tried again, once ─▶ CLAIMED, DRAFTED, REVIEWED
    CLAIMED, DRAFTED, REVIEWED ─ too old to be worth an answer ──────────▶ WITHHELD
    CLAIMED … GATED ─ the person may be in danger: a fixed text with help ─▶ HELPED

A turn may also be saved in the state it has: WAITING and GATED when the time of who is waited for
begins anew; READY when the gate lets the reply through, and before each try to post it;
WITHHOLDING before each try to post the apology.

The table stands here and not in the engine because `bot.storage.stores.turns.TurnStore.save`
checks every step against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.turns import TurnState
from bot.errors import FourRoomsError

TRANSITIONS: Final[Mapping[TurnState, frozenset[TurnState]]] = MappingProxyType(
    {
        TurnState.CLAIMED: frozenset(
            {TurnState.DRAFTED, TurnState.WITHHOLDING, TurnState.WITHHELD, TurnState.HELPED}
        ),
        TurnState.DRAFTED: frozenset(
            {
                TurnState.WAITING,
                TurnState.REVIEWED,
                TurnState.READY,
                TurnState.WITHHOLDING,
                TurnState.WITHHELD,
                TurnState.HELPED,
            }
        ),
        TurnState.WAITING: frozenset(
            {
                TurnState.WAITING,
                TurnState.DRAFTED,
                TurnState.REVIEWED,
                TurnState.READY,
                TurnState.WITHHOLDING,
                TurnState.HELPED,
            }
        ),
        TurnState.REVIEWED: frozenset(
            {
                TurnState.DRAFTED,
                TurnState.READY,
                TurnState.WITHHOLDING,
                TurnState.WITHHELD,
                TurnState.HELPED,
            }
        ),
        TurnState.READY: frozenset(
            {
                TurnState.READY,
                TurnState.GATED,
                TurnState.SENT,
                TurnState.WITHHOLDING,
                TurnState.WITHHELD,
                TurnState.HELPED,
            }
        ),
        TurnState.GATED: frozenset(
            {
                TurnState.GATED,
                TurnState.REVIEWED,
                TurnState.READY,
                TurnState.WITHHOLDING,
                TurnState.HELPED,
            }
        ),
        TurnState.WITHHOLDING: frozenset({TurnState.WITHHOLDING, TurnState.WITHHELD}),
        TurnState.SENT: frozenset(),
        TurnState.WITHHELD: frozenset(
            {TurnState.CLAIMED, TurnState.DRAFTED, TurnState.REVIEWED, TurnState.READY}
        ),
        TurnState.HELPED: frozenset(),
    }
)
"""The states that a turn may be saved in next, by the state that it has."""


class InvalidTransition(FourRoomsError):
    """A step that no turn may take: a fault of ours, noticed before anything is written."""


def check_transition(was: TurnState, now: TurnState) -> None:
    """Raise InvalidTransition if a turn may not go from ``was`` to ``now``."""
    if now not in TRANSITIONS[was]:
        raise InvalidTransition(f"a turn may not go from {was.value} to {now.value}")
