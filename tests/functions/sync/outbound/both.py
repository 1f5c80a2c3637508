"""Both sides of a connection, and the worker between them."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import select

from functions.sync.handler import work
from shared.integrations import store_secret
from shared.models import ExternalLink, ExternalPlatformIntegration, Product, SyncQueue, Variant
from shared.models.base import now
from shared.models.enums import ExternalPlatform, SyncDirection, SyncQueueStatus
from shared.stock import adjust
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession
from tests.factories import product_of, variant_of
from tests.functions.sync.connected import Shop, connect, deliver
from tests.functions.sync.connected import woocommerce as delivery_of
from tests.shared.shelf import WHY
from tests.standins.shopify import TOKEN, Node, Shopify
from tests.standins.woocommerce import KEY, SECRET, WooCommerce

Change = Callable[[TenantSession], object]


def connected(url: str, key: str, secret: str, platform: ExternalPlatform = ExternalPlatform.WOOCOMMERCE) -> Shop:
    """A store that is connected to a shop at an address, with keys."""
    here = connect(platform, currency="USD", api_url=url, platform_settings={"currency": "USD"})
    with tenant_session(here.store_id) as session:
        row = session.get_one(ExternalPlatformIntegration, here.integration_id)
        row.api_key, row.api_secret = store_secret(session, key), store_secret(session, secret)
    return here


class Both:
    """A store and the shop that it is connected to."""

    def __init__(self, shop: WooCommerce) -> None:
        self.shop = shop
        self.here: Shop = connected(shop.url, KEY, SECRET)
        self.store_id = self.here.store_id
        for topic in ("product.created", "product.updated", "product.deleted"):
            shop.add("webhooks", topic=topic, delivery_url="https://us.example", secret="s")

    def product(self, *skus: str, **given: Any) -> str:
        """A product of ours with variants of these SKUs, in sizes if there are several. Returns its id."""
        with tenant_session(self.store_id) as session:
            product = product_of(**given)
            session.add(product)
            session.flush()
            for place, sku in enumerate(skus):
                attributes = {"Size": sku} if len(skus) > 1 else {}
                session.add(variant_of(product.id, sku=sku, is_default=place == 0, attributes=attributes))
            return product.id

    def change(self, change: Change) -> None:
        """Something happens in our store."""
        with tenant_session(self.store_id) as session:
            change(session)

    def edit(self, sku: str, /, **given: Any) -> None:
        """Change a variant."""

        def change(session: TenantSession) -> None:
            row = session.scalars(select(Variant).where(Variant.sku == sku)).one()
            for name, value in given.items():
                setattr(row, name, value)

        self.change(change)

    def rename(self, product_id: str, name: str) -> None:
        """Change a product."""
        self.change(lambda session: setattr(session.get_one(Product, product_id), "name", name))

    def work(self) -> None:
        """Let the worker have what is due, until nothing is."""
        while ids := self.due():
            self.work_on(ids)

    def work_on(self, ids: Iterable[str]) -> None:
        """Let the worker have some of it."""
        for row_id in ids:
            work(self.store_id, row_id)

    def pass_time(self) -> None:
        """What waits is due: as if an hour had gone by."""
        moment = now()
        with tenant_session(self.store_id) as session:
            for row in session.scalars(select(SyncQueue).where(SyncQueue.available_at > moment)):
                row.available_at = moment
            session.get_one(ExternalPlatformIntegration, self.here.integration_id).circuit = {}

    def due(self) -> list[str]:
        """The outgoing rows that are due, oldest first."""
        with tenant_session(self.store_id) as session:
            query = select(SyncQueue.id).where(
                SyncQueue.direction == SyncDirection.OUTBOUND,
                SyncQueue.status.in_((SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING)),
                SyncQueue.available_at <= now(),
            )
            return list(session.scalars(query.order_by(SyncQueue.created_at, SyncQueue.id)))

    def echo(self) -> None:
        """The shop's deliveries arrive and are applied."""
        for one in self.shop.deliveries():
            deliver(self.here, delivery_of(one.topic, one.body))

    def rows(self) -> list[tuple[str, str, str | None]]:
        """Type, status and reason of what went out, oldest first."""
        with tenant_session(self.store_id) as session:
            query = select(SyncQueue).where(SyncQueue.direction == SyncDirection.OUTBOUND)
            rows = session.scalars(query.order_by(SyncQueue.created_at, SyncQueue.id))
            return [(row.entity_type, row.status.value, row.reason) for row in rows]

    def links(self) -> set[tuple[str, str]]:
        """Type and their id of what is linked."""
        with tenant_session(self.store_id) as session:
            return {(row.entity_type, row.external_id) for row in session.scalars(select(ExternalLink))}

    def sell(self, sku: str, units: int) -> None:
        """Something of ours is sold."""

        def sold(session: TenantSession) -> None:
            variant = session.scalars(select(Variant).where(Variant.sku == sku)).one()
            adjust(session, {variant.id: -units}, WHY)

        self.change(sold)

    def stock(self, sku: str) -> int:
        """What we have."""
        with tenant_session(self.store_id) as session:
            return session.scalars(select(Variant.stock_quantity).where(Variant.sku == sku)).one()

    def theirs(self, sku: str) -> dict[str, Any]:
        """What they have of a SKU, which one thing has."""
        (found,) = [row for row in self.shop.products.values() if row["sku"] == sku]
        return found


class ShopifyBoth(Both):
    """A store and its Shopify shop."""

    def __init__(self, shop: Shopify) -> None:
        self.there = shop
        self.here = connected(shop.url, TOKEN, "client", ExternalPlatform.SHOPIFY)
        self.store_id = self.here.store_id

    def variant(self, sku: str) -> Node:
        """Their variant of a SKU, which one has."""
        nodes = [one for product in self.there.products.values() for one in product["variants"]["nodes"]]
        (found,) = [one for one in nodes if one["sku"] == sku]
        return found

    def mutations(self, root: str) -> int:
        """How often something was asked for."""
        return sum(1 for called, _ in self.there.calls if called == root)
