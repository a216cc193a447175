"""A command that writes a new revision: the difference between the last one and the tables."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from bot.storage.database.connections import migrating_engine, parse_url
from bot.storage.migrations import alembic_config, upgrade


def _write(connection: Connection, message: str) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    upgrade(connection)
    config = alembic_config(connection)
    number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
    command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")


async def write_revision(message: str) -> None:
    """Compare a database made by all revisions with the tables, and write what is missing."""
    with TemporaryDirectory() as folder:
        engine = migrating_engine(parse_url(f"sqlite:///{Path(folder, 'empty.db')}"))
        try:
            async with engine.begin() as connection:
                await connection.run_sync(_write, message)
        finally:
            await engine.dispose()


if __name__ == "__main__":
    asyncio.run(write_revision(" ".join(sys.argv[1:]) or "unnamed"))
