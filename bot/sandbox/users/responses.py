"""An application's response to a command, a click or a form, as the asker sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from simcord.backend.models import Interaction

from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.server.events import (
    InteractionAnswered,
    MessageChanged,
    MessageMade,
    ServerEvent,
)
from bot.sandbox.users.modals import FieldValue, view_modal
from bot.sandbox.users.views import Choice, Message, Modal
from bot.sandbox.users.visibility import can_see, view_message

FIRST_RESPONSE: Final = 3.0
"""Seconds that an application has for its first response."""


class InteractionResponse:
    """A response to an interaction; it goes on changing while the application works.

    ``submit`` sends the form of an interaction, by its id, for whom the interaction is.
    """

    def __init__(self, sandbox: SandboxBackend, record: Interaction, submit: SubmitModal) -> None:
        self._sandbox = sandbox
        self._record = record
        self._submit = submit

    @property
    def interaction_id(self) -> int:
        """The interaction's id."""
        return self._record.id

    @property
    def modal(self) -> Modal | None:
        """The form that was opened, until it is sent."""
        return view_modal(self._record)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The suggestions of autocomplete."""
        return tuple(
            Choice(choice["name"], choice["value"])
            for choice in self._record.autocomplete_choices or []
        )

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of the response that are there now, the first one first."""
        ids = [self._record.message_id, *self._record.followup_ids]
        place = self._sandbox.messages.get(self._record.channel_id, {})
        viewer_id = self._record.user_id
        return tuple(
            view_message(self._sandbox, place[message_id], viewer_id)
            for message_id in ids
            if message_id in place and can_see(self._sandbox, place[message_id], viewer_id)
        )

    async def message(self, *, number: int = 0, timeout: float = 15.0) -> Message:
        """Return the message itself, once the application has stopped thinking.

        ``number`` counts follow-ups from 1. Raises TimeoutError.
        """

        def ready(event: ServerEvent | None) -> Message | None:
            if event is not None and not isinstance(
                event, InteractionAnswered | MessageMade | MessageChanged
            ):
                return None
            messages = self.messages
            if len(messages) <= number or messages[number].thinking:
                return None
            return messages[number]

        return await self._sandbox.event_bus.until(ready, timeout=timeout)

    async def submit(self, values: Mapping[str, FieldValue]) -> InteractionResponse:
        """Send the form, filled in by custom id or by label, and return what comes of that."""
        return await self._submit(self.interaction_id, values)


SubmitModal = Callable[[int, Mapping[str, FieldValue]], Awaitable[InteractionResponse]]
