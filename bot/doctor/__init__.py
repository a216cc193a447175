"""The doctor: looks at everything that a bot needs, and says how to mend what is wrong.

It changes nothing, and comes to an end within minutes whatever it meets; mostly it takes seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
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


async def examine(console: Console | None = None) -> bool:
    """Prints what is fine and what is not; whether all is.

    Raises SettingError if what is wrong is a setting.
    """
    examination = _Examination(console or Console())
    settings = examination.settings()
    examination.heard(examine_prompts(FOLDER))
    found, rooms = await examine_database(settings)
    examination.heard(found)
    await examination.wait_for("Models", examine_models(settings))
    await examination.wait_for("Discord", examine_discord(settings, rooms))
    if not examination.lacks("Token"):
        examination.heard(examine_room_count(rooms))
    return examination.verdict()


class _Examination:
    """What was found so far; each finding is shown as it comes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._found: list[Finding] = []

    def settings(self) -> Settings:
        """The settings; a wrong one ends the examination, because all else hangs on them."""
        try:
            settings = Settings.load()
        except SettingError as error:
            self.heard([wrong("Settings", error.detail, "See .env.example.", setting=True)])
            raise
        self.heard([ok("Settings", "Each value that is set can be used.")])
        return settings

    async def wait_for(self, what: str, checks: Awaitable[Sequence[Finding]]) -> None:
        """Waits for a group of checks that others than this machine answer."""
        with self._console.status(f"{what} …"):
            try:
                async with asyncio.timeout(MOST_SECONDS):
                    found = await checks
            except TimeoutError:
                late = f"No answer within {MOST_SECONDS:.0f} seconds."
                found = [wrong(what, late, "Try again in a minute.")]
        self.heard(found)

    def heard(self, found: Sequence[Finding]) -> None:
        """Keeps and shows findings."""
        self._found.extend(found)
        show(self._console, found)

    def lacks(self, what: str) -> bool:
        """Whether something is wrong with that."""
        return any(one.what == what and one.mark is Mark.WRONG for one in self._found)

    def verdict(self) -> bool:
        """Whether all is fine; raises SettingError if settings are not."""
        faults = [one for one in self._found if one.mark is Mark.WRONG]
        if any(one.setting for one in faults):
            raise SettingError("Mend the settings that are not ok above.")
        if not faults:
            self._console.print("All is well.", style="green")
        return not faults
