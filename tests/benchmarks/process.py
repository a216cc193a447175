"""What a process costs: memory, processor time, and the wait for the command line's help."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.stage import PROJECT


def memory_mb(pid: int) -> float:
    """The resident memory of a process in megabytes (2**20 bytes)."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        (line,) = (one for one in status.read_text().splitlines() if one.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024
    told = subprocess.run(  # noqa: S603
        ["ps", "-o", "rss=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    return int(told.stdout) / 1024


def processor_seconds(pid: int) -> float:
    """The processor time that a process has used; nan where there is no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return math.nan
    # The name in brackets may hold spaces; user and system time are the 14th and 15th fields.
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def time_help(times: int) -> list[float]:
    """Seconds of ``python -m bot --help``; the first, on cold files, is left out."""
    taken = []
    for _ in range(times + 1):
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "bot", "--help"], cwd=PROJECT, capture_output=True, check=True
        )
        taken.append(time.monotonic() - began)
    return taken[1:]
