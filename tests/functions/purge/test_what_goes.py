"""What a purge takes, and what it leaves: by age, by what hangs on it, and by what the law wants."""

from typing import Any

import pytest
from sqlalchemy import delete, select, update

from functions.purge.due import BEGUN
from functions.purge.files import BUCKETS
from shared.errors import NotFoundError
from shared.models import (
    AuditLog,
    Base,
    CartItem,
    Coupon,
    CouponProduct,
    Product,
    Store,
    Variant,
)
from shared.models.base import new_id
from shared.models.enums import DiscountType
from shared.soft_delete import restore
from shared.stock import differences
from shared.tenancy import scheduled_session, tenant_session
from tests.conftest import Database
from tests.factories import make_product, make_store
from tests.functions.purge.purging import DAY, NOON, delete_at, ids, orphans, purged, run, values
from tests.migrations.filling import fill

NAMED = ["products", "customers", "orders", "categories", "brands", "coupons", "flash_sales"]
OTHERS = ["variants", "addresses", "tax_rates", "shipping_zones", "shipping_rates", "pages", "blogs", "product_reviews"]


def _without(rows: dict[str, str], *tables: str) -> dict[str, str]:
    with scheduled_session() as session:
        for name in tables:
            table = Base.metadata.tables[name]
            session.connection().execute(delete(table).where(table.c.store_id == rows["stores"]))
    return rows


SOLD = ("refund_items", "shipment_items", "order_items")


def _set(table: str, row_id: str, **facts: Any) -> None:
    rows = Base.metadata.tables[table]
    with scheduled_session() as session:
        session.connection().execute(update(rows).where(rows.c.id == row_id).values(**facts))


@pytest.mark.parametrize("table", [*NAMED, *OTHERS])
def test_what_was_deleted_91_days_ago_goes_and_89_days_ago_stays(database: Database, table: str) -> None:
    old, young, alive = (_without(fill(database, make_store()), "legal_holds", *SOLD) for _ in range(3))
    delete_at(table, old[table], NOON - 91 * DAY)
    delete_at(table, young[table], NOON - 89 * DAY)

    assert purged()

    left = ids(database, table)
    # An order stays without the person, and so does who wrote what others read.
    assert (old[table] in left) == (table in {"orders", "customers"})
    assert {young[table], alive[table]} <= left
    assert values(database, table, young[table])["purged_at"] is None
    assert orphans(database) == []


def test_a_purge_takes_what_is_due_of_every_kind_on_both_databases(either: Database) -> None:
    rows = _without(fill(either, make_store()), "legal_holds", *SOLD)
    for table in ["product_reviews", *NAMED, *OTHERS]:
        delete_at(table, rows[table], NOON - 91 * DAY)
    rehearsed = purged(dry_run=True)

    counts = purged()

    assert rehearsed["products"] == counts["products"] == 1
    assert counts["orders anonymised"] == 1
    assert {table: ids(either, table) for table in ["products", "customers", "coupons", "media"]} == {
        "products": set(),
        "customers": set(),
        "coupons": set(),
        "media": set(),
    }
    assert orphans(either) == []
    assert {what: number for what, number in purged().items() if what != "files"} == {}


def test_what_was_restored_stays_and_what_is_being_purged_cannot_be(database: Database) -> None:
    store_id = make_store()
    kept, going = make_product(store_id), make_product(store_id)
    for one in (kept, going):
        delete_at("products", one, NOON - 91 * DAY)
    _set("products", going, purged_at=NOON)
    with tenant_session(store_id) as session:
        restore(session, Product, kept)
        with pytest.raises(NotFoundError):
            restore(session, Product, going)

    purged()

    assert ids(database, "products") == {kept}
    assert len(ids(database, "variants")) == 1


def test_what_is_under_a_hold_stays_until_it_is_over(database: Database) -> None:
    whole, of_customer = (_without(fill(database, make_store()), *SOLD) for _ in range(2))
    _set("legal_holds", whole["legal_holds"], customer_id=None, until=NOON + DAY)
    _set("product_reviews", whole["product_reviews"], deleted_at=NOON - 91 * DAY)
    for rows in (whole, of_customer):
        for table in ("customers", "orders", "product_reviews"):
            delete_at(table, rows[table], NOON - 91 * DAY)
        delete_at("products", rows["products"], NOON - 91 * DAY)
    before = {table: ids(database, table) for table in ("customers", "orders", "addresses", "product_reviews")}

    purged()

    assert {table: ids(database, table) for table in before} == before
    assert whole["products"] in ids(database, "products")
    assert values(database, "orders", of_customer["orders"])["purged_at"] is None
    purged(NOON + 2 * DAY)
    assert ids(database, "customers") == {of_customer["customers"]}


def test_an_order_keeps_its_figures_for_three_years_and_nothing_of_the_person(database: Database) -> None:
    rows = _without(fill(database, make_store()), "legal_holds")
    address = {"country": "DE", "state": "BE", "address1": "Unter den Linden 1", "last_name": "Lovelace"}
    facts = {"shipping_address": address, "billing_address": address, "customer_email": "ada@example.com"}
    _set("orders", rows["orders"], **facts, notes="Ring twice, Ada", created_at=NOON - 120 * DAY)
    _set("shipments", rows["shipments"], tracking_number="TRACK-ADA")
    delete_at("orders", rows["orders"], NOON - 91 * DAY)
    before = values(database, "orders", rows["orders"])

    purged()

    after = values(database, "orders", rows["orders"])
    money = ("subtotal", "total", "tax_amount", "shipping_cost", "discount_amount", "taxes", "order_number")
    assert {name: after[name] for name in money} == {name: before[name] for name in money}
    assert after["shipping_address"] == after["billing_address"] == {"country": "DE", "state": "BE"}
    assert (after["customer_email"], after["notes"], after["customer_id"]) == ("erased@erased.invalid", None, None)
    assert values(database, "shipments", rows["shipments"])["tracking_number"] is None
    assert rows["order_items"] in ids(database, "order_items")
    purged(NOON + 3 * 367 * DAY)
    assert rows["orders"] not in ids(database, "orders") | ids(database, "order_items")
    assert orphans(database) == []


def test_a_product_that_was_sold_stays_empty_as_long_as_the_lines_that_name_it(database: Database) -> None:
    rows = _without(fill(database, make_store()), "legal_holds")
    delete_at("products", rows["products"], NOON - 91 * DAY)

    assert purged()["products emptied"] == 1

    assert rows["variants"] in ids(database, "variants")
    assert values(database, "products", rows["products"])["purged_at"] is not None
    assert rows["media"] not in ids(database, "media")
    assert rows["cart_items"] not in ids(database, "cart_items")
    assert purged() == {}
    _without(rows, *SOLD)
    purged()
    assert rows["products"] not in ids(database, "products")
    assert orphans(database) == []


def test_a_store_may_keep_things_shorter_or_longer_but_never_below_30_days(database: Database) -> None:
    short, long, reckless = make_store(), make_store(), make_store()
    _set("stores", short, retention_days={"products": 40})
    _set("stores", long, retention_days={"products": 400})
    _set("stores", reckless, retention_days={"products": 1})
    products = {one: make_product(one) for one in (short, long, reckless)}
    delete_at("products", products[short], NOON - 41 * DAY)
    delete_at("products", products[long], NOON - 399 * DAY)
    delete_at("products", products[reckless], NOON - 29 * DAY)

    purged()

    assert ids(database, "products") == {products[long], products[reckless]}
    purged(NOON + 2 * DAY)
    assert ids(database, "products") == set()


def test_what_went_with_something_is_kept_as_long_as_that_is(database: Database) -> None:
    store_id = make_store()
    _set("stores", store_id, retention_days={"variants": 30, "products": 200})
    product = make_product(store_id)
    delete_at("products", product, NOON - 91 * DAY)

    purged()

    with tenant_session(store_id) as session:
        restore(session, Product, product)
        assert session.scalar(select(Variant.id).where(Variant.product_id == product)) is not None


def test_a_coupon_for_products_that_are_gone_is_switched_off_and_not_for_everything(database: Database) -> None:
    store_id = make_store()
    first, second = make_product(store_id), make_product(store_id)
    facts: dict[str, Any] = {"discount_type": DiscountType.PERCENTAGE, "discount_value": 10, "valid_from": NOON}
    coupon = Coupon(id=new_id(), code="BOTH", name="Both", **facts)
    with tenant_session(store_id) as session:
        session.add(coupon)
        session.flush()
        session.add_all([CouponProduct(coupon_id=coupon.id, product_id=one) for one in (first, second)])
    delete_at("products", first, NOON - 91 * DAY)
    purged()
    assert values(database, "coupons", coupon.id)["is_active"] is True
    delete_at("products", second, NOON - 91 * DAY)
    purged()
    assert values(database, "coupons", coupon.id)["is_active"] is False


def test_a_store_goes_with_all_that_is_in_it_but_the_figures_of_its_orders(database: Database) -> None:
    rows, other = fill(database, make_store()), fill(database, make_store())
    _without(rows, "legal_holds")
    delete_at("stores", rows["stores"], NOON - 91 * DAY)

    purged()

    gone = {name for name in rows if rows[name] not in ids(database, name)} - {"users", "roles"}
    assert {"customers", "carts", "media", "coupons", "integrations", "user_stores"} - gone <= {"integrations"}
    assert {"orders", "order_items", "payments", "refunds", "stores"} & gone == set()
    assert values(database, "stores", rows["stores"])["email"] == "erased@erased.invalid"
    assert {name for name in other if other[name] not in ids(database, name)} <= {"file_deletions", "purge_tallies"}
    # Orders of tests are placed today, which is after NOON.
    purged(NOON + 1500 * DAY)
    assert rows["stores"] not in ids(database, "stores")
    assert orphans(database) == []
    with scheduled_session() as session:
        told = session.scalars(select(AuditLog.action).where(AuditLog.entity_id == rows["stores"])).all()
    assert list(told) == ["platform.store.purged"]


def test_a_store_that_was_deleted_lately_can_be_restored_whole(database: Database) -> None:
    store_id = make_store()
    product = make_product(store_id)
    _set("stores", store_id, retention_days={"products": 30})
    delete_at("stores", store_id, NOON - 60 * DAY)

    purged()

    with scheduled_session() as session:
        restore(session, Store, store_id)
    assert values(database, "products", product)["deleted_at"] is None


def test_the_store_is_told_what_went_once(database: Database) -> None:
    store_id = make_store()
    delete_at("products", make_product(store_id), NOON - 91 * DAY)

    purged()
    purged()

    with scheduled_session() as session:
        told = session.scalars(select(AuditLog.after_snapshot).where(AuditLog.action == "purge.done")).all()
        of_platform = session.scalars(select(AuditLog).where(AuditLog.action == "platform.purge")).all()
    assert list(told) == [{"products": 1, "variants": 1}]
    assert len(of_platform) == 1


def _fill_carts(rows: dict[str, str]) -> None:
    """Lay a product of a store in twelve carts."""
    for _ in range(12):
        cart = {"id": new_id(), "store_id": rows["stores"], "expires_at": NOON}
        with scheduled_session() as session:
            session.connection().execute(Base.metadata.tables["carts"].insert().values(**cart))
            line = {"cart_id": cart["id"], "variant_id": rows["variants"], "quantity": 1}
            session.connection().execute(
                CartItem.__table__.insert().values(id=new_id(), store_id=rows["stores"], **line)  # type: ignore[attr-defined]
            )


@pytest.mark.parametrize("way", ["full", "late"])
def test_what_stays_is_emptied_though_it_takes_several_transactions(
    database: Database, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("functions.purge.service.ROWS", 3 if way == "full" else 1000)
    monkeypatch.setattr("functions.purge.removing.LATE", 1000 if way == "full" else -1)
    rows = _without(fill(database, make_store()), "legal_holds")
    _fill_carts(rows)
    _set("products", rows["products"], description="Of oak")
    delete_at("products", rows["products"], NOON - 91 * DAY)
    for asks in range(3, 12):
        if values(database, "products", rows["products"])["purged_at"] is None:
            assert run(asks=asks)["more_to_do"] is True
    assert values(database, "products", rows["products"])["purged_at"] == BEGUN
    with tenant_session(rows["stores"]) as session, pytest.raises(NotFoundError):
        restore(session, Product, rows["products"])

    purged()

    assert rows["media"] not in ids(database, "media")
    assert ids(database, "cart_items") == set()
    product = values(database, "products", rows["products"])
    assert (product["description"], product["purged_at"]) == (None, NOON)
    assert values(database, "variants", rows["variants"])["purged_at"] == NOON
    assert purged() == {}
    with tenant_session(rows["stores"]) as session:
        assert differences(session) == []


def test_more_than_a_batch_of_children_goes_in_several_transactions(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.purge.service.ROWS", 3)
    rows = _without(fill(database, make_store()), "legal_holds", *SOLD)
    _fill_carts(rows)
    delete_at("products", rows["products"], NOON - 91 * DAY)

    assert purged()["cart_items"] == 13

    assert rows["products"] not in ids(database, "products")
    assert orphans(database) == []


def test_a_run_whose_time_is_over_says_so_and_the_next_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.purge.service.ROOTS", 1)
    stores = [make_store() for _ in range(3)]
    products = {one: [make_product(one) for _ in range(3)] for one in stores}
    for one in stores:
        for product in products[one]:
            delete_at("products", product, NOON - 91 * DAY)

    first = run(asks=12)

    assert first["more_to_do"] is True
    left = ids(database, "products")
    # In turns: no store has waited for all of another's.
    assert {len(left & set(products[one])) for one in stores} <= {1, 2, 3}
    purged()
    assert ids(database, "products") == set()


def test_every_table_with_objects_in_s3_has_a_bucket_to_delete_them_from() -> None:
    named = {name for name, table in Base.metadata.tables.items() if "storage_key" in table.c}

    assert named <= set(BUCKETS) | {"file_deletions"}


def test_a_live_order_of_a_purged_customer_stays_as_it_is_but_for_the_key(database: Database) -> None:
    rows = _without(fill(database, make_store()), "legal_holds", *SOLD)
    delete_at("product_reviews", rows["product_reviews"], NOON - 91 * DAY)
    delete_at("customers", rows["customers"], NOON - 91 * DAY)
    before = values(database, "orders", rows["orders"])

    purged()

    assert values(database, "orders", rows["orders"]) == before | {"customer_id": None}
    assert rows["customers"] not in ids(database, "customers")
