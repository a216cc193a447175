"""The options of `python -m bot tune`. It imports what it needs when it runs, as all commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MethodOption = Annotated[
    str, typer.Option("--method", help="sft (imitate replies) or dpo (prefer some to others).")
]
TuneDataOption = Annotated[
    Path, typer.Option("--data", help="The rows to learn from: docs/tuning.md.", dir_okay=False)
]
OutOption = Annotated[
    Path, typer.Option("--out", help="Where adapter, card and checkpoints go.", file_okay=False)
]
TuneAgentOption = Annotated[str, typer.Option("--agent", help="Whose model: chatbot or therapist.")]
BaseOption = Annotated[str, typer.Option("--base", help="embedded, or the path of a GGUF file.")]
MinutesOption = Annotated[
    float | None, typer.Option("--minutes", help="The most time that it takes.", min=0.1)
]
PassesOption = Annotated[float, typer.Option("--passes", help="How often a row is read.", min=0.01)]
StepsOption = Annotated[
    int | None, typer.Option("--steps", help="So many steps, in place of passes.", min=1)
]
BatchOption = Annotated[int, typer.Option("--batch", help="Replies of a step.", min=1, max=64)]
RateOption = Annotated[float, typer.Option("--rate", help="The learning rate.", min=1e-7, max=0.1)]
BetaOption = Annotated[
    float, typer.Option("--beta", help="dpo: how dearly a preference is held.", min=0.001)
]
LikelihoodOption = Annotated[
    float, typer.Option("--likelihood", help="dpo: weight of the chosen's likelihood.", min=0)
]
RankOption = Annotated[int, typer.Option("--rank", help="The adapter's rank.", min=1, max=256)]
LayerOption = Annotated[
    int | None, typer.Option("--first-layer", help="The lowest layer that is tuned.", min=0)
]
HeldOption = Annotated[
    float, typer.Option("--held", help="Share of situations to hold out.", min=0.01, max=0.9)
]
PrecisionOption = Annotated[
    str, typer.Option("--precision", help="float32, bfloat16, or auto: what is fast here.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed repeats it.", min=0)]
PersonaOption = Annotated[
    str, typer.Option("--persona", help="Whose prompt the Chatbot's replies are rendered by.")
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Begin anew: forget the earlier run.")]


def tune(
    method: MethodOption,
    data: TuneDataOption,
    out: OutOption,
    agent: TuneAgentOption = "chatbot",
    base: BaseOption = "embedded",
    minutes: MinutesOption = None,
    passes: PassesOption = 1.0,
    steps: StepsOption = None,
    batch: BatchOption = 8,
    rate: RateOption = 1e-4,
    beta: BetaOption = 0.1,
    likelihood: LikelihoodOption = 0.2,
    rank: RankOption = 16,
    first_layer: LayerOption = None,
    held: HeldOption = 0.2,
    seed: SeedOption = 1,
    persona: PersonaOption = "default",
    precision: PrecisionOption = "auto",
    fresh: FreshOption = False,
) -> None:
    """Tune the embedded model for an agent on rows of talk: an adapter, and a card of figures."""
    from bot.learning.tuning.command import run_tuning  # noqa: PLC0415
    from bot.learning.tuning.options import TuneOptions  # noqa: PLC0415

    options = TuneOptions.chosen(
        data, out, base, minutes, precision, fresh,
        method=method, agent=agent, persona=persona, passes=passes, steps=steps, batch=batch,
        rate=rate, beta=beta, likelihood=likelihood, rank=rank, first_layer=first_layer,
        held=held, seed=seed,
    )  # fmt: skip
    typer.echo(run_tuning(options), nl=False)
