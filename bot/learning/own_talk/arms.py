"""Arms of a comparison, drawn in the same situations and read blind, beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean

from bot.evaluation.datasets.talk_sets import HURTFUL, TalkRoom
from bot.learning.own_talk.draw import Draw
from bot.learning.own_talk.labels import SheetLabel, lettered_draws
from bot.reports.text_tables import render_table
from bot.stats.intervals import sign_test, wilson

Reading = tuple[TalkRoom, Draw, SheetLabel]
Arm = Mapping[str, Reading]
"""What was read of one arm, by situation."""
_HEAD = (
    "arm",
    "fit to send",
    "mean need (0-4)",
    "untrue",
    "hurtful",
    "wrong language",
    "characters",
    "against the first, won-tied-lost (p)",
)


def describe_arms(
    rooms: Sequence[TalkRoom], draws: Sequence[Draw], labels: Sequence[SheetLabel], seed: int
) -> str:
    """Return a table of the arms, the first drawn being what others are held against; then by kind.

    ``seed`` is the sheets'. One draft is better than another of the same situation where it is
    worth more; p is of a two-sided sign test. An answer that did not come is worth nothing.
    """
    arms = _arms(rooms, draws, labels, seed)
    first = next(iter(arms.values()), {})
    lines = [
        [name, *_figures(arm), _against(arm, first) if arm is not first else ""]
        for name, arm in arms.items()
    ]
    return f"{render_table(_HEAD, lines)}\n\n{_by_kind(arms)}\n"


def _arms(
    rooms: Sequence[TalkRoom], draws: Sequence[Draw], labels: Sequence[SheetLabel], seed: int
) -> dict[str, dict[str, Reading]]:
    said = {label.id: label for label in labels}
    names = dict.fromkeys(_name(draw) for draw in draws)
    arms: dict[str, dict[str, Reading]] = {name: {} for name in names}
    for room, lettered in lettered_draws(rooms, draws, seed):
        for letter, draw in lettered.items():
            if (label := said.get(f"{room.id}/{letter}")) is not None:
                arms[_name(draw)][room.id] = (room, draw, label)
    return {name: arm for name, arm in arms.items() if arm}


def _name(draw: Draw) -> str:
    return " ".join(filter(None, (draw.arm, draw.way)))


def _figures(arm: Arm) -> list[str]:
    labels = [label for _, _, label in arm.values()]

    def share(holds: Callable[[SheetLabel], bool]) -> str:
        return f"{sum(map(holds, labels)) / len(labels):.0%}"

    return [
        _fit(labels),
        f"{fmean(label.need for label in labels):.2f}",
        share(lambda label: "untrue" in label.findings),
        share(lambda label: bool(HURTFUL & set(label.findings))),
        share(lambda label: "wrong_language" in label.findings),
        f"{fmean(len(draw.draft) for _, draw, _ in arm.values()):.0f}",
    ]


def _fit(labels: Sequence[SheetLabel]) -> str:
    fit = sum(label.send for label in labels)
    low, high = wilson(fit, len(labels))
    return f"{fit / len(labels):.1%} [{low:.0%}, {high:.0%}] of {len(labels)}"


def _against(arm: Arm, first: Arm) -> str:
    differences = [arm[one][2].worth - first[one][2].worth for one in arm.keys() & first.keys()]
    won, lost = sum(one > 0 for one in differences), sum(one < 0 for one in differences)
    return f"{won}-{len(differences) - won - lost}-{lost} ({sign_test(won, lost):.2f})"


def _by_kind(arms: Mapping[str, Arm]) -> str:
    """Return the share that is fit, and the mean need, by language and by kind of situation."""
    rooms = {room.id: room for arm in arms.values() for room, _, _ in arm.values()}
    groups: dict[str, set[str]] = {}
    for room in rooms.values():
        language = "English" if room.language == "en" else "other languages"
        for group in (language, room.kind):
            groups.setdefault(group, set()).add(room.id)
    order = sorted(groups, key=lambda group: (group not in ("English", "other languages"), group))
    lines = [
        [group, str(len(groups[group])), *(_short(arm, groups[group]) for arm in arms.values())]
        for group in order
    ]
    return render_table(["fit to send, mean need", "situations", *arms], lines)


def _short(arm: Arm, group: Iterable[str]) -> str:
    labels = [arm[one][2] for one in group if one in arm]
    if not labels:
        return "-"
    return f"{fmean(label.send for label in labels):.0%}, {fmean(la.need for la in labels):.1f}"
