"""A delete hides what belongs to a row at once, and a restore brings back exactly that, by SQL and by the session."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import text

from tests.conftest import Database
from tests.factories import make_product, make_store, variant_of
from tests.migrations.deleting import FIRST, SECOND, SOFT, Way, add, bring_back, delete, deletions
from tests.migrations.filling import fill, inside

both_ways = pytest.mark.parametrize("way", ["raw", "orm"])
NAMED = {"products", "variants", "customers", "orders", "categories", "brands", "coupons", "flash_sales"}


@dataclass(frozen=True)
class Shop:
    """A store with a row in every table, a second variant of its product, and another product."""

    id: str
    rows: dict[str, str]
    second_variant: str


def _shop(database: Database) -> Shop:
    store_id = make_store()
    rows = fill(database, store_id)
    second = variant_of(rows["products"], is_default=False)
    add(store_id, second)
    make_product(store_id)
    return Shop(store_id, rows, second.id)


@both_ways
def test_deleting_a_store_hides_all_that_is_in_it_by_one_deletion(either: Database, way: Way) -> None:
    ours, theirs = make_store(), make_store()
    fill(either, ours)
    fill(either, theirs)
    before = deletions(either, theirs)

    delete(either, way, ours, "stores", ours)

    found = deletions(either, ours)
    assert set(SOFT) >= NAMED
    assert {table for table in found if not found[table]} == set()
    assert len({deletion for rows in found.values() for deletion in rows.values()}) == 1
    assert found["stores"][ours] is not None
    assert deletions(either, theirs) == before


@both_ways
def test_all_rows_of_a_deletion_have_its_time(either: Database, way: Way) -> None:
    store_id = make_store()
    fill(either, store_id)

    delete(either, way, store_id, "stores", store_id)

    query = " UNION ".join(f"SELECT deleted_at FROM {table}" for table in ["stores", *SOFT])
    with either.engine("PLATFORM_DATABASE_URL").connect() as connection:
        times = connection.scalars(text(query)).all()
    assert len(times) == 1
    assert times[0] is not None


@both_ways
def test_restoring_a_store_brings_back_what_its_deletion_took_and_no_more(either: Database, way: Way) -> None:
    store_id = make_store()
    fill(either, store_id)
    gone = make_product(store_id)
    delete(either, way, store_id, "products", gone)
    before = deletions(either, store_id)
    delete(either, way, store_id, "stores", store_id, at=SECOND)
    assert deletions(either, store_id)["products"][gone] == before["products"][gone]

    bring_back(either, way, store_id, "stores", store_id)

    assert deletions(either, store_id) == before
    hidden = [row for rows in before.values() for row, deletion in rows.items() if deletion]
    assert len(hidden) == 2, "the product that was deleted before, and its variant"
    bring_back(either, way, store_id, "products", gone)
    assert {deletion for rows in deletions(either, store_id).values() for deletion in rows.values()} == {None}


@both_ways
def test_deleting_a_product_takes_its_variants_and_reviews_and_restoring_returns_them(
    either: Database, way: Way
) -> None:
    shop = _shop(either)
    before = deletions(either, shop.id)

    delete(either, way, shop.id, "products", shop.rows["products"])

    found = deletions(either, shop.id)
    taken = {row: deletion for rows in found.values() for row, deletion in rows.items() if deletion}
    parts = {shop.rows[table] for table in ("products", "variants", "product_reviews")} | {shop.second_variant}
    assert set(taken) == parts
    assert len(set(taken.values())) == 1
    bring_back(either, way, shop.id, "products", shop.rows["products"])
    assert deletions(either, shop.id) == before


@both_ways
def test_restoring_a_product_leaves_a_variant_deleted_before(either: Database, way: Way) -> None:
    shop = _shop(either)
    delete(either, way, shop.id, "variants", shop.second_variant)
    before = deletions(either, shop.id)
    delete(either, way, shop.id, "products", shop.rows["products"], at=SECOND)
    assert deletions(either, shop.id)["variants"][shop.second_variant] == before["variants"][shop.second_variant]

    bring_back(either, way, shop.id, "products", shop.rows["products"])

    assert deletions(either, shop.id) == before
    assert before["variants"][shop.second_variant] is not None


@both_ways
def test_a_variant_deleted_in_the_same_moment_is_still_of_another_deletion(either: Database, way: Way) -> None:
    shop = _shop(either)
    delete(either, "raw", shop.id, "variants", shop.second_variant, at=FIRST)
    delete(either, "raw", shop.id, "products", shop.rows["products"], at=FIRST)

    bring_back(either, way, shop.id, "products", shop.rows["products"])

    found = deletions(either, shop.id)["variants"]
    assert found[shop.second_variant] is not None
    assert found[shop.rows["variants"]] is None


@pytest.mark.parametrize(("parent", "child"), [("customers", "addresses"), ("shipping_zones", "shipping_rates")])
@both_ways
def test_what_belongs_to_a_row_goes_and_comes_with_it(either: Database, way: Way, parent: str, child: str) -> None:
    store_id = make_store()
    ids = fill(either, store_id)
    before = deletions(either, store_id)

    delete(either, way, store_id, parent, ids[parent])
    found = deletions(either, store_id)
    assert found[parent][ids[parent]] == found[child][ids[child]] is not None

    bring_back(either, way, store_id, parent, ids[parent])
    assert deletions(either, store_id) == before


@pytest.mark.parametrize("values", ["deleted_at = now()", "deleted_at = now(), deletion_id = 'x'", "deletion_id = 'x'"])
def test_deleting_twice_keeps_the_first_deletion(database: Database, values: str) -> None:
    shop = _shop(database)
    product_id = shop.rows["products"]
    delete(database, "raw", shop.id, "products", product_id)
    before, times = deletions(database, shop.id), _times(database, product_id)

    with inside(database, shop.id) as connection:
        connection.execute(text(f"UPDATE products SET {values} WHERE id = :id"), {"id": product_id})
        connection.commit()

    assert deletions(database, shop.id) == before
    assert _times(database, product_id) == times


def test_sql_that_sets_only_the_time_gets_a_deletion(either: Database) -> None:
    store_id = make_store()
    first, second = make_product(store_id), make_product(store_id)
    for product_id in (first, second):
        delete(either, "raw", store_id, "products", product_id)

    found = deletions(either, store_id)["products"]
    assert None not in found.values()
    assert found[first] != found[second], "two deletes are two deletions"


def _times(database: Database, product_id: str) -> set[datetime]:
    query = """
        SELECT deleted_at FROM products WHERE id = :id UNION ALL SELECT deleted_at FROM variants WHERE product_id = :id
    """
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        return set(connection.scalars(text(query), {"id": product_id}))
