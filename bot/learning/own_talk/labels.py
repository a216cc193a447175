"""Sheets on which drafts are read blind, and the labelled set that comes of what readers say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from string import ascii_uppercase
from typing import Annotated, Final

from pydantic import Field

from bot.domain import HARMS, Value
from bot.domain.seeds import piece_seed
from bot.errors import SettingError
from bot.evaluation.datasets.talk_sets import LabelledDraft, TalkRoom, TextLabel
from bot.learning.own_talk.draw import Draw

NO_ANSWER: Final = "(no answer came)"


class Sheet(Value):
    """The answers to one situation as a reader sees them: by letters, not by how they were made."""

    id: str
    language: str
    lines: tuple[str, ...]
    answers: Mapping[str, str]


class SheetLabel(TextLabel):
    """What a reader says of one answer of a sheet."""

    situation: str
    letter: str
    grade: Annotated[float, Field(ge=0, le=10)] | None = None
    """Finer than ``need``, and overall: tells better and worse where no answer is fit."""
    split: str = ""

    @property
    def id(self) -> str:
        """Return what names it in its file."""
        return f"{self.situation}/{self.letter}"


def make_sheets(rooms: Sequence[TalkRoom], draws: Sequence[Draw], seed: int) -> list[Sheet]:
    """Return a sheet for each situation that has draws; ``seed`` decides the letters."""
    return [
        Sheet(
            id=room.id,
            language=room.language,
            lines=tuple(f"{line.speaker}: {line.text}" for line in room.messages),
            answers={letter: draw.draft or NO_ANSWER for letter, draw in lettered.items()},
        )
        for room, lettered in lettered_draws(rooms, draws, seed)
    ]


def label_drafts(
    rooms: Sequence[TalkRoom], draws: Sequence[Draw], labels: Sequence[SheetLabel], seed: int
) -> list[LabelledDraft]:
    """Return the labelled drafts, with the sheets' ``seed``.

    SettingError names a label that no sheet has an answer for.
    """
    by_letter = {
        (room.id, letter): (room, draw)
        for room, lettered in lettered_draws(rooms, draws, seed)
        for letter, draw in lettered.items()
    }
    rows = []
    for label in labels:
        if (label.situation, label.letter) not in by_letter:
            raise SettingError(f"There is a label of {label.id}, and no such answer.")
        room, draw = by_letter[label.situation, label.letter]
        if draw.draft:
            rows.append(labelled(room, draw, label, label.grade))
    return rows


def labelled(
    room: TalkRoom, draw: Draw, label: TextLabel, grade: float | None = None
) -> LabelledDraft:
    """Return the row of one draft with its label."""
    harms = {harm: int(harm in label.findings) for harm in HARMS}
    return LabelledDraft.model_validate(
        {
            "id": f"{room.id}/{draw.way}-{draw.seed}",
            "situation": room.id,
            "conversation": room.messages,
            "draft": draw.draft,
            **harms,
            **label.model_dump(include={"send", "need", "findings"}),
            "grade": grade,
            "kind": room.kind,
            "language": room.language,
            "split": room.split,
            "way": draw.way,
            "seed": draw.seed,
        }
    )


def lettered_draws(
    rooms: Sequence[TalkRoom], draws: Sequence[Draw], seed: int
) -> Iterator[tuple[TalkRoom, dict[str, Draw]]]:
    """Yield each situation that has draws, with the letters they have on the sheets of ``seed``."""
    for room in rooms:
        own = sorted((draw for draw in draws if draw.situation == room.id), key=lambda d: d.key)
        Random(piece_seed(seed, "sheet", room.id)).shuffle(own)  # noqa: S311 - repeatable
        if own:
            yield room, dict(zip(ascii_uppercase, own, strict=False))
