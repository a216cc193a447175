"""`/settings`: a Chat Room's settings, shown and changed by admins."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.prompting.templates import FOLDER
from bot.rooms.control.settings_editor import NothingChanged
from bot.text.moderator_texts import say
from cogs.control_room.keeping import KeepingButton, ask_before_deleting
from cogs.control_room.settings_view import (
    SECTIONS,
    SERVER_WIDE,
    changes_of,
    render_settings,
    roles_of,
    section_buttons,
    section_fields,
    settings_of,
)
from cogs.shared.access import WHICH, Asked, ForWhom, admins_only, as_moderator
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.lookups import NotHere, id_of, room_of_admin
from cogs.shared.modals import ModalInput, answer_forms, open_form
from cogs.shared.moderator_channels import ModeratorChannels
from cogs.shared.room_commands import RoomCommand, RoomCommands, RoomRequest


class SettingsButton(
    PersistentControl, template=rf"settings:(?P<section>[a-z]+):(?P<room>{NUMBER})"
):
    """The button that opens the form of a section."""

    for_whom = ForWhom.ADMINS

    async def used(self, interaction: Asked) -> None:
        """Open it, filled in as things are now."""
        room = await room_of_admin(interaction, int(self.ids["room"]))
        section = self.ids["section"]
        if section not in SECTIONS:
            raise NotHere(f"there is no section {section} of settings")
        limits = await interaction.client.stores.server_limits.get(room.guild_id)
        shown = settings_of(section, room.settings, limits)
        fields = section_fields(section, shown, personas())
        await open_form(
            interaction, f"settings:{section}:{room.id}", say(SECTIONS[section][0]), fields
        )


class SettingsCog(commands.Cog):
    """The cog that shows the settings, and changes what their forms ask for."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._commands = bot.service(RoomCommands)

    async def cog_load(self) -> None:
        """Answer its buttons and forms, and its command's menu."""
        self._commands["settings"] = RoomCommand(self._show, ForWhom.ADMINS)
        self.bot.add_dynamic_items(SettingsButton, KeepingButton)
        answer_forms(self.bot, "settings", self.change)

    @app_commands.command()
    @app_commands.describe(channel=WHICH)
    @admins_only
    async def settings(
        self, interaction: Asked, channel: discord.TextChannel | None = None
    ) -> None:
        """Shows and changes a Chat Room's settings."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, channel, RoomRequest("settings"))

    async def _show(self, interaction: Asked, rooms: Sequence[Room], _: RoomRequest) -> None:
        room = rooms[0]
        limits = await self.bot.stores.server_limits.get(room.guild_id)
        await interaction.followup.send(
            await self._warning(interaction),
            embed=render_settings(room, limits),
            view=view(section_buttons(room)),
            ephemeral=True,
        )

    async def change(self, interaction: Asked, ids: Sequence[str], inputs: ModalInput) -> None:
        """Change what a form asks for, within the bounds, on the record."""
        await interaction.response.defer(ephemeral=True)
        section, room_id = ids
        room = await room_of_admin(interaction, id_of(room_id))
        changes = changes_of(section, inputs)
        if "exempt_roles" in inputs:
            roles = interaction.guild.roles if interaction.guild else ()
            ids_by_name = {role.name: role.id for role in roles}
            changes["exempt_roles"] = roles_of(inputs["exempt_roles"], ids_by_name)
        asked = section == "keeping" and await ask_before_deleting(interaction, room, changes)
        editor, by = self.bot.control.settings, as_moderator(interaction)
        change = editor.change_server if section in SERVER_WIDE else editor.change
        try:
            await change(room.id, by, **changes)
        except NothingChanged:
            if not asked:
                raise
        room = await room_of_admin(interaction, room.id)
        limits = await self.bot.stores.server_limits.get(room.guild_id)
        await interaction.edit_original_response(
            content=await self._warning(interaction),
            embed=render_settings(room, limits),
            view=view(section_buttons(room)),
        )

    async def _warning(self, interaction: Asked) -> str:
        return await self.bot.service(ModeratorChannels).warning_for(interaction.guild_id)


def personas() -> list[str]:
    """Return the names of the personas there are, the default one first."""
    names = sorted(path.stem for path in (FOLDER / "personas").glob("*.md"))
    return sorted(names, key=lambda name: name != "default")


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(SettingsCog(bot))
