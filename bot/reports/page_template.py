"""The templates of pages for moderators, which are said in the language of whoever asked."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2

from bot.agents.alliance.observers import render_alliance
from bot.domain import Subject
from bot.domain.session import Speaker
from bot.reports.act_sentences import say_act
from bot.reports.session_notes import notes_of
from bot.text.moderator_texts import (
    reader_language,
    say,
    say_count,
    say_dollars,
    say_number,
    say_reason,
    say_signed,
)

MEMBER: Final = " (member)"
"""Stands in records after the name of a member who is called like an agent."""


def render_page(file: Path, **names: Any) -> str:
    """Return the page of a template with these names; what is put in is text, never markup."""
    return _template(file).render(language=reader_language(), **names)


@cache
def _template(file: Path) -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(
        say=say,
        say_count=say_count,
        say_act=say_act,
        number=say_number,
        signed=say_signed,
        dollars=say_dollars,
        reason=say_reason,
        Subject=Subject,
    )
    environment.filters["alliance"] = render_alliance
    environment.filters["notes"] = notes_of
    environment.filters["member"] = _member
    environment.filters["speaker"] = _speaker
    environment.filters["clock"] = lambda at: f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return environment.from_string(file.read_text("utf-8"))


def _member(name: str) -> str:
    """Return a name in the Chat Room, with the mark of a member who is called like an agent."""
    bare = name.removesuffix(MEMBER)
    return name if bare == name else say("{name} (member)", name=bare)


def _speaker(speaker: Speaker) -> str:
    match speaker:
        case Speaker.MODERATOR:
            return say("Moderator, as Therapist")
        case Speaker.THERAPIST:
            return say("Therapist")
        case Speaker.CHATBOT:
            return say("Chatbot")
