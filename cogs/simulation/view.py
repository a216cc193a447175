"""A simulation in a channel: what the audience sees, from the notice to the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import SystemRandom
from typing import Final

import discord
import structlog

from bot.agents.user import User
from bot.client.bot import FourRoomsBot
from bot.domain import Turn, UserMessage
from bot.errors import FourRoomsError, LimitUsedUp
from bot.prompting.user_personas import UserPersona
from bot.rooms.chat.splitting import MESSAGE_LIMIT
from bot.simulation.conversation import converse
from bot.simulation.turn_waiter import TurnLost, TurnWaiter
from bot.text.moderator_texts import read_by, say
from cogs.shared.components import button, view
from cogs.shared.delivery import DISCORD_ERRORS, as_delivery_errors
from cogs.shared.text import SIMULATED, make_harmless, shortened, shown_name

log = structlog.get_logger(__name__)

ANSWERED_WITHIN: Final = 900.0
"""Seconds for a turn; a paused room has as long to go on."""


@dataclass(frozen=True, slots=True)
class AudienceChannel:
    """The AI User's place in a channel: a `bot.simulation.conversation.ConversationChannel`."""

    bot: FourRoomsBot
    channel: discord.TextChannel
    persona: UserPersona
    watch: TurnWaiter

    @property
    def room_id(self) -> int:
        """Return the Chat Room of the simulation: the channel."""
        return self.channel.id

    async def say(self, text: str) -> Turn:
        """Show the AI User's words, and hand them to the engine as anybody's."""
        with as_delivery_errors("simulation"):
            sent = await self.channel.send(render_line(self.persona.person, text))
        ending = self.watch.next_turn(self.room_id)
        message = UserMessage(
            sent.id,
            self.room_id,
            sent.author.id,
            self.persona.person,
            text,
            sent.created_at,
            exempt=True,  # nobody's own limit is for an AI
        )
        await self.bot.engine.receive(message)
        turn_id = await self.watch.ended(self.room_id, ending, ANSWERED_WITHIN)
        turn = await self.bot.stores.turns.get(turn_id)
        if turn is None:
            raise TurnLost(f"turn {turn_id} is not in the database")
        return turn


@dataclass(frozen=True, slots=True)
class AudienceSimulation:
    """One simulation for an audience."""

    bot: FourRoomsBot
    place: discord.TextChannel
    user: User
    turns: int
    by: str
    stop: asyncio.Event

    async def hold(self) -> None:
        """Hold it from the notice to the end; whatever goes wrong is said there in a word."""
        read_by(self.place.guild.preferred_locale.value)
        pressed = button(
            f"simulation:stop:{self.place.id}", say("Stop"), style=discord.ButtonStyle.danger
        )
        notice = announced(self.user.persona, self.turns, self.by)
        try:
            await self.place.send(notice, view=view([pressed]))
            ending = await self._talk()
        except (FourRoomsError, *DISCORD_ERRORS) as error:
            log.warning("simulation broke off", room_id=self.place.id, error=error)
            why = str(error) if isinstance(error, LimitUsedUp) else say("something went wrong.")
            ending = say("It broke off: {why}", why=why)
        try:
            await self.place.send(
                f"{SIMULATED} {say('**End of the simulation.** {ending}', ending=ending)}"
            )
        except DISCORD_ERRORS as error:
            log.warning("end of simulation not shown", room_id=self.place.id, error=error)

    async def _talk(self) -> str:
        """Exchange message after message; return how it ended."""
        seed, left = SystemRandom().getrandbits(31), False
        with TurnWaiter(self.bot.engine) as watch:
            channel = AudienceChannel(self.bot, self.place, self.user.persona, watch)
            async for exchange in converse(channel, self.user, turns=self.turns, seed=seed):
                left = exchange.left
                if self.stop.is_set():
                    return say("It was stopped.")
        return (
            say("{who} left.", who=shown_name(self.user.persona.person))
            if left
            else say("All its replies are given.")
        )


def announced(who: UserPersona, turns: int, by: str) -> str:
    """Return the notice above a simulation."""
    return say(
        "{mark} **A simulation.** Two language models talk here: the Chatbot, and an AI that "
        "plays *{who}*. {who} is no person, and nobody else is answered. At most {turns} replies; "
        "started by {by}.",
        mark=SIMULATED,
        who=shown_name(who.person),
        turns=turns,
        by=shown_name(by),
    )


def render_line(person: str, text: str) -> str:
    """Return what the AI User says, as nobody could take it for a member's words."""
    return shortened(
        say(
            "{mark} **{who}** (simulated): {text}",
            mark=SIMULATED,
            who=shown_name(person),
            text=make_harmless(text),
        ),
        MESSAGE_LIMIT,
    )
