"""The look at whether a reply keeps to a moderator's guidance, off the path that people wait for.

It is taken once a turn rests, at the gate or with the reply sent, and again where the reply was
changed since. Only what was not followed is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import structlog

from bot.domain import NewPost, PostKind, PostTo
from bot.errors import LLMError
from bot.llm.protocol import CallContext, CallPriority
from bot.rooms.audit import AuditLog
from bot.storage.stores.guidance_checks import UncheckedGuidance
from bot.tasks import KeyedTasks

log = structlog.get_logger(__name__)

MakeContext = Callable[[int, int], CallContext]
"""Makes the context of a call for a moderator, of a room and a turn."""


class JudgesGuidance(Protocol):
    """Whoever says if a reply keeps to guidance; see `bot.agents.guidance_judge`."""

    async def follows(self, guidance: str, reply: str, ctx: CallContext) -> bool:
        """Return whether the reply keeps to the guidance. LLMError if it cannot say."""
        ...


class GuidanceChecks:
    """The looks, one after the other in each room."""

    def __init__(
        self, audit: AuditLog, judge: JudgesGuidance | None, call_context: MakeContext
    ) -> None:
        self._audit = audit
        self._store = audit.stores.guidance_checks
        self._judge = judge
        self._call_context = call_context
        self.workers = KeyedTasks[int](
            "guidance checks", self._check_next, before_retry=audit.stores.try_storing
        )

    def wake(self, room_id: int) -> None:
        """Look at what rests in that room, if there is somebody to ask."""
        if self._judge is not None:
            self.workers.wake(room_id)

    async def _check_next(self, room_id: int) -> bool:
        """Look at one reply and guidance; say whether there may be more."""
        one = await self._store.next(room_id)
        if one is None or self._judge is None:
            return False
        followed = await self._ask(self._judge, one, room_id)
        missed = NewPost(
            room_id,
            PostTo.THERAPY_ROOM,
            PostKind.GUIDANCE_CHECK,
            turn_id=one.turn_id,
            ref=one.guidance_id,
        )
        await self._store.note(one, followed, () if followed in (True, None) else (missed,))
        self._audit.acted_in(room_id)
        return True

    async def _ask(
        self, judge: JudgesGuidance, one: UncheckedGuidance, room_id: int
    ) -> bool | None:
        """Return whether it was followed; None where that cannot be said."""
        # Nobody waits for it, as a moderator does for the answer to a question.
        ctx = replace(self._call_context(room_id, one.turn_id), priority=CallPriority.SCORING)
        try:
            return await judge.follows(one.guidance, one.reply, ctx)
        except LLMError as error:
            log.warning("guidance not checked", turn_id=one.turn_id, detail=error.detail)
            return None
