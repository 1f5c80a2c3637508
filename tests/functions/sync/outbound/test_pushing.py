"""Our changes arrive in a WooCommerce shop once, and come back without causing another."""

from decimal import Decimal

from sqlalchemy import select

from shared.audit import Actor
from shared.models import ExternalLink, ExternalPlatformIntegration, Media, Product, ProductCategory, Variant
from shared.models.enums import SyncDirection
from shared.privacy.requests import erase_now
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession
from tests.factories import category_of, customer_of
from tests.functions.sync.outbound.both import Both


def test_a_plain_product_is_made_with_price_stock_categories_and_pictures(both: Both) -> None:
    product_id = both.product("MUG", name="Mug")

    def describe(session: TenantSession) -> None:
        shelf = category_of(name="Cups", slug="cups")
        session.add(shelf)
        session.flush()
        session.add(ProductCategory(product_id=product_id, category_id=shelf.id, is_primary=True))
        session.add(Media(product_id=product_id, url="https://us.example/mug.jpg", mime_type="image/jpeg", size=1))

    both.change(describe)
    both.edit("MUG", price=Decimal("8.50"), compare_at_price=Decimal("10.00"))
    both.work()
    made = both.theirs("MUG")
    assert (made["name"], made["type"], made["regular_price"], made["sale_price"]) == ("Mug", "simple", "10", "8.5")
    assert (made["stock_quantity"], made["manage_stock"]) == (10, True)
    assert [shelf["slug"] for shelf in made["categories"]] == ["cups"]
    assert [image["src"] for image in made["images"]] == [f"{both.shop.url}/wp-content/uploads/2026/11/mug.jpg"]
    assert [status for _, status, _ in both.rows()] == ["COMPLETED"] * 3
    assert len([call for call in both.shop.writes() if call[1].startswith("products")]) == 2


def test_a_product_with_options_is_made_with_variations_and_loses_those_that_we_delete(both: Both) -> None:
    product_id = both.product("TEE-S", "TEE-M", name="Tee")
    both.work()
    parent = next(row for row in both.shop.products.values() if row["type"] == "variable")
    assert [option["options"] for option in parent["attributes"]] == [["TEE-S", "TEE-M"]]
    assert {both.theirs(sku)["parent_id"] for sku in ("TEE-S", "TEE-M")} == {parent["id"]}
    both.edit("TEE-M", price=Decimal("12.00"))
    both.work()
    assert both.theirs("TEE-M")["regular_price"] == "12"

    def remove(session: TenantSession) -> None:
        product = session.get_one(Product, product_id)
        soft_delete(session, next(variant for variant in product.variants if variant.sku == "TEE-M"))

    both.change(remove)
    both.work()
    assert "TEE-M" not in {row["sku"] for row in both.shop.products.values()}


def test_what_is_there_already_is_linked_by_its_sku_and_not_made_again(both: Both) -> None:
    theirs = both.shop.add("products", name="Theirs", sku="MUG", regular_price="1")
    both.product("MUG", name="Ours")
    both.work()
    assert both.theirs("MUG")["id"] == theirs["id"]
    assert both.theirs("MUG")["name"] == "Ours"


def test_a_hundred_rounds_are_one_push_each_and_their_echoes_none(both: Both) -> None:
    product_id = both.product("MUG")
    both.work()
    both.echo()
    before = len(both.shop.writes())
    for number in range(100):
        both.rename(product_id, f"Mug {number}")
        both.work()
        both.echo()
        both.work()
    assert len(both.shop.writes()) - before == 100
    assert both.theirs("MUG")["name"] == "Mug 99"


def test_what_did_not_change_is_not_pushed_and_older_changes_go_with_the_newest(both: Both) -> None:
    product_id = both.product("MUG")
    both.work()
    before = len(both.shop.calls)
    both.rename(product_id, "Other")
    both.rename(product_id, "Other still")
    for name in ("One", "Two", "Three"):
        both.rename(product_id, name)
    both.work()
    assert [call[0] for call in both.shop.calls[before:]] == ["PUT", "GET"]
    both.edit("MUG", low_stock_threshold=3)
    both.work()
    assert len(both.shop.calls) == before + 2
    assert {reason for _, _, reason in both.rows() if reason} == {"superseded"}


def test_a_refusal_is_a_conflict_with_its_reason(both: Both) -> None:
    product_id = both.product("TEE-S", "TEE-M")
    both.work()
    both.shop.add("products", name="Another", sku="MUG")
    both.edit("TEE-M", sku="MUG")
    both.work()
    assert both.rows()[-1] == ("product", "CONFLICT", "duplicate_sku")
    parent = next(row for row in both.shop.products.values() if row["type"] == "variable")
    both.shop.force_delete("products", parent["id"])
    both.rename(product_id, "Gone there")
    both.work()
    assert both.rows()[-1] == ("product", "CONFLICT", "gone_there")


def test_a_deleted_product_goes_to_the_trash(both: Both) -> None:
    product_id = both.product("MUG")
    both.work()
    both.change(lambda session: soft_delete(session, session.get_one(Product, product_id)))
    both.work()
    assert both.theirs("MUG")["status"] == "trash"


def test_an_answer_that_is_lost_makes_nothing_twice(both: Both) -> None:
    both.product("TEE-S", "TEE-M")
    both.shop.faults.lose_answers = 1
    both.work()
    assert [row["type"] for row in both.shop.products.values()] == ["variable"]
    retry(both)
    both.shop.faults.lose_answers = 1
    both.edit("TEE-S", price=Decimal("11.00"))
    both.work()
    retry(both)
    assert sorted(row["sku"] for row in both.shop.products.values()) == ["", "TEE-M", "TEE-S"]
    assert both.theirs("TEE-S")["regular_price"] == "11"
    assert {status for _, status, _ in both.rows()} == {"COMPLETED"}


def retry(both: Both) -> None:
    """Let the time pass until the next try."""
    both.pass_time()
    both.work()


def test_a_customer_who_is_erased_here_is_erased_there_whichever_way_things_go(both: Both) -> None:
    ada, bob = (both.shop.add("customers", email=f"{name}@example.com") for name in ("ada", "bob"))
    ours = {}
    for name, theirs in (("ada", ada), ("bob", bob)):
        with tenant_session(both.store_id) as session:
            row = customer_of(email=f"{name}@example.com")
            session.add(row)
            session.flush()
            names = {"entity_type": "customer", "entity_id": row.id, "external_id": str(theirs["id"])}
            session.add(ExternalLink(integration_id=both.here.integration_id, **names))
            ours[name] = row.id
    with tenant_session(both.store_id) as session:
        session.get_one(ExternalPlatformIntegration, both.here.integration_id).sync_direction = SyncDirection.INBOUND
    both.change(lambda session: erase_now(session, ours["ada"], Actor(None, "staff"), source="staff"))
    both.shop.faults.lose_answers = 1
    both.work()
    both.pass_time()
    both.work()
    assert [row["email"] for row in both.shop.entities["customers"].values()] == ["bob@example.com"]
    assert [status for _, status, _ in both.rows()] == ["COMPLETED"]


def test_weights_and_sizes_are_told_in_the_shops_units(both: Both) -> None:
    def choose(session: TenantSession) -> None:
        row = session.get_one(ExternalPlatformIntegration, both.here.integration_id)
        row.platform_settings = {**row.platform_settings, "weight_unit": "g", "dimension_unit": "in"}

    both.change(choose)
    sizes = {"length": "10", "width": "", "height": ""}
    both.shop.add("products", name="Mug", sku="MUG", regular_price="5", weight="250", dimensions=sizes)
    both.echo()
    both.change(lambda session: _measures(session, Decimal("0.250"), Decimal("25.400")))
    both.edit("MUG", weight=Decimal("1.5"), length=Decimal("5.08"))
    both.work()
    made = both.theirs("MUG")
    assert (made["weight"], made["dimensions"]["length"]) == ("1500", "2")
    both.echo()
    both.change(lambda session: _measures(session, Decimal("1.500"), Decimal("5.080")))


def _measures(session: TenantSession, weight: Decimal, length: Decimal) -> None:
    row = session.scalars(select(Variant)).one()
    assert (row.weight, row.length) == (weight, length)
