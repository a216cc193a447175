"""Buttons and selects without memory: all they know stands in their id, so they outlive restarts.

An id can be forged by whoever presses. Each control therefore says whom it is for, and looks up
what its id names, with the permission and the server of the person who presses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from re import Match
from typing import Any, ClassVar, Final, Self

import discord

from bot.client.refusals import refuse
from bot.text.moderator_texts import read_by
from cogs.shared.access import Asked, ForWhom

NUMBER: Final = r"[0-8]?[0-9]{1,18}"
"""A snowflake, or an id of our own, in a template: no more than a database can hold."""


class PersistentControl(discord.ui.DynamicItem[discord.ui.Item[Any]], template=r"(?!)"):
    """A button or select: a subclass has a template with named groups, and `used`."""

    for_whom: ClassVar[ForWhom]
    """The people it is for; `used` sees to it, and a test to that."""

    def __init__(self, item: discord.ui.Item[Any], ids: Mapping[str, str]) -> None:
        super().__init__(item)
        self.ids = ids

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], item: discord.ui.Item[Any], match: Match[str], /
    ) -> Self:
        """Return the control that was pressed."""
        return cls(item, match.groupdict())

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what it is for; an error ends where those of commands do."""
        read_by(interaction.locale.value)
        try:
            await self.used(interaction)
        except Exception as error:  # noqa: BLE001 - the edge of a press: `refuse` logs it
            await refuse(interaction, error)

    async def used(self, interaction: Asked) -> None:
        """Do what a press asks for."""
        raise NotImplementedError

    @property
    def chosen(self) -> list[str]:
        """Return what was chosen, of a select."""
        return self.item.values if isinstance(self.item, discord.ui.Select) else []


def button(
    custom_id: str,
    label: str,
    *,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    emoji: str | None = None,
    disabled: bool = False,
) -> discord.ui.Button[Any]:
    """Return a button that a `PersistentControl` whose template fits ``custom_id`` answers."""
    return discord.ui.Button(
        custom_id=custom_id, label=label or None, style=style, emoji=emoji, disabled=disabled
    )


def view(items: Iterable[discord.ui.Item[Any]]) -> discord.ui.View:
    """Return controls for a message. discord.py keeps none of them in memory."""
    controls = discord.ui.View(timeout=None)
    for item in items:
        controls.add_item(item)
    controls.stop()
    return controls
