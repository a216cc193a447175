"""Every text and id column of the schema is classified: forgetting leaves none of them out."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Float, Integer, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

from bot.storage.database.data_classes import (
    CLASSES,
    ONE_DAY,
    ROWS_OF_TURN,
    Forgetting,
    Holds,
    classified,
    tables_with,
)
from bot.storage.database.tables import metadata

FIGURES = (Boolean, Date, DateTime, Float)
LATER = {"crises"}
"""Tables that other parts bring."""


def is_figure(kind: TypeEngine[object]) -> bool:
    """Whether a column holds a number, a moment or a yes, and neither a text nor an id."""
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return isinstance(kind, FIGURES) or (
        isinstance(kind, Integer) and not isinstance(kind, BigInteger)
    )


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_text_and_id_column_is_classified(table: Table) -> None:
    columns = {column.name for column in table.c if not is_figure(column.type)}
    assert set(CLASSES.get(table.name, {})) == columns


def test_nothing_is_classified_that_is_not_there() -> None:
    assert set(CLASSES) - set(metadata.tables) <= LATER


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_words_and_people_say_how_they_go(table: Table) -> None:
    for column, data_class in classified(table):
        if data_class.holds is Holds.NEITHER:
            assert data_class.forgotten is Forgetting.STAYS
        elif table.name not in ("privacy_choices", "forgotten_people", *ONE_DAY):
            assert data_class.forgotten is not Forgetting.STAYS, column


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_what_takes_the_place_of_words_can_be_stored(table: Table) -> None:
    for column, data_class in classified(table):
        goes = data_class.forgotten not in (Forgetting.STAYS, Forgetting.ROW)
        if goes and table.name not in ROWS_OF_TURN:
            assert data_class.empty is not None or column.nullable, column


def test_a_person_can_be_found_by_their_id_in_each_table_that_names_them() -> None:
    for table, names in tables_with(holds=Holds.PERSON_NAME):
        for name in names:
            assert name.removesuffix("name") + "id" in table.c
