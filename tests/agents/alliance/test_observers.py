"""Working alliance: the arithmetic by hand, the two methods on scripts, what is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from bot.agents.alliance.observers import (
    Alliance,
    EmbeddingObserver,
    RatingObserver,
    curves_of,
    make_alliance,
    render_alliance,
)
from bot.agents.alliance.scales import (
    SCALES,
    STATEMENTS,
    AllianceCurve,
    Side,
    mean_scales,
    point,
    rated_scales,
    similar_scales,
)
from bot.agents.questions import side_by_side
from bot.domain import Speaker, Utterance
from bot.errors import LLMRefused
from bot.llm.protocol import CallContext, Prompt
from bot.prompting.templates import FOLDER, Prompts
from bot.reports.alliance_chart import alliance_chart
from tests.agents.scripted import CTX
from tests.fake_llm import Asked, FakeLLM

PROMPTS = Prompts.load(FOLDER)


def said(number: int, speaker: Speaker, text: str, round_: int = 1) -> Utterance:
    return Utterance(number, round_, speaker, text)


SESSION = (
    said(1, Speaker.THERAPIST, "Kim needs to be heard."),
    said(2, Speaker.CHATBOT, "I want Kim to be heard."),
)


def test_each_side_has_three_statements_a_scale_with_one_against() -> None:
    for side in Side:
        for scale in SCALES:
            mine = [one for one in STATEMENTS[side] if one.scale == scale]
            assert [one.sign for one in mine] == [1, 1, -1]
    texts = [one.text for side in Side for one in STATEMENTS[side]]
    assert len(set(texts)) == 18


def test_ratings_against_are_turned_round() -> None:
    # goal: 7, 5 and a 2 that speaks against: (7 + 5 + 6) / 3 = 6
    # task: 4, 4, 4: (4 + 4 + 4) / 3 = 4; bond: 1, 2 and a 7 against: (1 + 2 + 1) / 3
    scales = rated_scales(Side.CHATBOT, [7, 5, 2, 4, 4, 4, 1, 2, 7])
    assert scales == pytest.approx({"goal": 6, "task": 4, "bond": 4 / 3})


def test_similarities_are_summed_with_their_signs() -> None:
    found = [0.5, 0.25, 0.5, 0.1, 0.2, 0.3, 1.0, 1.0, -1.0]
    scales = similar_scales(Side.THERAPIST, found)
    assert scales == pytest.approx({"goal": 0.25, "task": 0.0, "bond": 3.0})


def test_passes_are_averaged() -> None:
    passes = [{"goal": 7, "task": 1, "bond": 4}, {"goal": 4, "task": 2, "bond": 4}]
    assert mean_scales(passes) == {"goal": 5.5, "task": 1.5, "bond": 4}


def curve(*values: tuple[Speaker, int, float]) -> AllianceCurve:
    points = tuple(
        point(said(number, speaker, "", round_), dict.fromkeys(SCALES, value))
        for number, (speaker, round_, value) in enumerate(values, start=1)
    )
    return AllianceCurve(method="by hand", points=points)


def test_the_gap_is_the_chatbots_view_less_the_therapists_in_each_round() -> None:
    T, C, M = Speaker.THERAPIST, Speaker.CHATBOT, Speaker.MODERATOR  # noqa: N806
    talk = curve((T, 1, 6), (C, 1, 4), (M, 2, 3), (C, 2, 5), (T, 3, 7))
    assert [(gap.round, gap.values["goal"]) for gap in talk.gaps] == [(1, -2), (2, 2)]
    assert talk.of_side(Side.THERAPIST)["bond"] == pytest.approx((6 + 3 + 7) / 3)
    assert talk.of_side(Side.CHATBOT)["bond"] == pytest.approx(4.5)
    assert curve((T, 1, 6)).of_side(Side.CHATBOT) == {}
    assert curve((T, 1, 6)).gaps == ()


def test_a_curve_reads_as_lines_with_the_gaps_between() -> None:
    shown = curve((Speaker.THERAPIST, 1, 6), (Speaker.CHATBOT, 1, 4.5)).table()
    assert shown.splitlines() == [
        "by hand",
        "                      goal    task    bond",
        "1. therapist          6.00    6.00    6.00",
        "2. chatbot            4.50    4.50    4.50",
        "   gap               -1.50   -1.50   -1.50",
    ]


async def test_a_large_model_rates_each_statement_and_each_pass_has_its_seed() -> None:
    llm = FakeLLM()

    def rate(asked: Asked) -> dict[str, int]:
        assert asked.answer is not None
        assert asked.ctx.seed is not None
        high = 7 if asked.ctx.seed == 40 else 4
        names = list(asked.answer.model_fields)
        return {name: (1 if name.endswith("_3") else high) for name in names}

    llm.always(rate)
    ctx = CallContext(CTX.deadline, seed=40)
    found = await RatingObserver(llm, PROMPTS, passes=3).observe(SESSION, ctx)
    assert len(llm.history) == 3
    assert sorted({asked.ctx.seed or 0 for asked in llm.history}) == [40, 41, 42]
    # a pass of 7, 7 and 1 against: 7; two passes of 4, 4 and 1 against: (4 + 4 + 7) / 3 = 5
    assert found.points[0].values["goal"] == pytest.approx((7 + 5 + 5) / 3, abs=1e-4)
    assert [one.side for one in found.points] == [Side.THERAPIST, Side.CHATBOT]
    assert found.method == "observer 1-7, fake, mean of 3"


ROUNDS = (
    *SESSION,
    said(3, Speaker.THERAPIST, "That reads better.", 2),
    said(4, Speaker.CHATBOT, "Then I go.", 2),
    said(5, Speaker.THERAPIST, "Nothing is left.", 3),
)


async def test_each_round_is_rated_once_from_both_having_spoken() -> None:
    llm = FakeLLM()
    llm.always(lambda asked: dict.fromkeys((asked.answer or str).model_fields, 4))  # type: ignore[union-attr]
    found = await RatingObserver(llm, PROMPTS).observe(ROUNDS, CTX)
    first, second = (asked.text for asked in llm.history)
    for text, here in ((SESSION[1].text, True), ("Then I go.", False)):
        assert (text in first) is here
        assert text in second
    assert "Nothing is left." not in second
    for side in Side:
        assert all(statement.text in first for statement in STATEMENTS[side])
    assert [(one.number, one.side.value) for one in found.points] == [
        (1, "therapist"), (2, "chatbot"), (3, "therapist"), (4, "chatbot")]  # fmt: skip
    assert [gap.round for gap in found.gaps] == [1, 2]
    assert found.method.endswith("mean of 1")


async def test_what_no_two_have_talked_about_is_not_measured() -> None:
    llm = FakeLLM()
    assert await make_alliance(llm, PROMPTS).alliance_of(SESSION[:1], CTX) == ()
    llm.assert_done()


async def test_a_small_model_is_asked_in_the_short_form() -> None:
    llm = FakeLLM(small=True)
    llm.always(lambda asked: {"goal": 6, "task": 5, "bond": 2})
    found = await RatingObserver(llm, PROMPTS, passes=2).observe(SESSION, CTX)
    assert {asked.prompt.name for asked in llm.history} == {"alliance/rate_short"}
    assert found.points[1].values == {"goal": 6, "task": 5, "bond": 2}


class Embedder(FakeLLM):
    """Embeds by a table; what is not in it lies along the last axis."""

    def __init__(self, table: dict[str, list[float]]) -> None:
        super().__init__()
        self.table = table
        self.embedded: list[list[str]] = []

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        texts = [prompt.messages[0].content for prompt in prompts]
        self.embedded.append(texts)
        return [self.table.get(text, [0.0, 0.0, 1.0]) for text in texts]


async def test_embeddings_give_signed_sums_of_cosines() -> None:
    goal = [one.text for one in STATEMENTS[Side.CHATBOT] if one.scale == "goal"]
    llm = Embedder(
        {
            SESSION[1].text: [3.0, 4.0, 0.0],
            goal[0]: [2.0, 0.0, 0.0],  # cosine 0.6
            goal[1]: [0.0, 5.0, 0.0],  # cosine 0.8
            goal[2]: [-1.0, 0.0, 0.0],  # cosine -0.6, speaks against
        }
    )
    observer = EmbeddingObserver(llm, PROMPTS)
    found = await observer.observe(SESSION, CTX)
    mine = found.points[1]
    assert mine.values["goal"] == pytest.approx(0.6 + 0.8 + 0.6)
    assert mine.values["task"] == 0
    # The Therapist's words are compared with the Therapist's statements: all along one axis.
    assert found.points[0].values["bond"] == pytest.approx(1 + 1 - 1)
    asked = len(llm.embedded)
    await observer.observe(SESSION, CTX)
    assert len(llm.embedded) == asked + 1  # statements are embedded once


async def test_a_text_that_embeds_to_nothing_is_like_nothing() -> None:
    llm = Embedder({SESSION[0].text: [0.0, 0.0, 0.0]})
    found = await EmbeddingObserver(llm, PROMPTS).observe(SESSION[:1], CTX)
    assert not any(math.isnan(one) for one in found.points[0].values.values())
    assert found.points[0].total == 0


class Broken(Embedder):
    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        raise LLMRefused("no embeddings here")


async def test_an_endpoint_without_embeddings_leaves_the_observer() -> None:
    llm = Broken({})
    llm.always(lambda asked: dict.fromkeys(asked.answer.model_fields, 5))  # type: ignore[union-attr]
    found = await make_alliance(llm, PROMPTS, passes=1).alliance_of(SESSION, CTX)
    assert [one.method for one in found] == ["observer 1-7, fake, mean of 1"]


async def test_a_small_model_is_embedded_at_the_word_for_the_meaning() -> None:
    llm = Embedder({})
    llm.small = True
    await EmbeddingObserver(llm, PROMPTS).observe(SESSION[:1], CTX)
    assert llm.embedded[-1] == ['This sentence: "Kim needs to be heard." means in one word: "']


async def test_nothing_said_is_nothing_measured() -> None:
    assert await Alliance([EmbeddingObserver(Embedder({}), PROMPTS)]).alliance_of((), CTX) == ()


class KeptCurves:
    """The curves that were kept, by turn."""

    def __init__(self) -> None:
        self.curves: dict[int, str] = {}

    async def get(self, turn_id: int) -> str | None:
        return self.curves.get(turn_id)

    async def keep(self, turn_id: int, curves: str) -> None:
        self.curves[turn_id] = curves


async def test_a_turn_is_measured_once_and_kept() -> None:
    kept, llm = KeptCurves(), Embedder({})
    alliance = Alliance([EmbeddingObserver(llm, PROMPTS)])
    assert await curves_of(kept, 7) == ()
    first = await alliance.of_turn(7, SESSION, kept, CTX)
    asked = len(llm.embedded)
    again = await side_by_side([alliance.of_turn(7, SESSION, kept, CTX)])
    assert again == [first]
    assert len(llm.embedded) == asked
    assert await curves_of(kept, 7) == first
    assert "Kim" not in kept.curves[7]
    assert render_alliance(first).startswith("embeddings, fake")


def test_a_picture_of_both_sides() -> None:
    drawn = alliance_chart(curve((Speaker.THERAPIST, 1, 6), (Speaker.CHATBOT, 1, 4)), "Turn 1")
    assert drawn.startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="no alliance"):
        alliance_chart(curve(), "Turn 1")
