"""What every table has beside its walls: indexes for its keys and lists, uniques of live rows, CHECKs of its enums."""

import re

from sqlalchemy import Connection, Table

from shared.column_types import EnumText
from shared.models import Base, SoftDeletes
from tests.migrations.walls import foreign_keys, indexes, models, rows, tenant_tables

CHECKS = """
SELECT conrelid::regclass::text AS "table", pg_get_constraintdef(oid) AS rule
FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace
"""
ONE_OF = re.compile(r"CHECK \(\((\w+) = ANY \(ARRAY\[(.*)\]\)\)\)")
LIVE = re.compile(r"\((\w+ AND \()?deleted_at IS NULL\)?\)")


def test_there_are_at_least_sixty_indexes(catalogue: Connection) -> None:
    assert len(indexes(catalogue)) >= 60


def test_every_foreign_key_has_an_index_that_leads_with_its_columns(catalogue: Connection) -> None:
    whole = [row for row in indexes(catalogue) if row["predicate"] is None]
    keys = foreign_keys(catalogue)

    assert len(keys) > 60
    bare = [
        f"{key['child']} ({', '.join(key['columns'])})"
        for key in keys
        if not any(
            row["table"] == key["child"] and set(row["columns"][: len(key["columns"])]) == set(key["columns"])
            for row in whole
        )
    ]
    assert bare == []


def test_every_tenant_scoped_table_is_indexed_by_store_and_time(catalogue: Connection) -> None:
    found = {
        row["table"]
        for row in indexes(catalogue)
        if row["columns"][:2] == ["store_id", "created_at"] and row["predicate"] is None
    }

    assert tenant_tables() - {"stores"} - found == set()


def test_every_unique_of_a_soft_deletable_table_covers_live_rows_only(catalogue: Connection) -> None:
    soft = {table for table, cls in models().items() if issubclass(cls, SoftDeletes)}
    uniques = [
        row
        for row in indexes(catalogue)
        if row["is_unique"] and row["table"] in soft and not row["is_primary"] and row["columns"] != ["store_id", "id"]
    ]

    assert {row["table"] for row in uniques} >= {"stores", "users", "products", "variants", "customers", "orders"}
    assert [row["name"] for row in uniques if not LIVE.fullmatch(row["predicate"] or "")] == []


def test_every_enum_column_has_a_check_with_exactly_its_values(catalogue: Connection) -> None:
    found: dict[tuple[str, str], list[set[str]]] = {}
    for row in rows(catalogue, CHECKS):
        if match := ONE_OF.fullmatch(row["rule"]):
            values = set(re.findall(r"'([^']*)'::text", match[2]))
            found.setdefault((row["table"], match[1]), []).append(values)

    enums = {key: values for table in Base.metadata.tables.values() for key, values in _enums(table).items()}
    assert len(enums) > 30
    assert {key: found.get(key) for key in enums} == {key: [values] for key, values in enums.items()}


def _enums(table: Table) -> dict[tuple[str, str], set[str]]:
    return {
        (table.name, column.name): {str(member.value) for member in column.type.enum}
        for column in table.c
        if isinstance(column.type, EnumText)
    }
