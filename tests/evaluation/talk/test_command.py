"""The command: from files and options to tables, on models of rules."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app.llm_factory import AgentModels
from bot.domain import Agent
from bot.errors import SettingError
from bot.evaluation.runs import Files
from bot.evaluation.talk import command
from bot.evaluation.talk.command import TalkOptions, run_talk_evaluation
from bot.llm.protocol import RecordCall
from bot.settings import Settings
from tests.evaluation.labelled import ROW, write_set
from tests.evaluation.talk.rooms import rooms
from tests.simulation.model import Models, models


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Models]:
    """The models that the command opens."""
    monkeypatch.chdir(tmp_path)
    made: list[Models] = []

    @asynccontextmanager
    async def open_rules(
        settings: Settings, record: RecordCall, *, agents: Iterable[Agent]
    ) -> AsyncIterator[AgentModels]:
        made.append(models(record))
        yield AgentModels({agent: made[-1][agent] for agent in agents}, "rules")

    monkeypatch.setattr(command, "open_llms", open_rules)
    return made


def own(folder: Path, count: int = 3) -> Path:
    rows = [one.model_dump(mode="json", exclude_defaults=True) for one in rooms(count)]
    return write_set(folder / "own.jsonl", *rows)


async def test_tables_and_every_turn_in_a_file_from_which_they_are_reckoned_again(
    tmp_path: Path, opened: list[Models]
) -> None:
    found = tmp_path / "found.json"
    options = TalkOptions(messages=own(tmp_path), rooms=2, files=Files(json=found))
    text = await run_talk_evaluation(Settings(), options)
    assert "2 rooms, 2 turns" in text
    assert "## By ten answers" in text
    records = json.loads(found.read_text("utf-8"))["records"]
    turns = [one for one in records if one["kind"] == "turn"]
    assert len(turns) == 2
    for one in turns:
        assert "HARM" in one["draft"]
        assert one["review"]["says"]
        assert one["reply"]
    readings = [one for one in records if one["kind"] == "reading"]
    assert {one["version"] for one in readings} == {"draft", "reply"}
    assert (tmp_path / "data/evaluation/talk.jsonl").exists()
    opened.clear()
    again = await run_talk_evaluation(Settings(), TalkOptions(reckon_from=found))
    assert again == text
    assert not opened


async def test_hand_labels_of_the_texts_of_a_run(tmp_path: Path, opened: list[Models]) -> None:
    found = tmp_path / "found.json"
    await run_talk_evaluation(
        Settings(), TalkOptions(messages=own(tmp_path), files=Files(json=found))
    )
    whole = json.loads(found.read_text("utf-8"))
    turn = next(one for one in whole["records"] if one["kind"] == "turn")
    lines = [{"speaker": who, "text": said} for who, said in turn["conversation"]]
    labels = [
        {**ROW, "id": "a", "conversation": lines, "draft": turn["draft"], "send": False, "need": 0},
        {**ROW, "id": "b", "conversation": lines, "draft": turn["reply"], "send": True, "need": 4},
    ]
    golden = write_set(tmp_path / "labels.jsonl", *labels)
    labelled = tmp_path / "labelled.json"
    text = await run_talk_evaluation(
        Settings(), TalkOptions(reckon_from=found, golden=golden, files=Files(json=labelled))
    )
    assert "## By hand labels" in text
    assert "Against hand labels: area 1.00" in text
    # The file that is written holds them: nothing else is needed from then on.
    assert await run_talk_evaluation(Settings(), TalkOptions(reckon_from=labelled)) == text
    wrong = write_set(tmp_path / "wrong.jsonl", ROW)
    with pytest.raises(SettingError) as caught:
        await run_talk_evaluation(Settings(), TalkOptions(reckon_from=found, golden=wrong))
    assert "none of its rows is about a text of this run" in caught.value.detail


async def test_a_wrong_line_is_named_before_a_model_is_opened(
    tmp_path: Path, opened: list[Models]
) -> None:
    wrong = write_set(
        tmp_path / "own.jsonl",
        {"id": "a", "messages": [{"speaker": "Ana", "text": "hi"}], "language": "en"},
        {"id": "b", "messages": [{"speaker": "Ana"}], "language": "en"},
    )
    with pytest.raises(SettingError) as caught:
        await run_talk_evaluation(Settings(), TalkOptions(messages=wrong))
    assert "own.jsonl:2: messages.0.text: " in caught.value.detail
    assert not opened


async def test_without_a_file_the_untouched_part_of_what_ships_is_held(
    tmp_path: Path, opened: list[Models], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = ("test", "train", "validation")
    rows = [
        {**one.model_dump(mode="json"), "split": split}
        for one, split in zip(rooms(3), parts, strict=True)
    ]
    monkeypatch.setattr(command, "MESSAGES", write_set(tmp_path / "ships.jsonl", *rows))
    assert "1 rooms, 1 turns" in await run_talk_evaluation(Settings(), TalkOptions())
    options = TalkOptions(split="all", fresh=True)
    assert "3 rooms, 3 turns" in await run_talk_evaluation(Settings(), options)


async def test_a_log_of_another_run_is_refused_unless_it_begins_anew(
    tmp_path: Path, opened: list[Models]
) -> None:
    messages = own(tmp_path)
    await run_talk_evaluation(Settings(), TalkOptions(messages=messages, rooms=1))
    with pytest.raises(SettingError) as caught:
        await run_talk_evaluation(Settings(), TalkOptions(messages=messages, rooms=2))
    assert "another run (different: sets)" in caught.value.detail


async def test_an_unknown_persona_is_said_before_a_model_is_opened(
    tmp_path: Path, opened: list[Models]
) -> None:
    with pytest.raises(SettingError):
        await run_talk_evaluation(Settings(), TalkOptions(messages=own(tmp_path), persona="nobody"))
    assert not opened
