"""The environment as types. Settings of a server are rows in the database, not environment.

Every name is listed in ``.env.example``. An empty value counts as not set. A wrong one raises
`SettingError`, whose ``detail`` names the variable, what is wrong and how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, Self, TypeVar

from pydantic import Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain import Agent
from bot.domain.limits import NANO, Amount, OperatorLimits
from bot.errors import SettingError
from bot.fallback_settings import FallbackChoice
from bot.llm.endpoint import HUB_URL, OPENAI_URL, Endpoint, Price, Sampling, Variables
from bot.patience_settings import PatienceSettings
from bot.setting_types import (
    ApiKey,
    DatabaseUrl,
    Dollars,
    EmbeddedModel,
    Gguf,
    HttpUrl,
    LogLevel,
    Scale,
    SettingWord,
)
from bot.shard_settings import ShardSettings

ENV_FILE: Final = Path(".env")
_COMMON: Final = SettingsConfigDict(
    env_ignore_empty=True,
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
    env_file_encoding="utf-8",
)


_Loaded = TypeVar("_Loaded", bound=BaseSettings)


class _Priced(BaseSettings):
    """The price of a model: the same names for all agents together and for one alone."""

    model_config = _COMMON

    price_per_million_input: Dollars | None = Field(
        None, description="US dollars per million input tokens, e.g. 0.15"
    )
    price_per_million_cached: Dollars | None = Field(
        None, description="US dollars per million cached input tokens, e.g. 0.075"
    )
    price_per_million_output: Dollars | None = Field(
        None, description="US dollars per million output tokens, e.g. 0.60"
    )

    @property
    def price(self) -> Price | None:
        """Return the prices, if both that are needed are set."""
        paid, answered = self.price_per_million_input, self.price_per_million_output
        if paid is None or answered is None:
            return None
        return Price(input=paid, output=answered, cached=self.price_per_million_cached)


class AgentSettings(_Priced):
    """The settings of one agent, each name with the agent's before it (``CRITIC_MODEL``)."""

    model: SettingWord | None = Field(None, description="the model's id at its endpoint")
    base_url: HttpUrl | None = Field(
        None, description="the agent's own endpoint, e.g. http://localhost:8080/v1"
    )
    api_key: ApiKey | None = Field(None, description="the key for that endpoint")
    fallback_model: SettingWord | None = Field(
        None, description="the id of the model that is asked where the first is away"
    )
    fallback_base_url: HttpUrl | None = Field(
        None, description="the fallback's endpoint, where it is another than the agent's"
    )
    fallback_api_key: ApiKey | None = Field(None, description="the key for the fallback's endpoint")
    temperature: float | None = Field(None, ge=0, le=2, description="0 to 2, e.g. 0.7")
    top_p: float | None = Field(None, gt=0, le=1, description="above 0, at most 1, e.g. 0.95")
    max_tokens: int | None = Field(
        None, ge=1, description="the most tokens of one answer, e.g. 800"
    )


class Settings(PatienceSettings, ShardSettings, _Priced):
    """Every setting of the bot. Made with `load`."""

    discord_token: ApiKey | None = Field(
        None, description="the bot's token, from discord.com/developers, page Bot"
    )
    discord_api_url: HttpUrl = Field(
        "https://discord.com/api/v10", description="Discord's API, or a stand-in for it"
    )
    openai_api_key: ApiKey | None = Field(None, description="the key for OPENAI_BASE_URL")
    openai_base_url: HttpUrl | None = Field(
        None, description="an endpoint that speaks the OpenAI API, e.g. http://localhost:8080/v1"
    )
    model: SettingWord | None = Field(None, description="the id of the model that all agents use")
    database_url: DatabaseUrl = Field(
        SecretStr("sqlite+aiosqlite:///data/four-rooms.db"),
        description="sqlite:///a/path.db, or postgresql://user:password@host/name",
    )
    log_format: Literal["console", "json"] = Field("console", description="console or json")
    log_level: LogLevel = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="a free port, 1 to 65535, for Prometheus to read"
    )
    metrics_host: SettingWord = Field(
        "127.0.0.1",
        description="an address of this machine to serve metrics at; 0.0.0.0 for all of them",
    )
    llm_max_concurrency: int = Field(
        64, ge=1, description="the most model calls at one endpoint at the same time, e.g. 64"
    )
    llm_timeout: float = Field(
        60.0, gt=0, allow_inf_nan=False, description="seconds one model call may take, e.g. 60"
    )
    embedded_model: EmbeddedModel | None = Field(
        None,
        description="the path of a GGUF model, or owner/repository/file.gguf at the model hub",
    )
    hf_endpoint: HttpUrl = Field(
        HUB_URL, description="the address of the model hub, or of a mirror of it"
    )
    chatbot_adapter: Gguf | None = Field(
        None, description="the path of a GGUF LoRA adapter, made for the embedded model"
    )
    chatbot_adapter_scale: Scale | None = Field(
        None, description="how much of the adapter there is, 0 to 1, e.g. 0.6; 0 is none of it"
    )
    therapist_adapter: Gguf | None = Field(
        None, description="the path of a GGUF LoRA adapter, made for the embedded model"
    )
    therapist_adapter_scale: Scale | None = Field(
        None, description="how much of the adapter there is, 0 to 1, e.g. 0.6; 0 is none of it"
    )

    measure_alliance: bool | None = Field(
        None, description="true or false; empty: only where the Critic's model is the embedded one"
    )

    _agents: dict[Agent, AgentSettings] = PrivateAttr(default_factory=dict)

    @classmethod
    def load(cls, env_file: Path | None = ENV_FILE) -> Self:
        """Load the settings of the environment, which wins, and of ``env_file`` if it exists.

        Raises SettingError with every wrong variable named.
        """
        problems: list[str] = []
        common = _read(cls, env_file, "", problems)
        agents = {
            agent: _read(AgentSettings, env_file, _prefix(agent), problems) for agent in Agent
        }
        if common is None or problems:
            raise SettingError("\n".join(problems))
        common._agents.update({name: own for name, own in agents.items() if own is not None})
        if any(name.endswith("_cost") for name in common.model_fields_set):
            common.refuse_money_without_price(common.unpriced())
        return common

    def agent(self, agent: Agent) -> AgentSettings:
        """Return what is set for one agent alone."""
        return self._agents.get(agent) or AgentSettings.model_construct()

    def endpoint(self, agent: Agent) -> Endpoint | None:
        """Return the endpoint of one agent, or None: then the embedded model serves it.

        A key, and ``MODEL``, belong to the address they were set with: an agent with an address
        of its own takes neither from the common settings. The common prices are for ``MODEL``.
        Raises SettingError where a model is set without any endpoint.
        """
        own, prefix = self.agent(agent), _prefix(agent)
        apart = own.base_url is not None and own.base_url != self.openai_base_url
        key = own.api_key if apart else own.api_key or self.openai_api_key
        model = own.model if apart else own.model or self.model
        base_url = own.base_url or self.openai_base_url or (OPENAI_URL if key else None)
        variables = Variables(
            f"{prefix}BASE_URL" if own.base_url else "OPENAI_BASE_URL",
            f"{prefix}API_KEY" if own.api_key or apart else "OPENAI_API_KEY",
            f"{prefix}MODEL" if own.model or apart else "MODEL",
        )
        if base_url is None:
            if model is not None:
                raise SettingError(
                    f"{variables.model} is set, but no endpoint. Set OPENAI_API_KEY for OpenAI, "
                    "or OPENAI_BASE_URL for another server; or unset it to use the embedded model."
                )
            return None
        return Endpoint(
            agent=agent,
            base_url=base_url,
            api_key=key,
            model=model,
            sampling=self.sampling(agent),
            price=own.price or (None if apart or own.model else self.price),
            variables=variables,
        )

    def fallback(self, agent: Agent) -> Endpoint | None:
        """Return what is asked where an agent's endpoint is away, or None.

        Raises SettingError where it is no fallback of that endpoint.
        """
        own = self.agent(agent)
        choice = FallbackChoice(
            agent, own.fallback_model, own.fallback_base_url, own.fallback_api_key
        )
        return choice.endpoint(self.endpoint(agent))

    def adapter(self, agent: Agent) -> tuple[Path | None, float | None]:
        """Return the adapter that is set for one agent on the embedded model, and its scale."""
        if agent is Agent.CHATBOT:
            return self.chatbot_adapter, self.chatbot_adapter_scale
        if agent is Agent.THERAPIST:
            return self.therapist_adapter, self.therapist_adapter_scale
        return None, None

    def unpriced(self) -> tuple[Agent, ...]:
        """Return the agents whose model is paid for, at a price that nobody told."""
        endpoints = {agent: self.endpoint(agent) for agent in Agent}
        return tuple(agent for agent, place in endpoints.items() if place and place.price is None)

    def operator_limits(self, *, defaults: bool = True) -> OperatorLimits:
        """Return the limits of a day; without ``defaults`` only those that are set."""
        prices = [place.price for place in map(self.endpoint, Agent) if place and place.price]
        costs = [price.cost(prompt=8_000, cached=0, completion=2_000) for price in prices]
        typical = Amount(10, 10_000, round(max(costs, default=0.0) * NANO))
        return self.limits_of_day(self.unpriced(), typical, defaults=defaults)

    def sampling(self, agent: Agent) -> Sampling:
        """Return the sampling parameters that are set for one agent."""
        own = self.agent(agent)
        return Sampling(own.temperature, own.top_p, own.max_tokens)


def variables() -> Iterator[tuple[str, str]]:
    """Return every environment variable there is, with what it should be."""
    for name, field in Settings.model_fields.items():
        yield name.upper(), field.description or ""
    for agent in Agent:
        for name, field in AgentSettings.model_fields.items():
            yield f"{_prefix(agent)}{name.upper()}", field.description or ""


def _prefix(agent: Agent) -> str:
    return f"{agent.value.upper()}_"


def _read(
    kind: type[_Loaded], env_file: Path | None, prefix: str, problems: list[str]
) -> _Loaded | None:
    """Read one group of settings; what is wrong with it goes to ``problems``."""
    try:
        return kind(_env_file=env_file, _env_prefix=prefix)
    except ValidationError as error:
        problems.extend(_problems(error, kind, prefix))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{env_file} cannot be read ({type(error).__name__}): "
            "it should be a readable text file in UTF-8."
        ) from None
    return None


def _problems(error: ValidationError, kind: type[BaseSettings], prefix: str) -> Iterator[str]:
    """Return a line per wrong variable: its name, what is wrong, what it should be. No values."""
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        complaint = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
        if not problem["loc"]:  # a check over several variables names them itself
            yield complaint
            continue
        name = str(problem["loc"][0])
        wanted = kind.model_fields[name].description
        yield (
            f"{prefix}{name.upper()}: {complaint}. Wanted: {wanted}. "
            "Change it in the environment or in .env."
        )
