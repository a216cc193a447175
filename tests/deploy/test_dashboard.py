"""The dashboard and the page of what to watch know the figures that there are, and all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from bot.metrics.families import MetricFamilies

DOCS = Path(__file__).parent.parent.parent / "docs"
NAME = re.compile(r"\bfour_rooms_[a-z_]+")


class Served:
    """The figures as they are served: the names of their samples, with the labels of each."""

    def __init__(self) -> None:
        self.labels: dict[str, set[str]] = {}
        self.family_of: dict[str, str] = {}
        MetricFamilies(registry := CollectorRegistry())
        for collector in list(registry._collector_to_names):
            family = next(iter(collector.collect()))
            for name in self._names(family.name, family.type):
                self.family_of[name] = family.name
                self.labels[name] = {*vars(collector)["_labelnames"]} | (
                    {"le"} if name.endswith("_bucket") else set()
                )

    def _names(self, family: str, kind: str) -> list[str]:
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        return [f"{family}{ending}" for ending in endings.get(kind, [""])]


@pytest.fixture(scope="module")
def served() -> Served:
    return Served()


def board() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DOCS / "deploy/grafana.json").read_text("utf-8"))
    return loaded


def queries() -> list[str]:
    return [target["expr"] for panel in board()["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("query", queries())
def test_each_query_asks_for_figures_and_labels_that_there_are(served: Served, query: str) -> None:
    names = NAME.findall(query)
    assert names or "process_" in query
    assert {*names} <= {*served.labels}
    for by in re.findall(r"by \(([^)]*)\)", query):
        wanted = {label.strip() for label in by.split(",")}
        assert all(wanted <= served.labels[name] for name in names), by
    assert query.count("(") == query.count(")")


def test_every_figure_has_its_panel(served: Served) -> None:
    shown = {served.family_of[name] for query in queries() for name in NAME.findall(query)}
    assert shown == {*served.family_of.values()}


def test_a_legend_names_labels_that_its_query_keeps() -> None:
    for panel in board()["panels"]:
        for target in panel["targets"]:
            named = {*re.findall(r"{{(\w+)}}", target["legendFormat"])}
            kept = {
                label.strip()
                for by in re.findall(r"by \(([^)]*)\)", target["expr"])
                for label in by.split(",")
            }
            assert named <= kept, panel["title"]


def test_panels_stand_side_by_side_under_numbers_of_their_own() -> None:
    panels = board()["panels"]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len({*places}) == len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


def test_the_operators_page_says_of_every_figure_what_it_means(served: Served) -> None:
    rows = re.findall(r"^\| (`four_rooms.*)$", (DOCS / "operating.md").read_text("utf-8"), re.M)
    named = {served.family_of.get(name, name) for row in rows for name in NAME.findall(row)}
    assert named == {*served.family_of.values()}
