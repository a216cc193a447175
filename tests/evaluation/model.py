"""A model that follows simple rules, for whole evaluations without a real one.

It finds harm where a text says HARM, writes clean texts, and records its calls as clients do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from bot.domain import Agent
from bot.errors import LLMError, LLMUnavailable
from bot.evaluation.datasets.datasets import GoldenRow, Scenario
from bot.evaluation.runs import EvaluationModels
from bot.evaluation.usage_meter import UsageMeter
from bot.llm.protocol import AnswerT, CallContext, CallOutcome, CallRecord, Prompt, RecordCall
from bot.prompting.templates import FOLDER, Prompts

PROMPTS = Prompts.load(FOLDER)
FINDING = {"finding": "narcissistic", "quote": "", "why": "it boasts"}


@dataclass
class RuleModel:
    """One agent's model. The fields are its faults; a test sets those it is about."""

    agent: Agent
    record: RecordCall
    small: bool = True
    gives_probabilities: bool = True
    model: str = "rules"
    blind_critic: bool = False
    """A Critic that always says 0."""
    approves: bool = False
    """A Therapist that always approves."""
    draws: str = ""
    """What the Chatbot drafts, in place of something harmful."""
    prefers: str = ""
    """What a judge of pairs always says, whatever stands there."""
    signs: str = ""
    """What the Chatbot puts before every text of therapy."""
    errors: dict[str, LLMError] = field(default_factory=dict)
    """By prompt name, raised instead of an answer."""
    asked: list[Prompt] = field(default_factory=list)
    seeds: list[int | None] = field(default_factory=list)

    async def ask(
        self,
        prompt: Prompt,
        answer: type[AnswerT],
        ctx: CallContext,
        *,
        sampling: Mapping[str, float] | None = None,
    ) -> AnswerT:
        await self._called(prompt, ctx)
        return answer.model_validate(self._fields(prompt, answer, ctx))

    async def say(
        self, prompt: Prompt, ctx: CallContext, *, sampling: Mapping[str, float] | None = None
    ) -> str:
        await self._called(prompt, ctx)
        return self.draws or f"Redrawn HARM number {(ctx.seed or 0) % 1000}."

    async def probabilities(
        self, prompt: Prompt, options: Sequence[str], ctx: CallContext
    ) -> Mapping[str, float]:
        await self._called(prompt, ctx)
        likely = self._likely(prompt)
        return {options[0]: likely, options[1]: 1 - likely}

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        for prompt in prompts:
            await self._called(prompt, ctx)
        return [[1.0, 0.0] if "HARM" in _text(prompt) else [0.0, 1.0] for prompt in prompts]

    def _likely(self, prompt: Prompt) -> float:
        harmful = "HARM" in _text(prompt)
        if prompt.name == "evaluation/answers":
            return 0.2 if harmful else 0.9
        if prompt.name in ("evaluation/flatters", "evaluation/contradicts"):
            return 0.1
        if prompt.name == "evaluation/serves":
            question = prompt.messages[-1].content.splitlines()[-1]
            speaks_against = any(word in question for word in ("hurt", "not true", "pass over"))
            return 0.9 if speaks_against == harmful else 0.1
        if prompt.name.startswith("critic/") and self.blind_critic:
            return 0.001
        if prompt.name.startswith("therapist/") and self.approves:
            return 0.001
        return 0.95 if harmful else 0.05

    def _fields(
        self, prompt: Prompt, answer: type[BaseModel], ctx: CallContext
    ) -> dict[str, object]:
        harmful = "HARM" in _text(prompt)
        if prompt.name in ("critic/written", "critic/full_written"):
            rated = self._rated(harmful)
            return {name: rated[name] for name in answer.model_fields}
        number = (ctx.seed or 0) % 1000
        fields: dict[str, object] = {
            "user_feels": "tired",
            "user_needs": "hear a kind word",
            "good": "short",
            "better": "be livelier",
            "reply": f"{self.signs}That sounds hard, take your time {number}.",
            "yes": harmful,
            **dict.fromkeys(("manipulative", "gaslighting", "narcissistic"), harmful),
            **dict.fromkeys(("unclear", "wordy", "awkward"), harmful),
            "reason": "So it is.",
            "need": 0 if harmful else 3,
            "send": not harmful,
        }
        if not self.small:
            fields |= self._full_fields(harmful and not self.approves, number)
        if prompt.name == "evaluation/better":
            fields["better"] = self.prefers or _better(prompt)
        if prompt.name in ("evaluation/rewrite", "evaluation/refine"):
            fields["reply"] = fields["response"] = f"A HARM more lively answer {number}."
        return {name: fields[name] for name in answer.model_fields}

    def _rated(self, harmful: bool) -> dict[str, object]:
        """What the Critic writes; a large model all of it."""
        value = 0 if self.blind_critic else 75 if harmful else 0
        return {
            "reason": "So it is.",
            **dict.fromkeys(("manipulative", "gaslighting", "narcissistic"), value),
            "empathetic": 20 if harmful else 80,
            "faults": [],
            **dict.fromkeys(("safe", "ethical", "good"), "yes"),
        }

    def _full_fields(self, harmful: bool, number: int) -> dict[str, object]:
        """What a large model fills in besides."""
        return {
            "findings": [FINDING] if harmful else [],
            "gives_needs": not harmful,
            "issues": ["dull"],
            "says": "Look at it again.",
            "something_left": harmful,
            "in_danger": False,
            "wants_to_see": harmful,
            "reflection": "I see.",
            "keeps_message": False,
            "keeps_why": "",
            "wants_another_round": harmful,
            "state": {"therapy_progression": 80, "confusion": 0, "urgency": 0},
            "feels": "fine",
            "why": "It is said.",
            "answer": "I am fine with it.",
            "keep_in_mind": "Ask before you advise." if harmful else "",
            "decision": "another_round" if harmful else "respond",
            "response": f"{self.signs}That sounds hard, take your time {number}.",
        }

    async def _called(self, prompt: Prompt, ctx: CallContext) -> None:
        self.asked.append(prompt)
        self.seeds.append(ctx.seed)
        down = isinstance(self.errors.get(prompt.name), LLMUnavailable)
        await self.record(
            CallRecord(
                agent=self.agent,
                model=self.model,
                prompt_name=prompt.name,
                prompt_version=prompt.version,
                turn_id=ctx.turn_id,
                room_id=ctx.room_id,
                attempt=1,
                started_at=datetime.now(UTC),
                seconds=0.0,
                prompt_tokens=100,
                cached_tokens=0,
                completion_tokens=10,
                cost=0.001,
                outcome=CallOutcome.UNAVAILABLE if down else CallOutcome.OK,
            )
        )
        if prompt.name in self.errors:
            raise self.errors[prompt.name]


def models(**faults: object) -> EvaluationModels:
    """All agents on models of those faults."""
    meter = UsageMeter(clock=lambda: 0.0)
    llms = {agent: RuleModel(agent, meter.record) for agent in Agent}
    for model in llms.values():
        for name, value in faults.items():
            setattr(model, name, value)
    return EvaluationModels(llms, "rules", meter)


def model_of(made: EvaluationModels, agent: Agent) -> RuleModel:
    model = made.llms[agent]
    assert isinstance(model, RuleModel)
    return model


def scenes(count: int = 12) -> tuple[Scenario, ...]:
    """Scenarios with a harmful written draft, each with a name of its own."""
    return tuple(
        Scenario(
            id=f"s{at:02d}",
            turns=(f"i had a long day number {at}",),
            speaker=f"P{at}",
            draft=f"HARM: you {at} again, don't bore me.",
            harm=("narcissistic",),
            facts=(f"The day {at} was long.",),
        )
        for at in range(count)
    )


def golden(count: int = 12) -> tuple[GoldenRow, ...]:
    """Rows of which every other one is harmful and says so."""
    return tuple(
        GoldenRow.model_validate(
            {
                "id": f"g{at:02d}",
                "conversation": [{"speaker": "Kai", "text": f"hello {at}"}],
                "reply": f"HARM {at}." if at % 2 else f"Good evening {at}.",
                "manipulative": at % 2,
                "gaslighting": 0,
                "narcissistic": 0,
                "kind": "manipulative-obvious" if at % 2 else "look-alike-warmth",
            }
        )
        for at in range(count)
    )


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def _text(prompt: Prompt) -> str:
    """What is looked at: the reply, message or draft in the last message, else all of it."""
    last = prompt.messages[-1].content
    if draft := re.search(r"<(draft|reply)>\n(.*?)\n</\1>", last, re.DOTALL):
        return draft[2]
    found = re.findall(r"(?:^Reply|^Message of the chatbot): (.*)", last, re.MULTILINE)
    return found[-1] if found else last


def _better(prompt: Prompt) -> str:
    """Which of two texts does no harm; the same where both do, or neither."""
    last = prompt.messages[-1].content
    harmful = {name: "HARM" in last.split(f"<{name}>")[-1].split(f"</{name}>")[0]
               for name in ("first", "second")}  # fmt: skip
    if harmful["first"] == harmful["second"]:
        return "same"
    return "second" if harmful["first"] else "first"
