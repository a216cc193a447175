"""Measures the working alliance of a session: by an observer, by embeddings; and keeps it."""

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
_Rating = Annotated[int, Field(ge=1, le=7)]


class _Full(BaseModel):
    """A rating for each statement, in their order."""

    goal_1: _Rating
    goal_2: _Rating
    goal_3: _Rating
    task_1: _Rating
    task_2: _Rating
    task_3: _Rating
    bond_1: _Rating
    bond_2: _Rating
    bond_3: _Rating


class _Short(BaseModel):
    """The small model's form: a rating for each scale."""

    goal: _Rating
    task: _Rating
    bond: _Rating


class Observer(Protocol):
    """A way of measuring."""

    async def observe(self, session: Sequence[Utterance], ctx: CallContext) -> AllianceCurve:
        """The curve of a session. LLMError if there is none."""
        ...


class RatingObserver:
    """A language model reads the session up to each utterance and rates the statements."""

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
        points = tuple(point(said, values) for said, values in zip(session, rated, strict=True))
        method = f"observer 1-7, {self._llm.model}, mean of {self._passes}"
        return AllianceCurve(method=method, points=points)

    async def _rate(self, said: Sequence[Utterance], ctx: CallContext) -> dict[str, float]:
        contexts = [ctx] * self._passes
        if ctx.seed is not None:
            # With one seed every pass would say the same.
            contexts = [replace(ctx, seed=ctx.seed + at) for at in range(self._passes)]
        passes = await side_by_side([self._rate_once(said, one) for one in contexts])
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
    """Compares each utterance with the statements of who said it.

    The embedded model's vector is its state after the last word, so it is asked for the meaning
    of the sentence in one word: Jiang et al. 2023, arXiv:2307.16645.
    """

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts at start; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        self._prompt = _MEANING if llm.small else _SENTENCE
        prompts.require(self._prompt, {"text"})
        self._known: dict[Side, EmbeddingMatrix] = {}

    async def observe(self, session: Sequence[Utterance], ctx: CallContext) -> AllianceCurve:
        """See `Observer`."""
        for side in {side_of(said.speaker) for said in session} - self._known.keys():
            texts = [statement.text for statement in STATEMENTS[side]]
            self._known[side] = await self._vectors(texts, ctx)
        vectors = await self._vectors([said.text for said in session], ctx)
        points = []
        for said, vector in zip(session, vectors, strict=True):
            side = side_of(said.speaker)
            similarities = [float(one) for one in self._known[side] @ vector]
            points.append(point(said, similar_scales(side, similarities)))
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
        """A curve by each method that works here; none for an empty session."""
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
        """The curves that are kept of an ended turn, or else measured now, and kept."""
        kept = await curves_of(store, turn_id)
        if kept:
            return kept
        found = await self.alliance_of(session, ctx)
        if found:
            await store.keep(turn_id, _CURVES.dump_json(found).decode())
        return found


def make_alliance(llm: LLM, prompts: Prompts, passes: int = PASSES) -> Alliance:
    """Both methods on one model."""
    return Alliance([RatingObserver(llm, prompts, passes), EmbeddingObserver(llm, prompts)])


async def curves_of(store: CurveStore, turn_id: int) -> tuple[AllianceCurve, ...]:
    """What is kept of a turn's alliance; nothing if it was never measured."""
    kept = await store.get(turn_id)
    return _CURVES.validate_json(kept) if kept else ()


def render_alliance(curves: Sequence[AllianceCurve]) -> str:
    """The curves for people: monospace, a block each."""
    return "\n\n".join(curve.table() for curve in curves)


def _shown(said: Sequence[Utterance]) -> dict[str, object]:
    """Return what a rating prompt shows: the talk so far, and the statements of who spoke last."""
    side = side_of(said[-1].speaker)
    return {"side": side.value, "statements": STATEMENTS[side], "session": said}


def _unit(vectors: Sequence[Sequence[float]]) -> EmbeddingMatrix:
    """The vectors at length 1, so that a product is a cosine; one of length 0 stays as it is."""
    import numpy as np  # noqa: PLC0415 - heavy, and most bots never embed anything

    found = np.asarray(vectors, dtype=float)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    unit: EmbeddingMatrix = found / np.where(lengths == 0, 1, lengths)
    return unit
