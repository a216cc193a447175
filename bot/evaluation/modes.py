"""What `python -m bot evaluate` measures, by its options, and which of them go together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bot.errors import SettingError
from bot.evaluation.command import ALL, FitProbes, Options, run_evaluation
from bot.evaluation.crisis.command import evaluate_crises
from bot.evaluation.runs import Files
from bot.evaluation.talk.command import TalkOptions, run_talk_evaluation
from bot.evaluation.therapist.command import (
    AT_ONCE,
    TherapistOptions,
    run_therapist_evaluation,
)
from bot.private_files import require_writable
from bot.settings import Settings


class Mode(StrEnum):
    """What is measured: the option that asks for it."""

    THERAPY = ""
    CRITIC = "--critic"
    FIT = "--fit"
    THERAPIST = "--therapist"
    TALK = "--talk"
    CRISIS = "--crisis"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateArguments:
    """The command line's options, as they were given."""

    scenarios: Path | None
    critic: bool
    fit: bool
    therapist: bool
    talk: bool
    messages: Path | None
    rooms: int | None
    crisis: bool
    set_: Path | None
    golden: Path | None
    conditions: tuple[str, ...]
    split: str | None
    most: int | None
    repeats: int
    seed: int
    persona: str
    at_once: int | None
    json: Path | None
    from_: Path | None
    picture: Path | None
    log: Path | None
    fresh: bool

    @property
    def mode(self) -> Mode:
        """Return what is to be measured; SettingError where options do not go together."""
        asked = {
            Mode.CRITIC: self.critic,
            Mode.FIT: self.fit,
            Mode.THERAPIST: self.therapist,
            Mode.TALK: self.talk,
            Mode.CRISIS: self.crisis,
        }
        given = {
            "--scenarios": self.scenarios,
            "--conditions": self.conditions,
            "--picture": self.picture,
            "--messages": self.messages,
            "--rooms": self.rooms,
            "--set": self.set_,
            "--golden": self.golden,
            "--from": self.from_,
            "--most": self.most,
            "--repeats": self.repeats > 1,
        }
        return choose_mode(asked, given)

    @property
    def run_as(self) -> dict[str, Any]:
        """Return what every run with a model takes."""
        return {
            "seed": self.seed,
            "persona": self.persona,
            "fresh": self.fresh,
            "files": Files(log=self.log, json=self.json, picture=self.picture),
        }


def run_chosen(
    given: EvaluateArguments, fit_probes: FitProbes, set_up_logging: Callable[[], None]
) -> str:
    """Measure what is asked for; return the tables. SettingError where an option is wrong."""
    mode = given.mode
    for option, path in (
        ("--json", given.json),
        ("--picture", given.picture),
        ("--log", given.log),
    ):
        require_writable(option, path)
    if mode is Mode.CRISIS:
        return evaluate_crises(given.set_, given.split or ALL, given.json)
    settings = Settings.load()
    set_up_logging()
    if mode is Mode.THERAPIST:
        return asyncio.run(run_therapist_evaluation(settings, _therapist_options(given)))
    if mode is Mode.TALK:
        return asyncio.run(run_talk_evaluation(settings, _talk_options(given)))
    return asyncio.run(run_evaluation(settings, _options(given), fit_probes))


def _therapist_options(given: EvaluateArguments) -> TherapistOptions:
    return TherapistOptions(
        golden=given.golden,
        split=given.split,
        most=given.most,
        at_once=given.at_once or AT_ONCE,
        reckon_from=given.from_,
        **given.run_as,
    )


def _talk_options(given: EvaluateArguments) -> TalkOptions:
    return TalkOptions(
        messages=given.messages,
        rooms=given.rooms,
        golden=given.golden,
        split=given.split,
        at_once=given.at_once,
        reckon_from=given.from_,
        **given.run_as,
    )


def _options(given: EvaluateArguments) -> Options:
    return Options.chosen(
        given.critic,
        given.scenarios,
        given.golden,
        given.split or ALL,
        given.conditions,
        given.at_once,
        fit=given.fit,
        most=given.most,
        repeats=given.repeats,
        **given.run_as,
    )


_GOES_WITH: Final[Mapping[str, frozenset[Mode]]] = {
    "--scenarios": frozenset({Mode.THERAPY}),
    "--conditions": frozenset({Mode.THERAPY}),
    "--picture": frozenset({Mode.THERAPY}),
    "--messages": frozenset({Mode.TALK}),
    "--rooms": frozenset({Mode.TALK}),
    "--set": frozenset({Mode.CRISIS}),
    "--golden": frozenset({Mode.CRITIC, Mode.THERAPIST, Mode.TALK}),
    "--from": frozenset({Mode.THERAPIST, Mode.TALK}),
    "--most": frozenset({Mode.THERAPY, Mode.CRITIC, Mode.THERAPIST}),
    "--repeats": frozenset({Mode.THERAPY, Mode.CRITIC}),
}
"""The options that do not go with everything."""


def choose_mode(chosen: Mapping[Mode, bool], given: Mapping[str, object]) -> Mode:
    """Return what is to be measured.

    SettingError where two things are asked for at once, or an option is given that says nothing
    there.
    """
    modes = [mode for mode, is_chosen in chosen.items() if is_chosen]
    if len(modes) > 1:
        raise SettingError(f"{modes[1]} goes without {modes[0]}.")
    mode = modes[0] if modes else Mode.THERAPY
    for name, value in given.items():
        if value and mode not in _GOES_WITH[name]:
            raise SettingError(_misfit(name, mode))
    return mode


def _misfit(name: str, mode: Mode) -> str:
    fitting = [one.value for one in Mode if one in _GOES_WITH[name] and one is not Mode.THERAPY]
    if Mode.THERAPY in _GOES_WITH[name]:
        return f"{name} goes without {mode}."
    *most, last = fitting
    return f"{name} goes with {', '.join(most)} or {last}." if most else f"{name} goes with {last}."
