"""Our changes arrive in a Shopify shop once, under its rules, and its products here."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from functions.sync.runs.running import run
from functions.sync.shopify import listing
from shared.integrations import Credentials
from shared.models import Media, Product, SyncRun, Variant
from shared.models.base import new_id, now
from shared.models.enums import ExternalPlatform, SyncRunKind, SyncRunStatus
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession
from tests.functions.sync.connected import deliver
from tests.functions.sync.connected import shopify as delivery_of
from tests.functions.sync.outbound.both import ShopifyBoth
from tests.standins.shopify import TOKEN, Node


def test_products_are_set_with_their_variants_and_found_again(pair: ShopifyBoth) -> None:
    product_id = pair.product("TEE-S", "TEE-M", name="Tee")
    pair.there.lose_answers = 1
    pair.work()
    pair.pass_time()
    pair.work()
    pair.edit("TEE-M", price=Decimal("12.50"))
    pair.work()
    (there,) = pair.there.products.values()
    assert (there["title"], pair.variant("TEE-M")["price"]) == ("Tee", "12.50")
    assert pair.variant("TEE-S")["inventoryQuantity"] == 10
    pair.change(lambda session: soft_delete(session, session.get_one(Product, product_id)))
    pair.work()
    assert pair.there.products == {}
    assert {status for _, status, _ in pair.rows()} == {"COMPLETED"}


def test_stock_is_set_under_a_key_and_a_lost_answer_takes_nothing_twice(pair: ShopifyBoth) -> None:
    pair.product("MUG")
    pair.work()
    pair.there.lose_answers = 1
    pair.sell("MUG", 2)
    pair.work()
    assert pair.variant("MUG")["inventoryQuantity"] == 8
    item = pair.variant("MUG")["inventoryItem"]["id"].rpartition("/")[2]
    level = {"inventory_item_id": int(item), "location_id": 1, "available": 8, "updated_at": "2036-11-26T12:00:00Z"}
    deliver(pair.here, delivery_of("inventory_levels/update", level))
    pair.pass_time()
    pair.work()
    pair.sell("MUG", 1)
    pair.work()
    assert (pair.variant("MUG")["inventoryQuantity"], pair.stock("MUG")) == (7, 7)
    assert {status for _, status, _ in pair.rows()} == {"COMPLETED"}


def test_stock_that_they_sold_from_meanwhile_is_not_overwritten(pair: ShopifyBoth) -> None:
    pair.product("MUG")
    pair.work()
    pair.variant("MUG")["inventoryQuantity"] = 9
    pair.sell("MUG", 2)
    pair.work()
    assert pair.variant("MUG")["inventoryQuantity"] == 7


def test_a_first_import_reads_pages_within_the_limit(pair: ShopifyBoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 4)
    pair.there.available, pair.there.maximum, pair.there.restore_rate = 30, 30, 200
    for number in range(10):
        option = {"optionName": "Title", "name": "Default Title"}
        item = {"sku": f"S-{number}", "tracked": True}
        variant = {"optionValues": [option], "price": "5.00", "compareAtPrice": None, "barcode": None, "taxable": True}
        given = {"title": f"P {number}", "handle": f"p-{number}", "descriptionHtml": "", "status": "ACTIVE"}
        options = [{"name": "Title", "values": [{"name": "Default Title"}]}]
        pair.there._productSet(
            {"input": given | {"productOptions": options, "variants": [variant | {"inventoryItem": item}]}}
        )
    with tenant_session(pair.store_id) as session:
        row = SyncRun(id=new_id(), integration_id=pair.here.integration_id, kind=SyncRunKind.IMPORT)
        session.add(row)
    run(pair.store_id, row.id, lambda: True)
    with tenant_session(pair.store_id) as session:
        done = session.get_one(SyncRun, row.id)
    assert (done.status, done.seen, done.total, done.created_count) == (SyncRunStatus.COMPLETED, 10, 10, 10), done.drift
    assert pair.there.violations == 0
    assert pair.rows() == []


def echo(pair: ShopifyBoth) -> None:
    """Shopify's word of all its products, as its webhooks have it: HTML put in order, nothing for an empty text."""
    for node in list(pair.there.products.values()):
        deliver(pair.here, delivery_of("products/update", as_delivered(node), now().isoformat()))


def as_delivered(node: Node) -> dict[str, Any]:
    """A product in the shape of webhooks."""

    def number(one: Node) -> int:
        return int(one["id"].rpartition("/")[2])

    variants = [
        {
            "id": number(one),
            "sku": one["sku"],
            "barcode": one["barcode"] or "",
            "price": one["price"],
            "compare_at_price": one["compareAtPrice"],
            "taxable": one["taxable"],
            "inventory_item_id": number(one["inventoryItem"]),
            "inventory_quantity": one["inventoryQuantity"],
            "inventory_management": "shopify" if one["inventoryItem"]["tracked"] else None,
            **{f"option{place}": option["value"] for place, option in enumerate(one["selectedOptions"], 1)},
            **weight(one),
        }
        for one in node["variants"]["nodes"]
    ]
    return {
        "id": number(node),
        "title": node["title"],
        "handle": node["handle"],
        "body_html": node["descriptionHtml"] or None,
        "vendor": node["vendor"],
        "status": node["status"].lower(),
        "tags": "b, a",
        "updated_at": node["updatedAt"],
        "options": [{"name": one["name"], "values": one["values"]} for one in node["options"]],
        "images": [{"id": number(one), "src": one["url"], "alt": one["altText"]} for one in node["images"]["nodes"]],
        "variants": variants,
    }


def weight(node: Node) -> dict[str, Any]:
    """As webhooks have it: grams and the unit beside."""
    given = node["inventoryItem"].get("measurement")
    return {"weight": given["weight"]["value"], "weight_unit": "kg"} if given else {"weight": 0.0, "weight_unit": "kg"}


def test_a_hundred_rounds_are_one_push_each_and_their_echoes_none(pair: ShopifyBoth) -> None:
    plain = pair.product("MUG", description="<p>A mug &amp; more</p>")
    pair.product("TEE-S", "TEE-M", name="Tee")
    with tenant_session(pair.store_id) as session:
        url = "https://us.example/media/mug.jpg"
        session.add(Media(product_id=plain, url=url, mime_type="image/jpeg", size=1, storage_key="media/mug.jpg"))
    pair.edit("TEE-S", compare_at_price=Decimal("20.00"), weight=Decimal("0.250"))
    pair.work()
    echo(pair)
    pair.work()
    before = len(pair.there.changes())
    changes: list[Callable[[int], object]] = [
        lambda number: pair.rename(plain, f"Mug {number}"),
        lambda number: pair.edit("MUG", price=Decimal(number + 1)),
        lambda number: pair.edit("TEE-S", price=Decimal("10.50") + number),
        lambda number: pair.edit("TEE-M", barcode=f"40063813339{number:02}"),
    ]
    for number in range(100):
        changes[number % 4](number)
        pair.work()
        echo(pair)
        pair.work()
    assert len(pair.there.changes()) - before == 100
    with tenant_session(pair.store_id) as session:
        assert session.scalars(select(Media.url)).all() == [url]
        assert session.get_one(Product, plain).description == "<p>A mug &amp; more</p>"
        prices = {row.sku: (row.price, row.compare_at_price) for row in session.scalars(select(Variant))}
    assert (pair.variant("MUG")["price"], prices["MUG"]) == ("98.00", (Decimal(98), None))
    assert prices["TEE-S"][0] == Decimal("108.50")


def test_an_edit_sends_its_field_alone(pair: ShopifyBoth) -> None:
    pair.product("TEE-S", "TEE-M", name="Tee")
    pair.work()
    (node,) = pair.there.products.values()
    node["descriptionHtml"], pair.variant("TEE-M")["price"] = "<iframe></iframe>", "99.00"
    pair.edit("TEE-S", price=Decimal(12))
    pair.work()
    assert (node["descriptionHtml"], pair.variant("TEE-M")["price"]) == ("<iframe></iframe>", "99.00")
    assert pair.variant("TEE-S")["price"] == "12.00"


def test_more_variants_than_a_call_takes_go_in_several_and_once(pair: ShopifyBoth) -> None:
    product_id = pair.product(*(f"TEE-{number:03}" for number in range(230)))
    for _ in range(4):
        pair.there.lose_answers = 1
        pair.work()
        pair.pass_time()
    pair.work()
    (node,) = pair.there.products.values()
    skus = [one["sku"] for one in node["variants"]["nodes"]]
    assert len(skus) == len(set(skus)) == 230
    assert {status for _, status, _ in pair.rows()} == {"COMPLETED"}
    pair.edit("TEE-229", price=Decimal(77))

    def remove(session: TenantSession) -> None:
        row = session.scalars(select(Variant).where(Variant.sku == "TEE-000")).one()
        soft_delete(session, row)

    pair.change(remove)
    pair.rename(product_id, "Many")
    pair.work()
    assert pair.variant("TEE-229")["price"] == "77.00"
    assert (node["title"], len(node["variants"]["nodes"])) == ("Many", 229)
    read = listing.one(credentials(pair), "product", node["id"].rpartition("/")[2])
    assert len(read[0].variants) == 229  # type: ignore[union-attr]


def credentials(pair: ShopifyBoth) -> Credentials:
    """The keys of the shop."""
    return Credentials(ExternalPlatform.SHOPIFY, pair.there.url, TOKEN, "client")
