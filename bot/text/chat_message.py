"""A model's text as a chat message."""

from __future__ import annotations

import json
import re
from typing import Final

from bot.text.own_label import without_own_label

_FENCE: Final = re.compile(r"\A\s*```\w*\s*\n?(.*?)\s*(?:```\s*)?\Z", re.DOTALL)
_VALUE: Final = re.compile(
    r"[{,]\s*\"(?P<name>\w{1,40})\"\s*:\s*\"(?P<value>(?:[^\"\\]|\\.)*)", re.DOTALL
)
"""A text in an object, also in one that breaks off within it."""
_BETWEEN: Final = re.compile(r"((?<=[.!?…:])\s+|(?<=[\u3002\uff01\uff1f])\s*|\n\s*)")
"""What stands between the sentences and lines of a text."""
LOOP_LETTERS: Final = 15
"""Fewest letters of a sentence that is dropped where it follows itself ("No. No." is said)."""
_AS_AI: Final = re.compile(
    r"(?:(?P<start>\A|[.!?…]\s+|\n\s*)|(?P<within>[,:;]?\s))"
    r"(?:as an? |como (?:sou )?(?:una? |uma? )?|en tant qu(?:e |'une? |')|come (?:una? |un')?)"
    r"(?:(?:virtual |helpful )?a\.?i\.?|ia|artificial intelligence|inteligencia artificial"
    r"|inteligência artificial|intelligence artificielle|intelligenza artificiale"
    r"|(?:large )?language model|modelo de (?:lenguaje|linguagem)|modèle de langage"
    r"|modello linguistico)(?: (?:language )?(?:model|assistant|chatbot))?,\s*(?P<next>\w?)",
    re.IGNORECASE,
)
"""What a model says of itself before what it cannot do, in the languages that have it so."""
_ASKS_WHAT_IT_IS: Final = re.compile(
    r"\b(?:a\.?i\.?|ia|language models?|llms?|gpt|humans?|humano?|humain|umano|robots?|bots?|real"
    r"|artificial|artificielle|artificiale|machine|máquina|macchina)\b",
    re.IGNORECASE,
)
MOST_READ: Final = 8_000
"""Most characters of an answer in no form that are looked at."""


def text_of_misshapen(said: str, field: str, most: int) -> str:
    """Return the words for a person in an answer that is not in the asked form.

    They are the value of ``field`` where there is one, else the only text of an object, else all
    that was said; at most ``most`` characters. Empty where there are none.
    """
    fenced = _FENCE.match(said[:MOST_READ])
    bare = fenced[1] if fenced else said[:MOST_READ].strip()
    values = {found["name"]: found["value"] for found in _VALUE.finditer(bare)}
    if field in values or (bare.startswith("{") and len(values) == 1):
        bare = _unescaped(values.get(field, next(iter(values.values()))))
    return bare.strip()[:most].rstrip()


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"', strict=False))
    except ValueError:  # it breaks off within a sign, or has one that JSON does not know
        return value.rstrip("\\").replace("\\n", "\n").replace('\\"', '"')


def as_message(text: str) -> str:
    """Return a model's text as a chat message, with no speaker label or quotes around it."""
    bare = without_own_label(text.strip(), ())
    if len(bare) > 2 and bare[0] == bare[-1] == '"' and '"' not in bare[1:-1]:
        bare = bare[1:-1]
    return bare.strip()


def whole_sentences(text: str) -> str:
    """Return ``text`` less a last sentence that a limit of length has cut, if another is left."""
    cut = bool(text) and (text[-1].isalnum() or text[-1] in ",;-")
    if not cut:
        return text
    ends = [end.end() for end in re.finditer(r"[.!?…](?=\s)", text)]
    return text[: ends[-1]] if ends else text


def without_loop(text: str) -> str:
    """Return ``text`` with each sentence once that stands several times in a row.

    Small models get caught in one, until a limit of length cuts it off. Code is left as it is:
    there a line may well follow itself.
    """
    if "```" in text:
        return text
    kept, *rest = _BETWEEN.split(text)
    last, in_loop = _letters(kept), False
    for gap, sentence in zip(rest[::2], rest[1::2], strict=True):
        said = _letters(sentence)
        in_loop = len(last) >= LOOP_LETTERS and (said == last or (in_loop and said in last))
        if not in_loop:
            kept, last = kept + gap + sentence, said
    return kept


def _letters(sentence: str) -> str:
    return "".join(filter(str.isalnum, sentence)).casefold()


def without_as_ai(text: str, asked: str) -> str:
    """Return ``text`` without "as an AI language model,", where nobody asked what it is.

    ``asked`` is what the person said: who speaks of AI or of a bot is answered as the model has it.
    """
    return text if _ASKS_WHAT_IT_IS.search(asked) else _AS_AI.sub(_without_clause, text)


def _without_clause(clause: re.Match[str]) -> str:
    if clause["start"] is None:
        return f"{clause['within']}{clause['next']}"
    return f"{clause['start']}{clause['next'].upper()}"
