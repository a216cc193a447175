"""The forgetting of a person by whoever runs the bot, for requests that reach them otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from bot.storage.compacting import compact
from bot.storage.open_database import open_database
from bot.storage.stores.privacy.forgetting import Erased
from bot.storage.stores.stores import Stores

NOTHING: Final = "Nothing is stored of that person."
KEPT: Final = "Nothing was deleted."
NOT_COMPACTED: Final = {
    "sqlite": "The file could not be compacted, since it is in use: do it again later.",
    "postgresql": (
        "The tables could not be written anew (VACUUM FULL): the server ended that, by a limit of "
        "its own or somebody's word, or is away. What was deleted may be in its files until you do "
        "it again."
    ),
}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What came of it. ``erased`` is None where nothing was stored, or nobody agreed."""

    servers: int
    erased: Erased | None = None
    trouble: str = ""
    """Why what is free in the database could not be given up, where that is so."""

    @property
    def text(self) -> str:
        """The same in a few lines."""
        if self.erased is None:
            return KEPT if self.servers else NOTHING
        return _report(self.erased, self.trouble)

    def as_row(self) -> dict[str, object]:
        """Return it for `db forget --json`."""
        counts = asdict(self.erased or Erased())
        forgotten = self.erased is not None
        return {"forgotten": forgotten, "servers": self.servers, **counts,
                "compacted": forgotten and not self.trouble}  # fmt: skip


async def forget_everywhere(url: str, person_id: int, confirm: Callable[[str], bool]) -> Forgotten:
    """Forget a person in every server, and return what was done.

    ``confirm`` is asked with what is stored before anything is deleted. A bot that runs takes the
    posts in Discord away. Raises SettingError if the database cannot be opened.
    """
    async with open_database(url) as database:
        stores = Stores.over(database)
        guild_ids = await stores.personal_data.guilds_of(person_id)
        if not guild_ids:
            return Forgotten(0)
        if not confirm(await _stored(stores, person_id, guild_ids)):
            return Forgotten(len(guild_ids))
        erased = Erased()
        for guild_id in guild_ids:
            await stores.privacy_choices.forget_up_to(person_id, guild_id, None)
            erased += await stores.forgetting.person(person_id, guild_id)
        trouble = "" if await compact(url, database) else NOT_COMPACTED[database.dialect]
    return Forgotten(len(guild_ids), erased, trouble)


async def _stored(stores: Stores, person_id: int, guild_ids: list[int]) -> str:
    lines = []
    for guild_id in guild_ids:
        summary = await stores.personal_data.summary(person_id, guild_id)
        further = ", ".join(f"{count} in {table}" for table, count in summary.rows.items())
        lines.append(f"server {guild_id}: {summary.messages} messages; {further or 'no more'}")
    return "\n".join(lines)


def _report(erased: Erased, trouble: str) -> str:
    report = (
        f"Forgotten: {erased.messages} messages, {erased.turns} turns that answered them, "
        f"{erased.others} turns of others, {erased.rows} further rows.\n"
        f"{erased.posts} posts in Discord are taken away as soon as the bot runs. Restart a bot "
        "that is running, so that it has nothing of it in memory.\n"
        "Out of reach: downloaded files, backups of the database, the model's provider. Privacy "
        "choices stay, so that they hold."
    )
    return f"{report}\n{trouble}" if trouble else report
