"""One address and key: the HTTP client that its agents share, and what its models accept."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx2
import openai

from bot.errors import LLMUnavailable
from bot.llm.call_queue import CallQueue
from bot.llm.endpoint import Endpoint, shown_address
from bot.llm.openai_api.breaker import BreakerLimits, CircuitBreaker
from bot.llm.openai_api.compat import EndpointCompat, Form
from bot.llm.openai_api.error_mapping import connection_failure, status_failure
from bot.llm.openai_api.responses import ModelList, read
from bot.llm.openai_api.transport import UNPACKED, BoundedTransport
from bot.llm.protocol import BeginCall, begin_unnoted
from bot.reasons import because

_LIST_SECONDS: Final = 10.0
DISTRUST_SECONDS: Final = 600.0
"""For which schemas are said in words after an answer that followed none."""
LONGEST_DISTRUST: Final = 86_400.0
_CONNECT_SECONDS: Final = 5.0
"""A server that is there answers a handshake within this, even across the world."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The tries after a passing failure, and the bounds of the waits, in seconds."""

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 8.0


class EndpointConnection:
    """The one client of an endpoint, whose calls all pass its queue."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout: float,
        queue: CallQueue,
        patience: Timeouts | None = None,
        breaker: BreakerLimits | None = None,
    ) -> None:
        """Open the connection; ``timeout`` is in seconds, for one call."""
        self.timeout = timeout
        self.patience = patience or Timeouts()
        self.breaker = CircuitBreaker(shown_address(base_url), breaker)
        self.gives_probabilities: dict[str, bool] = {}
        """By model, once it is known."""
        self.being_probed: set[str] = set()
        """The models that one of the agents' clients is asking about right now, for all of them."""
        self.queue = queue
        self.begin_call: BeginCall = begin_unnoted
        """Notes each call before it goes out."""
        self._dialects: dict[str, EndpointCompat] = {}
        self._distrusted: dict[str, tuple[float, float]] = {}
        """By model: until when schemas are said in words (monotonic), and for how long."""
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=key,
            # Ours respect the turn's deadline; the library's would multiply the time.
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(
                transport=BoundedTransport(base_url),
                follow_redirects=False,
                headers={"Accept-Encoding": UNPACKED},
            ),
            timeout=openai.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        )

    async def post(self, path: str, body: dict[str, Any]) -> bytes:
        """Send one request and return its answer's body; raises the library's errors."""
        answer = await self._client.post(path, cast_to=httpx2.Response, body=body)
        return answer.content

    async def models(self, endpoint: Endpoint) -> list[str]:
        """Return the ids of the endpoint's models; raises one of the `LLMError` family."""
        try:
            async with asyncio.timeout(min(self.timeout, _LIST_SECONDS)):
                answer = await self._client.get("/models", cast_to=httpx2.Response)
        except openai.APIStatusError as error:
            raise status_failure(error, endpoint) from None
        except openai.OpenAIError as error:
            raise connection_failure(error, endpoint) from None
        except TimeoutError:
            raise LLMUnavailable(
                because("{address} did not answer in time.", address=endpoint.address)
            ) from None
        return [entry.id for entry in read(answer.content, ModelList, endpoint.address).data]

    def dialect(self, model: str) -> EndpointCompat:
        """Return how requests to ``model`` are put, as far as it is known."""
        known = self._dialects.get(model, EndpointCompat())
        if self._distrusts(model):
            return replace(known, form=max(known.form, Form.JSON))
        return known

    def learn(self, model: str, used: EndpointCompat, *, typed: bool) -> None:
        """Keep that ``used`` was accepted; ``typed`` if a typed answer was asked for."""
        known = self._dialects.get(model, EndpointCompat())
        if self._distrusts(model) and used.form is Form.JSON:
            used = replace(used, form=known.form)  # it says nothing of schemas
        self._dialects[model] = known.learned(used, typed=typed)

    def distrust_schemas(self, model: str) -> None:
        """Say schemas in words for a while: the endpoint takes them without following them.

        One answer of the wrong shape may be chance, so that they are tried again; ever later
        where it happens again.
        """
        if self._distrusts(model):
            return
        _, wait = self._distrusted.get(model, (0.0, DISTRUST_SECONDS / 2))
        wait = min(2 * wait, LONGEST_DISTRUST)
        self._distrusted[model] = (time.monotonic() + wait, wait)

    def _distrusts(self, model: str) -> bool:
        until, _ = self._distrusted.get(model, (0.0, 0.0))
        return time.monotonic() < until

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()
