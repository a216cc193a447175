"""Hand labels for the texts of a run: rows of the labelled set's shape about those very texts."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import SettingError
from bot.evaluation.datasets.talk_sets import LabelledDraft, TextLabel
from bot.evaluation.run_log import RunLog
from bot.evaluation.talk_records import TalkTurn

_TextKey = tuple[tuple[tuple[str, str], ...], str]


def with_hand_labels(log: RunLog, rows: Sequence[LabelledDraft]) -> RunLog:
    """Return the run with the labels of its texts.

    A row is about a text if conversation and text are the same. SettingError if none is about
    any: it is the wrong file.
    """
    labels = {_key(row): row.label for row in rows}
    labelled = RunLog(log.header)
    used = 0
    for record in log.all():
        if isinstance(record, TalkTurn):
            labelled.add(turn := _labelled(record, labels))
            used += turn != record
        else:
            labelled.add(record)
    if not used:
        raise SettingError("--golden: none of its rows is about a text of this run.")
    return labelled


def _labelled(turn: TalkTurn, labels: dict[_TextKey, TextLabel]) -> TalkTurn:
    draft = labels.get((turn.conversation, turn.draft or "")) or turn.draft_label
    reply = labels.get((turn.conversation, turn.reply or "")) or turn.reply_label
    return turn.model_copy(update={"draft_label": draft, "reply_label": reply})


def _key(row: LabelledDraft) -> _TextKey:
    return tuple((line.speaker, line.text) for line in row.conversation), row.draft
