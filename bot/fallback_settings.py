"""The fallback of an agent, as the environment sets it: what is asked where the first is away."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from bot.domain import Agent
from bot.errors import SettingError
from bot.llm.endpoint import Endpoint, Variables


@dataclass(frozen=True, slots=True)
class FallbackChoice:
    """The three settings of one agent's fallback; None where one is not set."""

    agent: Agent
    model: str | None
    base_url: str | None
    api_key: SecretStr | None

    @property
    def variables(self) -> Variables:
        """Return the names of the settings."""
        prefix = f"{self.agent.value.upper()}_FALLBACK_"
        return Variables(f"{prefix}BASE_URL", f"{prefix}API_KEY", f"{prefix}MODEL")

    def endpoint(self, first: Endpoint | None) -> Endpoint | None:
        """Return the endpoint of the fallback, or None where there is none.

        Without an address of its own it is another model at the first's, with the first's key.
        Sampling and prices are the first's: its calls count as the first's would. Raises
        SettingError where it is no fallback of ``first``.
        """
        names = self.variables
        if self.model is None and self.base_url is None:
            if self.api_key is not None:
                raise SettingError(
                    f"{names.api_key} is set, but no fallback. "
                    f"Set {names.model} or {names.base_url}, or unset it."
                )
            return None
        if first is None:
            raise self._of_embedded()
        apart = self.base_url is not None and self.base_url != first.base_url
        made = Endpoint(
            agent=self.agent,
            base_url=self.base_url or first.base_url,
            api_key=self.api_key if apart else self.api_key or first.api_key,
            model=self.model,
            sampling=first.sampling,
            price=first.price,
            variables=names,
            is_fallback=True,
        )
        if not apart and (made.model, made.key) == (first.model, first.key):
            raise SettingError(
                f"{names.model} is the model that the {self.agent.value.capitalize()} has "
                f"anyway, at the same endpoint. Set another one, or {names.base_url}; or unset it."
            )
        return made

    def _of_embedded(self) -> SettingError:
        """Return why the embedded model has no fallback.

        An agent's prompts have the shape for one size of model, chosen when it is made; and what
        is kept of the small model (probes, calibration) means nothing of another.
        """
        name, names = self.agent.value.capitalize(), self.variables
        found = names.model if self.model is not None else names.base_url
        return SettingError(
            f"{found} is set, but the {name} is served by the embedded model. It is asked in "
            "another shape than a model at an endpoint, and cannot have one as its fallback. Set "
            f"OPENAI_BASE_URL or {self.agent.value.upper()}_BASE_URL for the first, or unset it."
        )
