"""What evaluations keep of a Critic's scores."""

from __future__ import annotations

from bot.domain import HARMS, Scores
from bot.evaluation.readings import scale_values


def test_how_empathetic_a_text_is_is_kept_beside_the_scales_where_it_was_measured() -> None:
    scores = Scores(values=dict.fromkeys(HARMS, 5))
    assert scale_values(scores) == dict.fromkeys(HARMS, 5)
    measured = scores.model_copy(update={"empathetic": 70})
    assert scale_values(measured) == {**dict.fromkeys(HARMS, 5), "empathetic": 70}
