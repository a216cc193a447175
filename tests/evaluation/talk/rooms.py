"""Rooms for tests of talk evaluations."""

from bot.evaluation.datasets.datasets import DatasetLine
from bot.evaluation.datasets.talk_sets import TalkRoom
from bot.evaluation.run_records import Header
from bot.evaluation.talk.judges import TEN_ANSWERS

HEADER = Header(
    what="Talk through the whole engine, persona default",
    seed=1,
    repeats=1,
    sets="few",
    models="rules",
    prompts={},
    critics={TEN_ANSWERS: "1"},
)


def room(name: str, *lines: tuple[str, str], kind: str = "", language: str = "en") -> TalkRoom:
    """A room of these lines."""
    return TalkRoom(
        id=name,
        messages=tuple(DatasetLine(speaker=who, text=text) for who, text in lines),
        kind=kind,
        language=language,
    )


def rooms(count: int) -> list[TalkRoom]:
    """Rooms of one line each, of two kinds."""
    return [
        room(f"r{at}", (f"P{at}", f"a long day number {at}"), kind=("glad", "hurt")[at % 2])
        for at in range(count)
    ]
