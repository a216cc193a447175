"""Help for a person in danger: recognised before any model, answered by a fixed text.

Whatever else goes on in the room (a pause, the gate, a person in the Therapist's seat, a model
that is down), the help is stored with the message and goes out through the outbox at once, and a
post of its own calls the moderators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from bot.domain import Moderator, Room, UserMessage
from bot.domain.act_details import FalseAlarmDetails, WithThemDetails
from bot.domain.crisis import Crisis, CrisisCause, CrisisSign, Danger, HeardMessage, NewCrisis
from bot.domain.events import Event, HelpGiven, TurnHelped
from bot.domain.moderation import ActDetails
from bot.domain.turn_context import Transition
from bot.rooms.audit import AuditLog, new_act
from bot.rooms.chat.crisis.answer import help_text
from bot.rooms.chat.crisis.detector import detect
from bot.rooms.chat.crisis.recent_lines import RecentLines
from bot.storage.stores.stores import Stores

log = structlog.get_logger(__name__)

MOST_HARMLESS: Final = 512
"""Messages that are known to be harmless: both looks at one come within moments."""
NAMELESS: Final = "somebody whose words are not stored"


class CrisisResponder:
    """The part that looks at every message of a person, and answers those that speak of danger."""

    def __init__(
        self,
        stores: Stores,
        audit: AuditLog,
        *,
        wake: Callable[[int], None],
        emit: Callable[[Event], None],
    ) -> None:
        self._stores = stores
        self._audit = audit
        self._wake = wake
        self._emit = emit
        self._recent = RecentLines()
        self._harmless: dict[tuple[int, int], int] = {}
        """By room and message: what was read and is harmless, as a number.

        Each message is looked at as it comes in, and again as it is kept.
        """

    def find_sign(self, heard: HeardMessage) -> CrisisSign | None:
        """Return the sign of danger in a message, read with the person's lines before it."""
        message = heard.message
        text = "\n".join(heard.texts)
        lines = self._recent.with_line(message.room_id, message.author_id, message.id, text)
        key, read = (message.room_id, message.id), hash(tuple(lines))
        if self._harmless.get(key) == read:
            return None
        sign = detect(lines)
        if sign is None:
            if len(self._harmless) >= MOST_HARMLESS:
                del self._harmless[next(iter(self._harmless))]
            self._harmless[key] = read
        return sign

    async def look(self, heard: HeardMessage) -> bool:
        """Answer a message if it speaks of danger; return whether it does.

        A message that was answered so before, such as before a restart, is not answered again.
        """
        sign = self.find_sign(heard)
        return sign is not None and await self.answer(heard, sign)

    async def answer(self, heard: HeardMessage, sign: CrisisSign) -> bool:
        """Give help for the sign that a message shows; False if it is of no room.

        Of those who chose not to be stored, neither words nor name are kept; nor of what was said
        before `/forget`.
        """
        return await self._open(heard, Danger(sign, CrisisCause.RULE))

    async def call_for(self, heard: HeardMessage, sign: CrisisSign) -> None:
        """Call the moderators for what somebody said to the bot alone, who shows them the help."""
        await self._open(heard, Danger(sign, CrisisCause.FEEDBACK), is_private=True)

    async def _open(self, heard: HeardMessage, danger: Danger, *, is_private: bool = False) -> bool:
        room = await self._stores.rooms.get(heard.message.room_id)
        if room is None:
            return False
        message = heard.message
        choices = self._stores.privacy_choices
        if not await choices.may_store(message.author_id, room.guild_id, message.id):
            message = replace(message, text="", author_name=NAMELESS)
        new = make_crisis(message, danger, room, locale=heard.locale, channel_id=heard.channel_id)
        crisis = await self._stores.crises.open(replace(new, is_private=is_private))
        if crisis is not None:
            self.announce(crisis)
        return True

    async def of_step(self, step: Transition) -> list[NewCrisis]:
        """Return the crises that end the turn, if an agent or a check saw danger: one a person.

        Of several whom it answers nobody knows which is in danger. Who spoke last comes first.
        """
        room = await self._stores.rooms.get(step.turn.room_id)
        if step.danger is None or room is None:
            return []
        latest: dict[int, UserMessage] = {}
        for message_id in reversed(step.turn.message_ids):
            message = await self._stores.messages.get(message_id)
            if message is not None:  # else it is deleted meanwhile
                latest.setdefault(message.author_id, message)
        return [make_crisis(message, step.danger, room) for message in latest.values()]

    def forget(self, author_id: int) -> None:
        """Forget what that person said lately."""
        self._recent.forget(author_id)

    def announce(self, crisis: Crisis) -> None:
        """Have the posts of a crisis that is on the record go out, and tell of it."""
        log.warning(
            "crisis",
            crisis_id=crisis.id,
            turn_id=crisis.turn_id,
            room_id=crisis.room_id,
            kind=crisis.sign.kind.value,
            rule=crisis.sign.rule,
            cause=crisis.cause.value,
            short=crisis.short,
        )
        self._wake(crisis.room_id)
        self._emit(HelpGiven(crisis.room_id, crisis.id))
        if crisis.turn_id is not None:
            self._emit(TurnHelped(crisis.room_id, crisis.turn_id))

    async def take(self, crisis: Crisis, room: Room, by: Moderator) -> bool:
        """Note that a moderator is with the person; False if somebody was before."""
        return await self._note(crisis, room, by, WithThemDetails(crisis.id))

    async def call_false(self, crisis: Crisis, room: Room, by: Moderator) -> bool:
        """Note that it is a false alarm: the next drafts need not know. False if noted before."""
        return await self._note(crisis, room, by, FalseAlarmDetails(crisis.id))

    async def _note(self, crisis: Crisis, room: Room, by: Moderator, details: ActDetails) -> bool:
        act = new_act(room, by, details, turn_id=crisis.turn_id)
        store = self._stores.crises
        note = store.take if isinstance(details, WithThemDetails) else store.call_false
        noted = await note(crisis, act)
        if noted:
            self._audit.acted(act)
        return noted


def make_crisis(
    message: UserMessage,
    danger: Danger,
    room: Room,
    *,
    locale: str | None = None,
    channel_id: int | None = None,
) -> NewCrisis:
    """Return a crisis with the texts that answer it, in the language of the message."""

    def text(*, short: bool) -> str:
        return help_text(danger.sign, message.text, room.settings, locale=locale, short=short)

    return NewCrisis(
        message,
        channel_id or room.id,
        danger.sign,
        danger.cause,
        whole=text(short=False),
        short=text(short=True),
        call=not room.simulated,
    )
