"""The button below the card of a turn that ran out of time: it is tried again, once."""

from __future__ import annotations

from discord.ext import commands

from bot.client.bot import FourRoomsBot
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.shared.access import Asked, ForWhom, as_moderator
from cogs.shared.components import NUMBER, PersistentControl
from cogs.shared.lookups import turn_here


class TryAgainButton(PersistentControl, template=rf"again:(?P<turn>{NUMBER})"):
    """The button that has a turn go on where its time was up."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Try the turn again, and take the button away."""
        turn, room = await turn_here(interaction, int(self.ids["turn"]))
        await interaction.response.defer()
        second_tries = interaction.client.control.second_tries
        again = await second_tries.try_again(turn.id, as_moderator(interaction))
        if interaction.message is not None:
            cards = interaction.client.service(ScoreCards)
            shown = await cards.render_anew(room, again, interaction.message.id)
            await interaction.edit_original_response(**shown)


class SecondTryCog(commands.Cog):
    """The cog that answers the button."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Answer the button."""
        self.bot.add_dynamic_items(TryAgainButton)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(SecondTryCog(bot))
