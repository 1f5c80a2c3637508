"""A product's lowest and highest price follow its variants, and stock leaves the product alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete as delete_rows
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from local.postgres import Server
from shared.database import platform_engine
from shared.models import Base, Product, Variant
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import make_store, product_of, variant_of
from tests.migrations.deleting import Way, add, bring_back, delete
from tests.migrations.waiting import PATIENCE, until_waiting

VARIANTS = Base.metadata.tables["variants"]
RAISE = "CREATE FUNCTION alarm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'product touched'; END $$"
ALARM = {
    True: [RAISE, "CREATE TRIGGER alarm BEFORE UPDATE ON products FOR EACH ROW EXECUTE FUNCTION alarm()"],
    False: ["CREATE TRIGGER alarm BEFORE UPDATE ON products BEGIN SELECT RAISE(ABORT, 'product touched'); END"],
}
Range = tuple[str, str] | None
both_ways = pytest.mark.parametrize("way", ["raw", "orm"])


@pytest.fixture
def shop(either: Database) -> str:
    """A store whose product `p` has the variants `low` at 10 and `high` at 20; `q` has none."""
    store_id = make_store()
    add(store_id, product_of(id="p"), product_of(id="q"))
    add(store_id, variant_of("p", id="low", price=Decimal(10)), _more(id="high", price=Decimal(20)))
    return store_id


def _more(**given: Any) -> Variant:
    return variant_of("p", is_default=False, **given)


def _range(store_id: str, product_id: str = "p") -> Range:
    with tenant_session(store_id) as session:
        query = select(Product.price_min, Product.price_max).where(Product.id == product_id)
        low, high = session.execute(query).one()
    return None if low is None and high is None else (f"{low:.2f}", f"{high:.2f}")


def _change(store_id: str, *variants: str, **values: Any) -> None:
    with tenant_session(store_id) as session:
        for variant in session.scalars(select(Variant).where(Variant.id.in_(variants))):
            for name, value in values.items():
                setattr(variant, name, value)


def test_the_range_follows_new_variants(shop: str) -> None:
    assert _range(shop) == ("10.00", "20.00")
    add(shop, _more(price=Decimal("9.99")))
    assert _range(shop) == ("9.99", "20.00")
    add(shop, _more(price=Decimal("120.50")), _more(price=Decimal(1), is_active=False))
    assert _range(shop) == ("9.99", "120.50")
    assert _range(shop, "q") is None


def test_the_range_follows_a_changed_price(shop: str) -> None:
    _change(shop, "low", price=Decimal(30))
    assert _range(shop) == ("20.00", "30.00")
    with tenant_session(shop) as session:
        session.execute(update(Variant).values(price=Decimal(5)))
    assert _range(shop) == ("5.00", "5.00")


def test_only_active_variants_count(shop: str) -> None:
    _change(shop, "low", is_active=False)
    assert _range(shop) == ("20.00", "20.00")
    _change(shop, "high", is_active=False)
    assert _range(shop) is None
    _change(shop, "low", "high", is_active=True)
    assert _range(shop) == ("10.00", "20.00")


@both_ways
def test_the_range_follows_deleted_and_restored_variants(either: Database, shop: str, way: Way) -> None:
    delete(either, way, shop, "variants", "high")
    assert _range(shop) == ("10.00", "10.00")
    delete(either, way, shop, "variants", "low")
    assert _range(shop) is None
    bring_back(either, way, shop, "variants", "high")
    assert _range(shop) == ("20.00", "20.00")


def test_the_range_follows_purged_and_moved_variants(shop: str) -> None:
    with platform_engine().begin() as connection:
        connection.execute(update(VARIANTS).values(product_id="q").where(VARIANTS.c.id == "low"))
    assert (_range(shop), _range(shop, "q")) == (("20.00", "20.00"), ("10.00", "10.00"))
    with platform_engine().begin() as connection:
        connection.execute(delete_rows(VARIANTS).where(VARIANTS.c.id == "high"))
    assert (_range(shop), _range(shop, "q")) == (None, ("10.00", "10.00"))


@pytest.fixture
def alarm(either: Database, shop: str) -> Iterator[None]:
    """Whoever touches a product is told so."""
    with either.engine("MIGRATION_DATABASE_URL").begin() as connection:
        for statement in ALARM[either.is_postgresql]:
            connection.execute(text(statement))
    yield
    with either.engine("MIGRATION_DATABASE_URL").begin() as connection:
        connection.execute(text("DROP FUNCTION alarm CASCADE" if either.is_postgresql else "DROP TRIGGER alarm"))


@pytest.mark.usefixtures("alarm")
def test_stock_leaves_the_product_alone(shop: str) -> None:
    _change(shop, "low", "high", stock_quantity=3, reserved_quantity=2, low_stock_threshold=1, barcode="1")

    with pytest.raises(DBAPIError, match="product touched"):
        _change(shop, "low", price=Decimal(11))


@both_ways
@pytest.mark.parametrize("table", ["products", "stores"])
def test_the_range_outlives_a_deletion_of_the_whole(either: Database, shop: str, way: Way, table: str) -> None:
    row_id = shop if table == "stores" else "p"
    delete(either, way, shop, table, row_id)
    bring_back(either, way, shop, table, row_id)

    assert _range(shop) == ("10.00", "20.00")


@both_ways
def test_a_restored_product_does_not_count_a_variant_deleted_before(either: Database, shop: str, way: Way) -> None:
    delete(either, way, shop, "variants", "high")
    delete(either, way, shop, "products", "p")
    bring_back(either, way, shop, "products", "p")

    assert _range(shop) == ("10.00", "10.00")


def test_a_purge_within_a_deleted_product_leaves_the_range_of_what_is_restored(either: Database, shop: str) -> None:
    delete(either, "orm", shop, "variants", "high")
    delete(either, "orm", shop, "products", "p")
    with platform_engine().begin() as connection:
        connection.execute(delete_rows(VARIANTS).where(VARIANTS.c.id == "high"))
    bring_back(either, "orm", shop, "products", "p")

    assert _range(shop) == ("10.00", "10.00")


def test_a_variant_restored_ahead_of_its_product_leaves_the_range_of_all(either: Database, shop: str) -> None:
    delete(either, "orm", shop, "products", "p")
    bring_back(either, "orm", shop, "variants", "low")
    bring_back(either, "orm", shop, "products", "p")

    assert _range(shop) == ("10.00", "20.00")


def test_two_who_change_prices_at_once_both_count(database: Database, server: Server) -> None:
    store_id = make_store()
    add(store_id, product_of(id="p"))
    with ThreadPoolExecutor(1) as pool, tenant_session(store_id) as session:
        session.add(_more(price=Decimal(10)))
        session.flush()
        other = pool.submit(add, store_id, _more(price=Decimal(20)))
        until_waiting(server, database, other)
        session.commit()
        other.result(PATIENCE)

    assert _range(store_id) == ("10.00", "20.00")
