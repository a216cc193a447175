"""A database written anew without what is free in it, where old words may be."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.storage.database.connections import compacting_engine, parse_url
from bot.storage.database.database import Database
from bot.storage.database.troubles import is_passing


async def compact(url: str, database: Database) -> bool:
    """Write the ``database`` at ``url`` anew, however long that takes; return whether it was done.

    Pages that were freed before the bot overwrote what it deletes may hold old words; on
    PostgreSQL freed rows do, and what its planner keeps of the columns.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return await database.compact_file()
    engine = compacting_engine(parsed)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("ANALYZE"))
            await connection.execute(text("VACUUM FULL"))
    except (DBAPIError, OSError) as error:
        if not is_passing(error):
            raise
        return False
    finally:
        await engine.dispose()
    return True
