"""The fields that completions of one agent carry besides their own, where a server needs them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from bot.domain import Deadline
from bot.llm.openai_api.compat import Arguments


class CompletionFields(Protocol):
    """The giver of such fields."""

    @property
    def adapter(self) -> str | None:
        """The name of the adapter that speaks in them, for the record; None for the model alone."""
        ...

    def held(self, prompt: str, deadline: Deadline) -> AbstractAsyncContextManager[Arguments]:
        """Hold what one completion of the prompt of that name needs, and give its fields.

        Raises LLMOverBudget where nothing is free before the deadline.
        """
        ...


class NoFields:
    """Nothing besides: the fields for every ordinary endpoint."""

    adapter: str | None = None

    @asynccontextmanager
    async def held(self, _: str, __: Deadline) -> AsyncIterator[Arguments]:
        """See `CompletionFields`."""
        yield {}


NO_FIELDS: Final = NoFields()
