"""What changes in a store is queued for its connected shops in the same transaction, once, and told after it."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import boto3
import pytest
from sqlalchemy import select

from shared import database as engines
from shared.models import ExternalLink, Order, Product, ProductCategory, Shipment, SyncQueue, Variant
from shared.models.base import now
from shared.models.enums import OrderStatus, SyncDirection, SyncOperation, SyncQueueStatus
from shared.settings import settings
from shared.soft_delete import restore, soft_delete
from shared.stock import Holder, adjust, release, reserve
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession
from tests.aws import Mailbox
from tests.calls import counted
from tests.conftest import Database
from tests.factories import category_of, make_integration, make_product, make_store, order_of, product_of, variant_of
from tests.shared.shelf import WHY

Change = Callable[[TenantSession, Product, Variant], object]


class Connected:
    """A store with a product, connected after that."""

    def __init__(self, **given: Any) -> None:
        self.store_id = make_store()
        self.product_id = make_product(self.store_id)
        self.integration_id = make_integration(self.store_id, **given)

    def change(self, change: Change, origin: str | None = None) -> None:
        """Do something to the product and its variant, in a transaction."""
        with tenant_session(self.store_id) as session:
            variant = session.scalars(select(Variant).where(Variant.product_id == self.product_id)).one()
            session.info["sync_origin"] = origin
            change(session, session.get_one(Product, self.product_id), variant)
            session.flush()
            session.info["sync_origin"] = None

    def queued(self) -> list[tuple[str, str, str]]:
        """Type, operation and integration of what was queued, oldest first."""
        with tenant_session(self.store_id) as session:
            rows = session.scalars(select(SyncQueue).order_by(SyncQueue.created_at, SyncQueue.id)).all()
            assert all((row.direction, row.status) == (SyncDirection.OUTBOUND, SyncQueueStatus.PENDING) for row in rows)
            return [(row.entity_type, row.operation.value, row.integration_id) for row in rows]


def price(_session: TenantSession, _product: Product, variant: Variant) -> None:
    variant.price = Decimal("12.00")


def rename(_session: TenantSession, product: Product, _variant: Variant) -> None:
    product.name = "Another"


def shelve(session: TenantSession, product: Product, _variant: Variant) -> None:
    category = category_of()
    session.add(category)
    session.flush()
    session.add(ProductCategory(product_id=product.id, category_id=category.id))


def remove(session: TenantSession, product: Product, _variant: Variant) -> None:
    soft_delete(session, product)


def sell(session: TenantSession, _product: Product, variant: Variant) -> None:
    adjust(session, {variant.id: -1}, WHY)


def an_order(session: TenantSession) -> Holder:
    order = order_of()
    session.add(order)
    session.flush()
    return Holder(order_id=order.id)


def hold(session: TenantSession, _product: Product, variant: Variant) -> None:
    reserve(session, {variant.id: 1}, an_order(session), now())


def all_of_it(session: TenantSession, product: Product, variant: Variant) -> None:
    rename(session, product, variant)
    session.flush()
    price(session, product, variant)
    session.flush()
    product.name = "Yet another"
    for _ in range(3):
        sell(session, product, variant)


@pytest.mark.parametrize(
    ("change", "queued"),
    [
        (price, [("product", "UPDATE")]),
        (rename, [("product", "UPDATE")]),
        (shelve, [("product", "UPDATE")]),
        (remove, [("product", "DELETE")]),
        (sell, [("stock", "UPDATE")]),
        (hold, [("stock", "UPDATE")]),
        (all_of_it, [("product", "UPDATE"), ("stock", "UPDATE")]),
        (lambda *_: None, []),
    ],
)
def test_a_change_is_queued_once(either: Database, change: Change, queued: list[tuple[str, str]]) -> None:
    shop = Connected()
    shop.change(change)
    assert shop.queued() == [(*one, shop.integration_id) for one in queued]


def test_what_is_new_is_created_and_what_is_restored_is_told(either: Database) -> None:
    shop = Connected()
    with tenant_session(shop.store_id) as session:
        product = product_of()
        session.add(product)
        session.flush()
        session.add(variant_of(product.id))
    shop.change(remove)
    with tenant_session(shop.store_id) as session:
        restore(session, Product, shop.product_id)
    operations = [operation for _, operation, _ in shop.queued()]
    assert operations == ["CREATE", "DELETE", "UPDATE"]


def test_each_shop_is_told_but_the_one_that_it_comes_from_or_that_does_not_want_it(either: Database) -> None:
    shop = Connected()
    second = make_integration(shop.store_id, is_active=False)
    make_integration(shop.store_id, sync_direction=SyncDirection.INBOUND)
    make_integration(shop.store_id, entity_overrides={"product": "OFF"})
    make_integration(shop.store_id, disconnected_at=now())
    only = make_integration(
        shop.store_id, sync_direction=SyncDirection.INBOUND, entity_overrides={"product": {"direction": "OUTBOUND"}}
    )
    shop.change(rename, origin=shop.integration_id)
    assert {integration for _, _, integration in shop.queued()} == {second, only}


def test_what_is_rolled_back_is_not_told(either: Database) -> None:
    shop = Connected()

    def fail(session: TenantSession, product: Product, variant: Variant) -> None:
        rename(session, product, variant)
        session.flush()
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        shop.change(fail)

    def take_back(session: TenantSession, product: Product, variant: Variant) -> None:
        rename(session, product, variant)
        session.flush()
        session.rollback()

    shop.change(take_back)
    assert shop.queued() == []


def test_orders_and_parcels_are_told_to_the_shop_that_has_the_order(either: Database) -> None:
    shop = Connected()
    make_integration(shop.store_id)
    with tenant_session(shop.store_id) as session:
        ours, theirs = order_of(), order_of()
        session.add_all([ours, theirs])
        session.flush()
        kinds = {"integration_id": shop.integration_id, "entity_type": "order", "external_id": "7"}
        session.add(ExternalLink(entity_id=theirs.id, **kinds))
    for order_id in (ours.id, theirs.id):
        with tenant_session(shop.store_id) as session:
            order = session.get_one(Order, order_id)
            order.status = OrderStatus.SHIPPED
            session.add(Shipment(order_id=order_id, carrier="DHL", shipping_method="x", shipping_cost=Decimal(0)))
    assert shop.queued() == [
        ("order", "UPDATE", shop.integration_id),
        ("fulfillment", "CREATE", shop.integration_id),
    ] or shop.queued() == [("fulfillment", "CREATE", shop.integration_id), ("order", "UPDATE", shop.integration_id)]


def test_the_message_leaves_after_the_commit(database: Database, mailbox: Mailbox) -> None:
    shop = Connected()
    sqs, queue = boto3.client("sqs"), settings().sync_queue_url

    def nothing_yet(session: TenantSession, product: Product, variant: Variant) -> None:
        rename(session, product, variant)
        session.flush()
        assert "Messages" not in sqs.receive_message(QueueUrl=queue)

    shop.change(nothing_yet)
    (message,) = sqs.receive_message(QueueUrl=queue, AttributeNames=["MessageGroupId"])["Messages"]
    with tenant_session(shop.store_id) as session:
        row = session.scalars(select(SyncQueue)).one()
    assert json.loads(message["Body"]) == {"store_id": shop.store_id, "sync_queue_id": row.id}
    assert row.operation is SyncOperation.UPDATE


def test_a_store_without_connected_shops_pays_no_statement(database: Database) -> None:
    store_id = make_store()
    make_product(store_id)

    def sold() -> int:
        with counted(engines.function_engine()) as sent, tenant_session(store_id) as session:
            variant = session.scalars(select(Variant)).one()
            variant.price += 1
            adjust(session, {variant.id: -1}, WHY)
        return len(sent)

    alone = sold()
    make_integration(store_id, sync_direction=SyncDirection.INBOUND)
    assert sold() == alone + 1


def test_a_released_hold_is_told_too(either: Database) -> None:
    shop = Connected()

    def hold_and_release(session: TenantSession, _product: Product, variant: Variant) -> None:
        holder = an_order(session)
        reserve(session, {variant.id: 1}, holder, now())
        release(session, holder)

    shop.change(hold_and_release)
    assert shop.queued() == [("stock", "UPDATE", shop.integration_id)]
