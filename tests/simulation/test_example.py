"""The paper's working example, on a model of rules."""

from __future__ import annotations

from pathlib import Path

from bot.domain import Agent
from bot.errors import LLMRefused
from bot.reports.session_notes import WORDED_IN_CODE
from bot.simulation.example import MAX, heading
from bot.simulation.example_run import example_text, hold_example
from tests.simulation.model import open_stage, person

GLAD = person("glad", opens=("I passed!!!",))
HEAD = heading("rules.", 3)


async def test_the_whole_course_in_the_papers_order(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, made):
        course = await hold_example(stage, stage.user(GLAD), seed=3)
        acts = await stage.stores.acts.find(1)
        (room,) = await stage.stores.rooms.all()
    text = example_text(course, HEAD)
    steps = ["I passed!!!", "HARM", "Therapist, round 1", "Chatbot, round 1", f"{MAX.name}: ",
             "Chatbot: I have been working on one thing.\n", "the reply\nChatbot: That sounds hard",
             "Glad: and then", "without therapy, the paper", "reflection",
             "Working alliance"]  # fmt: skip
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert [act.kind for act in acts] == ["reflect", "check in"]
    assert room.simulated
    assert room.settings.persona == "narcissistic"
    # The Chatbot was asked once, in the round, and not when the reply was there.
    asked = [prompt.name for prompt in made[Agent.CHATBOT].asked]
    assert asked.count("chatbot/query_words") == 1
    assert abs(asked.index("chatbot/revise") - asked.index("chatbot/query_words")) == 1
    assert text.count(WORDED_IN_CODE) == 3, "of the Therapist's words, the Chatbot's, and again"
    assert "would hurt: " in text
    assert "another round follows: the Therapist wants to see the new text" in text
    assert "ready to respond" not in text
    assert "confusion" not in text, "a small model has no figures of itself"


async def test_a_large_model_s_figures_feelings_and_reasons_are_told(tmp_path: Path) -> None:
    async with open_stage(tmp_path, small=False) as (stage, _):
        text = example_text(await hold_example(stage, stage.user(GLAD), seed=3), HEAD)
    for told in ("how the session feels: fine", "progress 80 · confusion 0", "why: It is said.",
                 "Chatbot: I am fine with it.",
                 "Without therapy: I would have boasted."):  # fmt: skip
        assert told in text
    assert WORDED_IN_CODE not in text


async def test_the_two_triples_stand_beside_the_papers(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, _):
        course = await hold_example(stage, stage.user(GLAD), seed=3)
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in example_text(course, HEAD).splitlines()
        if line.startswith("|")
    ]
    assert rows[2] == ["without therapy, the paper", "70", "50", "90"]
    assert rows[4] == ["with therapy, the paper", "0", "0", "0"]
    before, after = course.turn.before, course.turn.after
    assert before is not None
    assert after is not None
    assert rows[3][1:] == [str(one) for one in before.values()]
    assert rows[5][1:] == [str(one) for one in after.values()]
    assert max(before.values()) > max(after.values())


async def test_a_draft_that_is_fine_is_said_to_show_no_change(tmp_path: Path) -> None:
    async with open_stage(tmp_path, approves=True) as (stage, _):
        course = await hold_example(stage, stage.user(GLAD), seed=3)
    assert "nothing to work on" in example_text(course, HEAD)


async def test_a_check_in_that_fails_does_not_keep_the_reply(tmp_path: Path) -> None:
    errors = {"chatbot/query_words": LLMRefused("it would not say")}
    async with open_stage(tmp_path, errors=errors) as (stage, _):
        course = await hold_example(stage, stage.user(GLAD), seed=3)
    assert course.check_in == "(no answer came)"
    assert "as the session is over" in example_text(course, HEAD)
    assert course.turn.reply is not None


async def test_a_withheld_turn_is_told_as_it_is(tmp_path: Path) -> None:
    errors = {"chatbot/revise": LLMRefused("it would not")}
    async with open_stage(tmp_path, errors=errors) as (stage, _):
        course = await hold_example(stage, stage.user(GLAD), seed=3)
    text = example_text(course, HEAD)
    assert "Withheld: it would not" in text
    assert course.turn.after is None


async def test_it_is_told_as_it_goes(tmp_path: Path) -> None:
    told: list[str] = []
    async with open_stage(tmp_path) as (stage, made):
        asked: list[list[str]] = []

        def tell(part: str) -> None:
            told.append(part)
            asked.append([prompt.name for prompt in made[Agent.CHATBOT].asked])

        course = await hold_example(stage, stage.user(GLAD), 3, tell)
    assert told == list(course.parts)
    check_in = next(at for at, part in enumerate(told) if "before the Chatbot decides" in part)
    assert told[check_in - 1].startswith("Chatbot, round 1: ")
    assert told[check_in + 1].startswith("Therapist, round 2: ")
    assert "chatbot/learned" not in asked[check_in]
    assert asked[0] == []


async def test_it_says_how_many_calls_it_took(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, made):
        course = await hold_example(stage, stage.user(GLAD), 3)
    assert course.calls == sum(len(model.asked) for model in made.values())
    assert course.parts[-1] == f"It took {course.calls} model calls."
