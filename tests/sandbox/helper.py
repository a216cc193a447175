"""A bot with a command, a button, a select and a form of every kind that the project uses."""

from __future__ import annotations

import io

import discord
from discord import app_commands

from tests.sandbox.conftest import Probe


class Rescore(discord.ui.Modal, title="Rescore"):
    score = discord.ui.TextInput[discord.ui.Modal](label="Score", max_length=3)
    why = discord.ui.TextInput[discord.ui.Modal](
        label="Why", required=False, style=discord.TextStyle.paragraph
    )

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        await interaction.response.send_message(
            f"{self.score.value} because {self.why.value or 'so'}", ephemeral=True
        )


class Card(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Agree", custom_id="agree")
    async def agree(
        self, interaction: discord.Interaction, button: discord.ui.Button[discord.ui.View]
    ) -> None:
        button.disabled = True
        await interaction.response.edit_message(content="agreed", view=self)

    @discord.ui.button(label="Rescore", custom_id="rescore")
    async def rescore(
        self, interaction: discord.Interaction, button: discord.ui.Button[discord.ui.View]
    ) -> None:
        await interaction.response.send_modal(Rescore())

    @discord.ui.select(
        custom_id="harm",
        options=[discord.SelectOption(label="None"), discord.SelectOption(label="Gaslighting")],
    )
    async def harm(
        self, interaction: discord.Interaction, select: discord.ui.Select[discord.ui.View]
    ) -> None:
        await interaction.response.send_message(f"chose {select.values[0]}")


class People(discord.ui.View):
    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who")
    async def who(
        self, interaction: discord.Interaction, select: discord.ui.UserSelect[discord.ui.View]
    ) -> None:
        await interaction.response.send_message(select.values[0].display_name)


async def commands(probe: Probe) -> None:
    @probe.tree.command(description="Stop the Chatbot in a room")
    @app_commands.default_permissions(manage_messages=True)
    async def pause(
        interaction: discord.Interaction,
        channel: discord.TextChannel,
        minutes: app_commands.Range[int, 1, 60] = 5,
    ) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(f"paused {channel.name} for {minutes}")
        await interaction.followup.send("and said so", ephemeral=True)

    @probe.tree.command(description="Post a card")
    async def card(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("a card", view=Card())

    @probe.tree.command(description="Choose somebody")
    async def choose(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("who?", view=People())

    @probe.tree.command(description="Say nothing")
    async def silent(interaction: discord.Interaction) -> None: ...

    @probe.tree.command(description="Send a file, later")
    async def session(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        file = discord.File(io.BytesIO(b"the talk"), "session.txt")
        await interaction.edit_original_response(content="here", attachments=[file])

    @probe.tree.command(description="Pick a persona")
    async def persona(interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(name, ephemeral=True)

    @persona.autocomplete("name")
    async def names(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        await probe.due(typed)
        known = ("default", "narcissistic")
        return [app_commands.Choice(name=n, value=n) for n in known if n.startswith(typed)]

    group = app_commands.Group(name="therapist", description="The Therapist's seat")

    @group.command(description="Sit down")
    async def take(interaction: discord.Interaction, who: discord.Member | None = None) -> None:
        name = who.display_name if who else interaction.user.display_name
        await interaction.response.send_message(f"{name} sits")

    probe.tree.add_command(group)

    async def show(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"about: {message.content}", ephemeral=True)

    probe.tree.add_command(app_commands.ContextMenu(name="Show therapy", callback=show))
    await probe.tree.sync()
