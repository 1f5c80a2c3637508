"""Our changes arrive in a Shopify shop once, under its rules, and its products here."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from functions.sync.runs.running import run
from functions.sync.shopify import listing
from shared.models import Product, SyncRun
from shared.models.base import new_id
from shared.models.enums import ExternalPlatform, SyncRunKind, SyncRunStatus
from shared.platforms import shopify as client
from shared.settings import settings
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_session
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.sync.connected import deliver
from tests.functions.sync.connected import shopify as delivery_of
from tests.functions.sync.outbound.both import Both, connected
from tests.standins.shopify import TOKEN, Node, Shopify, shopify


class Connected(Both):
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


@pytest.fixture
def both(database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connected]:
    monkeypatch.setenv("SYNC_QUEUE_URL", "")
    monkeypatch.setenv("ALLOW_PRIVATE_SHOPS", "true")
    settings.cache_clear()
    client._buckets.clear()
    with shopify() as shop:
        yield Connected(shop)


def test_products_are_set_with_their_variants_and_found_again(both: Connected) -> None:
    product_id = both.product("TEE-S", "TEE-M", name="Tee")
    both.there.lose_answers = 1
    both.work()
    both.pass_time()
    both.work()
    both.edit("TEE-M", price=Decimal("12.50"))
    both.work()
    (there,) = both.there.products.values()
    assert (there["title"], both.variant("TEE-M")["price"], both.variant("TEE-S")["inventoryQuantity"]) == (
        "Tee",
        "12.5",
        10,
    )
    both.change(lambda session: soft_delete(session, session.get_one(Product, product_id)))
    both.work()
    assert both.there.products == {}
    assert {status for _, status, _ in both.rows()} == {"COMPLETED"}


def test_stock_is_set_under_a_key_and_a_lost_answer_takes_nothing_twice(both: Connected) -> None:
    both.product("MUG")
    both.work()
    both.there.lose_answers = 1
    both.sell("MUG", 2)
    both.work()
    assert both.variant("MUG")["inventoryQuantity"] == 8
    item = both.variant("MUG")["inventoryItem"]["id"].rpartition("/")[2]
    level = {"inventory_item_id": int(item), "location_id": 1, "available": 8, "updated_at": "2036-11-26T12:00:00Z"}
    deliver(both.here, delivery_of("inventory_levels/update", level))
    both.pass_time()
    both.work()
    both.sell("MUG", 1)
    both.work()
    assert (both.variant("MUG")["inventoryQuantity"], both.stock("MUG")) == (7, 7)
    assert {status for _, status, _ in both.rows()} == {"COMPLETED"}


def test_stock_that_they_sold_from_meanwhile_is_not_overwritten(both: Connected) -> None:
    both.product("MUG")
    both.work()
    both.variant("MUG")["inventoryQuantity"] = 9
    both.sell("MUG", 2)
    both.work()
    assert both.variant("MUG")["inventoryQuantity"] == 7


def test_a_first_import_reads_pages_within_the_limit(both: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 4)
    both.there.available, both.there.maximum, both.there.restore_rate = 30, 30, 200
    for number in range(10):
        option = {"optionName": "Title", "name": "Default Title"}
        item = {"sku": f"S-{number}", "tracked": True}
        variant = {"optionValues": [option], "price": "5.00", "compareAtPrice": None, "barcode": None, "taxable": True}
        given = {"title": f"P {number}", "handle": f"p-{number}", "descriptionHtml": "", "status": "ACTIVE"}
        options = [{"name": "Title", "values": [{"name": "Default Title"}]}]
        both.there._productSet(
            {"input": given | {"productOptions": options, "variants": [variant | {"inventoryItem": item}]}}
        )
    with tenant_session(both.store_id) as session:
        row = SyncRun(id=new_id(), integration_id=both.here.integration_id, kind=SyncRunKind.IMPORT)
        session.add(row)
    run(both.store_id, row.id, lambda: True)
    with tenant_session(both.store_id) as session:
        done = session.get_one(SyncRun, row.id)
    assert (done.status, done.seen, done.total, done.created_count) == (SyncRunStatus.COMPLETED, 10, 10, 10), done.drift
    assert both.there.violations == 0
    assert both.rows() == []
