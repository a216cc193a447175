"""Rows as the agents are asked them, and which of them are of one situation."""

from __future__ import annotations

import pytest

from bot.agents.small_model.rewrite import SmallModelChatbot
from bot.domain import RoomSettings
from bot.domain.turn_context import unstored_context
from bot.errors import SettingError
from bot.learning.tuning.examples import (
    render_replies,
    render_verdicts,
    situations,
    verdict_text,
)
from bot.learning.tuning.rows import ReplyRow, VerdictRow
from bot.learning.tuning.split import batches_of, split_by_situation
from bot.prompting.templates import Prompts
from tests.agents.scripted import ScriptedLLM
from tests.learning.tuning.rows import ROW, VERDICT


def reply_row(**changed: object) -> ReplyRow:
    return ReplyRow.model_validate({**ROW, **changed})


@pytest.mark.parametrize("text", ["I passed!", "ich hab heute meine prüfung geschafft, endlich!"])
def test_what_is_trained_is_what_is_asked(text: str) -> None:
    prompts, row = Prompts.load(), reply_row(talk=[["Mara", text]], rejected="No.")
    (example,) = render_replies([row], prompts, "default", pairs=True)
    chatbot = SmallModelChatbot(ScriptedLLM(), prompts)
    asked = chatbot.draft_prompt(unstored_context(row.conversation, RoomSettings()))
    assert example.messages == asked.messages
    assert (example.chosen, example.rejected) == (row.reply, "No.")
    (imitated,) = render_replies([row], prompts, "default", pairs=False)
    assert imitated.rejected is None


def test_a_personas_examples_stand_in_the_prompt() -> None:
    prompts = Prompts.load()
    plain, other = (
        render_replies([reply_row()], prompts, name, pairs=False)[0].messages
        for name in ("default", "narcissistic")
    )
    assert plain != other
    with pytest.raises(SettingError):
        render_replies([reply_row()], prompts, "nobody", pairs=False)


def test_a_therapists_answer_begins_with_its_verdict() -> None:
    row = VerdictRow.model_validate({**VERDICT, "need": "to be glad", "missing": "joy"})
    assert verdict_text(row) == "not\nNeeds: to be glad\nMissing: joy"
    (example,) = render_verdicts([row], Prompts.load())
    assert example.verdicts == ("not", "fit")
    assert row.draft in example.messages[-1].content
    assert "Mara: I passed!" in example.messages[-1].content
    fit = VerdictRow.model_validate({**VERDICT, "fit": True})
    assert verdict_text(fit) == "fit"


def test_rows_of_one_talk_are_of_one_situation() -> None:
    first, second = [["Mara", "one"]], [["Teo", "two"]]
    rows = [
        reply_row(id="a/1", talk=first),
        reply_row(id="b/1", talk=second),
        reply_row(id="c", talk=[["Ines", "three"]]),
        reply_row(id="a/2", talk=second),  # by its id of the first, by its talk of the second
    ]
    assert situations(rows) == ["a/1", "a/1", "c", "a/1"]


def test_a_situation_is_on_one_side_of_the_split() -> None:
    rows = [
        reply_row(id=f"{at}/{draw}", talk=[["Mara", str(at)]]) for at in range(20) for draw in "ab"
    ]
    examples = render_replies(rows, Prompts.load(), "default", pairs=False)
    train, held = split_by_situation(examples, 0.2, seed=1)
    assert (len(train), len(held)) == (32, 8)
    assert not {one.situation for one in train} & {one.situation for one in held}
    assert split_by_situation(examples, 0.2, seed=1) == (train, held)
    assert split_by_situation(examples, 0.2, seed=2)[1] != held


def test_one_situation_alone_cannot_be_split() -> None:
    examples = render_replies([reply_row()], Prompts.load(), "default", pairs=False)
    with pytest.raises(SettingError):
        split_by_situation(examples, 0.2, seed=1)


def test_a_pass_takes_each_row_once_in_an_order_of_its_own() -> None:
    passes = [batches_of(10, 4, number, seed=1) for number in (0, 1)]
    assert [len(batch) for batch in passes[0]] == [4, 4, 2]
    assert sorted(at for batch in passes[0] for at in batch) == list(range(10))
    assert passes[0] != passes[1]
    assert passes[0] == batches_of(10, 4, 0, seed=1)
