"""The reading of how well a reply fits: a probe of the state in which a model would judge it.

A small model that is asked whether a reply fits says yes to most; its state tells more (Alain and
Bengio 2016, arXiv:1610.01644). One prompt is read for Therapist and Critic, and each has weights of
its own, fitted on other talk than the other's: `python -m bot.learning.own_talk fit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bot.agents.probes.features import HiddenState
from bot.agents.probes.linear_probe import Probe, load_probe
from bot.domain import Agent, Conversation
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

READ_FIT: Final = HiddenState("parts/fit")
"""What is read, by either of the two."""
FIT: Final = "fit"
"""The one direction: of a reply that takes up what was said, gives what is needed and is true."""
_REFIT: Final = "python -m bot.learning.own_talk fit"


def fit_file(prompts: Prompts, agent: Agent) -> Path:
    """Return the file of an agent's weights."""
    return prompts.folder / agent.value / "fit.json"


@dataclass(frozen=True, slots=True)
class FitReader:
    """A reader of one model, with the weights of one agent."""

    llm: LLM
    prompts: Prompts
    probe: Probe

    @classmethod
    def of(cls, llm: LLM, prompts: Prompts, agent: Agent) -> Self | None:
        """Return the agent's reader; None where none was fitted for that model.

        SettingError where its file is broken, or was fitted with another wording.
        """
        path = fit_file(prompts, agent)
        probe = load_probe(prompts, READ_FIT, path=path, directions=(FIT,), refit=_REFIT)
        return cls(llm, prompts, probe) if probe is not None and probe.fits(llm) else None

    async def read(self, conversation: Conversation, text: str, ctx: CallContext) -> int:
        """Return how well the text fits, 0-100. LLMError if the model does not answer."""
        seen = {"conversation": conversation, "text": text}
        return await self.probe.score_of(FIT, self.llm, self.prompts, ctx, **seen)
