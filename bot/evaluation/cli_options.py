"""The options of `python -m bot evaluate`, apart so that the command line loads nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ScenariosOption = Annotated[
    Path | None, typer.Option("--scenarios", help="Your own: prompts/scenarios/README.md.")
]
CriticOption = Annotated[
    bool, typer.Option("--critic", help="Measure the Critic on the golden set instead.")
]
FitOption = Annotated[
    bool, typer.Option("--fit", help="Fit the embedded model's probes anew (an hour).")
]
TherapistOption = Annotated[
    bool, typer.Option("--therapist", help="Measure the Therapist on labelled drafts instead.")
]
TalkOption = Annotated[
    bool,
    typer.Option("--talk", help="Hold whole talks, and compare each reply with its draft instead."),
]
MessagesOption = Annotated[
    Path | None, typer.Option("--messages", help="With --talk, your own: prompts/golden/README.md.")
]
RoomsOption = Annotated[
    int | None, typer.Option("--rooms", help="With --talk, only so many, drawn by --seed.", min=1)
]
FromOption = Annotated[
    Path | None,
    typer.Option("--from", help="Reckon the tables of a --json file again (no model)."),
]
CrisisOption = Annotated[
    bool, typer.Option("--crisis", help="Measure the rules for people in danger instead.")
]
SetOption = Annotated[
    Path | None, typer.Option("--set", help="With --crisis, your own: prompts/golden/README.md.")
]
GoldenOption = Annotated[
    Path | None, typer.Option("--golden", help="Your own: prompts/golden/README.md.")
]
ConditionsOption = Annotated[
    list[str] | None,
    typer.Option("--conditions", help="Only these, such as 'redraw'. Repeatable."),
]
SplitOption = Annotated[
    str | None,
    typer.Option("--split", help="tune (of talk train, validation), test or all."),
]
MostOption = Annotated[int | None, typer.Option("--most", help="Only so many rows.", min=1)]
RepeatsOption = Annotated[int, typer.Option("--repeats", help="How often each is done.", min=1)]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Write all figures and scores.")]
PictureOption = Annotated[Path | None, typer.Option("--picture", help="Draw them (PNG or SVG).")]
LogOption = Annotated[
    Path | None, typer.Option("--log", help="Where the run is kept, so that it can go on.")
]
