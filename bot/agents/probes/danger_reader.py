"""The reading of whether somebody in a talk is in danger: a probe of a small model's state.

It stands behind the rules for people in danger, which read every message without any model and
miss what is only hinted at. Linear probes of a hidden state: Alain and Bengio 2016,
arXiv:1610.01644. The weights are fitted by `python -m bot.learning.danger_probe`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bot.agents.probes.features import HiddenState
from bot.agents.probes.linear_probe import Probe, load_probe
from bot.domain import Conversation
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

READ_DANGER: Final = HiddenState("therapist/danger")
"""What is read: the person's lines alone, as no draft says whether they are in danger."""
DANGER: Final = "danger"
"""The one direction."""
DANGER_FROM: Final = 50
"""Reading, 0-100, from which somebody is taken to be in danger: where the weights are levelled."""
_REFIT: Final = "python -m bot.learning.danger_probe"


@dataclass(frozen=True, slots=True)
class DangerReader:
    """A reader of one model."""

    llm: LLM
    prompts: Prompts
    probe: Probe

    @classmethod
    def of(cls, llm: LLM, prompts: Prompts) -> Self | None:
        """Return the reader; None where none was fitted for that model.

        SettingError where its file is broken, or was fitted with another wording.
        """
        probe = load_probe(prompts, READ_DANGER, directions=(DANGER,), refit=_REFIT)
        return cls(llm, prompts, probe) if probe is not None and probe.fits(llm) else None

    async def sees_danger(self, conversation: Conversation, ctx: CallContext) -> bool:
        """Return whether somebody seems to be in danger. LLMError if the model does not answer."""
        seen = {"conversation": conversation, "text": ""}
        score = await self.probe.score_of(DANGER, self.llm, self.prompts, ctx, **seen)
        return score >= DANGER_FROM
