"""One answer names every mistake of a product, those of the schema and those beyond it, and nothing is written."""

from typing import Any

import pytest

from shared.models import Attribute, Product, ProductAttribute, Variant
from tests.conftest import Database
from tests.functions.catalog.goods import ask, count, made, places, plain, product, sized, tax_rate
from tests.functions.stores.people import make_shop


def test_mistakes_of_both_kinds_are_one_answer(either: Database) -> None:
    shop = make_shop()
    product(shop, slug="taken", variants=[{"sku": "TAKEN", "price": "1"}])
    body = {
        "name": "",
        "slug": "taken",
        "status": "SOLD",
        "colour": "red",
        "brand_id": "none",
        "options": [{"name": "Size", "values": ["S", "M"]}],
        "variants": [
            {"sku": "TAKEN", "price": "-1", "options": {"Size": "S"}},
            {"sku": "NEW", "price": "1.005", "options": {"Size": "XL"}},
            {"sku": " NEW ", "price": "5", "compare_at_price": "4", "options": {}},
        ],
        "categories": [{"category_id": "none"}],
        "media": [{"url": "javascript:alert(1)"}],
    }
    assert {tuple(place) for place in places(ask(shop, "POST", "/v1/products", body))} == {
        ("body", "name"),
        ("body", "slug"),
        ("body", "status"),
        ("body", "colour"),
        ("body", "brand_id"),
        ("body", "variants", 0, "price"),
        ("body", "variants", 0, "sku"),
        ("body", "variants", 1, "price"),
        ("body", "variants", 1, "options", "Size"),
        ("body", "variants", 2, "sku"),
        ("body", "variants", 2, "compare_at_price"),
        ("body", "variants", 2, "options"),
        ("body", "categories", 0, "category_id"),
        ("body", "media", 0, "url"),
    }
    assert [count(shop, model) for model in (Product, Variant, Attribute, ProductAttribute)] == [1, 1, 0, 0]


ONE: list[tuple[dict[str, Any], list[Any]]] = [
    ({"variants": []}, ["variants"]),
    ({"variants": [{"price": "1", "is_default": True}] * 2}, ["variants", 1, "is_default"]),
    ({"media": [{"url": "https://a.example", "is_featured": True}] * 2}, ["media", 1, "is_featured"]),
    ({"media": [{"url": "https://a.example"}] * 11}, ["media"]),
    ({"labels": [{"label": "NEW"}, {"label": " NEW"}]}, ["labels", 1, "label"]),
    ({"options": [{"name": "Size", "values": ["S"]}, {"name": "size", "values": ["M"]}]}, ["options", 1, "name"]),
    ({"name": "x" * 201}, ["name"]),
    ({"description": "x" * 10_001}, ["description"]),
    ({"slug": "Not A Slug"}, ["slug"]),
    ({"variants": [{"price": "1", "sku": "x" * 51}]}, ["variants", 0, "sku"]),
    ({"variants": [{"price": "1", "options": {"Size": "S"}}]}, ["variants", 0, "options"]),
    ({"variants": [{"price": "1"}] * 101}, ["variants"]),
]


@pytest.mark.parametrize(("given", "place"), ONE)
def test_one_mistake_is_named_by_its_place(database: Database, given: dict[str, Any], place: list[Any]) -> None:
    shop = make_shop()
    assert ["body", *place] in places(ask(shop, "POST", "/v1/products", plain(**given)))
    assert count(shop) == 0


def test_a_hundred_variants_are_enough_and_allowed(database: Database) -> None:
    shop = make_shop()
    assert len(made(shop, "/v1/products", sized(*(f"{n}" for n in range(100))))["variants"]) == 100


def test_what_another_store_has_is_not_there(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    attribute = made(other, "/v1/attributes", {"name": "Size", "values": ["S"]})["id"]
    given = {
        "brand_id": made(other, "/v1/brands", {"name": "B"})["id"],
        "tax_rate_id": tax_rate(other),
        "categories": [{"category_id": made(other, "/v1/categories", {"name": "C"})["id"]}],
        "attributes": [{"attribute_id": attribute, "values": ["S"]}],
    }
    wanted = [
        *(["body", "brand_id"], ["body", "tax_rate_id"]),
        *(["body", "categories", 0, "category_id"], ["body", "attributes", 0, "attribute_id"]),
    ]
    assert places(ask(shop, "POST", "/v1/products", plain(**given))) == wanted
    path = f"/v1/products/{product(shop)['id']}"
    assert places(ask(shop, "PATCH", path, given)) == wanted


def test_what_was_deleted_is_not_there(either: Database) -> None:
    shop = make_shop()
    brand = made(shop, "/v1/brands", {"name": "B"})["id"]
    category = made(shop, "/v1/categories", {"name": "C"})["id"]
    ask(shop, "DELETE", f"/v1/brands/{brand}")
    ask(shop, "DELETE", f"/v1/categories/{category}")
    answer = ask(shop, "POST", "/v1/products", plain(brand_id=brand, categories=[{"category_id": category}]))
    assert places(answer) == [["body", "brand_id"], ["body", "categories", 0, "category_id"]]


def test_values_are_those_of_the_attribute_unless_it_is_free_text(either: Database) -> None:
    shop = make_shop()
    chosen = made(shop, "/v1/attributes", {"name": "Size", "values": ["S"]})["id"]
    free = made(shop, "/v1/attributes", {"name": "Care", "type": "TEXT"})["id"]
    given = [{"attribute_id": chosen, "values": ["S", "XXL"]}, {"attribute_id": free, "values": ["By hand"]}]
    answer = ask(shop, "POST", "/v1/products", plain(attributes=given))
    assert places(answer) == [["body", "attributes", 0, "values"]]
    assert len(product(shop, attributes=[{**given[0], "values": ["S", "S"]}, given[1]])["attributes"]) == 2


def test_the_same_sku_in_another_store_is_no_matter(either: Database) -> None:
    for shop in (make_shop(), make_shop()):
        product(shop, sku="A", variants=[{"sku": "A", "price": "1"}])
        twice = ask(shop, "POST", "/v1/products", plain(sku="A", variants=[{"sku": "A ", "price": "1"}]))
        assert places(twice) == [["body", "sku"], ["body", "variants", 0, "sku"]]
