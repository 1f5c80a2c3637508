"""The fourth wall by itself: raw SQL of the function role, past every session and filter, in every table."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, insert, text

from shared.models import Base, SoftDeletes
from shared.models.base import new_id
from tests.conftest import Database
from tests.migrations.filling import fill, inside, refusal, values_of
from tests.migrations.walls import foreign_keys, models, tenant_tables

TENANT = sorted(tenant_tables())
UPDATABLE = [table for table in TENANT if table != "audit_logs"]
DELETABLE = [table for table in UPDATABLE if not issubclass(models()[table], SoftDeletes)]
FORBIDDEN = "42501"
NO_SUCH_ROW = "23503"
COUNT = "SELECT count(*) FROM {table}"


@dataclass(frozen=True)
class Shop:
    """A store with at least one row in every table."""

    id: str
    rows: dict[str, str]
    counts: dict[str, int]


@dataclass(frozen=True)
class Shops:
    """Two of them in one database: ours, and the one that we must not see."""

    database: Database
    ours: Shop
    theirs: Shop


@pytest.fixture
def two(own_shops: Database) -> Shops:
    """The demo shops, with the tables filled that their seed leaves empty."""
    with own_shops.engine("PLATFORM_DATABASE_URL").begin() as connection:
        connection.execute(text("DELETE FROM store_subscriptions"))  # a store has one, and it is filled in below
        ids = connection.scalars(text("SELECT id FROM stores WHERE slug IN ('aurora', 'borealis') ORDER BY slug")).all()
    filled = [fill(own_shops, store_id) for store_id in ids]
    with own_shops.engine("PLATFORM_DATABASE_URL").connect() as connection:
        ours, theirs = (Shop(rows["stores"], rows, _counts(connection, rows["stores"])) for rows in filled)
    assert all(min(shop.counts.values()) > 0 for shop in (ours, theirs))
    return Shops(own_shops, ours, theirs)


def _counts(connection: Connection, store_id: str) -> dict[str, int]:
    found = {}
    for table in TENANT:
        query = f"{COUNT.format(table=table)} WHERE {_owner(table)} = :store"
        found[table] = int(connection.scalar(text(query), {"store": store_id}) or 0)
    return found


def _owner(table: str) -> str:
    return "id" if table == "stores" else "store_id"


def test_outside_every_store_no_table_shows_a_row(two: Shops) -> None:
    with inside(two.database, None) as connection:
        found = {table: connection.scalar(text(COUNT.format(table=table))) for table in TENANT}

    assert found == dict.fromkeys(TENANT, 0)


def test_outside_every_store_no_row_can_be_written(two: Shops) -> None:
    with inside(two.database, None) as connection:
        assert _inserted(connection, two.theirs) == dict.fromkeys(TENANT, FORBIDDEN)
        assert _run(connection, "UPDATE {table} SET created_at = now()", UPDATABLE) == dict.fromkeys(UPDATABLE, 0)
        assert _run(connection, "DELETE FROM {table}", DELETABLE) == dict.fromkeys(DELETABLE, 0)


def test_inside_a_store_every_table_shows_exactly_its_rows(two: Shops) -> None:
    with inside(two.database, two.ours.id) as connection:
        found = {table: connection.scalar(text(COUNT.format(table=table))) for table in TENANT}
        owners = {t: set(connection.scalars(text(f"SELECT {_owner(t)} FROM {t}"))) for t in TENANT}

    assert found == two.ours.counts
    assert owners == {table: {two.ours.id} for table in TENANT}


def test_inside_a_store_another_stores_row_is_not_found_by_its_id(two: Shops) -> None:
    query = "SELECT count(*) FROM {table} WHERE id = :id"
    with inside(two.database, two.ours.id) as connection:
        ours = {t: connection.scalar(text(query.format(table=t)), {"id": two.ours.rows[t]}) for t in TENANT}
        theirs = {t: connection.scalar(text(query.format(table=t)), {"id": two.theirs.rows[t]}) for t in TENANT}

    assert ours == dict.fromkeys(TENANT, 1)
    assert theirs == dict.fromkeys(TENANT, 0)


def test_inside_a_store_no_row_is_inserted_for_another(two: Shops) -> None:
    with inside(two.database, two.ours.id) as connection:
        assert _inserted(connection, two.theirs) == dict.fromkeys(TENANT, FORBIDDEN)


def test_inside_a_store_an_update_of_everything_changes_its_rows_only(two: Shops) -> None:
    with inside(two.database, two.ours.id) as connection:
        found = _run(connection, "UPDATE {table} SET created_at = now()", UPDATABLE)

    assert found == {table: two.ours.counts[table] for table in UPDATABLE}


def test_inside_a_store_another_stores_row_is_neither_updated_nor_deleted(two: Shops) -> None:
    update, delete = ("UPDATE {table} SET created_at = now() WHERE id = :id", "DELETE FROM {table} WHERE id = :id")
    with inside(two.database, two.ours.id) as connection:
        assert _run(connection, update, UPDATABLE, two.ours) == dict.fromkeys(UPDATABLE, 1)
        assert _run(connection, update, UPDATABLE, two.theirs) == dict.fromkeys(UPDATABLE, 0)
        assert _run(connection, delete, DELETABLE, two.theirs) == dict.fromkeys(DELETABLE, 0)


def test_restorable_rows_and_the_audit_log_are_not_deleted_at_all(two: Shops) -> None:
    kept = set(TENANT) - set(DELETABLE)
    with inside(two.database, two.ours.id) as connection:
        found = {t: refusal(connection, f"DELETE FROM {t} WHERE id = :id", id=two.ours.rows[t]) for t in kept}

    assert found == dict.fromkeys(kept, FORBIDDEN)


def test_no_row_moves_to_another_store(two: Shops) -> None:
    move = "UPDATE {table} SET {owner} = :store WHERE id = :id"
    with inside(two.database, two.ours.id) as connection:
        found = {
            table: refusal(
                connection,
                move.format(table=table, owner=_owner(table)),
                store=two.theirs.id,
                id=two.ours.rows[table],
            )
            for table in TENANT
        }

    assert found == dict.fromkeys(TENANT, FORBIDDEN)


def test_no_row_points_at_another_stores(two: Shops) -> None:
    with inside(two.database, two.ours.id) as connection:
        keys = [key for key in foreign_keys(connection) if key["columns"][0] == "store_id" and len(key["columns"]) == 2]
        found = {}
        for child, column, parent in ((key["child"], key["columns"][1], key["parent"]) for key in keys):
            point = f"UPDATE {child} SET {column} = :parent WHERE id = :id"
            found[child, column] = refusal(connection, point, parent=two.theirs.rows[parent], id=two.ours.rows[child])

    assert len(found) > 40
    assert found == dict.fromkeys(found, NO_SUCH_ROW)


def _inserted(connection: Connection, shop: Shop) -> dict[str, str | None]:
    """How the database refuses one more row for a shop, by table."""
    tables = {name: Base.metadata.tables[name] for name in TENANT}
    return {
        name: refusal(connection, insert(table), **(values_of(table, shop.rows) | {"id": new_id()}))
        for name, table in tables.items()
    }


def _run(connection: Connection, statement: str, tables: list[str], shop: Shop | None = None) -> dict[str, int]:
    """How many rows a statement changes, by table."""
    found = {}
    for table in tables:
        savepoint = connection.begin_nested()
        parameters = {"id": shop.rows[table]} if shop else {}
        found[table] = connection.execute(text(statement.format(table=table)), parameters).rowcount
        savepoint.rollback()
    return found
