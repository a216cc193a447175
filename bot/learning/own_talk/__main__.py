"""The embedded Chatbot's own talk: drawn, put on sheets for readers, labelled.

python -m bot.learning.own_talk draw SITUATIONS DRAFTS [--seed N] [--split NAME] [--ways WAY …]
    [--arm NAME] [--prompts FOLDER]
python -m bot.learning.own_talk sheets SITUATIONS DRAFTS SHEETS [--seed N] [--split NAME]
python -m bot.learning.own_talk join SITUATIONS DRAFTS LABELS ROWS [--seed N] [--split NAME]
python -m bot.learning.own_talk arms SITUATIONS DRAFTS LABELS [--seed N] [--split NAME]
python -m bot.learning.own_talk agreement FIRST SECOND
python -m bot.learning.own_talk fit ROWS STATES
python -m bot.learning.own_talk compare ROWS READINGS [--split NAME] [--situations N] [--seed N]
python -m bot.learning.own_talk pairs ROWS PAIRS [--split NAME] [--by POINTS]
python -m bot.learning.own_talk replies ROWS REPLIES [--split NAME]
python -m bot.learning.own_talk verdicts ROWS VERDICTS [--split NAME]
python -m bot.learning.own_talk questions SITUATIONS DRAFTS

``draw`` goes on where it was broken off. Without ``--ways`` it draws four drafts a situation: plain
twice, warmer, and with examples or after a round. With them, one of each way, for an arm of a
comparison that ``--arm`` names: CHATBOT_ADAPTER and CHATBOT_ADAPTER_SCALE say what is tuned in it.
``join`` and ``arms`` take the seed that the sheets were made with; ``arms`` holds each arm against
the first. ``fit`` writes the weights by which Therapist and Critic read how well a reply fits; what
was read of the model is kept in STATES. ``compare`` holds the Therapist's reading against its
verdict in a word, which THERAPIST_ADAPTER may have been tuned for, on drafts of N situations.
``pairs``, ``replies`` and ``verdicts`` write rows for ``python -m bot tune``: the Chatbot's drafts
to prefer, those to imitate, and what the Therapist is to see. ``questions`` counts the right
answers of each arm, drawn in situations with an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.app.llm_factory import open_llms
from bot.domain import Agent, Value
from bot.errors import SettingError
from bot.evaluation.datasets.datasets import load_rows
from bot.evaluation.datasets.talk_sets import TalkRoom, load_labelled_drafts, load_talk_rooms
from bot.learning.own_talk.agreement import describe_agreement
from bot.learning.own_talk.arms import describe_arms
from bot.learning.own_talk.compare import compare_readings, some_situations
from bot.learning.own_talk.draw import WAYS, Draw, draw_all, plan_arm, plan_four, read_draws
from bot.learning.own_talk.fit_command import fit_readers
from bot.learning.own_talk.labels import SheetLabel, label_drafts, make_sheets
from bot.learning.own_talk.questions import describe_questions
from bot.learning.own_talk.tuning_rows import fit_replies, preferred_pairs, verdict_rows
from bot.llm.embedded.adapters import hash_file
from bot.llm.protocol import CallRecord
from bot.logs import set_up_logging
from bot.prompting.templates import FOLDER, Prompts
from bot.settings import Settings
from bot.text.json_lines import json_line


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks. SettingError where a file or a row is wrong."""
    given = _parser().parse_args(arguments)
    match given.command:
        case "draw":
            asyncio.run(_draw(given))
        case "sheets":
            draws = read_draws(given.drafts)
            _write(given.sheets, make_sheets(_rooms(given), draws, given.seed))
        case "join":
            _write(given.rows, label_drafts(*_read_sheets(given)))
        case "pairs" | "replies" | "verdicts":
            _write(given.out, _tuning_rows(given))
        case _:
            sys.stdout.write(_described(given))


def _described(given: argparse.Namespace) -> str:
    match given.command:
        case "arms":
            return describe_arms(*_read_sheets(given))
        case "agreement":
            first, second = (load_labelled_drafts(path) for path in (given.first, given.second))
            return describe_agreement(first, second)
        case "questions":
            return describe_questions(_rooms(given), read_draws(given.drafts))
        case _:
            return asyncio.run(_read_models(given))


def _rooms(given: argparse.Namespace) -> Sequence[TalkRoom]:
    return load_talk_rooms(given.situations, given.split or None)


def _read_sheets(
    given: argparse.Namespace,
) -> tuple[Sequence[TalkRoom], Sequence[Draw], Sequence[SheetLabel], int]:
    labels = load_rows(given.labels, SheetLabel)
    return _rooms(given), read_draws(given.drafts), labels, given.seed


def _tuning_rows(given: argparse.Namespace) -> Sequence[Value]:
    split = given.split
    rows = [row for row in load_labelled_drafts(given.rows) if split in ("", row.split)]
    if given.command == "pairs":
        return preferred_pairs(rows, given.by)
    return fit_replies(rows) if given.command == "replies" else verdict_rows(rows)


async def _draw(given: argparse.Namespace) -> None:
    rooms = _rooms(given)
    planned = plan_four(rooms, given.seed)
    if given.ways:
        planned = plan_arm(rooms, given.ways, given.arm, given.seed)
    agents = (Agent.CHATBOT, Agent.THERAPIST)
    async with open_llms(Settings(), _forget, agents=agents) as models:
        await draw_all(planned, models.llms, Prompts.load(given.prompts), given.drafts, _show)


async def _read_models(given: argparse.Namespace) -> str:
    rows, prompts, settings = load_labelled_drafts(given.rows), Prompts.load(), Settings()
    async with open_llms(settings, _forget, agents=(Agent.THERAPIST,)) as models:
        llm = models.llms[Agent.THERAPIST]
        if given.command == "fit":
            return await fit_readers(rows, llm, prompts, given.states, _show)
        own = [row for row in rows if given.split in ("", row.split)]
        some = some_situations(own, given.situations, given.seed)
        adapter, log = _adapter_name(settings), given.readings
        return await compare_readings(some, llm, adapter, prompts, log, _show)


def _adapter_name(settings: Settings) -> str:
    """Return what tells the Therapist's adapter and its scale from others."""
    path, scale = settings.adapter(Agent.THERAPIST)
    return (
        "untuned"
        if path is None
        else f"{hash_file(path)[:12]} at {1 if scale is None else scale:g}"
    )


async def _forget(record: CallRecord) -> None:
    """Keep no record of the calls."""


def _show(stage: str, done: int, whole: int) -> None:
    sys.stderr.write(f"\r{stage}: {done} of {whole}")
    sys.stderr.flush()


def _write(path: Path, rows: Sequence[Value]) -> None:
    text = "".join(json_line(row.model_dump_json(exclude_defaults=True)) for row in rows)
    path.write_text(text, "utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.learning.own_talk")
    commands = parser.add_subparsers(dest="command", required=True)
    files = {
        "draw": ("situations", "drafts"),
        "sheets": ("situations", "drafts", "sheets"),
        "join": ("situations", "drafts", "labels", "rows"),
        "arms": ("situations", "drafts", "labels"),
        "agreement": ("first", "second"),
        "fit": ("rows", "states"),
        "compare": ("rows", "readings"),
        "questions": ("situations", "drafts"),
        "pairs": ("rows", "out"),
        "replies": ("rows", "out"),
        "verdicts": ("rows", "out"),
    }
    made = {name: commands.add_parser(name) for name in files}
    for name, command in made.items():
        for file in files[name]:
            command.add_argument(file, type=Path)
        if name not in ("agreement", "fit"):
            command.add_argument("--split", default="")
        if name in ("draw", "sheets", "join", "arms", "compare"):
            command.add_argument("--seed", type=int, default=1)
    made["compare"].add_argument("--situations", type=int, default=1000)
    made["pairs"].add_argument("--by", type=float, default=2)
    made["draw"].add_argument("--ways", nargs="+", choices=WAYS, default=[])
    made["draw"].add_argument("--arm", default="")
    made["draw"].add_argument("--prompts", type=Path, default=FOLDER)
    return parser


if __name__ == "__main__":
    set_up_logging("WARNING", "console")
    try:
        main()
    except SettingError as error:
        sys.exit(error.detail)
