"""Who takes part, with which seeds."""

import pytest

from bot.errors import SettingError
from bot.prompting.user_personas import UserPersonaKind
from bot.simulation.plan import SimulationPlan, choose_people
from tests.simulation.model import person

CAST = {
    "busy": person("busy"),
    "boaster": person("boaster", kind=UserPersonaKind.RED_TEAM),
    "shy": person("shy"),
}

CHOSEN = [
    (["all"], "busy boaster shy"),
    (["everyday"], "busy shy"),
    (["red-team"], "boaster"),
    (["shy", "busy"], "busy shy"),
    (["shy", "shy", "everyday"], "busy shy"),
    (["red-team", "shy"], "boaster shy"),
]


@pytest.mark.parametrize(("names", "people"), CHOSEN)
def test_people_are_chosen_by_name_and_kind(names: list[str], people: str) -> None:
    assert [one.name for one in choose_people(CAST, names)] == people.split()


def test_an_unknown_name_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingError) as caught:
        choose_people(CAST, ["shy", "sky"])
    assert "'sky'" in caught.value.detail
    assert "boaster, busy, shy" in caught.value.detail


def test_each_talk_has_a_seed_of_its_own_that_only_the_plan_decides() -> None:
    plan = SimulationPlan(tuple(CAST.values()), conversations=3, seed=5)
    seeds = {talk.name: talk.seed for talk in plan.talks()}
    assert len(set(seeds.values())) == 9
    alone = SimulationPlan((CAST["shy"],), conversations=1, seed=5)
    assert [talk.seed for talk in alone.talks()] == [seeds["shy 1"]]
    other = SimulationPlan((CAST["shy"],), conversations=1, seed=6)
    assert other.talks()[0].seed != seeds["shy 1"]
