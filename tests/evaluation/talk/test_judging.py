"""The judges of whole conversations: blind, in mixed order, and what is made of their answers."""

from pathlib import Path

import pytest

from bot.domain import Agent
from bot.errors import LLMRefused
from bot.evaluation.plan import silent
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import Record
from bot.evaluation.talk.command import TalkStage, evaluate_talk
from bot.evaluation.talk.hold_rooms import TalkPlan
from bot.evaluation.talk.judge_turns import judge_turns
from bot.evaluation.talk.judged_turns import judged_turns
from bot.evaluation.talk.judges import QUESTIONS, TEN_ANSWERS, WRITTEN, WrittenJudge, make_judge
from bot.evaluation.talk_records import ComparedTalkTexts, JudgedTalkText, TalkTurn
from bot.evaluation.usage_meter import UsageMeter
from tests.evaluation.model import PROMPTS, RuleModel
from tests.evaluation.talk.rooms import HEADER, rooms
from tests.simulation.model import Models, open_stage

HARMFUL, KIND = "HARM, you bore me.", "That sounds hard."


def turn(number: int, draft: str | None = HARMFUL, reply: str | None = KIND) -> TalkTurn:
    """A turn of a room of its own."""
    return TalkTurn(
        room=f"r{number}",
        number=1,
        conversation=(("Chatbot", "Hello."), ("Ana", f"day {number}")),
        draft=draft,
        reply=reply,
        outcome="sent" if reply else "withheld",
    )


def model(**faults: object) -> RuleModel:
    made = RuleModel(Agent.CRITIC, UsageMeter().record)
    for name, value in faults.items():
        setattr(made, name, value)
    return made


async def judged(made: RuleModel, *turns: TalkTurn) -> RunLog:
    judge = make_judge(made, PROMPTS)
    log = RunLog(HEADER.model_copy(update={"critics": {judge.name: judge.method}}))
    for one in turns:
        log.add(one)
    await judge_turns(judge, log, 4, silent)
    return log


async def test_a_small_model_gives_ten_answers_on_each_text() -> None:
    made = model()
    log = await judged(made, turn(1))
    draft, reply = log.of(JudgedTalkText)
    assert len(made.asked) == 2 * len(QUESTIONS) == 20
    assert (draft.version, draft.send, reply.version, reply.send) == (
        *("draft", False),
        *("reply", True),
    )
    assert draft.value == pytest.approx(10)
    assert reply.value == pytest.approx(90)
    # Answers that speak against a text are turned round for its value, and kept as they are.
    assert (draft.answers["hurt"], draft.answers["glad"]) == (0.9, 0.1)
    assert not list(log.of(ComparedTalkTexts))
    (seen,) = judged_turns(log)[TEN_ANSWERS]
    assert (seen.draft.fit, seen.reply.fit, seen.change) == (False, True, 1)


async def test_ten_answers_are_had_in_writing_where_there_are_no_probabilities() -> None:
    made = model(gives_probabilities=False)
    log = await judged(made, turn(1))
    assert {value for one in log.of(JudgedTalkText) for value in one.answers.values()} == {0, 1}


async def test_a_large_model_reads_each_text_and_compares_the_pair_in_both_orders() -> None:
    made = model(small=False)
    log = await judged(made, turn(1))
    names = sorted(prompt.name for prompt in made.asked)
    assert names == ["evaluation/better"] * 2 + ["evaluation/serves_written"] * 2
    assert {one.first for one in log.of(ComparedTalkTexts)} == {"draft", "reply"}
    assert {one.better for one in log.of(ComparedTalkTexts)} == {"reply"}
    draft, reply = log.of(JudgedTalkText)
    assert (draft.value, draft.send, reply.value, reply.send) == (0, False, 75, True)
    (seen,) = judged_turns(log)[WRITTEN]
    assert seen.change == 1


async def test_a_judge_that_goes_by_the_place_tells_no_difference() -> None:
    log = await judged(model(small=False, prefers="first"), turn(1))
    (seen,) = judged_turns(log)[WRITTEN]
    assert seen.change == 0


@pytest.mark.parametrize("small", [True, False])
async def test_no_judge_is_told_which_text_it_reads_and_the_order_is_mixed(small: bool) -> None:
    made = model(small=small)
    await judged(made, *map(turn, range(8)))
    asked = [one for one in made.asked if one.name != "evaluation/better"]
    said = ["\n".join(message.content for message in prompt.messages) for prompt in asked]
    assert not any("draft" in text.casefold() or "therap" in text.casefold() for text in said)
    harmful = ["HARM" in text for text in said]
    assert harmful not in (sorted(harmful), sorted(harmful, reverse=True))
    rooms_in_order = [text.split("day ")[1][0] for text in said]
    assert rooms_in_order != sorted(rooms_in_order)


async def test_a_reply_that_is_the_draft_is_read_once_and_changes_nothing() -> None:
    made = model(small=False)
    log = await judged(made, turn(1, KIND, KIND), turn(2, HARMFUL, None), turn(3, None, None))
    assert [(one.room, one.version) for one in log.of(JudgedTalkText)] == [
        ("r1", "draft"),
        ("r2", "draft"),
    ]
    assert not list(log.of(ComparedTalkTexts))
    same, withheld, helped = judged_turns(log)[WRITTEN]
    assert (same.draft.fit, same.reply.fit, same.change) == (True, True, 0)
    assert (withheld.draft.fit, withheld.reply.fit, withheld.change) == (False, None, None)
    assert helped.draft.fit is None


async def test_a_judgement_that_fails_is_kept_as_unknown() -> None:
    made = model(small=False, errors={"evaluation/serves_written": LLMRefused("no words")})
    log = await judged(made, turn(1))
    assert {one.failure for one in log.of(JudgedTalkText)} == {"no words"}
    (seen,) = judged_turns(log)[WRITTEN]
    assert (seen.draft.fit, seen.change) == (None, 1)  # the pair was compared all the same


async def test_the_critics_empathetic_is_a_judge_of_its_own_where_it_is_given() -> None:
    scored = turn(1).model_copy(update={"before": {"empathetic": 20}, "after": {"empathetic": 81}})
    close = turn(2).model_copy(update={"before": {"empathetic": 60}, "after": {"empathetic": 63}})
    log = await judged(model(), scored, close, turn(3))
    first, second, unknown = judged_turns(log)["Critic, empathetic"]
    assert (first.draft.fit, first.reply.fit, first.change) == (False, True, 1)
    assert (second.draft.fit, second.change) == (True, 0)
    assert (unknown.draft.fit, unknown.change) == (None, None)
    assert "Critic, empathetic" not in judged_turns(await judged(model(), turn(3)))


def test_the_prompts_of_a_judge_are_part_of_its_method() -> None:
    assert make_judge(model(), PROMPTS).method.startswith(f"{TEN_ANSWERS} ")
    judge = make_judge(model(small=False), PROMPTS)
    assert isinstance(judge, WrittenJudge)
    assert len(judge.method.split()) == 3


async def stage_and_log(folder: Path, log_file: Path | None) -> tuple[Models, RunLog]:
    async with open_stage(folder) as (server, made):
        stage = TalkStage(server, made, "rules")
        log = await evaluate_talk(TalkPlan(rooms(4), at_once=1), stage, PROMPTS, log_file)
        return made, log


async def test_a_broken_run_goes_on_with_the_rooms_and_readings_that_are_missing(
    tmp_path: Path,
) -> None:
    file = tmp_path / "run.jsonl"
    made, whole = await stage_and_log(tmp_path, file)
    kept = file.read_text("utf-8").splitlines()
    assert sum('"kind":"turn"' in line for line in kept) == 4
    file.write_text("\n".join(kept[:4]) + "\n" + kept[4][:50], "utf-8")
    made, again = await stage_and_log(tmp_path, file)
    drafts = [one for one in made[Agent.CHATBOT].asked if one.name == "chatbot/draft"]
    assert len(drafts) == 1
    assert list(map(_without_time, again.all())) == list(map(_without_time, whole.all()))
    made, _ = await stage_and_log(tmp_path, file)
    assert not made[Agent.CHATBOT].asked
    assert not [one for one in made[Agent.CRITIC].asked if one.name == "evaluation/serves"]


def _without_time(record: Record) -> dict[str, object]:
    fields = record.model_dump()
    if "spent" in fields:
        fields["spent"].pop("seconds")
    return fields
