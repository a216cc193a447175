"""The table of who may do what in Discord: what `test_who_may.py` tries and `SECURITY.md` shows.

A new command, suggestion, control or form gets a row here. After a change,
``python -m tests.cogs.shared.who_may`` writes the table into `SECURITY.md` anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

PAPER: Final = Path(__file__).parents[3] / "SECURITY.md"
BEGIN: Final = "<!-- who may do what: written by python -m tests.cogs.shared.who_may -->"
END: Final = "<!-- end of who may do what -->"


class Person(StrEnum):
    """The people who try; the value is the heading of their column."""

    MEMBER = "member"
    HERE = "moderator of this room"
    ALL = "moderator of every room"
    OTHER = "moderator of another room"
    ABROAD = "moderator of another server"
    FORMER = "former moderator, old buttons"
    ADMIN = "admin"
    ROLE = "holder of the room's role"
    DIRECT = "direct message"


ROOM: Final = frozenset({Person.HERE, Person.ALL, Person.ROLE})
"""Who moderates the room that is meant."""
ANY: Final = ROOM | {Person.OTHER}
"""Who moderates any room of the server."""
EVERY: Final = frozenset({Person.ALL})
"""Who moderates every room of the server."""
EVERYBODY: Final = frozenset(Person) - {Person.DIRECT}
"""Every member of a server."""
ADMINS: Final = frozenset({Person.ADMIN})
"""Who may manage the server; here with no other permission."""
ABROAD: Final = frozenset({Person.ABROAD})
"""Added where no id names this server's room: they get what is of their own server alone."""

Options = Mapping[str, Any]
LOBBY: Final = "{lobby}"
"""Stands for the id of this room in options and ids of controls."""
HERE: Final[Options] = {"channel": LOBBY}


@dataclass(frozen=True, slots=True)
class Row:
    """Something that can be asked of the bot, and who is let through."""

    what: str
    """A command as it is typed, a menu entry, or what a person would call it."""
    may: frozenset[Person]
    options: Options = field(default_factory=dict)
    note: str = ""


COMMANDS: Final = (
    Row("/setup", ADMINS, {"chat": LOBBY, "moderators": "{moderators}"}),
    Row("/setup-remove", ADMINS, HERE),
    Row("/settings", ADMINS, HERE),
    Row("/pause", ROOM, HERE),
    Row("/pause", EVERY | ABROAD, {"everywhere": True}, "everywhere"),
    Row("/resume", ROOM, HERE),
    Row("/resume", EVERY | ABROAD, {"everywhere": True}, "everywhere"),
    Row("/query", ROOM, HERE),
    Row("/checkin", ROOM, HERE),
    Row("/reflect", ROOM, HERE),
    Row("/guide", ROOM, {**HERE, "text": "Be brief."}),
    Row("/guidance list", ROOM, HERE),
    Row("/guidance withdraw", ROOM, {"which": "1"}),
    Row("/therapist take", ROOM, HERE),
    Row("/therapist hand", ROOM, {**HERE, "to": "{somebody}"}),
    Row("/therapist release", ROOM, HERE),
    Row("/status", ROOM | ABROAD),
    Row("/usage", ROOM, HERE),
    Row("/scores", ROOM, HERE),
    Row("/session", ROOM, {**HERE, "reply": 1}),
    Row("/session", ROOM, HERE, "the latest"),
    Row("/find", ROOM, HERE),
    Row("/incident", ROOM, HERE),
    Row("/person", ROOM, {**HERE, "who": "{somebody}"}),
    Row("/review", ROOM, HERE),
    Row("/review", ROOM, {**HERE, "reply": 1}, "of one reply"),
    Row("/log", ROOM, HERE),
    Row("/log", ROOM, {**HERE, "reply": 1}, "about a reply"),
    Row("/log", EVERY | ABROAD, note="of all rooms"),
    Row("/simulate", ANY, {"persona": "glad", "channel": "{stage}"}),
    Row("/about", EVERYBODY),
    Row("/help", EVERYBODY),
    Row("/privacy show", EVERYBODY),
    Row("/privacy export", EVERYBODY),
    Row("/privacy choices", EVERYBODY, {"reactions": True}),
    Row("/forget", EVERYBODY),
)
ENTRIES: Final = (
    Row("Score reply", ROOM),
    Row("Show therapy", ROOM),
    Row("This helped", EVERYBODY - {Person.ABROAD}),
    Row("This hurt me, or was wrong", EVERYBODY - {Person.ABROAD}),
)
SUGGESTIONS: Final = (
    Row("/log kind", ANY),
    Row("/guidance withdraw which", ROOM),
    Row("/simulate persona", ANY | ABROAD),
    Row("/simulate chatbot", ANY | ABROAD),
)


@dataclass(frozen=True, slots=True)
class Control(Row):
    """A button or menu: the class that answers it, and the ids that are tried."""

    answered_by: str = ""
    ids: tuple[str, ...] = ()
    choice: str = ""
    """What is chosen, of a menu."""


@dataclass(frozen=True, slots=True)
class Form(Row):
    """A form that is sent without having been opened; the options are what is typed."""

    id: str = ""


def _settings(*sections: str) -> tuple[str, ...]:
    return tuple(f"settings:{section}:{LOBBY}" for section in sections)


def _which(*commands: str) -> tuple[str, ...]:
    return tuple(f"which:{command}:0:0" for command in commands)


CONTROLS: Final = (
    Control(
        "buttons of a call for help",
        ROOM,
        answered_by="CrisisButton",
        ids=("crisis:with:1", "crisis:false:1"),
    ),
    Control(
        "button of a wrong form",
        EVERYBODY,
        note="one's own",
        answered_by="CorrectButton",
        ids=("correct:1",),
    ),
    Control(
        "buttons of a pause",
        ROOM,
        answered_by="PauseButton",
        ids=tuple(f"pause:{what}:{LOBBY}:0:5" for what in ("more", "keep", "replace", "resume")),
    ),
    Control(
        "buttons of a held reply",
        ROOM,
        answered_by="GateButton",
        ids=("gate:approve:1", "gate:round:1", "gate:edit:1", "gate:withhold:1",
             "gate:late:1"),
    ),
    Control(
        "buttons of the Therapist's seat",
        ROOM,
        note="of these, who sits there",
        answered_by="HumanTherapistButton",
        ids=("seat:ready:1", "seat:withhold:1"),
    ),
    Control(
        "button of guidance that was not followed",
        ROOM,
        answered_by="GuidanceAgainButton",
        ids=("again:1:1",),
    ),
    Control("button of a draft", ROOM, answered_by="CheckInButton", ids=("checkin:1",)),
    Control("try a turn again", ROOM, answered_by="TryAgainButton", ids=("again:1",)),
    Control(
        "button of a status",
        ROOM,
        answered_by="MemoryButton",
        ids=(f"memory:clear:{LOBBY}",),
    ),
    Control(
        "buttons of a card",
        ROOM,
        answered_by="RateButton",
        ids=tuple(
            f"rate:{what}:1"
            for what in ("agree", "why", "show", "harsh", "lenient", "rescore", "delete")
        ),
    ),
    Control("button of a session", ROOM, answered_by="AllianceButton", ids=("alliance:1",)),
    Control("button of a found reply", ROOM, answered_by="SessionButton", ids=("session:1",)),
    Control(
        "buttons of a search",
        ROOM,
        answered_by="FindButton",
        ids=tuple(f"find:{what}:{LOBBY}:0:0::0::30" for what in ("older", "newest")),
    ),
    Control(
        "buttons of the review queue",
        ROOM,
        answered_by="QueueButton",
        ids=tuple(f"queue:{what}:{LOBBY}:0:0" for what in ("open", "mine", "done", "next")),
    ),
    Control(
        "buttons of a review",
        ROOM,
        answered_by="ReviewButton",
        ids=tuple(
            f"review:{what}:1:0" for what in ("show", "take", "done", "next", "score", "agree")
        ),
    ),
    Control(
        "menu of colleagues for a review", ROOM, answered_by="HandOver", ids=("hand:1:0",)
    ),
    Control("menu of a digest", ROOM, answered_by="DigestPick", ids=("digest:1",), choice="1"),
    Control("menu of a list", ROOM, answered_by="ListPick", ids=("lines:1",), choice="1"),
    Control(
        "buttons of a log",
        ROOM,
        answered_by="LogButton",
        ids=tuple(f"log:{what}:0:0:{LOBBY}:0:" for what in ("older", "newest", "export")),
    ),
    Control(
        "buttons of a log",
        EVERY | ABROAD,
        note="of all rooms",
        answered_by="LogButton",
        ids=tuple(f"log:{what}:0:0:0:0:" for what in ("older", "newest", "export")),
    ),
    Control(
        "button that removes a Chat Room",
        ADMINS,
        answered_by="RemoveRoomButton",
        ids=(f"unbind:{LOBBY}",),
    ),
    Control(
        "buttons of the settings",
        ADMINS,
        answered_by="SettingsButton",
        ids=_settings(
            *("answers", "people", "gate", "cards", "stop", "help", "calls", "alerts"),
            *("person", "room", "server", "keeping", "critic"),
        ),
    ),
    Control(
        "answers to what a time of keeping deletes",
        ADMINS,
        answered_by="KeepingButton",
        ids=tuple(f"keeping:{what}:{LOBBY}:7" for what in ("delete", "leave")),
    ),
    Control(
        "button of a simulation",
        ROOM,
        answered_by="StopButton",
        ids=(f"simulation:stop:{LOBBY}",),
    ),
    Control(
        "menu of rooms",
        ROOM,
        answered_by="RoomMenu",
        ids=_which(
            "pause", "resume", "query", "checkin", "reflect", "guide", "guidance list",
            "therapist take", "therapist release", "status", "usage", "scores", "session",
        ),
        choice=LOBBY,
    ),
    Control(
        "menu of rooms",
        ADMINS,
        note="for the settings",
        answered_by="RoomMenu",
        ids=_which("settings"),
        choice=LOBBY,
    ),
)  # fmt: skip
FORMS: Final = (
    Form("form: rate a reply", ROOM, {"kind": "agree"}, id="rescore:1"),
    Form("form: rate a reply in review", ROOM, {"why": "mild"}, id="review-score:1:0"),
    Form("form: another round", ROOM, {"words": "Kinder."}, id="gate-round:1"),
    Form("form: edit a held reply", ROOM, {"part1": "Yes."}, id="gate-edit:1"),
    Form("form: withhold a held reply", ROOM, {"reason": "no"}, id="gate-withhold:1"),
    Form("form: withhold, as Therapist", ROOM, {"reason": "no"}, id="seat-withhold:1"),
    Form("form: settings", ADMINS, {"gate_minutes": "5"}, id=f"settings:gate:{LOBBY}"),
    Form("form: delete a reply", ROOM, {"reason": "no"}, id="delete:1"),
    Form(
        "form: word on a reply",
        EVERYBODY - {Person.ABROAD},
        {"words": "no"},
        id="feedback:hurt:1",
    ),
)


def table() -> str:
    """Return the table in Markdown."""
    people = [*Person]
    lines = [
        "| | " + " | ".join(people) + " |",
        "| --- |" + " :-: |" * len(people),
        *(_line(f"`{row.what}`", row) for row in COMMANDS),
        *(_line(f"entry *{row.what}*", row) for row in ENTRIES),
        *(_line(f"suggestions of `{row.what}`", row) for row in SUGGESTIONS),
        *(_line(row.what, row) for row in CONTROLS),
        *(_line(row.what, row) for row in FORMS),
    ]
    return "\n".join(lines)


def _line(what: str, row: Row) -> str:
    note = f", {row.note}" if row.note else ""
    return f"| {what}{note} | " + " | ".join(_cells(row)) + " |"


def _cells(row: Row) -> Iterator[str]:
    for person in Person:
        let_in = "in theirs" if person is Person.ABROAD else "yes"
        yield let_in if person in row.may else "–"


def with_table(paper: str) -> str:
    """Return the paper with the table as it is now between its marks."""
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    return between.sub(lambda _: f"{BEGIN}\n\n{table()}\n\n{END}", paper)


if __name__ == "__main__":
    PAPER.write_text(with_table(PAPER.read_text(encoding="utf-8")), encoding="utf-8")
