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
from bot.reports.report_maker import ReportFailed, ReportMaker
from bot.text.moderator_texts import say
from cogs.shared.access import Asked, ForWhom
from cogs.shared.components import NUMBER, PersistentControl, button, view
from cogs.shared.lookups import turn_here
from cogs.shared.pictures import can_draw, log_not_drawn, say_not_drawn

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
        name = f"reply-{turn.number}-alliance"
        files, not_drawn = await _files(interaction.client, curves, name)
        text = say("**Working alliance** of the session ({method})", method=curves[0].method)
        await interaction.followup.send(
            "\n".join(filter(None, [text, not_drawn])), files=files, ephemeral=True
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
) -> tuple[list[discord.File], str]:
    """Return the curves as a table, and as a picture or with the sentence that it is missing."""
    files = [discord.File(BytesIO(render_alliance(curves).encode()), f"{name}.txt")]
    if not can_draw():
        return files, ""
    maker, title = bot.service(ReportMaker), say("Working alliance")
    try:
        drawn = await maker.make(alliance_chart, curves[0], title)
    except ReportFailed as error:
        log_not_drawn(alliance_chart.__name__, error)
        return files, say_not_drawn()
    return [*files, discord.File(BytesIO(drawn), f"{name}.png")], ""
