"""The list of what the Therapist works on, and what else has to agree with it."""

from __future__ import annotations

from typing import get_args

from bot.agents.full_model import FindingName
from bot.domain import HarmFinding, Review, Speaker, Utterance
from bot.domain.findings import ALL_FINDINGS, FINDING_BY_NAME, FINDINGS, finding_title
from bot.domain.harms import ALL_HARMS, HARMS
from bot.domain.session import findings_of
from bot.prompting.templates import Prompts
from tests.agents.scripted import talk

PROMPTS = Prompts.load()


def test_the_three_of_the_paper_stay_the_scores() -> None:
    assert HARMS == ("manipulative", "gaslighting", "narcissistic")
    assert FINDINGS[-3:] == HARMS


def test_each_score_is_asked_for_in_its_own_words() -> None:
    chat = talk(("Ana", "hi"))
    for harm in ALL_HARMS:
        for name in ("therapist/yes_no", "critic/yes_no"):
            prompt = PROMPTS.render(name, conversation=chat, text="Hello.", harm=harm.name)
            assert prompt.messages[-1].content.endswith(f"Reply: Hello.\n{harm.question}")


def test_a_large_model_may_name_each_of_them_or_another() -> None:
    assert get_args(FindingName) == (*FINDINGS, "other")


def test_no_two_have_one_name_and_each_has_all_its_words() -> None:
    assert tuple(FINDING_BY_NAME) == FINDINGS
    for kind in ALL_FINDINGS:
        words = (kind.why, kind.explained, kind.admits, kind.attend, kind.avoid)
        assert all(words), kind.name
        assert kind.question.endswith("?"), kind.name


def test_people_read_a_name_in_words_also_one_that_this_version_lacks() -> None:
    assert finding_title("harmful_help") == "harmful help"
    assert finding_title("other") == "other"


def test_a_review_of_before_keeps_loading() -> None:
    stored = (
        '{"user_feels": "hurt", "user_needs": "to be heard", "harms": [{"harm": "gaslighting", '
        '"why": "it denies"}], "says": "x", "something_left": true, "in_danger": false, '
        '"wants_to_see": false}'
    )
    review = Review.model_validate_json(stored)
    assert review.harms == (HarmFinding(harm="gaslighting", why="it denies"),)
    assert review.gives_needs is None


def test_what_was_found_in_a_session_is_told_once() -> None:
    found = [HarmFinding(harm=name, why="x") for name in ("unheard", "untrue", "unheard")]
    review = Review(user_feels="", user_needs="", harms=tuple(found), says="x", something_left=True)
    said = Utterance(1, 1, Speaker.THERAPIST, "x", review=review)
    assert findings_of((said, said)) == ("unheard", "untrue")
