"""Second tries: a turn that ran out of time goes on where it was, once, if a moderator asks."""

from __future__ import annotations

from bot.domain import Moderator, Turn
from bot.domain.session_acts import TryAgainDetails
from bot.errors import FourRoomsError
from bot.rooms.audit import AuditLog, new_act
from bot.rooms.turn_runner import TurnRunner


class NoSecondTry(FourRoomsError):
    """A turn that did not run out of time, or has been tried again."""

    public = (
        "That reply cannot be tried again: it did not run out of time, or it has been tried again "
        "already."
    )


class TurnUnderWay(FourRoomsError):
    """Another turn of the room, which has to end first."""

    public = "Another answer is under way in that room. Press it again in a moment."


class SecondTries:
    """What moderators do with turns that ran out of time."""

    def __init__(self, audit: AuditLog, runner: TurnRunner) -> None:
        self._audit = audit
        self._runner = runner

    async def try_again(self, turn_id: int, by: Moderator) -> Turn:
        """Have a turn go on where its time was up; what was done by then is kept.

        Raises NoSuchTurn, NoSuchRoom, NoSecondTry, TurnUnderWay, StaleTurn.
        """
        turn, room = await self._audit.turn_in_use(turn_id)
        if turn.retry_from is None or turn.state.open or not turn.message_ids:
            raise NoSecondTry
        if await self._audit.stores.turns.open_turn(room.id) is not None:
            raise TurnUnderWay
        act = new_act(room, by, TryAgainDetails(turn.retry_from.value), turn_id=turn.id)
        again = await self._audit.stores.joining.try_again(turn, act)
        self._audit.acted(act)
        self._runner.wake(room.id)
        return again
