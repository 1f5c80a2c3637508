"""Only what was changed here leaves for a WooCommerce shop, which keeps more of a product than we do."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import time_machine
from sqlalchemy import select

from shared.models import ExternalLink, Media, Product, SyncQueue, Variant
from shared.models.base import new_id
from shared.soft_delete import restore, soft_delete
from shared.tenancy import tenant_session
from tests.factories import variant_of
from tests.functions.sync.outbound.both import Both

START = datetime(2026, 11, 26, 12, tzinfo=UTC)


def settle(both: Both) -> None:
    """Until both sides have heard of each other."""
    for _ in range(2):
        both.work()
        both.echo()
    both.work()


def theirs(both: Both, **given: Any) -> str:
    """A product of the shop's own. Returns our id of it."""
    both.shop.add("products", **given)
    both.echo()
    with tenant_session(both.store_id) as session:
        return session.scalars(select(Product.id).where(Product.name == given["name"])).one()


def bodies(both: Both) -> list[Any]:
    """What was sent of products."""
    return [call[3] for call in both.shop.writes() if call[1].startswith("products/")]


def ours(both: Both, product_id: str) -> Product:
    with tenant_session(both.store_id) as session:
        return session.get_one(Product, product_id)


def test_our_own_echo_is_known_though_texts_are_shown_otherwise_than_they_were_typed(both: Both) -> None:
    product_id = both.product("MUG", name="Mug", description="Hand loom")
    settle(both)
    assert ours(both, product_id).description == "Hand loom"
    both.rename(product_id, "Other")
    both.sell("MUG", 1)
    stock = [row for row in both.due() if kind(both, row) == "stock"]
    both.work_on(stock)
    both.echo()
    assert ours(both, product_id).name == "Other"
    settle(both)
    assert both.theirs("MUG")["name"] == "Other"
    assert ours(both, product_id).description == "Hand loom"


def kind(both: Both, row_id: str) -> str:
    with tenant_session(both.store_id) as session:
        return session.get_one(SyncQueue, row_id).entity_type


def test_an_edit_sends_its_field_alone(both: Both) -> None:
    text = "<p>" + "long " * 3000 + "</p>"
    given = {"description": text, "slug": "%e0%a6%9c", "status": "pending", "sku": "", "regular_price": "9"}
    product_id = theirs(both, name="Jamdani", sale_price="", **given)
    both.rename(product_id, "Jamdani saree")
    settle(both)
    assert bodies(both) == [{"name": "Jamdani saree"}]
    (there,) = both.shop.products.values()
    assert {name: there[name] for name in given} == given


def test_what_has_no_price_there_gets_none_and_what_kind_it_is_stays(both: Both) -> None:
    product_id = theirs(both, name="Call us", sku="", regular_price="", type="external")
    both.rename(product_id, "Call us today")
    settle(both)
    with tenant_session(both.store_id) as session:
        row = session.scalars(select(Variant)).one()
        row.barcode = "123"
        session.add(SyncQueue(**everything(both, product_id)))
    settle(both)
    (there,) = both.shop.products.values()
    found = {name: there[name] for name in ("name", "type", "sku", "regular_price", "global_unique_id")}
    assert found == {
        "name": "Call us today",
        "type": "external",
        "sku": "",
        "regular_price": "",
        "global_unique_id": "123",
    }


def everything(both: Both, product_id: str) -> dict[str, Any]:
    """A row as it is written when somebody decides for ours."""
    entity = {"id": new_id(), "entity_type": "product", "entity_id": product_id, "data": {"force": True}}
    return entity | {"integration_id": both.here.integration_id, "operation": "UPDATE", "direction": "OUTBOUND"}


def test_shared_attributes_keep_their_ids_and_those_that_are_no_options_stay(both: Both) -> None:
    shared = [
        {"id": 5, "name": "Color", "slug": "pa_color", "variation": True, "visible": True, "options": ["Red", "Blue"]},
        {"id": 6, "name": "Material", "slug": "pa_material", "variation": False, "visible": True, "options": ["Jute"]},
    ]
    parent = both.shop.add("products", name="Bag", type="variable", attributes=shared, sku="BAG")
    option = {"id": 5, "option": "Red"}
    extra = {"type": "variation", "parent_id": parent["id"], "attributes": [option], "regular_price": "5"}
    both.shop.add("products", name="Bag red", sku="BAG-RED", **extra)
    both.echo()
    with tenant_session(both.store_id) as session:
        product_id = session.scalars(select(Variant.product_id).where(Variant.sku == "BAG-RED")).one()
    both.edit("BAG-RED", price=Decimal(6))
    settle(both)
    assert "attributes" not in str(bodies(both))

    def add(session: Any) -> None:
        session.add(variant_of(product_id, sku="BAG-GREEN", is_default=False, attributes={"Color": "Green"}))

    both.change(add)
    settle(both)
    assert [(one["id"], one["options"]) for one in both.shop.products[parent["id"]]["attributes"]] == [
        (5, ["Red", "Blue", "Green"]),
        (6, ["Jute"]),
    ]
    made = both.theirs("BAG-GREEN")
    assert [(one["id"], one["name"], one["option"]) for one in made["attributes"]] == [(5, "Color", "Green")]


def test_stock_that_the_product_keeps_for_all_its_variations_is_taken_there(both: Both) -> None:
    parent = both.shop.add("products", name="Rope", type="variable", manage_stock=True, stock_quantity=10, sku="ROPE")
    for length in ("1", "2"):
        option = {"name": "Length", "option": length}
        extra = {"type": "variation", "parent_id": parent["id"], "attributes": [option], "regular_price": "5"}
        both.shop.add("products", name=f"Rope {length}", sku=f"ROPE-{length}", **extra)
    both.echo()
    both.sell("ROPE-1", 3)
    both.shop.faults.lose_answers = 1
    both.work()
    both.pass_time()
    settle(both)
    assert both.shop.products[parent["id"]]["stock_quantity"] == 7
    assert both.theirs("ROPE-1")["manage_stock"] is False
    assert {status for _, status, _ in both.rows()} == {"COMPLETED"}


def pictures(both: Both, product_id: str) -> list[str]:
    """What we show, in order."""
    with tenant_session(both.store_id) as session:
        query = select(Media.url).where(Media.product_id == product_id).order_by(Media.display_order)
        return list(session.scalars(query))


def show(both: Both, product_id: str, *names: str) -> None:
    """Add pictures of ours."""
    with tenant_session(both.store_id) as session:
        for place, name in enumerate(names, len(pictures(both, product_id))):
            url = f"https://us.example/media/{name}"
            media = {"mime_type": "image/jpeg", "size": 1, "storage_key": f"media/{name}", "display_order": place}
            session.add(Media(product_id=product_id, url=url, **media))


def test_pictures_that_come_back_under_their_addresses_are_ours(both: Both) -> None:
    with time_machine.travel(START, tick=False) as clock:
        product_id = both.product("MUG", name="Mug")
        show(both, product_id, "one.jpg", "two.jpg")
        settle(both)
        (there,) = both.shop.products.values()
        mine = ["https://us.example/media/one.jpg", "https://us.example/media/two.jpg"]
        for number in range(4):
            clock.shift(5)
            both.shop.edit("products", there["id"], short_description=f"Edit {number}")
            both.echo()
            clock.shift(5)
            both.rename(product_id, f"Mug {number}")
            settle(both)
        assert pictures(both, product_id) == mine
        assert both.shop.fetched == mine
        clock.shift(5)
        new = {"src": "https://elsewhere.example/one.jpg", "alt": "New"}
        both.shop.edit("products", there["id"], images=[*({"id": one["id"]} for one in there["images"]), new])
        both.echo()
        assert pictures(both, product_id) == [*mine, f"{both.shop.url}/wp-content/uploads/2026/11/one-1.jpg"]
        clock.shift(5)
        show(both, product_id, "three.jpg")
        settle(both)
    assert both.shop.fetched == [*mine, new["src"], "https://us.example/media/three.jpg"]
    assert len(there["images"]) == 4
    assert len(pictures(both, product_id)) == 4


def test_pictures_of_theirs_beyond_those_that_we_take_stay(both: Both) -> None:
    sources = [{"src": f"https://elsewhere.example/{number}.jpg", "alt": ""} for number in range(12)]
    product_id = theirs(both, name="Mug", sku="MUG", regular_price="9", images=sources)
    assert len(pictures(both, product_id)) == 10
    show(both, product_id, "ours.jpg")
    settle(both)
    (there,) = both.shop.products.values()
    assert len(there["images"]) == 13
    assert len(both.shop.fetched) == 13


def test_pictures_come_back_before_the_answer_was_kept(both: Both) -> None:
    product_id = both.product("MUG", name="Mug")
    show(both, product_id, "one.jpg", "two.jpg")
    both.shop.faults.lose_answers = 1
    both.work()
    both.echo()
    both.pass_time()
    settle(both)
    assert len(pictures(both, product_id)) == 2
    assert len(both.shop.fetched) == 2


def test_a_picture_that_cannot_be_fetched_holds_nothing_else_up(both: Both) -> None:
    product_id = both.product("MUG", name="Mug")
    settle(both)
    both.shop.unreachable_pictures = True
    show(both, product_id, "one.jpg")
    both.edit("MUG", price=Decimal(11))
    settle(both)
    assert both.theirs("MUG")["regular_price"] == "11"
    assert ("product", "COMPLETED", "pictures_not_taken") in both.rows()


def test_what_is_deleted_and_restored_here_is_there_again_on_both_sides(both: Both) -> None:
    product_id = both.product("MUG")
    settle(both)
    both.change(lambda session: soft_delete(session, session.get_one(Product, product_id)))
    settle(both)
    assert both.theirs("MUG")["status"] == "trash"
    both.change(lambda session: restore(session, Product, product_id))
    settle(both)
    assert both.theirs("MUG")["status"] == "publish"
    assert ours(both, product_id).deleted_at is None


def test_a_variation_that_they_have_deleted_is_made_anew(both: Both) -> None:
    both.product("TEE-S", "TEE-M")
    settle(both)
    both.shop.force_delete("products", both.theirs("TEE-M")["id"])
    both.edit("TEE-M", price=Decimal(12))
    both.edit("TEE-S", price=Decimal(13))
    settle(both)
    assert [both.theirs(sku)["regular_price"] for sku in ("TEE-M", "TEE-S")] == ["12", "13"]
    with tenant_session(both.store_id) as session:
        links = session.scalars(select(ExternalLink.external_id).where(ExternalLink.entity_type == "variant")).all()
    assert str(both.theirs("TEE-M")["id"]) in links


def test_more_variations_than_a_call_takes_go_in_several_and_once(both: Both) -> None:
    both.product(*(f"TEE-{number:03}" for number in range(130)))
    for _ in range(3):
        both.shop.faults.lose_answers = 1
        both.work()
        both.pass_time()
    settle(both)
    skus = [row["sku"] for row in both.shop.products.values() if row["type"] == "variation"]
    assert len(skus) == len(set(skus)) == 130
    assert {status for _, status, _ in both.rows()} == {"COMPLETED"}


def test_a_plain_product_of_theirs_gets_options(both: Both) -> None:
    product_id = theirs(both, name="Mug", sku="MUG", regular_price="9", manage_stock=True, stock_quantity=4)

    def vary(session: Any) -> None:
        session.scalars(select(Variant)).one().attributes = {"Size": "S"}
        session.add(variant_of(product_id, sku="MUG-L", is_default=False, attributes={"Size": "L"}))

    both.change(vary)
    settle(both)
    assert {row["sku"] for row in both.shop.products.values() if row["type"] == "variation"} == {"MUG", "MUG-L"}
    assert [both.stock(sku) for sku in ("MUG", "MUG-L")] == [4, 10]
    assert {status for _, status, _ in both.rows()} == {"COMPLETED"}


def test_what_a_call_refuses_of_one_variation_is_told_and_the_rest_is_kept(both: Both) -> None:
    product_id = theirs(both, name="Mug", sku="", regular_price="9", manage_stock=True, stock_quantity=4)
    both.shop.add("products", name="Another", sku="TAKEN", regular_price="1")

    def vary(session: Any) -> None:
        session.scalars(select(Variant)).one().attributes = {"Size": "S"}
        for sku in ("TAKEN", "MUG-L"):
            session.add(variant_of(product_id, sku=sku, is_default=False, attributes={"Size": sku}))

    both.change(vary)
    settle(both)
    assert ("product", "CONFLICT", "duplicate_sku") in both.rows()
    with tenant_session(both.store_id) as session:
        assert len(session.scalars(select(Variant).where(Variant.product_id == product_id)).all()) == 3


def test_what_was_edited_on_both_sides_before_either_heard_is_put_together(both: Both) -> None:
    with time_machine.travel(START, tick=False) as clock:
        product_id = both.product("TEE-S", "TEE-M", name="Tee", description="Cotton")
        settle(both)
        parent = next(row for row in both.shop.products.values() if row["type"] == "variable")
        clock.shift(60)
        both.rename(product_id, "Our name")
        both.edit("TEE-S", price=Decimal(12))
        clock.shift(60)
        both.shop.edit("products", parent["id"], short_description="Theirs")
        both.shop.edit("products", both.theirs("TEE-S")["id"], stock_quantity=9, regular_price="10", weight="2")
        both.echo()
        clock.shift(60)
        settle(both)
    row = ours(both, product_id)
    assert (row.name, row.short_description) == ("Our name", "<p>Theirs</p>") or row.short_description == "Theirs"
    assert (parent["name"], parent["short_description"]) == ("Our name", "Theirs")
    there = both.theirs("TEE-S")
    assert (there["regular_price"], there["weight"], there["stock_quantity"]) == ("12", "2", 9)
    with time_machine.travel(START.replace(hour=13), tick=False) as clock:
        both.rename(product_id, "Earlier here")
        clock.shift(60)
        both.shop.edit("products", parent["id"], name="Later there")
        both.echo()
        settle(both)
    assert ours(both, product_id).name == parent["name"] == "Later there"
