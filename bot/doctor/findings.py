"""The findings of the doctor, and the lines that show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rich.console import Console
from rich.text import Text


class Mark(StrEnum):
    """The end of a check."""

    OK = "ok"
    NOTE = "note"  # nothing is wrong, and yet worth knowing
    WRONG = "not ok"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the checklist. ``said`` and ``mend`` never hold a secret."""

    what: str
    mark: Mark
    said: str
    mend: str = ""
    setting: bool = False
    """Whether it is a setting that is wrong: exit status 2."""

    def as_row(self) -> dict[str, str | bool]:
        """Return the finding for `doctor --json`."""
        return {
            "check": self.what,
            "mark": self.mark.value,
            "said": self.said,
            "mend": self.mend,
            "setting": self.setting,
        }


def ok(what: str, said: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(what, Mark.OK, said)


def note(what: str, said: str, mend: str = "") -> Finding:
    """Return a finding of what is not needed, or not yet, and what that means."""
    return Finding(what, Mark.NOTE, said, mend)


def wrong(what: str, said: str, mend: str, *, setting: bool = False) -> Finding:
    """Return a finding of what has to be mended, and how."""
    return Finding(what, Mark.WRONG, said, mend, setting)


_STYLES: Final = {Mark.OK: "green", Mark.NOTE: "yellow", Mark.WRONG: "bold red"}
_MARK_WIDTH: Final = max(len(mark) for mark in Mark) + 2
_WHAT_WIDTH: Final = 13
"""Fits the longest name of a check."""


def show(console: Console, findings: Iterable[Finding]) -> None:
    """Print a line per finding, and what to do on the next. Addresses stay in one piece."""
    for finding in findings:
        line = Text(finding.mark.value.ljust(_MARK_WIDTH), _STYLES[finding.mark])
        line.append(finding.what.ljust(_WHAT_WIDTH), style="bold")
        line.append(_indented(finding.said), style="default not bold")
        if finding.mend:
            line.append(_indented(f"\n\u2192 {finding.mend}"), style="default not bold")
        console.print(line, soft_wrap=True)


def _indented(text: str) -> str:
    return text.replace("\n", "\n" + " " * (_MARK_WIDTH + _WHAT_WIDTH))
