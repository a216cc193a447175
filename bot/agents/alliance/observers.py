"""The measuring of a session's working alliance: by an observer, by embeddings; and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final, Protocol, TypeAlias

from pydantic import BaseModel, Field, TypeAdapter

from bot.agents.alliance.scales import (
    SCALES,
    STATEMENTS,
    AllianceCurve,
    Side,
    mean_scales,
    point,
    rated_scales,
    side_of,
    similar_scales,
)
from bot.agents.questions import side_by_side
from bot.domain import Utterance
from bot.errors import LLMError
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

if TYPE_CHECKING:
    import numpy as np

PASSES: Final = 3
"""Ratings of each utterance: a single one is too noisy to show."""
_FULL: Final = "alliance/rate"
_SHORT: Final = "alliance/rate_short"
_CURVES: Final = TypeAdapter(tuple[AllianceCurve, ...])
_SENTENCE: Final = "alliance/sentence"
_MEANING: Final = "alliance/meaning"
EmbeddingMatrix: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
"""A row for each text."""
_SevenPoint = Annotated[int, Field(ge=1, le=7)]


class _Full(BaseModel):
    """A rating for each statement, in their order."""

    goal_1: _SevenPoint
    goal_2: _SevenPoint
    goal_3: _SevenPoint
    task_1: _SevenPoint
    task_2: _SevenPoint
    task_3: _SevenPoint
    bond_1: _SevenPoint
    bond_2: _SevenPoint
    bond_3: _SevenPoint


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
    """A language model that reads the session up to each utterance and rates the statements."""

    def __init__(self, llm: LLM, prompts: Prompts, passes: int = PASSES) -> None:
        """Check the prompts at start; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        self._passes = passes
        for name in (_FULL, _SHORT):
            prompts.require(name, {"side", "statements", "session"})
        self._rate_once = self._rate_scales if llm.small else self._rate_statements

    async def observe(self, session: Sequence[Utterance], ctx: CallContext) -> AllianceCurve:
        """See `Observer`."""
        rated = await side_by_side(
            [self._rate(session[: at + 1], ctx) for at in range(len(session))]
        )
        points = tuple(
            point(utterance, values) for utterance, values in zip(session, rated, strict=True)
        )
        method = f"observer 1-7, {self._llm.model}, mean of {self._passes}"
        return AllianceCurve(method=method, points=points)

    async def _rate(self, said: Sequence[Utterance], ctx: CallContext) -> dict[str, float]:
        contexts = [ctx] * self._passes
        if ctx.seed is not None:
            # With one seed every pass would say the same.
            contexts = [replace(ctx, seed=ctx.seed + at) for at in range(self._passes)]
        passes = await side_by_side([self._rate_once(said, own) for own in contexts])
        return mean_scales(passes)

    async def _rate_statements(
        self, said: Sequence[Utterance], ctx: CallContext
    ) -> dict[str, float]:
        full = await self._llm.ask(self._prompts.render(_FULL, **_shown(said)), _Full, ctx)
        return rated_scales(side_of(said[-1].speaker), list(full.model_dump().values()))

    async def _rate_scales(self, said: Sequence[Utterance], ctx: CallContext) -> dict[str, float]:
        short = await self._llm.ask(self._prompts.render(_SHORT, **_shown(said)), _Short, ctx)
        return {scale: float(getattr(short, scale)) for scale in SCALES}


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
        return AllianceCurve(method=f"embeddings, {self._llm.model}", points=tuple(points))

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
        """Return a curve by each method that works here; none for an empty session."""
        if not session:
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


def make_alliance(llm: LLM, prompts: Prompts, passes: int = PASSES) -> Alliance:
    """Make both methods on one model."""
    return Alliance([RatingObserver(llm, prompts, passes), EmbeddingObserver(llm, prompts)])


async def curves_of(store: CurveStore, turn_id: int) -> tuple[AllianceCurve, ...]:
    """Return the kept curves of a turn's alliance; nothing if it was never measured."""
    stored = await store.get(turn_id)
    return _CURVES.validate_json(stored) if stored else ()


def render_alliance(curves: Sequence[AllianceCurve]) -> str:
    """Return the curves for people: monospace, a block each."""
    return "\n\n".join(curve.table() for curve in curves)


def _shown(said: Sequence[Utterance]) -> dict[str, object]:
    """Return what a rating prompt shows: the talk so far, and the statements of who spoke last."""
    side = side_of(said[-1].speaker)
    return {"side": side.value, "statements": STATEMENTS[side], "session": said}


def _unit(vectors: Sequence[Sequence[float]]) -> EmbeddingMatrix:
    """Return the vectors at length 1, so that a product is a cosine; length 0 stays as it is."""
    import numpy as np  # noqa: PLC0415 - heavy, and most bots never embed anything

    rows = np.asarray(vectors, dtype=float)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: EmbeddingMatrix = rows / np.where(lengths == 0, 1, lengths)
    return unit
