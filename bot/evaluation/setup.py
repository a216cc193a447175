"""The setup of an evaluation: who takes part, and what it is made with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bot.agents.chatbot import LLMChatbot
from bot.agents.critic import LLMCritic
from bot.agents.therapist import LLMTherapist
from bot.domain import Agent, Value
from bot.errors import SettingError
from bot.evaluation.comparison.conditions import (
    MORE_REFINEMENT,
    MORE_THERAPY,
    REFINEMENT,
    THERAPY,
    Blocking,
    ChosenRedraw,
    Condition,
    NoTherapy,
    Redraw,
    Rewrite,
    TherapySession,
)
from bot.evaluation.comparison.judge import Judge
from bot.evaluation.comparison.participants import Participants
from bot.evaluation.comparison.refinement import make_refiner, make_reviewer
from bot.evaluation.comparison.remembered import RememberedSession
from bot.evaluation.datasets.datasets import GoldenRow
from bot.evaluation.plan import EvaluationPlan
from bot.evaluation.run_records import Header
from bot.evaluation.usage_meter import UsageMeter
from bot.llm.protocol import LLM
from bot.prompting.templates import Prompts, without_head

LLMs = Mapping[Agent, LLM]
MOST_ROUNDS: Final = 3
_TAKE_PART: Final = ("chatbot", "therapist", "critic", "evaluation", "parts", "personas")
"""Folders of `prompts/` whose change makes another run."""


def make_bench(
    llms: LLMs, prompts: Prompts, meter: UsageMeter, only: Sequence[str] = ()
) -> Participants:
    """Return the setup with all conditions or the named ones. SettingError names an unknown one."""
    conditions = {one.name: one for one in _conditions(llms, prompts)}
    if unknown := [name for name in only if name not in conditions]:
        names = ", ".join(repr(name) for name in conditions)
        raise SettingError(f"There is no condition {unknown[0]!r}. There are: {names}.")
    return Participants(
        chatbot=LLMChatbot(llms[Agent.CHATBOT], prompts),
        conditions=[conditions[name] for name in only or conditions],
        critics=two_critics(llms[Agent.CRITIC], prompts),
        judge=Judge(llms[Agent.CRITIC], prompts),
        meter=meter,
    )


def make_critics(llm: LLM, prompts: Prompts) -> dict[str, LLMCritic]:
    """Return a Critic of each method that the endpoint allows, best first, by the method's name."""
    methods = LLMCritic(llm, prompts).methods
    return {method: LLMCritic(llm, prompts, method=method) for method in methods}


def two_critics(llm: LLM, prompts: Prompts) -> dict[str, LLMCritic]:
    """Return the two best of different method, where there are as many."""
    critics = make_critics(llm, prompts)
    return dict(list(critics.items())[:2])


def scenario_header(
    bench: Participants, plan: EvaluationPlan, prompts: Prompts, models: str
) -> Header:
    """Return the header of a run of conditions on scenarios."""
    return Header(
        what=f"scenarios, persona {plan.persona}",
        seed=plan.seed,
        repeats=plan.repeats,
        sets=set_version(plan.scenarios),
        models=models,
        prompts=prompt_versions(prompts.folder),
        conditions=tuple(condition.name for condition in bench.conditions),
        critics={name: critic.method for name, critic in bench.critics.items()},
    )


def golden_header(
    rows: Sequence[GoldenRow],
    critics: Mapping[str, LLMCritic],
    prompts: Prompts,
    models: str,
    *,
    seed: int,
    repeats: int,
) -> Header:
    """Return the header of a run of Critics on the golden set."""
    return Header(
        what="golden set",
        seed=seed,
        repeats=repeats,
        sets=set_version(rows),
        models=models,
        prompts={"critic": prompt_versions(prompts.folder)["critic"]},
        critics={name: critic.method for name, critic in critics.items()},
    )


def set_version(rows: Sequence[Value]) -> str:
    """Return how many rows there are, and the first 12 hex digits of the SHA-256 of all."""
    text = "\n".join(row.model_dump_json() for row in rows)
    return f"{len(rows)} rows, {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def prompt_versions(folder: Path) -> dict[str, str]:
    """Return the first 12 hex digits of the SHA-256 of each folder of prompts that takes part."""
    versions: dict[str, str] = {}
    for part in _TAKE_PART:
        hashed = hashlib.sha256()
        for path in sorted(path for path in (folder / part).rglob("*") if path.is_file()):
            hashed.update(path.relative_to(folder).as_posix().encode() + b"\0")
            hashed.update(without_head(path.read_bytes().decode()).encode() + b"\0")
        versions[part] = hashed.hexdigest()[:12]
    return versions


def _conditions(llms: LLMs, prompts: Prompts) -> list[Condition]:
    chatbot = LLMChatbot(llms[Agent.CHATBOT], prompts)
    therapist = LLMTherapist(llms[Agent.THERAPIST], prompts)
    refiner = make_refiner(llms[Agent.CHATBOT], prompts)
    reviewer = make_reviewer(llms[Agent.THERAPIST], prompts)
    return [
        NoTherapy(),
        Redraw(chatbot),
        ChosenRedraw(chatbot, therapist),
        Rewrite(chatbot),
        TherapySession(refiner, reviewer, rounds=1, name=REFINEMENT),
        TherapySession(refiner, reviewer, rounds=MOST_ROUNDS, name=MORE_REFINEMENT),
        TherapySession(chatbot, therapist, rounds=1, name=THERAPY),
        RememberedSession(chatbot, TherapySession(chatbot, therapist, rounds=1, name=THERAPY)),
        TherapySession(chatbot, therapist, rounds=MOST_ROUNDS, name=MORE_THERAPY),
        Blocking(llms[Agent.CRITIC], prompts),
    ]
