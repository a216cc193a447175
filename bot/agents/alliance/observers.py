"""The measuring of a session's working alliance: by an observer, by embeddings; and kept."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol, TypeAlias

from pydantic import BaseModel, Field, TypeAdapter, create_model

from bot.agents.alliance.scales import (
    SCALES,
    STATEMENTS,
    AllianceCurve,
    AlliancePoint,
    Side,
    last_of,
    mean_scales,
    point,
    rated_scales,
    side_of,
    similar_scales,
    whole_rounds,
)
from bot.agents.questions import side_by_side
from bot.domain import Utterance
from bot.errors import LLMError
from bot.llm.protocol import LLM, CallContext, for_one_answer
from bot.prompting.templates import Prompts

if TYPE_CHECKING:
    import numpy as np

PASSES: Final = 3
"""Ratings of a round by a small model: a single one is too noisy to show."""
_FULL: Final = "alliance/rate"
_SHORT: Final = "alliance/rate_short"
_CURVES: Final = TypeAdapter(tuple[AllianceCurve, ...])
_SENTENCE: Final = "alliance/sentence"
_MEANING: Final = "alliance/meaning"
EmbeddingMatrix: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
"""A row for each text."""
_Scales: TypeAlias = dict[str, float]
_SevenPoint = Annotated[int, Field(ge=1, le=7)]


def _rating(side: Side, at: int) -> str:
    """Return the field of a side's statement of that number, from 0, e.g. ``chatbot_goal_1``."""
    return f"{side.value}_{STATEMENTS[side][at].scale}_{at % 3 + 1}"


_RATINGS: Final[Mapping[Side, tuple[str, ...]]] = {
    side: tuple(_rating(side, at) for at in range(len(STATEMENTS[side]))) for side in Side
}
_EACH: Final[dict[str, Any]] = {
    name: (_SevenPoint, ...) for side in Side for name in _RATINGS[side]
}
_Full = create_model("_Full", __doc__="A rating for each statement of both sides.", **_EACH)


class _Short(BaseModel):
    """The small model's form: a rating for each scale."""

    goal: _SevenPoint
    task: _SevenPoint
    bond: _SevenPoint


class Observer(Protocol):
    """A way of measuring."""

    async def observe(self, session: Sequence[Utterance], ctx: CallContext) -> AllianceCurve:
        """Measure the curve of a session. LLMError if there is none."""
        ...


class RatingObserver:
    """A language model that reads the session up to the end of each round, and rates both sides."""

    def __init__(self, llm: LLM, prompts: Prompts, passes: int | None = None) -> None:
        """Check the prompts at start; a broken one raises SettingError.

        ``passes``: ratings of each round; for a large model one, unless told otherwise.
        """
        self._llm = llm
        self._prompts = prompts
        self._passes = passes or (PASSES if llm.small else 1)
        prompts.require(_FULL, {"ratings", "session"})
        prompts.require(_SHORT, {"side", "session"})

    async def observe(self, session: Sequence[Utterance], ctx: CallContext) -> AllianceCurve:
        """See `Observer`."""
        own = copy.copy(self)
        own._llm = for_one_answer(self._llm)
        return await own._observe(session, ctx)

    async def _observe(self, session: Sequence[Utterance], ctx: CallContext) -> AllianceCurve:
        rounds = whole_rounds(session)
        ends = [session.index(said[-1]) + 1 for said in rounds]
        rated = await side_by_side([self._rate(session[:end], ctx) for end in ends])
        points = [
            point(last_of(side, said), views[side])
            for said, views in zip(rounds, rated, strict=True)
            for side in (Side.THERAPIST, Side.CHATBOT)
        ]
        method = f"observer 1-7, {self._llm.model}, mean of {self._passes}"
        return AllianceCurve(method=method, points=tuple(sorted(points, key=_number)))

    async def _rate(self, said: Sequence[Utterance], ctx: CallContext) -> dict[Side, _Scales]:
        contexts = [ctx] * self._passes
        if ctx.seed is not None:
            # With one seed every pass would say the same.
            contexts = [replace(ctx, seed=ctx.seed + at) for at in range(self._passes)]
        rate_once = self._rate_scales if self._llm.small else self._rate_statements
        passes = await side_by_side([rate_once(said, own) for own in contexts])
        return {side: mean_scales([one[side] for one in passes]) for side in Side}

    async def _rate_statements(
        self, said: Sequence[Utterance], ctx: CallContext
    ) -> dict[Side, _Scales]:
        ratings = {
            side.value: [
                (name, statement.text)
                for name, statement in zip(_RATINGS[side], STATEMENTS[side], strict=True)
            ]
            for side in Side
        }
        prompt = self._prompts.render(_FULL, session=said, ratings=ratings)
        full = await self._llm.ask(prompt, _Full, ctx)
        return {
            side: rated_scales(side, [float(getattr(full, name)) for name in _RATINGS[side]])
            for side in Side
        }

    async def _rate_scales(
        self, said: Sequence[Utterance], ctx: CallContext
    ) -> dict[Side, _Scales]:
        """Ask for one side at a time: both at once are too much for a small model."""
        sides = tuple(Side)
        asked = [self._prompts.render(_SHORT, session=said, side=side.value) for side in sides]
        answers = await side_by_side([self._llm.ask(prompt, _Short, ctx) for prompt in asked])
        return {
            side: {scale: float(getattr(short, scale)) for scale in SCALES}
            for side, short in zip(sides, answers, strict=True)
        }


class EmbeddingObserver:
    """A comparison of each utterance with the statements of who said it.

    The embedded model's vector is its state after the last word, so it is asked for the meaning
    of the sentence in one word: Jiang et al. 2023, arXiv:2307.16645.
    """

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts at start; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        self._prompt = _MEANING if llm.small else _SENTENCE
        prompts.require(self._prompt, {"text"})
        self._statements: dict[Side, EmbeddingMatrix] = {}

    async def observe(self, session: Sequence[Utterance], ctx: CallContext) -> AllianceCurve:
        """See `Observer`."""
        for side in {side_of(utterance.speaker) for utterance in session} - self._statements.keys():
            texts = [statement.text for statement in STATEMENTS[side]]
            self._statements[side] = await self._vectors(texts, ctx)
        vectors = await self._vectors([utterance.text for utterance in session], ctx)
        points = []
        for utterance, vector in zip(session, vectors, strict=True):
            side = side_of(utterance.speaker)
            similarities = [float(value) for value in self._statements[side] @ vector]
            points.append(point(utterance, similar_scales(side, similarities)))
        model = for_one_answer(self._llm).model
        return AllianceCurve(method=f"embeddings, {model}", points=tuple(points))

    async def _vectors(self, texts: Sequence[str], ctx: CallContext) -> EmbeddingMatrix:
        asked = [self._prompts.render(self._prompt, text=text) for text in texts]
        return _unit(await self._llm.embed(asked, ctx))


class CurveStore(Protocol):
    """A place where the curves of a turn are kept, in JSON."""

    async def get(self, turn_id: int) -> str | None:
        """Return the curves of a turn; None if it was never measured."""
        ...

    async def keep(self, turn_id: int, curves: str) -> None:
        """Keep the curves of a turn."""
        ...


@dataclass(frozen=True, slots=True)
class Alliance:
    """All methods together, with what is kept of each turn: numbers, none of the words."""

    observers: Sequence[Observer]

    async def alliance_of(
        self, session: Sequence[Utterance], ctx: CallContext
    ) -> tuple[AllianceCurve, ...]:
        """Return a curve by each method that works here; none before both have spoken."""
        if not whole_rounds(session):
            return ()
        curves = []
        for observer in self.observers:
            try:
                curves.append(await observer.observe(session, ctx))
            except LLMError:  # e.g. an endpoint without embeddings
                continue
        return tuple(curves)

    async def of_turn(
        self, turn_id: int, session: Sequence[Utterance], store: CurveStore, ctx: CallContext
    ) -> tuple[AllianceCurve, ...]:
        """Return the curves that are kept of an ended turn, or else measured now, and kept."""
        curves = await curves_of(store, turn_id)
        if curves:
            return curves
        curves = await self.alliance_of(session, ctx)
        if curves:
            await store.keep(turn_id, _CURVES.dump_json(curves).decode())
        return curves


def make_alliance(llm: LLM, prompts: Prompts, passes: int | None = None) -> Alliance:
    """Make both methods on one model."""
    return Alliance([RatingObserver(llm, prompts, passes), EmbeddingObserver(llm, prompts)])


async def curves_of(store: CurveStore, turn_id: int) -> tuple[AllianceCurve, ...]:
    """Return the kept curves of a turn's alliance; nothing if it was never measured."""
    stored = await store.get(turn_id)
    return _CURVES.validate_json(stored) if stored else ()


def render_alliance(curves: Sequence[AllianceCurve]) -> str:
    """Return the curves for people: monospace, a block each."""
    return "\n\n".join(curve.table() for curve in curves)


def _number(found: AlliancePoint) -> int:
    return found.number


def _unit(vectors: Sequence[Sequence[float]]) -> EmbeddingMatrix:
    """Return the vectors at length 1, so that a product is a cosine; length 0 stays as it is."""
    import numpy as np  # noqa: PLC0415 - heavy, and most bots never embed anything

    rows = np.asarray(vectors, dtype=float)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: EmbeddingMatrix = rows / np.where(lengths == 0, 1, lengths)
    return unit
