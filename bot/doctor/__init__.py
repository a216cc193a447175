"""The doctor: a look at everything that a bot needs, and at how to mend what is wrong.

It changes nothing, and comes to an end within minutes whatever it meets; mostly it takes seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Sequence
from contextlib import nullcontext
from typing import Final

from rich.console import Console

from bot.doctor.discord_checks import examine_discord
from bot.doctor.findings import Finding, Mark, ok, show, wrong
from bot.doctor.local_checks import examine_database, examine_prompts, examine_room_count
from bot.doctor.model_checks import examine_models
from bot.errors import SettingError
from bot.prompting.templates import FOLDER
from bot.settings import Settings

__all__ = ["examine"]

MOST_SECONDS: Final = 120.0
"""What each group of checks may take: the embedded model may be loaded from a slow disk."""


async def examine(console: Console | None = None, *, as_json: bool = False) -> bool:
    """Print what is fine and what is not, and return whether all is.

    As lines as they come, or ``as_json`` as one object at the end. Raises SettingError if what is
    wrong is a setting.
    """
    console = console or Console()
    examination = _Examination(None if as_json else console)
    try:
        await _examine_all(examination)
        return examination.verdict()
    finally:
        if as_json:
            console.print(examination.json(), soft_wrap=True, markup=False, highlight=False)


async def _examine_all(examination: _Examination) -> None:
    settings = examination.settings()
    examination.report(examine_prompts(FOLDER))
    findings, rooms = await examine_database(settings)
    examination.report(findings)
    await examination.wait_for("Models", examine_models(settings))
    await examination.wait_for("Discord", examine_discord(settings, rooms))
    if not examination.lacks("Token"):
        examination.report(examine_room_count(rooms))


class _Examination:
    """The findings so far; each is shown as it comes where there is a console."""

    def __init__(self, console: Console | None) -> None:
        self._console = console
        self._findings: list[Finding] = []

    def settings(self) -> Settings:
        """Return the settings; a wrong one ends the examination, because all else hangs on them."""
        try:
            settings = Settings.load()
        except SettingError as error:
            self.report([wrong("Settings", error.detail, "See .env.example.", setting=True)])
            raise
        self.report([ok("Settings", "Each value that is set can be used.")])
        return settings

    async def wait_for(self, check: str, checks: Awaitable[Sequence[Finding]]) -> None:
        """Wait for a group of checks that others than this machine answer."""
        with self._console.status(f"{check} …") if self._console else nullcontext():
            try:
                async with asyncio.timeout(MOST_SECONDS):
                    findings = await checks
            except TimeoutError:
                late = f"No answer within {MOST_SECONDS:.0f} seconds."
                findings = [wrong(check, late, "Try again in a minute.")]
        self.report(findings)

    def report(self, findings: Sequence[Finding]) -> None:
        """Keep and show findings."""
        self._findings.extend(findings)
        if self._console is not None:
            show(self._console, findings)

    def lacks(self, check: str) -> bool:
        """Return whether something is wrong with what is called so."""
        return any(it.what == check and it.mark is Mark.WRONG for it in self._findings)

    def verdict(self) -> bool:
        """Return whether all is fine; raises SettingError if settings are not."""
        faults = [finding for finding in self._findings if finding.mark is Mark.WRONG]
        if any(fault.setting for fault in faults):
            raise SettingError("Mend the settings that are not ok above.")
        if not faults and self._console is not None:
            self._console.print("All is well.", style="green")
        return not faults

    def json(self) -> str:
        """Return all findings as one JSON object."""
        well = all(it.mark is not Mark.WRONG for it in self._findings)
        found = [finding.as_row() for finding in self._findings]
        return json.dumps({"ok": well, "findings": found}, ensure_ascii=False, indent=1)
