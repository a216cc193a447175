"""The detector of danger in a person's last message: pure, synchronous, no model, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from bot.domain.crisis import URGENCY, CrisisKind, CrisisSign
from bot.rooms.chat.crisis.folding import bounded, dense, denser, folded, simplified
from bot.rooms.chat.crisis.patterns import DENSE
from bot.rooms.chat.crisis.rule_file import Rule
from bot.rooms.chat.crisis.rulebook import CRISIS, ENOUGH, Findings, Rulebook, load_rulebook
from bot.rooms.chat.crisis.scripts import LATIN, languages_of
from bot.rooms.chat.crisis.spelling import Speller, tokens
from bot.text.language import LANGUAGES, guess_language

MOST_LINES: Final = 5
"""Lines of one person that are looked at together, the judged one among them."""
PIECE: Final = 500
"""Characters of a long text that are judged at once, so that no far word excuses a near one."""
OVERLAP: Final = 100
"""Characters that two pieces share: longer than what a rule sees as one sentence."""
SURELY_GUESSED: Final = 40
"""Characters from which a guess of the language is sure enough to leave other languages out."""
MOST_SPLIT: Final = 20
"""Most words of a line that may be one half of a sentence sent as two messages."""


def detect(messages: Sequence[str]) -> CrisisSign | None:
    """Return the sign of danger in the last of ``messages``, or None.

    The ones before are the same person's last lines, oldest first; at most four of them are read,
    for a sign that needs them ("I took all of them") and for what excuses words (a game).
    """
    return _detector().detect(messages)


@cache
def _detector() -> Detector:
    return Detector(LANGUAGES)


def warm_up() -> None:
    """Load the rules now, so that the first message does not wait a second or two for them."""
    _detector()


@dataclass(frozen=True, slots=True)
class _Line:
    """A message in the spellings in which rules read it."""

    words: tuple[str, ...]
    mended: tuple[str, ...]
    solid: str
    """The text without spaces; empty unless it has signs of a script written so."""
    scripts: frozenset[str]


class Detector:
    """Judges messages by the rulebooks of all languages whose script they use."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = languages
        # Japanese, Korean and Chinese are loaded when their script is first seen (12 MB).
        self._books = {word: load_rulebook(word) for word in languages if word not in DENSE}
        spaced = self._books.values()
        self._speller = Speller(
            (word for book in spaced for word in (*book.vocabulary.split(), *book.file.spelling)),
            (folded(key) for book in spaced for key in book.file.keys),
        )

    def detect(self, messages: Sequence[str]) -> CrisisSign | None:
        """As the module's ``detect``, by these rulebooks."""
        lines = [self._read(message[-PIECE:]) for message in messages[-MOST_LINES:-1]]
        found: list[CrisisSign] = []
        for piece in _pieces(bounded(messages[-1])) if messages else ():
            lines = [*lines, self._read(piece)][-MOST_LINES:]
            found.extend(self._judge(lines))
        return min(found, key=lambda sign: (URGENCY[sign.kind], sign.about_other), default=None)

    def _judge(self, lines: Sequence[_Line]) -> Iterator[CrisisSign]:
        """Return the signs in the last of ``lines``, by every language whose script it has."""
        spoken = [word for word in self._languages if word in lines[-1].scripts]
        for word in spoken:
            yield from _signs(self._book(word), lines)

    def _book(self, language: str) -> Rulebook:
        if language not in self._books:
            self._books[language] = load_rulebook(language)
        return self._books[language]

    def _read(self, message: str) -> _Line:
        text = folded(message)
        words = tokens(text)
        scripts = _narrowed(languages_of(text), message)
        return _Line(
            tuple(words),
            tuple(self._speller.mended(words)),
            dense(text) if scripts & DENSE else "",
            scripts,
        )


def _narrowed(languages: frozenset[str], message: str) -> frozenset[str]:
    """Return the languages without those of the alphabet of the one a message is surely in.

    English stays: people write half of a sentence in it.
    """
    long = len(message) >= SURELY_GUESSED
    guess = guess_language(message) if long and languages >= LATIN else None
    return languages - LATIN | {guess, "en"} if guess in LATIN else languages


def _pieces(text: str) -> Iterator[str]:
    last = max(len(text) - OVERLAP, 1)
    return (text[start : start + PIECE] for start in range(0, last, PIECE - OVERLAP))


def _signs(book: Rulebook, lines: Sequence[_Line]) -> Iterator[CrisisSign]:
    found = _findings(book, lines[-1])
    matched = found.rules | _over_two_lines(book, lines)
    if not matched:
        return
    before = [_findings(book, line) for line in lines[:-1]]
    talk = _Talk(book, "".join(line.text for line in (found, *before)), before)
    for rule in (book.file.rule[index] for index in sorted(matched) if index < len(book.file.rule)):
        if talk.fulfils(rule):
            yield CrisisSign(rule.kind, rule.about_other, book.language, rule.id)
    yield from talk.of_evidence(matched)


def _findings(book: Rulebook, line: _Line) -> Findings:
    """Return what stands in a line as it is written and in its mended spelling."""
    if book.language in DENSE:
        first, second = line.solid, denser(line.solid)
        if book.language == "zh":
            first, second = simplified(first), simplified(second)
    else:
        first = book.text(line.words)
        second = first if line.mended == line.words else book.text(line.mended)
    found = book.findings(first)
    return found if second == first else found.with_mended(book.findings(second))


def _over_two_lines(book: Rulebook, lines: Sequence[_Line]) -> frozenset[int]:
    """Rules that a sentence fulfils which was sent as two messages."""
    if len(lines) < 2 or book.language in DENSE:
        return frozenset()
    before, last = lines[-2].mended, lines[-1].mended
    if len(last) > MOST_SPLIT or len(before) > MOST_SPLIT:
        return frozenset()
    together = book.findings(book.text((*before, *last))).rules
    return together - book.findings(book.text(before)).rules if together else together


@dataclass(slots=True)
class _Talk:
    """A person's last lines as one, asked for the signs that a rule needs or is excused by."""

    book: Rulebook
    text: str
    before: Sequence[Findings]

    def fulfils(self, rule: Rule) -> bool:
        """Return whether every needed sign is there and no excusing one."""
        return all(map(self._has, rule.needs)) and not any(map(self._excuses, rule.unless))

    def _excuses(self, signs: str) -> bool:
        return all(map(self._has, signs.split("+")))

    def of_evidence(self, matched: frozenset[int]) -> Iterator[CrisisSign]:
        """Yield the danger that weak signs of different families say together."""
        first = len(self.book.file.rule)
        if not any(number >= first for number in matched):
            return
        found = matched.union(*(line.rules for line in self.before))
        weights: dict[CrisisKind, dict[str, float]] = {}
        for number in sorted(found):
            if number >= first:
                part = self.book.file.evidence[number - first]
                if not any(map(self._excuses, part.unless)):
                    families = weights.setdefault(part.kind, {})
                    families[part.family] = max(part.weight, families.get(part.family, 0))
        for kind, families in weights.items():
            if sum(families.values()) >= ENOUGH:
                yield CrisisSign(kind, False, self.book.language, f"{self.book.language}-evidence")

    def _has(self, sign: str) -> bool:
        return self._was_crisis() if sign == CRISIS else self.book.has_sign(sign, self.text)

    def _was_crisis(self) -> bool:
        # A rule without needs, in an earlier line, is danger by itself.
        rules = self.book.file.rule
        earlier = (rules[i] for line in self.before for i in line.rules if i < len(rules))
        return any(not rule.needs and self.fulfils(rule) for rule in earlier)
