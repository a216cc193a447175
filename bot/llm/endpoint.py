"""The endpoint of one agent's language model, and how it is to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.domain import Agent

OPENAI_URL: Final = "https://api.openai.com/v1"
HUB_URL: Final = "https://huggingface.co"
"""The model hub, where model files are fetched."""
_PER_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Sampling:
    """Optional parameters of a request; None is not sent, because some models refuse them."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None

    def parameters(self) -> dict[str, float]:
        """Return those that are set, by their names in the API."""
        named = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float
    cached: float | None = None
    """For input that the provider had cached; None: the same as other input."""

    def cost(self, *, prompt: int, cached: int, completion: int) -> float:
        """Return US dollars for one call; ``cached`` tokens are a part of ``prompt``."""
        cached_rate = self.input if self.cached is None else self.cached
        fresh = max(0, prompt - cached)
        total = fresh * self.input + cached * cached_rate + completion * self.output
        return total / _PER_MILLION


@dataclass(frozen=True, slots=True)
class Variables:
    """The names of the settings that an endpoint came from, so that an error can name them."""

    base_url: str
    api_key: str
    model: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One agent's endpoint: an address that speaks the OpenAI API, and a model there.

    ``model`` None means that the endpoint is to be asked which model it has.
    """

    agent: Agent
    base_url: str
    api_key: SecretStr | None
    model: str | None
    sampling: Sampling = field(default_factory=Sampling)
    price: Price | None = None
    small: bool = False
    """Whether prompts should take the short shapes that small models need."""
    embedded: bool = False
    """Whether it is the server that this process runs itself."""
    is_fallback: bool = False
    """Whether it is asked only where the agent's first endpoint is away."""
    variables: Variables = Variables("OPENAI_BASE_URL", "OPENAI_API_KEY", "MODEL")

    @property
    def key(self) -> str:
        """The key in clear text; servers without keys get a word that means nothing."""
        return self.api_key.get_secret_value() if self.api_key else "none"

    @property
    def address(self) -> str:
        """The address as it may be shown: without a user name or password in it."""
        return shown_address(self.base_url)


def shown_address(base_url: str) -> str:
    """Return an address as it may be shown: without a user name or password in it."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
