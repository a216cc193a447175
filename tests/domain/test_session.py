"""The words of a session as older versions stored them."""

from __future__ import annotations

import json

from bot.domain import Reflection, Review, Speaker, Utterance
from bot.domain.act_details import QueryDetails, read_details


def test_what_was_stored_before_loads() -> None:
    old = {
        "reflection": "I see.",
        "wants_another_round": False,
        "state": {"therapy_progression": 80, "confusion": 10, "urgency": 0},
        "response": "Sorry.",
    }
    reflection = Reflection.model_validate_json(json.dumps(old))
    assert reflection.state is not None
    assert (reflection.decision, reflection.end, reflection.turned_down) == (None, None, ())
    review = Review.model_validate_json(
        json.dumps({"user_feels": "", "user_needs": "", "says": "Go on.", "something_left": False})
    )
    assert not Utterance(1, 1, Speaker.THERAPIST, review.says, review=review).worded_in_code


def test_a_query_without_figures_is_stored_as_one() -> None:
    stored = QueryDetails("How is it?", answer="Fine.").as_stored()
    assert stored["confusion"] is None
    assert read_details("query", {"question": "x", "confusion": 7}) == QueryDetails(
        "x", confusion=7
    )
