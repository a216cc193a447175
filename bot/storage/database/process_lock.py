"""The right of one process to serve the rooms of a database file, held by a lock of the system.

Two processes that serve one shard would each answer every message. The lock lies in small files
beside the database, and ends with its process however that ends: there is nothing to clean up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from bot.errors import SettingError
from bot.private_files import FILE
from bot.storage.database.connections import cannot_open, make_folder, parse_url

_PID_BYTES: Final = 32


@contextmanager
def only_process(url: str, shard_ids: Collection[int] = ()) -> Iterator[None]:
    """Hold the right to serve ``shard_ids``, or all shards if there are none, in the block.

    Raises SettingError where another process serves one of them from the database at ``url``, or
    where no lock file can be made. It holds on SQLite; on Windows nothing is checked, and on
    PostgreSQL nothing here: processes tell of each other in the database, by their leases.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        yield
        return
    with ExitStack() as stack:
        with cannot_open(parsed):
            make_folder(parsed)
            # Who serves all shards shares the file with nobody, who serves some with the others.
            stack.enter_context(_locked(Path(f"{parsed.database}.lock"), shared=bool(shard_ids)))
            for shard in sorted(shard_ids):
                stack.enter_context(_locked(Path(f"{parsed.database}.shard-{shard}.lock")))
        yield


@contextmanager
def _locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a file locked, with the process's id in it. Raises OSError, SettingError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, FILE)  # no child inherits it
    try:
        if not _try_to_lock(descriptor, shared=shared):
            raise SettingError(_in_use(os.read(descriptor, _PID_BYTES)))
        os.ftruncate(descriptor, 0)  # what an earlier process left
        if not shared:
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def _try_to_lock(descriptor: int, *, shared: bool) -> bool:
    """Return whether the lock was free; always on Windows, which has none of this kind."""
    if sys.platform == "win32":
        return True
    import fcntl  # noqa: PLC0415 - not there on Windows

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _in_use(holder: bytes) -> str:
    named = f" (process {holder.decode()})" if holder.isdigit() else ""
    return (
        f"DATABASE_URL: another bot{named} already serves its rooms from this database, and two "
        "would answer every message twice. Stop that one first, or give this one a database, or "
        "shards (SHARD_IDS), of its own."
    )
