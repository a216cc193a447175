"""The tables by which several processes on one PostgreSQL share Discord's shards out.

Their times are the database's own, so that no process's clock matters.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, false

from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.metadata import metadata

shard_leases = Table(
    "shard_leases",
    metadata,
    # -1 stands for all shards together, served by one process.
    Column("shard_id", Integer, primary_key=True, autoincrement=False),
    # One more with each holder: who writes with an older one writes no more.
    Column("token", BigInteger, nullable=False),
    # NULL: given up, and free.
    Column("process_id", String(32)),
    Column("ends_at", UtcDateTime, nullable=False),
    # When somebody last began a session of the shard, for the pace that Discord asks for.
    Column("identified_at", UtcDateTime),
)

shard_processes = Table(
    "shard_processes",
    metadata,
    Column("id", String(32), primary_key=True),
    # For people: the machine's name, and the number of the process there.
    Column("name", String(255), nullable=False),
    # Shards in all, as it knows them; NULL where it leaves that to Discord.
    Column("shard_count", Integer),
    # Whether it takes a share of what there is, and not what it was told.
    Column("shares", Boolean, nullable=False, server_default=false()),
    Column("ends_at", UtcDateTime, nullable=False),
)
