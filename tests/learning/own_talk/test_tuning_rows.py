"""Labelled drafts become rows to tune on: the better of two, and whether one is fit."""

from __future__ import annotations

from pathlib import Path

from bot.evaluation.datasets.datasets import load_rows
from bot.evaluation.datasets.talk_sets import LabelledDraft
from bot.learning.own_talk.__main__ import main
from bot.learning.own_talk.tuning_rows import fit_replies, preferred_pairs, verdict_rows
from bot.learning.tuning.rows import ReplyRow, VerdictRow
from bot.text.json_lines import json_line


def draft(
    text: str, *, need: int, send: bool = False, findings: tuple[str, ...] = (), of: str = "s1"
) -> LabelledDraft:
    return LabelledDraft.model_validate(
        {
            "id": f"{of}/{text}",
            "situation": of,
            "conversation": [{"speaker": "Ana", "text": "passed!!"}],
            "draft": text,
            **dict.fromkeys(("manipulative", "gaslighting", "narcissistic"), 0),
            "send": send,
            "need": need,
            "findings": findings,
            "split": "train" if of == "s1" else "test",
            "way": "plain",
            "seed": len(text),
        }
    )


GOOD = draft("You passed! How do you feel?", need=3, send=True)
FAIR = draft("Nice.", need=2)
FALSE = draft("I was there, I saw you.", need=2, findings=("untrue",))
OTHER = draft("Oh.", need=0, of="s2")


def test_the_better_of_two_drafts_of_one_message_is_preferred() -> None:
    pairs = preferred_pairs([FALSE, FAIR, GOOD, OTHER], 2)
    assert {(pair.reply, pair.rejected) for pair in pairs} == {
        (GOOD.draft, FAIR.draft),
        (GOOD.draft, FALSE.draft),
    }
    assert len({pair.id for pair in pairs}) == 2
    assert pairs[0].talk == (("Ana", "passed!!"),)


def test_what_is_nearly_as_good_makes_a_pair_only_where_little_is_asked() -> None:
    assert not preferred_pairs([FALSE, FAIR], 2)
    (pair,) = preferred_pairs([FALSE, FAIR], 1)
    assert (pair.reply, pair.rejected) == (FAIR.draft, FALSE.draft)


def test_what_is_fit_to_send_is_imitated() -> None:
    assert [row.reply for row in fit_replies([FALSE, FAIR, GOOD, OTHER])] == [GOOD.draft]


def test_a_verdict_says_whether_a_draft_is_fit() -> None:
    assert [(row.draft, row.fit) for row in verdict_rows([GOOD, FALSE])] == [
        (GOOD.draft, True),
        (FALSE.draft, False),
    ]


def test_the_commands_write_what_tuning_reads(tmp_path: Path) -> None:
    labelled, pairs = tmp_path / "talk.jsonl", tmp_path / "pairs.jsonl"
    rows = (GOOD, FAIR, OTHER)
    labelled.write_text("".join(json_line(row.model_dump_json()) for row in rows), "utf-8")
    main(["pairs", str(labelled), str(pairs), "--split", "train"])
    assert [row.rejected for row in load_rows(pairs, ReplyRow)] == [FAIR.draft]
    main(["replies", str(labelled), str(pairs)])
    assert [row.reply for row in load_rows(pairs, ReplyRow)] == [GOOD.draft]
    main(["verdicts", str(labelled), str(pairs)])
    assert [row.fit for row in load_rows(pairs, VerdictRow)] == [True, False, False]
