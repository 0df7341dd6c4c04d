"""Which tables some migrations create."""

from __future__ import annotations

from django.db.migrations import Migration
from django.db.migrations.operations import (
    CreateModel,
    DeleteModel,
    RenameModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from slipway_release.fixtures import created_models

BERTH, PIER = (CreateModel(name, []) for name in ("Berth", "Pier"))


def created(*operations: Operation) -> list[tuple[str, str]]:
    migration = Migration("0001_initial", "harbour")
    migration.operations = [*operations]
    return created_models([migration])


def test_created_tables_are_new() -> None:
    assert created(BERTH, PIER) == [("harbour", "berth"), ("harbour", "pier")]


def test_a_table_that_is_deleted_again_is_not_new() -> None:
    assert created(BERTH, DeleteModel("Berth")) == []


def test_a_renamed_table_is_new_only_if_it_was_created() -> None:
    rename = RenameModel("Berth", "Mooring")
    assert created(rename) == []
    assert created(BERTH, rename) == [("harbour", "mooring")]


def test_a_table_of_the_state_alone_existed_before() -> None:
    assert created(SeparateDatabaseAndState(state_operations=[BERTH])) == []
    assert created(SeparateDatabaseAndState(database_operations=[PIER])) == [
        ("harbour", "pier")
    ]
