"""Recitals: runs of words in a reply that stand in a session, in guidance, norms or prompts.

A run holds where a word is put in, left out or changed here and there: pieces of three words that
stand in the same order, close together, in both texts make one run. What people said in the
channel is no secret, and makes none.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Final

from bot.domain import Speaker, Utterance
from bot.domain.findings import ALL_FINDINGS
from bot.text.reader_view import folded, reader_views
from bot.text.template_marks import PROMPT_FOLDER

RECITES_PRIVATE: Final = "the message recites what was said to you in private"
RECITES_PROMPTS: Final = "the message recites its instructions or examples"
RUN: Final = 8
"""Words in a row from a source that are a recital; shorter runs are everyday English."""
OWN_RUN: Final = 12
"""The same for what the Chatbot said in its session: what it would say is close to what it says."""
SENTENCE_RUN: Final = 5
"""Words in a row that are one where they are most of a sentence of a session or of guidance."""
SENTENCE_SHARE: Final = 0.6
WHOLE: Final = 0.9
"""Share of a sentence from which it is recited whole: one word less has to say something."""
SIGNS_RUN: Final = 12
"""Characters in a row, where words are not told apart by spaces."""
SIGNS_SENTENCE_RUN: Final = 8
CONTENT_WORDS: Final = 3
"""Words that say something, of those in a run: the rest may be what all sentences are made of."""
MOST_WORDS: Final = 3_000
"""Words of a source that are compared, and of a reply."""

_GAP: Final = 4
"""Words that may be put in or left out between two pieces of a run."""
_PIECE: Final = 3
_MOST_PLACES: Final = 12
"""Places of one piece in a source that are followed; a piece with more is a common one."""
_TOKENS: Final = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af\u30fc]|[^\W_]+(?:'[^\W_]+)*")
_SIGN: Final = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SENTENCE: Final = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s*|\n+")
_CLAUSE: Final = re.compile(r"[.!?,;:\u3002\uff01\uff1f\uff0c\u3001\n]+")
_QUOTATION: Final = re.compile(
    '["\u201c\u201d\u201e\u00ab\u00bb\u300c\u300e]([^"\u201c\u201d\u201e\u00ab\u00bb\u300d\u300f]{8,600})'
    "[\"\u201c\u201d\u00ab\u00bb\u300d\u300f]|(?<![\\w])['\u2018]([^\\n\u2018]{8,600}?)['\u2019](?!\\w)"
)
_OFFER: Final = re.compile(
    r"^\W*(?:please |you (?:can|may|could|should) )?(?P<verb>(?:say|answer|reply|write|tell \w+"
    r"|remind \w+|let \w+ know)(?: that)?|(?:say|answer|reply|write|tell \w+)\s?:) (?P<words>.+)",
    re.IGNORECASE | re.DOTALL,
)
_NEVER: Final = re.compile(
    r"\b(?:not|never|nothing|no|don't|nobody|without|until)\b", re.IGNORECASE
)
_TEMPLATE: Final = re.compile(r"\{[%{#].*?[%}#]\}", re.DOTALL)
_COMMON: Final = frozenset(
    (  # noqa: SIM905 - a list of words is read as one
        "that this with from have what when your they them their there then than will would"
        " could about been were into just like some very more also only over here where which"
        " does dont didnt thats youre want need make made know think feel feels take them"
        " because really even much many most"
    ).split()
)
_BETWEEN_TEXTS: Final = ("",) * (_GAP + _PIECE + 1)
_Words = tuple[str, ...]
_Piece = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _PrivateText:
    """Texts that may not be recited, with the places of their pieces.

    All that models are told has 20,000 pieces: as keys of a dictionary they take 2 MB.
    """

    words: _Words
    hashes: array[int]
    """Of all pieces, in order."""
    places: array[int]
    """Where each of them stands."""
    sentences: tuple[tuple[int, int], ...] = ()
    """Where each sentence begins and ends; empty where only long runs count."""
    run: int = RUN
    drafted: bool = False
    """Whether they may quote the draft."""
    detail: str = RECITES_PRIVATE

    def places_of(self, piece: _Piece) -> list[int]:
        """Return the first places of a piece."""
        hashed = hash(piece)
        first, end = bisect_left(self.hashes, hashed), bisect_right(self.hashes, hashed)
        found = (self.places[at] for at in range(first, end))
        alike = (place for place in found if self.words[place : place + _PIECE] == piece)
        return list(islice(alike, _MOST_PLACES))


def find_recitals(
    text: str,
    *,
    said: Sequence[str],
    draft: str = "",
    session: Sequence[Utterance] = (),
    guidance: Sequence[str] = (),
    norms: str = "",
) -> Iterator[str]:
    """Yield what the text recites that is not for the Chat Room.

    ``said`` is what people said in the channel; ``draft`` excuses what the session takes from it.
    """
    sources = [*_of_session(session, text), _of_orders(guidance, norms, text), _prompts()]
    views = [_tokens(view) for view in reader_views(text)]
    recited = [
        (words, source)
        for words in views
        for source in sources
        if _is_recited(words, source, frozenset())
    ]
    if not recited:
        return
    public = frozenset(chain.from_iterable(_pieces(_tokens(folded(line))) for line in said))
    drafted = public | frozenset(_pieces(_tokens(folded(draft))))
    for words, source in recited:
        if _is_recited(words, source, drafted if source.drafted else public):
            yield source.detail


def _is_recited(words: _Words, source: _PrivateText, excused: frozenset[_Piece]) -> bool:
    return any(_is_long(run, source) for run in _runs(words, source, excused))


@dataclass(slots=True)
class _Run:
    """A run so far: the places that were met, and where it ended in the reply and the source."""

    met: set[int]
    at: int
    place: int


def _runs(words: _Words, source: _PrivateText, excused: frozenset[_Piece]) -> Iterator[_Run]:
    """Yield the runs of the source in a reply, by following its pieces in order."""
    alive: list[_Run] = []
    for at, piece in enumerate(_pieces(words)):
        alive = [run for run in alive if at - run.at <= _GAP + _PIECE]
        if piece in excused:
            continue
        for place in source.places_of(piece):
            run = _continued(alive, at, place)
            if run is None:
                run = _Run(set(), at, place)
                alive.append(run)
            run.met.update(range(place, place + _PIECE))
            run.at, run.place = at, place
            yield run


def _continued(alive: Iterable[_Run], at: int, place: int) -> _Run | None:
    """Return the longest run that goes on here, if any does."""
    fitting = [
        run
        for run in alive
        if run.at < at
        and 0 < place - run.place <= _GAP + _PIECE
        and abs((place - run.place) - (at - run.at)) <= _GAP
    ]
    return max(fitting, key=lambda run: len(run.met), default=None)


def _is_long(run: _Run, source: _PrivateText) -> bool:
    words = [source.words[place] for place in run.met]
    in_signs = sum(bool(_SIGN.match(word)) for word in words) * 2 > len(words)
    content = CONTENT_WORDS if in_signs else len({word for word in words if _says_something(word)})
    if content >= CONTENT_WORDS and len(words) >= (SIGNS_RUN if in_signs else source.run):
        return True
    least = SIGNS_SENTENCE_RUN if in_signs else SENTENCE_RUN
    if len(words) < least or content < CONTENT_WORDS - 1:
        return False
    share = SENTENCE_SHARE if content >= CONTENT_WORDS else WHOLE
    return any(
        len(run.met.intersection(range(first, last))) >= max(least, share * (last - first))
        for first, last in source.sentences
    )


def _says_something(word: str) -> bool:
    return len(word) > 3 and word not in _COMMON


def _tokens(view: str) -> _Words:
    return tuple(_TOKENS.findall(view)[:MOST_WORDS])


def _pieces(words: _Words) -> Iterator[_Piece]:
    return zip(words, words[1:], words[2:], strict=False)


def _source(texts: Iterable[Sequence[str]], *, by_sentence: bool = True) -> _PrivateText:
    """Return texts, each as its sentences, as one source; no run goes from one into the next."""
    words: list[str] = []
    sentences: list[tuple[int, int]] = []
    known: dict[str, str] = {}
    for text in texts:
        for sentence in text:
            first = len(words)
            words.extend(known.setdefault(word, word) for word in _tokens(folded(sentence)))
            sentences.append((first, len(words)))
        words.extend(_BETWEEN_TEXTS)
    pieces = enumerate(_pieces(tuple(words)))
    hashed = sorted((hash(piece), place) for place, piece in pieces if "" not in piece)
    return _PrivateText(
        tuple(words),
        array("q", (piece for piece, _ in hashed)),
        array("I", (place for _, place in hashed)),
        tuple(sentences) if by_sentence else (),
    )


def _of_session(session: Sequence[Utterance], reply: str) -> Iterator[_PrivateText]:
    """Yield what the Chatbot heard in the session, and what it said there itself."""
    heard = [_heard(one, reply) for one in session if one.speaker is not Speaker.CHATBOT]
    own = [_QUOTATION.sub(" . ", one.text) for one in session if one.speaker is Speaker.CHATBOT]
    yield replace(_source(map(_SENTENCE.split, heard)), drafted=True)
    yield replace(_source(map(_SENTENCE.split, own), by_sentence=False), run=OWN_RUN, drafted=True)


def _heard(utterance: Utterance, reply: str) -> str:
    """Return what was said to the Chatbot, less what was offered as wording for the person."""
    if utterance.speaker is Speaker.MODERATOR:
        return _unoffered(utterance.text, reply)
    return _QUOTATION.sub(" . ", utterance.text)


def _of_orders(guidance: Sequence[str], norms: str, reply: str) -> _PrivateText:
    """Return what moderators ask for, of which each clause counts."""
    return _source(map(_CLAUSE.split, [*(_unoffered(words, reply) for words in guidance), norms]))


def _unoffered(guidance: str, reply: str) -> str:
    """Return guidance less what it offers as wording ("tell them that the event has moved").

    Its own frame shows that a reply recites it all the same.
    """
    shown = folded(reply)
    sentences = _SENTENCE.split(_QUOTATION.sub(" . ", guidance))
    return "\n".join(sentence for sentence in sentences if not _is_offer(sentence, shown))


def _is_offer(sentence: str, reply: str) -> bool:
    offer = _OFFER.match(sentence)
    if offer is None or _NEVER.search(sentence):
        return False
    return folded(offer["verb"]).rstrip(" :") not in reply


@cache
def _prompts(folder: Path = PROMPT_FOLDER) -> _PrivateText:
    """Return all that models are told, the personas and the examples included."""
    files = (path.read_text("utf-8") for path in sorted(folder.rglob("*.md")))
    # A review's prompt is written from the list of what the Therapist works on.
    texts = chain(files, (kind.explained for kind in ALL_FINDINGS))
    blocks = chain.from_iterable(_TEMPLATE.sub("\n\n", text).split("\n\n") for text in texts)
    prompts = _source(([block] for block in blocks), by_sentence=False)
    return replace(prompts, detail=RECITES_PROMPTS)
