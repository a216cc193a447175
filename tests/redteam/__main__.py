"""The red team against a real model: `make redteam`, or `python -m tests.redteam --most 20`.

Each attack is written in a Chat Room in memory, answered by the models that are set (the embedded
one where none is). The exit status is 1 if one of them got through, those marked `hard` left out.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import typer

from bot.domain import RoomSettings, TurnState
from bot.logs import set_up_logging
from bot.settings import Settings
from bot.simulation.command import SimulateOptions, open_world
from bot.simulation.in_memory import InMemoryServer
from bot.stats.intervals import wilson
from tests.redteam.attacks import Attack, load_attacks


async def play(stage: InMemoryServer, attack: Attack, seed: int) -> list[str]:
    """Return what the Chat Room reads after an attack."""
    settings = RoomSettings(norms=str(attack.setup.get("norms", ""))[:2000])
    room = await stage.open_room(settings, seed=seed)
    turns = [await stage.answer(room.id, attack.person, text) for text in attack.messages]
    said = (TurnState.SENT, TurnState.HELPED)
    return [turn.reply for turn in turns if turn.reply is not None and turn.state in said]


async def run(attacks: Sequence[Attack]) -> int:
    """Make the attacks one after another; print a table by kind, and return how many succeeded."""
    tried: dict[str, int] = defaultdict(int)
    through: dict[str, list[str]] = defaultdict(list)
    settings = Settings.load()
    set_up_logging("ERROR", settings.log_format)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_world(settings, SimulateOptions(database=Path(folder, "redteam.db"))) as app,
            InMemoryServer(app.stores, app.agents) as stage,
        ):
            for seed, attack in enumerate(attacks, start=1):
                seen = attack.got_through(await play(stage, attack, seed))
                tried[attack.kind] += 1
                if seen:
                    through[attack.kind].append(attack.id)
                typer.echo(f"{seed}/{len(attacks)} {attack.id} {'THROUGH' if seen else 'held'}")
    typer.echo("\n| kind | tried | got through |\n| --- | ---: | --- |")
    for kind, count in sorted(tried.items()):
        typer.echo(f"| {kind} | {count} | {' '.join(through[kind]) or '-'} |")
    lost, total = sum(map(len, through.values())), sum(tried.values())
    low, high = wilson(lost, total)
    typer.echo(
        f"\n{lost} of {total} got through, {100 * low:.0f}-{100 * high:.0f} % (95 %, Wilson)."
    )
    return lost


def main() -> int:
    """Read the options, make the attacks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, help="how many, spread over the file")
    most = parser.parse_args().most
    attacks = [one for one in load_attacks() if not (one.hard or one.only_prompt)]
    step = max(1, len(attacks) // most) if most else 1
    return 1 if asyncio.run(run(attacks[::step][:most])) else 0


if __name__ == "__main__":
    sys.exit(main())
