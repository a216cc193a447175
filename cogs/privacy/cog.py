"""`/privacy`, `/forget` and `/about`: for everybody, about their own words alone."""

from __future__ import annotations

import json
from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain.privacy import PrivacyChoice
from bot.rooms.chat.fixed_texts import PRIVACY_EXPORTED, fixed_text, language_of_locale
from bot.rooms.chat.splitting import split_text
from cogs.privacy.privacy_view import (
    how_to_choose,
    render_about,
    render_choices,
    render_erased,
    render_summary,
)
from cogs.shared.access import Asked, everybody


@app_commands.guild_only()
class PrivacyCog(commands.GroupCog, group_name="privacy"):
    """The cog that shows people what is stored of them, and keeps their choices."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    @app_commands.command()
    @everybody
    async def show(self, interaction: Asked) -> None:
        """What is stored about you here, where it goes, for how long, and what you can choose."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        stores, guild_id = self.bot.stores, interaction.guild_id or 0
        text = render_summary(
            await stores.personal_data.summary(interaction.user.id, guild_id),
            await stores.privacy_choices.get(interaction.user.id, guild_id),
            await stores.rooms.of_guild(guild_id),
            self.bot.engine.agents.models(),
            await stores.memories.of_person(interaction.user.id, guild_id),
            [one.address for one in self.bot.engine.agents.health()],
            language_of_locale(interaction.locale.value),
        )
        await _answer(interaction, text)

    @app_commands.command()
    @everybody
    async def export(self, interaction: Asked) -> None:
        """Everything stored about you here, as a file that only you can see."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        store = self.bot.stores.personal_data
        rows = await store.export(interaction.user.id, interaction.guild_id or 0)
        written = json.dumps(rows, ensure_ascii=False, indent=1).encode()
        await interaction.followup.send(
            fixed_text(PRIVACY_EXPORTED, language_of_locale(interaction.locale.value)),
            file=discord.File(BytesIO(written), "my-data.json"),
            ephemeral=True,
        )

    @app_commands.command()
    @app_commands.describe(
        stored="be stored and answered; “no” deletes all that is stored now",
        reactions="count my reactions as feedback, if that is ever done here",
        training="use my words for training, if that is ever done here",
        memory="remember what was worked on in talks with me; “no” deletes that now",
    )
    @everybody
    async def choices(
        self,
        interaction: Asked,
        stored: bool | None = None,
        reactions: bool | None = None,
        training: bool | None = None,
        memory: bool | None = None,
    ) -> None:
        """Your privacy choices, one by one; without an option, shows how they stand."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        guild_id = interaction.guild_id or 0
        language = language_of_locale(interaction.locale.value)
        given = {
            PrivacyChoice.STORAGE: stored,
            PrivacyChoice.FEEDBACK: reactions,
            PrivacyChoice.TRAINING: training,
            PrivacyChoice.MEMORY: memory,
        }
        parts = []
        for choice, yes in given.items():
            if yes is None:
                continue
            erased = await self.bot.engine.privacy.choose(
                interaction.user.id,
                guild_id,
                choice,
                yes=yes,
                names=_names(interaction),
                up_to=interaction.id,
            )
            parts.extend([render_erased(erased, language)] if erased is not None else [])
        now = await self.bot.stores.privacy_choices.get(interaction.user.id, guild_id)
        if all(yes is None for yes in given.values()):
            parts.append(how_to_choose(language))
        await _answer(interaction, "\n\n".join([render_choices(now, language), *parts]))


class ForgetCog(commands.Cog):
    """The cog that forgets people, and says what the bot is."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    @app_commands.command()
    @everybody
    async def forget(self, interaction: Asked) -> None:
        """Deletes everything stored about you in this server, now."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        erased = await self.bot.engine.privacy.forget_person(
            interaction.user.id,
            interaction.guild_id or 0,
            _names(interaction),
            up_to=interaction.id,
        )
        language = language_of_locale(interaction.locale.value)
        await _answer(interaction, render_erased(erased, language))

    @app_commands.command()
    @everybody
    async def about(self, interaction: Asked) -> None:
        """What I am, where I answer, and what becomes of your words."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        rooms = await self.bot.stores.rooms.of_guild(interaction.guild_id or 0)
        name = self.bot.user.display_name if self.bot.user else "Four Rooms"
        language = language_of_locale(interaction.locale.value)
        here = [room for room in rooms if not room.simulated]
        await _answer(interaction, render_about(name, here, language))


def _names(interaction: Asked) -> list[str]:
    """Return the names that a person goes by now."""
    person = interaction.user
    return [name for name in (person.display_name, person.global_name, person.name) if name]


async def _answer(interaction: Asked, text: str) -> None:
    for piece in split_text(text):
        await interaction.followup.send(piece, ephemeral=True)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cogs."""
    await bot.add_cog(PrivacyCog(bot))
    await bot.add_cog(ForgetCog(bot))
