"""Remains of forms in a reply: tokens, tags, fields and labels that are no words to a person.

They are looked for in what is visible, with its markup. What the templates mark their parts with
is read from them (`bot.text.template_marks`); the tokens are those of the chat templates in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.text.reader_view import folded, visible_text
from bot.text.speakers import AGENTS, OFFICES
from bot.text.template_marks import template_marks

_REMAINS: Final = "the message holds remains of a form"
_LABEL: Final = "the message begins a line with a label"
_THOUGHT: Final = "the message holds thoughts beside the answer"
DETAILS: Final = (_REMAINS, _LABEL, _THOUGHT)

_TOKEN: Final = re.compile(
    r"<\|/?\w|\w\|>|<\s*\|\s*\w{2,20}\s*\|\s*>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS?|TOOL_RESULTS?)\]"
    r"|<<\s*/?\s*SYS\s*>>|</?(?:start|end)_of_\w{1,12}>|<(?:bos|eos|pad|unk|endoftext)>"
    r"|</?tool_(?:call|response)s?>|\u2581of\u2581",
    re.IGNORECASE,
)
_END_OF_TEXT: Final = re.compile(r"</s>", re.IGNORECASE)
_STRUCK: Final = re.compile(r"<s>[^<]{0,500}</s>", re.IGNORECASE)
_THOUGHT_MARK: Final = re.compile(
    r"<\s*/?\s*(?:\w{1,8}:)?(?:think(?:ing)?|thoughts?|reasoning|scratchpad|analysis)\s*/?>"
    r"|\[/?THINK\]|<channel\|>|\Aanalysis\s*[A-Z].*assistant\s*final",
    re.IGNORECASE | re.DOTALL,
)
_CODE: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_ENTITIES: Final = re.compile(r"&lt;[^&\n]{1,60}&gt;")
_ASKS_FOR_MARKUP: Final = re.compile(
    r"\b(?:html|xml|tags?|tokens?|markup|jinja|chat templates?)\b|<\|", re.IGNORECASE
)
_ASKS_FOR_SCRIPT: Final = re.compile(
    r"\b(?:scripts?|dialogues?|role ?-?play|skit|screenplay|story|play|scene|sketch)\b"
)
_ASKS_FOR_TEXT: Final = re.compile(
    r"\b(?:write|draft|compose|reword|rephrase|translate|template|format|mail|email|letter|review"
    r"|essay|json|yaml|code|api|form)\b"
)
_LONG_LABEL: Final = 4
"""Words from which a template's label is nothing that anybody says by chance."""
_HEADER: Final = re.compile(
    r"^\W*(?:(?:therapist|chatbot|critic|moderator, as therapist)\s*\u00b7\s*round"
    r"|(?<=\U0001f6cb )therapist\b"
    r"|(?:reply|draft)\s*\u00b7\s*(?:after therapy|the draft)|no reply was sent\b)",
    re.MULTILINE,
)


def find_form_remains(text: str, asked: str) -> Iterator[str]:
    """Yield what in the text is left of a form, for the Chatbot that is to write it anew.

    ``asked`` is what the person who is answered said.
    """
    asked_for = visible_text(asked)
    seen = visible_text(_without_code(text) if _ASKS_FOR_MARKUP.search(asked_for) else text)
    if (
        _TOKEN.search(seen.replace("\\", ""))
        or _END_OF_TEXT.search(_STRUCK.sub("", seen))
        or _tag().search(seen)
        or _has_unasked(_field(), seen, asked_for)
        or _has_unasked(_value(), seen, asked_for)
    ):
        yield _REMAINS
    if _THOUGHT_MARK.search(seen):
        yield _THOUGHT
    if _has_label(folded(text), folded(asked)):
        yield _LABEL


def _without_code(text: str) -> str:
    """Return the text less what is shown as code or spelled with entities: talk about marks."""
    return _ENTITIES.sub(" ", _CODE.sub(" ", text))


def _has_unasked(pattern: re.Pattern[str], text: str, asked: str) -> bool:
    """Return whether the text holds one that the person did not write themself."""
    return any(match.group() not in asked for match in pattern.finditer(text))


def _has_label(text: str, asked: str) -> bool:
    """Return whether a line passes for another speaker's, or for a part of a prompt."""
    if _HEADER.search(text) or _long_label().search(text):
        return True
    speakers = {match[1] or match[2] for match in _speaker_label().finditer(text)}
    agents = speakers & _agents()
    if len(agents) > 1 or any(agent not in asked for agent in agents):
        return True
    if speakers and not _ASKS_FOR_SCRIPT.search(asked):
        return True
    return bool(_short_label().search(text)) and not _ASKS_FOR_TEXT.search(asked)


@cache
def _tag() -> re.Pattern[str]:
    names = "|".join(sorted(template_marks().tags))
    fields = "reflection|response|reply|note"
    return re.compile(
        rf"<\s*/?\s*(?:end_)?(?:{names})(?![\w-])[^<>]{{0,200}}>|<\s*/?\s*(?:{fields})\s*/?\s*>"
        rf"|^\W{{0,4}}\[\s*/?\s*(?:{names})\s*\]",
        re.IGNORECASE | re.MULTILINE,
    )


@cache
def _field() -> re.Pattern[str]:
    """Return the pattern of typed fields: those of two words, and any that begins an object."""
    fields = template_marks().fields
    compound = "|".join(sorted(field for field in fields if "_" in field))
    return re.compile(
        rf'\b(?:{compound}|in_danger)\b|[{{]\s*"(?:reply|reflection)"\s*:'
        rf'|^\W{{0,4}}"(?:reply|reflection)"\s*:',
        re.MULTILINE,
    )


@cache
def _value() -> re.Pattern[str]:
    values = "|".join(sorted(template_marks().values))
    return re.compile(rf"\{{\{{-?\s*(?:{values})\b[^{{}}\n]{{0,80}}\}}\}}")


@cache
def _agents() -> frozenset[str]:
    return frozenset(folded(name) for name in AGENTS)


@cache
def _speaker_label() -> re.Pattern[str]:
    names = sorted({folded(name) for name in (*AGENTS, *OFFICES)}, key=len, reverse=True)
    some = "|".join(map(re.escape, names))
    return re.compile(
        rf"^(?:\W{{0,8}}|\W{{0,4}}\d+[.)]\s)(?:the )?({some})"
        rf"(?:\W{{0,3}}(?:(?:round )?\d{{0,3}}\W{{0,3}})?\s?:|\s[-\u2013\u2014]\s)"
        rf"|^\W{{0,4}}[\[<(]({some})[\])>]",
        re.MULTILINE,
    )


@cache
def _long_label() -> re.Pattern[str]:
    labels = [label for label in template_marks().labels if label.count(" ") >= _LONG_LABEL - 1]
    return re.compile("|".join(re.escape(folded(label)) for label in sorted(labels)))


@cache
def _short_label() -> re.Pattern[str]:
    return re.compile(
        r"^\W{0,6}(?:reply|reflection|response|note to self|private note|conversation)\s?:"
        r"|^\W{0,6}note ?: ?[^\n.!?]{1,40}\b(?:feels|seems|needs)\b",
        re.MULTILINE,
    )
