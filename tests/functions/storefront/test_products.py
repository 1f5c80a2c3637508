"""What the product list and a product's page show."""

from shared.models import Attribute, Media, ProductAttribute, ProductLabel
from shared.models.base import new_id
from tests.conftest import Database
from tests.factories import category_of
from tests.functions.storefront.shopping import get, open_shop, put, sell


def test_list_answers_the_twenty_newest_products_with_their_parts(shops: Database) -> None:
    answer = get("products", "aurora")

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.json["items"]) == 20
    assert answer.json["next_cursor"]
    first = answer.json["items"][0]
    assert first["slug"] == "automatic-espresso-machine"
    assert first["variants"][0]["price"] == "879.99"
    assert first["variants"][0]["available"] == 5000
    assert first["categories"] == [{"slug": "coffee-machines", "name": "Coffee Machines", "is_primary": True}]
    assert first["brand"] == {"slug": "brewhollow", "name": "Brewhollow", "logo_url": None}
    assert first["labels"] == [{"label": "HOT", "color": "#b25e00"}]
    assert first["image"]["mime_type"] == "image/svg+xml"


def test_every_product_of_a_list_has_a_price_range_a_default_variant_and_a_currency(shops: Database) -> None:
    for store, currency in (("aurora", "USD"), ("borealis", "PLN")):
        items = get("products", store, limit=100).json["items"]
        assert len(items) > 30
        for item in items:
            prices = sorted(float(variant["price"]) for variant in item["variants"])
            assert (float(item["price_min"]), float(item["price_max"])) == (prices[0], prices[-1])
            assert [variant["is_default"] for variant in item["variants"]].count(True) == 1
            assert item["variants"][0]["is_default"]
            assert item["currency"] == currency
            assert item["in_stock"] is any(variant["in_stock"] for variant in item["variants"])


def test_a_slug_that_two_stores_share_answers_each_ones_own_product(shops: Database) -> None:
    ours, theirs = get("products/classic-tee", "aurora").json, get("products/classic-tee", "borealis").json

    assert (ours["price_min"], ours["currency"], ours["brand"]["slug"]) == ("18.00", "USD", "aurora")
    assert (theirs["price_min"], theirs["currency"], theirs["brand"]["slug"]) == ("79.00", "PLN", "borealis")
    assert {variant["id"] for variant in ours["variants"]}.isdisjoint(variant["id"] for variant in theirs["variants"])
    assert {color for item in ours["attributes"] if item["slug"] == "color" for color in item["values"]} == {
        "Black",
        "White",
    }


def test_a_page_of_a_product_shows_all_that_the_list_shows(shops: Database) -> None:
    for listed in get("products", "borealis", limit=100).json["items"]:
        detail = get(f"products/{listed['slug']}", "borealis").json
        assert {name: detail[name] for name in listed if name != "highlight"} | {"highlight": None} == listed
        assert detail["description"]
        assert detail["media"] == [listed["image"]]


def test_stock_is_what_is_not_reserved_and_untracked_stock_is_not_counted(either: Database) -> None:
    store_id = open_shop()
    sell(
        store_id,
        "tee",
        {"stock_quantity": 7, "reserved_quantity": 3, "sku": "A"},
        {"stock_quantity": 2, "reserved_quantity": 2, "sku": "B"},
        {"stock_quantity": 0, "track_inventory": False, "sku": "C"},
    )

    variants = get("products/tee").json["variants"]

    assert [(v["sku"], v["available"], v["in_stock"]) for v in variants] == [
        ("A", 4, True),
        ("B", 0, False),
        ("C", None, True),
    ]


def test_a_product_without_anything_in_stock_is_shown_as_sold_out(either: Database) -> None:
    sell(open_shop(), "gone", {"stock_quantity": 1, "reserved_quantity": 1})

    assert get("products/gone").json["in_stock"] is False


def test_details_keep_the_shops_order_and_leave_inactive_attributes_out(either: Database) -> None:
    store_id = open_shop()
    product_id = sell(store_id, "tee", {"attributes": {"Größe": "M, slim"}})
    size, color, secret = (
        Attribute(id=new_id(), slug="size", name="Size", display_order=2),
        Attribute(id=new_id(), slug="color", name="Color", display_order=1),
        Attribute(id=new_id(), slug="margin", name="Margin", is_active=False),
    )
    put(store_id, size, color, secret)
    for attribute, values in ((size.id, ["M"]), (color.id, ["Blå", "Red"]), (secret.id, ["80%"])):
        put(store_id, ProductAttribute(product_id=product_id, attribute_id=attribute, selected_values=values))
    for order, url in ((2, "second"), (1, "first"), (3, "third")):
        picture = {"mime_type": "image/png", "size": 1, "display_order": order, "is_featured": url == "third"}
        put(store_id, Media(product_id=product_id, url=url, **picture))
    for label, priority in (("LOW", 1), ("HIGH", 9)):
        put(store_id, ProductLabel(product_id=product_id, label=label, priority=priority))

    detail = get("products/tee").json

    assert [(a["slug"], a["values"]) for a in detail["attributes"]] == [("color", ["Blå", "Red"]), ("size", ["M"])]
    assert [picture["url"] for picture in detail["media"]] == ["first", "second", "third"]
    assert detail["image"]["url"] == "third"
    assert [label["label"] for label in detail["labels"]] == ["HIGH", "LOW"]
    assert detail["variants"][0]["options"] == {"Größe": "M, slim"}


def test_a_bare_product_has_empty_lists_and_nulls(either: Database) -> None:
    store_id = open_shop()
    put(store_id, category_of(slug="unused"))
    sell(store_id, "bare")

    detail = get("products/bare").json

    assert (detail["brand"], detail["image"], detail["description"], detail["short_description"]) == (None,) * 4
    assert (detail["labels"], detail["categories"], detail["media"], detail["attributes"]) == ([], [], [], [])


def test_an_unknown_slug_is_not_found(shops: Database) -> None:
    answer = get("products/no-such-thing", "aurora")

    assert (answer.status, answer.json["code"]) == (404, "product_not_found")
