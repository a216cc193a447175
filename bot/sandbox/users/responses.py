"""What comes of a command, a click or a form: the application's answer, as the asker sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from simcord.backend.errors import BackendError, SetupError
from simcord.backend.models import Interaction

from bot.sandbox.server.api_errors import worded
from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.server.events import InteractionAnswered, MessageChanged, MessageMade, News
from bot.sandbox.users.modals import modal_of
from bot.sandbox.users.views import Choice, Message, Modal
from bot.sandbox.users.visibility import message_of, seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.users.modals import Filled
    from bot.sandbox.users.user import Person

FIRST_ANSWER: Final = 3.0
"""Seconds that an application has for its first answer."""


class Refused(Exception):
    """The server, or the person's own client, does not let this be done.

    ``code`` is Discord's numeric code, 0 where a client would not even have sent it.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})" if code else message)
        self.code = code


class NoAnswer(Exception):
    """The application did not respond: no first answer within three seconds."""


@contextmanager
def refusing() -> Iterator[None]:
    """Turn simcord's errors into `Refused`."""
    try:
        yield
    except BackendError as error:
        told = worded(error)
        raise Refused(told.code, told.message) from error
    except SetupError as error:
        raise Refused(0, str(error)) from error


class Answer:
    """An answered interaction; what was answered goes on changing while the application works."""

    def __init__(self, person: Person, sandbox: SandboxBackend, record: Interaction) -> None:
        self._person = person
        self._sandbox = sandbox
        self._record = record

    @property
    def interaction_id(self) -> int:
        """The interaction's id."""
        return self._record.id

    @property
    def modal(self) -> Modal | None:
        """The form that was opened, until it is sent."""
        return modal_of(self._record)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What autocomplete suggests."""
        return tuple(
            Choice(choice["name"], choice["value"])
            for choice in self._record.autocomplete_choices or []
        )

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of the answer that are there now, the first answer first."""
        ids = [self._record.message_id, *self._record.followup_ids]
        place = self._sandbox.messages.get(self._record.channel_id, {})
        found = [place[message_id] for message_id in ids if message_id in place]
        return tuple(
            message_of(self._sandbox, message, self._person.id)
            for message in found
            if seen(self._sandbox, message, self._person.id)
        )

    async def message(self, *, number: int = 0, timeout: float = 15.0) -> Message:
        """The answer itself, waited for while the application thinks. Raises TimeoutError.

        ``number`` counts follow-ups from 1.
        """

        def ready(news: News | None) -> Message | None:
            if news is not None and not isinstance(
                news, InteractionAnswered | MessageMade | MessageChanged
            ):
                return None
            there = self.messages
            if len(there) <= number or there[number].thinking:
                return None
            return there[number]

        return await self._sandbox.wire.until(ready, timeout=timeout)

    async def submit(self, values: Mapping[str, Filled]) -> Answer:
        """Send the form, filled in by custom id or by label; what comes of that."""
        return await self._person.submit(self, values)
