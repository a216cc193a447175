"""The paper's working example, on a model of rules."""

from __future__ import annotations

from pathlib import Path

from bot.domain import Agent
from bot.errors import LLMRefused
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
    steps = ["I passed!!!", "HARM", "Therapist, round 1", "Chatbot, round 1", MAX.name,
             "therapy progression 60, confusion 10", "That sounds hard", "Glad: and then",
             "without therapy, the paper", "reflection", "Working alliance"]  # fmt: skip
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert [act.kind for act in acts] == ["reflect", "query"]
    assert room.simulated
    assert room.settings.persona == "narcissistic"
    # The moderator asked before the reply was in the room.
    asked = [prompt.name for prompt in made[Agent.CHATBOT].asked]
    assert asked.index("chatbot/revise") < asked.index("chatbot/query")


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
    errors = {"chatbot/query": LLMRefused("it would not say")}
    async with open_stage(tmp_path, errors=errors) as (stage, _):
        course = await hold_example(stage, stage.user(GLAD), seed=3)
    assert course.check_in == "(no answer: it would not say)"
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
    question = next(at for at, part in enumerate(told) if "before the reply" in part)
    assert told[question - 1].startswith("Therapist, round 2: ")
    assert "chatbot/query" not in asked[question]
    assert asked[0] == []


async def test_it_says_how_many_calls_it_took(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, made):
        course = await hold_example(stage, stage.user(GLAD), 3)
    assert course.calls == sum(len(model.asked) for model in made.values())
    assert course.parts[-1] == f"It took {course.calls} model calls."
