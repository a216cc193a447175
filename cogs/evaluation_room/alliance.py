"""The working alliance of a session, measured where somebody presses for it: it takes a minute."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import discord

from bot.agents.alliance.observers import curves_of, render_alliance
from bot.agents.alliance.scales import AllianceCurve
from bot.client.bot import FourRoomsBot
from bot.domain import Deadline, Turn
from bot.errors import FourRoomsError
from bot.llm.protocol import CallContext, CallPriority
from bot.reports.alliance_chart import alliance_chart
from bot.reports.report_maker import ReportMaker
from bot.text.moderator_texts import say
from cogs.evaluation_room.scores import can_draw
from cogs.shared.access import Asked, ForWhom
from cogs.shared.components import NUMBER, PersistentControl, button, view
from cogs.shared.lookups import turn_here

MEASURED_WITHIN: Final = 60.0
"""Seconds that a moderator waits for it."""


class NotMeasured(FourRoomsError):
    """A session whose alliance could not be measured."""

    public = (
        "The working alliance of that session could not be measured: the model gave no answer in "
        "time, or too little was said. The session is stored all the same."
    )


class AllianceButton(PersistentControl, template=rf"alliance:(?P<turn>{NUMBER})"):
    """The button below a session that measures its alliance."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Measure it, keep it, and show it to whoever pressed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        turn, _ = await turn_here(interaction, int(self.ids["turn"]))
        curves = await _measure(interaction.client, turn)
        if not curves:
            raise NotMeasured
        await interaction.followup.send(
            say("**Working alliance** of the session ({method})", method=curves[0].method),
            files=await _files(interaction.client, curves, f"reply-{turn.number}-alliance"),
            ephemeral=True,
        )


async def alliance_view(bot: FourRoomsBot, turn: Turn) -> discord.ui.View:
    """Return the button for a session that ended and was never measured; else no button."""
    ended = bot.engine.agents.alliance is not None and not turn.state.open
    if not ended or await curves_of(bot.stores.alliance_curves, turn.id):
        return view([])
    return view([button(f"alliance:{turn.id}", say("Measure the working alliance"), emoji="🤝")])


async def _measure(bot: FourRoomsBot, turn: Turn) -> tuple[AllianceCurve, ...]:
    alliance = bot.engine.agents.alliance
    if alliance is None or turn.state.open:
        return ()
    session = await bot.stores.turns.utterances(turn.id)
    ctx = CallContext(
        Deadline.after(MEASURED_WITHIN),
        room_id=turn.room_id,
        by_moderator=True,
        priority=CallPriority.MODERATOR,
    )
    return await alliance.of_turn(turn.id, session, bot.stores.alliance_curves, ctx)


async def _files(
    bot: FourRoomsBot, curves: tuple[AllianceCurve, ...], name: str
) -> list[discord.File]:
    """Return the curves as a table, and as a picture where one can be drawn."""
    files = [discord.File(BytesIO(render_alliance(curves).encode()), f"{name}.txt")]
    if can_draw():
        drawn = await bot.service(ReportMaker).make(
            alliance_chart, curves[0], say("Working alliance")
        )
        files.append(discord.File(BytesIO(drawn), f"{name}.png"))
    return files
