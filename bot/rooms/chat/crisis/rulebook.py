"""The rules of one language, read from a TOML file; a rule is compiled for RE2 when it is needed.

How a file is written stands in ``rules/README.md``. RE2 takes time linear in the text's length,
whatever the pattern: no text can make it slow. Which strings ask for which rule is worked out once
and kept beside the rules (``index/``, written by `indexes.py`); an index that is not of the rules
as they are is worked out anew.
"""

from __future__ import annotations

import json
import re
import tomllib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Final

import re2  # type: ignore[import-untyped]
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from bot.rooms.chat.crisis.folding import folded
from bot.rooms.chat.crisis.patterns import DENSE, classes_out, prepared_pattern
from bot.rooms.chat.crisis.rule_file import Evidence, Index, Rule, RuleFile
from bot.rooms.chat.crisis.triggers import required_strings
from bot.text.language import LANGUAGES

CRISIS: Final = "crisis"
"""The sign that is there when an earlier line was one of danger by itself."""
MOST_MEMORY: Final = 2 << 20
"""Bytes that RE2 may use for one rule's pattern and what it remembers of it."""
MOST_COMPILED: Final = 1536
"""Compiled patterns that are kept, of all languages together: those last asked for.

With half as many, a text full of signs takes 1.5 ms instead of 0.4 (12 MB less).
"""
ENOUGH: Final = 1.0
"""Weight of evidence that is a sign."""
INDEX_FORM: Final = 2
"""Number of the index's form; another makes every index out of date."""

_SLOT: Final = re.compile(r"\{([a-z_]+)\}")
_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Findings:
    """Which rules' patterns stand in a text, and which only in a way of speaking.

    Evidence is numbered after the rules.
    """

    text: str = ""
    rules: frozenset[int] = frozenset()
    excused: frozenset[int] = frozenset()

    def with_mended(self, mended: Findings) -> Findings:
        """Return these findings and what the mended spelling adds; what was excused stays so."""
        rules = self.rules | (mended.rules - self.excused)
        return Findings(f"{self.text} {mended.text}", rules, self.excused)


class Rulebook:
    """The rules of one language.

    A rule's pattern is looked for where a string is that it cannot do without; a sign only when a
    rule asks for it. So a day's talk costs one search for strings, and little memory.
    """

    def __init__(self, language: str, file: RuleFile, index: Index | None = None) -> None:
        """Compile all once without an ``index``: a slot or a sign not there is an error."""
        self.language = language
        self.file = file
        self._parts: tuple[Rule | Evidence, ...] = (*file.rule, *file.evidence)
        self._patterns = [pattern for part in self._parts for pattern in part.patterns]
        owners = (number for number, part in enumerate(self._parts) for _ in part.patterns)
        self._owners = array("H", owners)
        if index is None:
            _check_names(language, file)
            self._check_patterns()
            index = self.index("")
        self._spelling = {folded(word): folded(meant) for word, meant in file.spelling.items()}
        self._always = index.always
        strings: list[str] = []
        self._by_string: list[tuple[int, ...]] = []
        for numbers, found in index.triggers.items():
            asked = tuple(map(int, numbers.split()))
            for string in found.split("\n"):
                strings.append(string)
                self._by_string.append(asked)
        self._finder = AhoCorasick(
            strings,
            matchkind=MatchKind.Standard,
            store_patterns=False,
            implementation=Implementation.ContiguousNFA,
        )
        self.vocabulary = index.words
        """The plain words of the rules, a space between them, for the speller."""

    def index(self, digest: str) -> Index:
        """Return the index of this book's file, which has this ``digest``."""
        always, triggers = list[int](), dict[str, set[int]]()
        for number, pattern in enumerate(self._patterns):
            needed = required_strings(self._pattern([pattern]))
            if needed is None:
                always.append(number)
            for string in needed or ():
                triggers.setdefault(string, set()).add(number)
        strings: dict[str, list[str]] = {}
        for string, numbers in sorted(triggers.items()):
            strings.setdefault(" ".join(map(str, sorted(numbers))), []).append(string)
        return Index(
            of=digest,
            file=self.file,
            always=tuple(always),
            triggers={numbers: "\n".join(found) for numbers, found in strings.items()},
            words=" ".join(sorted(set(self._words()))),
        )

    def text(self, words: Sequence[str]) -> str:
        """``words`` as the patterns expect them: in the language's spelling, between two stops."""
        spelling = self._spelling
        return f" . {' '.join([spelling.get(word, word) for word in words])} . "

    def findings(self, text: str) -> Findings:
        """Return what stands in ``text`` once its idioms are taken out."""
        found = self._match(text, self._candidates(text))
        if not found:
            return Findings(text)
        rules = frozenset(self._owners[number] for number in found)
        bare = _idioms(self).sub(b" ~ ", text.encode()).decode(errors="ignore")
        if bare == text:
            return Findings(text, rules)
        left = frozenset(self._owners[number] for number in self._match(bare, found))
        return Findings(text, left, rules - left)

    def has_sign(self, name: str, text: str) -> bool:
        """Return whether the sign ``name`` stands in ``text``."""
        return bool(_compiled(self, name).Match(text.encode()))

    def _words(self) -> Iterator[str]:
        """Return the plain words of the rules, for the speller."""
        for patterns in (*(part.patterns for part in self._parts), *self.file.signs.values()):
            for pattern in patterns:
                yield from _WORD.findall(classes_out(self._expanded(pattern)))

    def _candidates(self, text: str) -> set[int]:
        found = self._finder.find_matches_as_indexes(text, overlapping=True)
        strings = {hit[0] for hit in found}
        return set(self._always).union(*(self._by_string[string] for string in strings))

    def _match(self, text: str, numbers: set[int]) -> set[int]:
        if not numbers:
            return numbers
        raw = text.encode()
        return {number for number in numbers if _compiled(self, number).Match(raw)}

    def _check_patterns(self) -> None:
        for name in (*range(len(self._patterns)), *self.file.signs):
            self.compiled(name)
        self.idioms()

    def compiled(self, name: int | str) -> re2.Set:
        """Return the pattern of this number or of the sign of this name."""
        patterns = [self._patterns[name]] if isinstance(name, int) else self.file.signs[name]
        # A set of one: it only ever says yes or no, for a third of a pattern object's memory.
        found = re2.Set.SearchSet(_options())
        try:
            found.Add(self._pattern(patterns).encode())
            found.Compile()
        except re2.error as refused:
            called = self._parts[self._owners[name]].id if isinstance(name, int) else name
            raise ValueError(f"rules/{self.language}.toml: {called}: {refused}") from refused
        return found

    def idioms(self) -> re2._Regexp:
        """Return the pattern of what is taken out."""
        return re2.compile(self._pattern(self.file.idioms).encode(), _options())

    def _pattern(self, patterns: Sequence[str]) -> str:
        written = "|".join(self._expanded(pattern) for pattern in patterns)
        return f"(?:{written})" if self.language in DENSE else f" (?:{written}) "

    def _expanded(self, pattern: str) -> str:
        while slot := _SLOT.search(pattern):
            options = "|".join(self._slot(slot.group(1)))
            pattern = f"{pattern[: slot.start()]}(?:{options}){pattern[slot.end() :]}"
        return prepared_pattern(pattern, self.language)

    def _slot(self, name: str) -> Sequence[str]:
        options = self.file.slots.get(name) or self.file.signs.get(name)
        if options is None:
            raise ValueError(f"rules/{self.language}.toml: no such slot: {name}")
        return options


@lru_cache(maxsize=MOST_COMPILED)
def _compiled(book: Rulebook, name: int | str) -> re2.Set:
    return book.compiled(name)


@lru_cache(maxsize=len(LANGUAGES))
def _idioms(book: Rulebook) -> re2._Regexp:
    return book.idioms()


def _check_names(language: str, file: RuleFile) -> None:
    known = {*file.signs, CRISIS}
    parts: tuple[Rule | Evidence, ...] = (*file.rule, *file.evidence)
    for rule in parts:
        needs = rule.needs if isinstance(rule, Rule) else ()
        excuses = (sign for signs in rule.unless for sign in signs.split("+"))
        if missing := {*needs, *excuses} - known:
            raise ValueError(f"rules/{language}.toml: {rule.id}: no such sign: {missing}")


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem, options.log_errors = MOST_MEMORY, False
    options.never_capture = True
    # Bytes, not characters: the same matches for a tenth of the memory.
    options.encoding = re2.Options.Encoding.LATIN1
    return options


def load_rulebook(language: str, folder: str = "rules") -> Rulebook:
    """Read one language's rules of ``folder``: from their index, where that is of these rules."""
    place = files(__package__).joinpath(folder)
    written = place.joinpath(f"{language}.toml").read_bytes()
    kept = place.joinpath("index", f"{language}.json")
    if kept.is_file():
        # Looked at before it is read whole: an index out of date may be of another form.
        found = json.loads(kept.read_bytes())
        if found.get("of") == digest_of(written):
            index = Index.model_validate(found)
            return Rulebook(language, index.file, index)
    return Rulebook(language, RuleFile.model_validate(tomllib.loads(written.decode())))


def digest_of(written: bytes) -> str:
    """Return what an index names as the file that it is of."""
    return f"{INDEX_FORM}:{blake2b(written, digest_size=16).hexdigest()}"
