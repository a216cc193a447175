"""What a server reads when the bot joins it, and the list of what each person can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.client.command_sync import DOMAIN
from bot.domain.posts import nonce_of
from bot.rooms.chat.fixed_texts import (
    GREETING,
    HELP_ABOUT,
    HELP_CHOICES,
    HELP_ENTRIES,
    HELP_EXPORT,
    HELP_FORGET,
    HELP_HELP,
    HELP_SHOW,
    HELP_TITLE,
    fixed_text,
    language_of_locale,
)
from bot.rooms.chat.splitting import split_text
from bot.text.moderator_texts import Later, reader_language
from bot.text.translations import translations
from cogs.shared.access import MARK, Asked, ForWhom, everybody, moderates
from cogs.shared.delivery import DISCORD_ERRORS
from cogs.shared.text import shown_name

log = structlog.get_logger(__name__)

MEMBERS: Final = {
    "about": HELP_ABOUT,
    "help": HELP_HELP,
    "privacy show": HELP_SHOW,
    "privacy export": HELP_EXPORT,
    "privacy choices": HELP_CHOICES,
    "forget": HELP_FORGET,
}
"""What members' commands do, in words that are translated."""
HEADINGS: Final = {
    ForWhom.MODERATORS: Later("For moderators"),
    ForWhom.ADMINS: Later("For admins"),
}


class GreetingCog(commands.Cog):
    """The cog that says hello, and what can be done."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Greet a server once, in its system channel, if the bot may write there."""
        channel = guild.system_channel
        if channel is None:
            return
        rights = channel.permissions_for(guild.me)
        if not (rights.view_channel and rights.send_messages):
            return
        if not await self.bot.stores.greetings.note(guild.id):
            return
        language = language_of_locale(guild.preferred_locale.value)
        text = fixed_text(GREETING, language, name=shown_name(guild.me.display_name))
        try:
            await channel.send(text, nonce=nonce_of("greeting", guild.id))
        except DISCORD_ERRORS as error:  # nothing depends on it
            log.warning("not greeted", guild_id=guild.id, error=repr(error))

    @app_commands.command(name="help")
    @everybody
    async def list_commands(self, interaction: Asked) -> None:
        """What you can do here."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        language = language_of_locale(interaction.locale.value)
        whom = [ForWhom.EVERYBODY]
        rooms = await self.bot.stores.rooms.of_guild(interaction.guild_id or 0)
        if any(moderates(room, interaction.user) for room in rooms):
            whom.append(ForWhom.MODERATORS)
        if interaction.permissions.manage_guild:
            whom.append(ForWhom.ADMINS)
        for piece in split_text(render_help(self.bot.tree, whom, language)):
            await interaction.followup.send(piece, ephemeral=True)


def render_help(tree: app_commands.CommandTree[Any], whom: list[ForWhom], language: str) -> str:
    """Return what people who are these can do: members' commands in their language."""
    lines = [f"**{fixed_text(HELP_TITLE, language)}**", *_members_lines(tree, language)]
    lines.append(f"- {fixed_text(HELP_ENTRIES, language)}")
    for one, heading in HEADINGS.items():
        if one in whom:
            lines.append(f"\n**{heading}**")
            described = translations(reader_language(), DOMAIN).gettext
            lines += [f"- `/{name}`: {described(what)}" for name, what in _commands_for(tree, one)]
    return "\n".join(lines)


def _members_lines(tree: app_commands.CommandTree[Any], language: str) -> Iterator[str]:
    for name, what in _commands_for(tree, ForWhom.EVERYBODY):
        yield f"- `/{name}`: {fixed_text(MEMBERS.get(name, what), language)}"


def _commands_for(tree: app_commands.CommandTree[Any], whom: ForWhom) -> Iterator[tuple[str, str]]:
    """Yield the commands that are for these people, by name, each with what it does."""
    for command in sorted(tree.walk_commands(), key=lambda one: one.qualified_name):
        own = command.callback if isinstance(command, app_commands.Command) else None
        if getattr(own, MARK, None) is whom:
            yield command.qualified_name, command.description


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(GreetingCog(bot))
