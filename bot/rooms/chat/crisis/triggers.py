"""Which strings a pattern cannot match without: the cheap look before the exact one.

Only the syntax that the rule files use is read: groups, alternatives, classes, repeats, escapes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MOST_TOGETHER: Final = 24
"""Most strings that one part of a pattern is spelled out into."""
_NOTHING: Final = frozenset({""})
_OPTIONAL: Final = ("?", "*", "{0")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern: all the strings it can be, or some of which it has at least one."""

    exact: frozenset[str] | None
    required: frozenset[str] | None

    def needed(self) -> frozenset[str] | None:
        """Return the strings of which one must be there; None if it can do without."""
        exact = self.exact if self.exact and "" not in self.exact else None
        return _better(self.required, exact)


_ANYTHING: Final = _Part(None, None)


def required_strings(pattern: str) -> frozenset[str] | None:
    """Strings of which any text that ``pattern`` matches has at least one; None: unknown."""
    return _Reader(pattern).alternatives().needed()


def _better(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """Return the rarer of two sets: the one whose shortest string is longer."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other, key=lambda found: (min(map(len, found)), -len(found)))


def _either(parts: Iterable[_Part]) -> _Part:
    parts = list(parts)
    exact: frozenset[str] | None = frozenset()
    needed: frozenset[str] | None = frozenset()
    for part in parts:
        exact = None if exact is None or part.exact is None else exact | part.exact
        one = part.needed()
        needed = None if needed is None or one is None else needed | one
    return _Part(exact if exact and len(exact) <= MOST_TOGETHER else None, needed)


def _sequence(parts: Iterable[_Part]) -> _Part:
    run, best, whole = _NOTHING, None, True
    for part in parts:
        if part.exact is not None and len(run) * len(part.exact) <= MOST_TOGETHER:
            run = frozenset(head + tail for head in run for tail in part.exact)
            continue
        whole = False
        best = _better(_better(best, _Part(run, None).needed()), part.needed())
        run = part.exact if part.exact is not None else _NOTHING
    return _Part(run if whole else None, _better(best, _Part(run, None).needed()))


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def alternatives(self) -> _Part:
        """Return what stands up to the end of the group or of the pattern."""
        branches: list[list[_Part]] = [[]]
        while self._at < len(self._pattern) and self._pattern[self._at] != ")":
            if self._pattern[self._at] == "|":
                self._at += 1
                branches.append([])
            else:
                branches[-1].append(self._repeated(self._atom()))
        self._at += 1
        return _either(_sequence(branch) for branch in branches)

    def _atom(self) -> _Part:
        sign = self._pattern[self._at]
        self._at += 1
        if sign == "(":
            self._at += 2 if self._pattern.startswith("?:", self._at) else 0
            return self.alternatives()
        if sign == "[":
            return self._letters()
        if sign == "\\":
            sign = self._pattern[self._at]
            self._at += 1
            return _Part(_NOTHING, None) if sign in "bB" else _Part(frozenset({sign}), None)
        if sign in "^$":
            return _Part(_NOTHING, None)
        return _ANYTHING if sign == "." else _Part(frozenset({sign}), None)

    def _letters(self) -> _Part:
        end = self._pattern.index("]", self._at)
        letters, self._at = self._pattern[self._at : end], end + 1
        return _ANYTHING if set(letters) & set("^-\\") else _Part(frozenset(letters), None)

    def _repeated(self, part: _Part) -> _Part:
        rest = self._pattern[self._at : self._at + 2]
        if not rest or rest[0] not in "?*+{":
            return part
        closed = self._pattern.index("}", self._at) if rest[0] == "{" else self._at
        optional, once = rest.startswith(_OPTIONAL), rest[0] == "?"
        self._at = closed + 1
        if self._pattern[self._at : self._at + 1] == "?":  # lazy or not is all the same here
            self._at += 1
        if not optional:
            return _Part(None, part.needed())
        return _Part(part.exact | _NOTHING, None) if once and part.exact else _ANYTHING
