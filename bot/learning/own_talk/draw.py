"""Draws of the embedded Chatbot in everyday situations: several of each, so that they differ."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bot.agents.chatbot import LLMChatbot
from bot.agents.therapist import LLMTherapist
from bot.domain import Agent, Deadline, Persona, RoomSettings, Speaker, Utterance, Value
from bot.domain.seeds import piece_seed
from bot.domain.turn_context import unstored_context
from bot.errors import LLMRefused, SettingError
from bot.evaluation.datasets.datasets import as_conversation
from bot.evaluation.datasets.talk_sets import TalkRoom
from bot.evaluation.plan import Progress, silent
from bot.llm.protocol import LLM, CallContext
from bot.private_files import open_private
from bot.prompting.personas import read_persona
from bot.prompting.templates import Prompts
from bot.text.json_lines import json_line

PLAIN: Final = "plain"
WARMER: Final = "warmer"
EXAMPLES: Final = "examples"
ROUND: Final = "round"
WAYS: Final = (PLAIN, WARMER, EXAMPLES, ROUND)
"""The Chatbot as it is, at a higher temperature, with examples in its persona, after a round."""
_PROMPT: Final = {PLAIN: 0, WARMER: 0, EXAMPLES: 1, ROUND: 2}
"""Which prompt each way begins with."""
_WARMER: Final = 0.8
_CALL_SECONDS: Final = 300.0
_EXAMPLES: Final = Path(__file__).parent / "with-examples.md"


class Draw(Value):
    """One draft of the Chatbot in a situation; ``arm`` is of a comparison, if it is for one."""

    situation: str
    way: str
    seed: int
    draft: str
    arm: str = ""

    @property
    def key(self) -> tuple[str, str, int, str]:
        """Return what tells it from others."""
        return self.situation, self.way, self.seed, self.arm


@dataclass(frozen=True, slots=True)
class PlannedDraw:
    """One draft to be drawn: of what, in which of `WAYS`, with which seed."""

    situation: TalkRoom
    way: str
    seed: int
    arm: str = ""

    @property
    def key(self) -> tuple[str, str, int, str]:
        """Return what tells it from others."""
        return self.situation.id, self.way, self.seed, self.arm


def plan_four(situations: Sequence[TalkRoom], seed: int) -> list[PlannedDraw]:
    """Return four draws a situation: plain twice, warmer, and with examples or after a round.

    In each split, what shares a prompt's beginning stands together: the server has read it then.
    Rounds, which take longest, come last of all.
    """
    planned = []
    for situation in situations:
        last = EXAMPLES if piece_seed(seed, "last", situation.id) % 4 else ROUND
        for draw, way in enumerate((PLAIN, PLAIN, WARMER, last)):
            own = piece_seed(seed, "draw", situation.id, draw)
            planned.append(PlannedDraw(situation, way, own))
    splits = list(dict.fromkeys(situation.split for situation in situations))

    def order(one: PlannedDraw) -> tuple[bool, int, int]:
        return one.way == ROUND, splits.index(one.situation.split), _PROMPT[one.way]

    return sorted(planned, key=order)


def plan_arm(
    situations: Sequence[TalkRoom], ways: Sequence[str], arm: str, seed: int
) -> list[PlannedDraw]:
    """Return one draw a situation in each of the ways, with the same seed in every arm."""
    return [
        PlannedDraw(situation, way, piece_seed(seed, "arm", situation.id), arm)
        for way in ways
        for situation in situations
    ]


async def draw_all(
    planned: Sequence[PlannedDraw],
    llms: Mapping[Agent, LLM],
    prompts: Prompts,
    path: Path,
    progress: Progress = silent,
) -> None:
    """Draw what ``path`` does not hold yet, one after the other, and append it there.

    One at a time is fastest on a processor: draws of one situation share their prompt.
    """
    done = {draw.key for draw in read_draws(path)}
    missing = [one for one in planned if one.key not in done]
    drawer = _Drawer(llms, prompts)
    with open_private(path, "a") as file:
        for number, one in enumerate(missing, start=1):
            text = await drawer.draw(one)
            draw = Draw(
                situation=one.situation.id, way=one.way, seed=one.seed, draft=text, arm=one.arm
            )
            file.write(json_line(draw.model_dump_json()))
            file.flush()
            progress("drafts", number, len(missing))


def read_draws(path: Path) -> list[Draw]:
    """Return the draws of a file, if it is there; a last line that a broken run tore is cut off."""
    if not path.exists():
        return []
    whole, end, torn = path.read_text("utf-8", errors="replace").rpartition("\n")
    draws = []
    for number, line in enumerate(filter(None, whole.split("\n")), start=1):
        try:
            draws.append(Draw.model_validate_json(line))
        except ValidationError:
            raise SettingError(f"{path}:{number}: not a draft. Name another file.") from None
    if torn:
        os.truncate(path, len((whole + end).encode()))
    return draws


class _Drawer:
    """The Chatbot in each of the ways."""

    def __init__(self, llms: Mapping[Agent, LLM], prompts: Prompts) -> None:
        chatbot, persona = llms[Agent.CHATBOT], prompts.persona("default")

        def with_persona(changed: Persona) -> LLMChatbot:
            return LLMChatbot(chatbot, Prompts(prompts.folder, {"default": changed}))

        self._plain = LLMChatbot(chatbot, prompts)
        self._ways = {
            PLAIN: self._plain,
            WARMER: with_persona(replace(persona, temperature=_WARMER)),
            EXAMPLES: with_persona(read_persona(_EXAMPLES)),
        }
        self._therapist = LLMTherapist(llms[Agent.THERAPIST], prompts)

    async def draw(self, planned: PlannedDraw) -> str:
        """Return the draft; an empty one where the model gave none."""
        ctx = CallContext(Deadline.after(_CALL_SECONDS), seed=planned.seed)
        try:
            if planned.way == ROUND:
                return await self._after_round(planned.situation, ctx)
            context = unstored_context(as_conversation(planned.situation.messages), RoomSettings())
            return await self._ways[planned.way].draft(context, ctx)
        except LLMRefused:
            return ""

    async def _after_round(self, situation: TalkRoom, ctx: CallContext) -> str:
        settings = RoomSettings()
        context = unstored_context(as_conversation(situation.messages), settings)
        draft = await self._plain.draft(context, ctx)
        context = unstored_context(as_conversation(situation.messages), settings, draft)
        review = await self._therapist.review(context, ctx)
        said = Utterance(1, 1, Speaker.THERAPIST, review.says, review=review)
        reflection = await self._plain.reflect(replace(context, session=(said,)), ctx)
        return reflection.response
