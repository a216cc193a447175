"""Inject every fault, and print what came of it: ``python -m tests.faults [PART …] [FAULT …]``.

Parts: ``models``, ``discord``, ``gateway``, ``changes``, ``simulations``, ``ends``, ``quiet``;
all of them by themselves. Faults of models and routes of Discord are named as in the table;
without any, all.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from tests.faults.discord_faults import (
    CHANGES,
    CLOSES,
    MISHAPS,
    ROUTES,
    see_changed,
    see_closed,
    see_discord_fault,
)
from tests.faults.ends import ENDS, see_end
from tests.faults.house import FaultHouse, Seen, open_house
from tests.faults.models import FAULTS, KINDS, see_model_fault
from tests.faults.quiet import KEPT_UP, LONGEST, see_quiet
from tests.faults.simulations import see_simulation_fault
from tests.patience import PATIENCE

Row = tuple[str, str, Seen]


async def model_rows(house: FaultHouse) -> AsyncIterator[Row]:
    """Yield each fault of a model for each kind of question."""
    for fault in [one for one in FAULTS if one in sys.argv[1:]] or FAULTS:
        for kind, who in KINDS.items():
            yield f"model: {fault}", who, await see_model_fault(house, kind, fault)
        yield "model: mended", "all", await house.turn(within=PATIENCE)


async def discord_rows(house: FaultHouse) -> AsyncIterator[Row]:
    """Yield each fault of each route, once the day's thread is open."""
    await house.turn(within=PATIENCE)
    routes = [one for one in ROUTES if one in sys.argv[1:]] or ROUTES
    for mishap in MISHAPS:
        for route in routes:
            yield f"Discord: {mishap}", route, await see_discord_fault(house, route, mishap)


async def gateway_rows(house: FaultHouse) -> AsyncIterator[Row]:
    """Yield each way in which the connection may end."""
    for name, close in CLOSES.items():
        yield f"gateway: {name}", "", await see_closed(house, lambda: close(house))  # noqa: B023


async def change_rows(house: FaultHouse) -> AsyncIterator[Row]:
    """Yield what may happen to a message while it is being answered."""
    for change in CHANGES:
        yield f"the message {change}", "its draft", await see_changed(house, change)


PARTS = {
    "models": model_rows,
    "discord": discord_rows,
    "gateway": gateway_rows,
    "changes": change_rows,
}


async def show(parts: list[str]) -> int:
    """Print the rows of these parts; return how many are not as they should be."""
    wrong = 0
    _print("| fault | where | people read | cards | model calls | Discord requests |")
    _print("| --- | --- | --- | --- | --- | --- |")
    for part in (part for part in PARTS if part in parts):
        with tempfile.TemporaryDirectory() as folder:
            async with open_house(Path(folder)) as house:
                async for fault, where, seen in PARTS[part](house):
                    wrong += not seen.is_right
                    mark = " (once mended)" if seen.after_mending else ""
                    mark += "" if seen.is_right else " ⚠️"
                    _print(
                        f"| {fault} | {where} | {seen.reply}{mark} | {seen.cards} "
                        f"| {seen.calls} | {seen.requests} |"
                    )
    if "simulations" in parts:
        wrong += await _show_simulations()
    if "ends" in parts:
        wrong += await _show_ends()
    if "quiet" in parts:
        _print(
            "\n| lasting, and nobody speaks | model calls a minute | Discord requests a minute |"
        )
        _print("| --- | --- | --- |")
        for fault, rates in (await see_quiet(KEPT_UP)).items():
            is_much = max(rates.calls, rates.requests) > LONGEST
            wrong += is_much
            _print(f"| {fault} | {rates.calls}{' ⚠️' if is_much else ''} | {rates.requests} |")
    return wrong


async def _show_simulations() -> int:
    """Print how a simulation ends whose AI User fails; return how many do not as they should."""
    wrong = 0
    _print(
        "\n| the User's model, after one message | its channel reads last | replies kept | calls |"
    )
    _print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        async with open_house(Path(folder)) as house:
            for fault in [one for one in FAULTS if one in sys.argv[1:]] or FAULTS:
                seen = await see_simulation_fault(house, fault)
                wrong += not seen.is_right
                mark = "" if seen.is_right else " ⚠️"
                _print(f"| {fault} | {seen.ending}{mark} | {seen.replies} | {seen.calls} |")
    return wrong


async def _show_ends() -> int:
    """Print how each close ends the process; return how many do not as they should."""
    wrong = 0
    _print("\n| the gateway closes with | exit status | the operator reads |")
    _print("| --- | --- | --- |")
    for code in ENDS:
        with tempfile.TemporaryDirectory() as folder:
            end = await see_end(Path(folder), code)
        mark = "" if end.is_right(code) else " ⚠️"
        wrong += not end.is_right(code)
        _print(f"| {code} | {end.status}{mark} | {end.sentence} |")
    return wrong


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run it; return 1 if a row is not as it should be."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    parts = [*PARTS, "simulations", "ends", "quiet"]
    wrong = asyncio.run(show([part for part in parts if part in sys.argv[1:]] or parts))
    _print(f"\n{wrong} rows are not as they should be." if wrong else "\nAll rows are right.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
