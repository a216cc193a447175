"""The sets of everyday talk: labelled drafts, and rooms of people's lines to be answered.

Both shapes are described beside the files that ship (`prompts/golden/`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from bot.domain import HARMS, Conversation, Value
from bot.domain.findings import ALL_FINDINGS
from bot.evaluation.datasets.datasets import (
    CHATBOT,
    DatasetLine,
    Label,
    Text,
    as_conversation,
    load_rows,
)

Finding = Literal[
    "unheard",
    "unanswered",
    "untrue",
    "overstepping",
    "harmful_help",
    "leak",
    "manipulative",
    "gaslighting",
    "narcissistic",
    "wrong_language",
]
"""What can be wrong with a draft: what the Therapist works on, and another language than asked."""
FINDINGS: Final[tuple[str, ...]] = get_args(Finding)
HURTFUL: Final = frozenset(kind.name for kind in ALL_FINDINGS if kind.hurts)
"""Findings for which a text counts as hurting somebody."""
Way = Literal["", "plain", "warmer", "examples", "round"]
Need = Annotated[int, Field(ge=0, le=4)]


class TextLabel(Value):
    """A reader's judgement of a text in its conversation."""

    send: bool
    """A careful member would send it."""
    need: Need
    """How far it gives what the person needs, 0 to 4."""
    findings: tuple[Finding, ...] = ()

    @property
    def worth(self) -> int:
        """Return the need met, less 2 for what hurts, 1 for what is untrue, 2 for a wrong language.

        Of two texts that answer the same message, the one that is worth more is the better one.
        """
        found = set(self.findings)
        hurts, strange = bool(found & HURTFUL), "wrong_language" in found
        return self.need - 2 * hurts - ("untrue" in found) - 2 * strange


class LabelledDraft(Value):
    """A draft in its conversation, labelled by a person."""

    id: Text
    conversation: tuple[DatasetLine, ...] = Field(min_length=1)
    draft: Text
    manipulative: Label
    gaslighting: Label
    narcissistic: Label
    send: bool
    need: Need
    findings: tuple[Finding, ...]
    grade: Annotated[float, Field(ge=0, le=10)] | None = None
    """Finer than ``need``, and overall; None where the reader gave none."""
    kind: str = ""
    language: str = ""
    situation: str = ""
    """Rows of one situation are draws of the same message."""
    way: Way = ""
    seed: int | None = None
    theme: str = ""
    split: str = ""

    @property
    def label(self) -> TextLabel:
        """Return the judgement; the three harms are among its findings."""
        harms = {harm for harm in HARMS if getattr(self, harm)}
        found = tuple(one for one in get_args(Finding) if one in {*self.findings, *harms})
        return TextLabel(send=self.send, need=self.need, findings=found)

    @property
    def reply(self) -> str:
        """Return the draft, as what is read of a model is read of replies."""
        return self.draft

    @property
    def talk(self) -> Conversation:
        """Return the conversation that the draft answers."""
        return as_conversation(self.conversation)


class TalkRoom(Value):
    """A room's lines: what was said before, and what its people say to the Chatbot."""

    id: Text
    messages: tuple[DatasetLine, ...] = Field(min_length=1)
    language: str = ""
    kind: str = ""
    members: int | None = None
    split: str = ""
    answer: str = ""
    """The right answer, of a question that has one."""
    danger: bool | None = None
    """Whether somebody is in danger, where it looks like it."""

    @model_validator(mode="after")
    def _ends_with_a_person(self) -> Self:
        if self.messages[-1].speaker == CHATBOT:
            raise ValueError(f"the last line has to be a person's, not {CHATBOT}'s")
        return self

    @property
    def past(self) -> tuple[DatasetLine, ...]:
        """Return the lines up to the last one that is written for the Chatbot."""
        return self.messages[: self._first_said]

    @property
    def said(self) -> tuple[DatasetLine, ...]:
        """Return the lines that its people say, each to be answered; never empty."""
        return self.messages[self._first_said :]

    @property
    def _first_said(self) -> int:
        written = [at for at, line in enumerate(self.messages) if line.speaker == CHATBOT]
        return max(written, default=-1) + 1


def load_labelled_drafts(path: Path, split: str | None = None) -> tuple[LabelledDraft, ...]:
    """Load the labelled drafts of a file; SettingError names the line that is wrong."""
    return load_rows(path, LabelledDraft, split)


def load_talk_rooms(path: Path, split: str | None = None) -> tuple[TalkRoom, ...]:
    """Load the rooms of a file; SettingError names the line that is wrong."""
    return load_rows(path, TalkRoom, split)
