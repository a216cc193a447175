"""A simulation in Discord, ordered from the command line of the bot that runs.

The order is a note in the bot's own database: a second connection with the same token would
answer everything twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import ValidationError

from bot.domain import Value
from bot.prompting.templates import FOLDER, Prompts
from bot.prompting.user_personas import load_user_personas
from bot.settings import Settings
from bot.simulation.plan import choose_people
from bot.storage.database.database import Database, migrate
from bot.storage.stores.key_value import KeyValueStore

_MARK: Final = "simulation ordered"
STALE_AFTER: Final = timedelta(minutes=2)
"""An order that no bot has taken by then is forgotten: nobody is watching any more."""


class Order(Value):
    """What is wanted, and where."""

    channel_id: int
    persona: str
    chatbot: str
    turns: int
    at: datetime


async def order_simulation(
    settings: Settings, channel_id: int, persona: str, chatbot: str, turns: int
) -> str:
    """Leaves the order; what to tell. SettingError for an unknown persona or a wrong database."""
    (who, *_) = choose_people(load_user_personas(FOLDER / "user"), [persona])
    Prompts.load().persona(chatbot)
    order = Order(
        channel_id=channel_id, persona=who.name, chatbot=chatbot, turns=turns, at=datetime.now(UTC)
    )
    url = settings.database_url.get_secret_value()
    await migrate(url)
    database = await Database.open(url)
    try:
        await KeyValueStore(database).put(_MARK, order.model_dump_json())
    finally:
        await database.close()
    return (
        f"Ordered in channel {channel_id}. A bot that runs over this database begins within "
        "seconds; `python -m bot run` starts one.\n"
    )


async def take_order(key_value: KeyValueStore) -> Order | None:
    """The order that waits, once; None if there is none or nobody took it in time."""
    kept = await key_value.get(_MARK)
    if not kept:
        return None
    await key_value.put(_MARK, "")
    try:
        order = Order.model_validate_json(kept)
    except ValidationError:  # left by another version
        return None
    return order if datetime.now(UTC) - order.at < STALE_AFTER else None
