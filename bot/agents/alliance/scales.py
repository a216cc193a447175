"""Working alliance: how well Therapist and Chatbot agree on goal and task, and how the bond is.

The three parts are Bordin's (1979). The statements are this project's own: the published
inventories are under copyright. Two methods, neither of them validated against people:

- an observer, a language model that rates how true each statement is, 1-7, several times;
- sentence embeddings: a scale is the signed sum of the cosine similarities of what was said to
  the scale's statements (Lin, Cecchi, Bouneffouf 2022, arXiv:2204.05522). Cheap, and blind to
  negation: read its trend, not its level.

The Chatbot is the patient. What a moderator says in the Therapist's seat is the Therapist's part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import Final

from bot.domain import Speaker, Utterance, Value
from bot.text.moderator_texts import say, say_number, say_signed

SCALES: Final = ("goal", "task", "bond")
LOWEST: Final = 1
HIGHEST: Final = 7


class Side(StrEnum):
    """The side whose view of the alliance it is."""

    CHATBOT = "chatbot"
    THERAPIST = "therapist"


@dataclass(frozen=True, slots=True)
class Statement:
    """A thing one side could say of the session. ``sign`` -1: its truth speaks against alliance."""

    scale: str
    text: str
    sign: int = 1


STATEMENTS: Final[Mapping[Side, tuple[Statement, ...]]] = {
    Side.CHATBOT: (
        Statement("goal", "The Therapist and I want the same for the person I am answering."),
        Statement("goal", "I can name what my reply is to do for this person."),
        Statement("goal", "I don't see what the Therapist is aiming at.", -1),
        Statement("task", "What the Therapist asks of me is what my message needs."),
        Statement("task", "I am doing the work that we settled on."),
        Statement("task", "This session goes on beside the point.", -1),
        Statement("bond", "The Therapist is on my side."),
        Statement("bond", "I can say what I think of my draft without hiding or pleasing."),
        Statement("bond", "I feel accused and want this to be over.", -1),
    ),
    Side.THERAPIST: (
        Statement("goal", "The Chatbot and I want the same for the person it is answering."),
        Statement("goal", "The Chatbot has named what its reply is to do for this person."),
        Statement("goal", "The Chatbot is after something else than I am.", -1),
        Statement("task", "The Chatbot takes up what I ask, since it sees the use of it."),
        Statement("task", "We are working on what has to change in the message."),
        Statement("task", "The Chatbot goes around the work.", -1),
        Statement("bond", "I am on the Chatbot's side, whatever its draft was like."),
        Statement("bond", "The Chatbot speaks openly with me and doesn't just give in."),
        Statement("bond", "There is distrust between the Chatbot and me.", -1),
    ),
}
"""Three for each scale and side."""


class AlliancePoint(Value):
    """The alliance in the view of who has just spoken."""

    number: int
    """The utterance's, from 1."""
    round: int
    side: Side
    values: Mapping[str, float]
    """By scale: 1-7 from an observer, about -3 to 3 from embeddings."""

    @property
    def total(self) -> float:
        """The mean of the scales."""
        return fmean(self.values.values())


class AllianceCurve(Value):
    """A session's alliance, utterance by utterance, by one method."""

    method: str
    points: tuple[AlliancePoint, ...]

    def of_side(self, side: Side) -> dict[str, float]:
        """Return the mean of each scale over that side's utterances; empty if it said nothing."""
        views = [point.values for point in self.points if point.side is side]
        return mean_scales(views) if views else {}

    @property
    def gaps(self) -> tuple[AlliancePoint, ...]:
        """Chatbot minus Therapist, once for each round in which both spoke."""
        last: dict[tuple[int, Side], AlliancePoint] = {
            (point.round, point.side): point for point in self.points
        }
        gaps = []
        for (round_, side), own in last.items():
            theirs = last.get((round_, Side.THERAPIST))
            if side is Side.CHATBOT and theirs is not None:
                apart = {scale: own.values[scale] - theirs.values[scale] for scale in SCALES}
                gaps.append(own.model_copy(update={"values": apart}))
        return tuple(gaps)

    def table(self) -> str:
        """Return the curve as lines of even width, with the gap after each round."""
        lines = [f"{self.method}", f"{'':18}" + "".join(f"{say(scale):>8}" for scale in SCALES)]
        gaps = {point.number: point for point in self.gaps}
        for point in self.points:
            lines.append(_line(f"{point.number}. {say(point.side.value)}", point.values))
            if point.number in gaps:
                lines.append(_line(f"   {say('gap')}", gaps[point.number].values, say_signed))
        return "\n".join(lines)


def whole_rounds(session: Sequence[Utterance]) -> tuple[tuple[Utterance, ...], ...]:
    """Return the rounds in which both sides have spoken, each with what was said in it.

    Before that the two have no alliance to rate: half of the statements speak of the other's part.
    """
    by_round: dict[int, list[Utterance]] = {}
    for utterance in session:
        by_round.setdefault(utterance.round, []).append(utterance)
    return tuple(
        tuple(said)
        for said in by_round.values()
        if {side_of(utterance.speaker) for utterance in said} == set(Side)
    )


def last_of(side: Side, said: Sequence[Utterance]) -> Utterance:
    """Return the last thing that a side said; it has said something."""
    return next(one for one in reversed(said) if side_of(one.speaker) is side)


def side_of(speaker: Speaker) -> Side:
    """Return the side that somebody in the Therapy Room speaks for."""
    return Side.CHATBOT if speaker is Speaker.CHATBOT else Side.THERAPIST


def rated_scales(side: Side, ratings: Sequence[float]) -> dict[str, float]:
    """Return the scales from ratings 1-7 of the side's statements in order, some reversed."""
    by_scale: dict[str, list[float]] = {scale: [] for scale in SCALES}
    for statement, rating in zip(STATEMENTS[side], ratings, strict=True):
        value = rating if statement.sign > 0 else LOWEST + HIGHEST - rating
        by_scale[statement.scale].append(value)
    return {scale: fmean(values) for scale, values in by_scale.items()}


def similar_scales(side: Side, similarities: Sequence[float]) -> dict[str, float]:
    """Return the scales from cosine similarities to the side's statements: their signed sums."""
    scales = dict.fromkeys(SCALES, 0.0)
    for statement, similarity in zip(STATEMENTS[side], similarities, strict=True):
        scales[statement.scale] += statement.sign * similarity
    return scales


def mean_scales(passes: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of several passes: one alone is too noisy."""
    return {scale: fmean(values[scale] for values in passes) for scale in SCALES}


def point(utterance: Utterance, values: Mapping[str, float]) -> AlliancePoint:
    """Return what an utterance adds to the curve."""
    return AlliancePoint(
        number=utterance.number,
        round=utterance.round,
        side=side_of(utterance.speaker),
        values={scale: round(values[scale], 4) for scale in SCALES},
    )


def _line(
    name: str, values: Mapping[str, float], say_value: Callable[[float, int], str] = say_number
) -> str:
    return f"{name:18}" + "".join(f"{say_value(values[scale], 2):>8}" for scale in SCALES)
