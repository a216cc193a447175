"""A run's file: what is kept, what is taken up again, and what is refused."""

from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import DraftedText, Header, JudgedText, RepliedText, ScoredText

HEADER = Header(
    what="test", seed=1, repeats=1, sets="none", models="none", prompts={}, critics={"a": "1"}
)
RECORDS = (
    DraftedText(scenario="s2", repeat=0, text="dr\u00e4ft \u2028 two"),
    DraftedText(scenario="s1", repeat=0, failure="declined"),
    RepliedText(scenario="s1", repeat=0, condition="redraw", text="hi"),
    ScoredText(scenario="s1", repeat=0, version="redraw", critic="a", values={"manipulative": 3}),
    JudgedText(scenario="s1", repeat=0, version="redraw", answers=0.5),
)


def keep(path: Path) -> None:
    log = RunLog(HEADER, path)
    for record in RECORDS:
        log.add(record)
    log.close()


def everything(log: RunLog) -> list[object]:
    return [
        one for kind in (DraftedText, RepliedText, ScoredText, JudgedText) for one in log.of(kind)
    ]


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    keep(tmp_path / "deep" / "run.jsonl")
    log = RunLog(HEADER, tmp_path / "deep" / "run.jsonl")
    log.close()
    assert set(map(repr, everything(log))) == set(map(repr, RECORDS))
    assert all(record.key in log for record in RECORDS)


def test_each_record_is_a_line_for_every_reader_in_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "run.jsonl"
    keep(file)
    assert len(file.read_text("utf-8").splitlines()) == 1 + len(RECORDS)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_records_come_in_the_order_of_their_keys() -> None:
    log = RunLog(HEADER)
    for record in RECORDS:
        log.add(record)
    assert [draft.scenario for draft in log.of(DraftedText)] == ["s1", "s2"]


def test_a_record_is_kept_once(tmp_path: Path) -> None:
    keep(tmp_path / "run.jsonl")
    before = (tmp_path / "run.jsonl").read_bytes()
    log = RunLog(HEADER, tmp_path / "run.jsonl")
    log.add(RECORDS[2].model_copy(update={"text": "other"}))
    log.close()
    assert (tmp_path / "run.jsonl").read_bytes() == before


@pytest.mark.parametrize("cut", [1, 7, 60])
def test_a_torn_last_line_is_dropped(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "run.jsonl"
    keep(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    log = RunLog(HEADER, path)
    assert RECORDS[-1].key not in log
    assert RECORDS[-2].key in log
    log.add(RECORDS[-1])
    log.close()
    assert path.read_bytes() == whole


def test_a_file_that_was_torn_at_its_first_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(HEADER.model_dump_json()[:-9], "utf-8")
    keep(path)
    log = RunLog(HEADER, path)
    log.close()
    assert RECORDS[0].key in log


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("what a day\n", "run.jsonl:1: not a record"),
        ("what a day\nand more", "run.jsonl:1: not a record"),
        ("what a day", "run.jsonl:1: not a record"),
        ('{"kind": "draft", "scenario": "s", "repeat": 0}\n', "run.jsonl:1: the header"),
        (HEADER.model_dump_json() + "\n" + HEADER.model_dump_json() + "\n", ":2: the header"),
    ],
)
def test_another_file_is_left_alone(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingError) as caught:
        RunLog(HEADER, path)
    assert says in caught.value.detail
    assert path.read_text("utf-8") == text


def test_a_run_with_other_prompts_is_another_run(tmp_path: Path) -> None:
    keep(tmp_path / "run.jsonl")
    other = HEADER.model_copy(update={"prompts": {"critic": "abc"}, "models": "big"})
    with pytest.raises(SettingError) as caught:
        RunLog(other, tmp_path / "run.jsonl")
    assert "different: models, prompts" in caught.value.detail
