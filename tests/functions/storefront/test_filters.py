"""Narrowing the list: each filter alone, several values, and all together."""

from urllib.parse import quote

from functions.storefront.handler import handler
from shared.models import Attribute, Brand, ProductAttribute, ProductLabel
from shared.models.base import new_id
from tests.calls import call
from tests.conftest import Database
from tests.functions.storefront.shopping import PRODUCTS, found, open_shop, put, sell


def _brand(store_id: str, slug: str) -> str:
    brand_id = new_id()
    put(store_id, Brand(id=brand_id, slug=slug, name=slug.title()))
    return brand_id


def _attributes(store_id: str, *slugs: str) -> dict[str, str]:
    ids = {slug: new_id() for slug in slugs}
    put(store_id, *(Attribute(id=attribute_id, slug=slug, name=slug.title()) for slug, attribute_id in ids.items()))
    return ids


def _give(store_id: str, product_id: str, attribute_id: str, *values: str) -> None:
    put(store_id, ProductAttribute(product_id=product_id, attribute_id=attribute_id, selected_values=list(values)))


def test_one_brand_or_several(either: Database) -> None:
    store_id = open_shop()
    for slug in ("acme", "umbra", "zeta"):
        sell(store_id, f"by-{slug}", brand_id=_brand(store_id, slug))
    sell(store_id, "by-nobody")

    assert found(brand="acme") == ["by-acme"]
    assert set(found(brand=["acme", "zeta"])) == {"by-acme", "by-zeta"}
    assert set(found(brand=["acme", "none"])) == {"by-acme"}
    assert found(brand="acme,zeta") == []


def test_labels_are_alternatives(either: Database) -> None:
    store_id = open_shop()
    for label in ("NEW", "SALE", "50 %, ab März"):
        put(store_id, ProductLabel(product_id=sell(store_id, f"with-{label[0].lower()}"), label=label))

    assert found(label="NEW") == ["with-n"]
    assert set(found(label=["NEW", "SALE"])) == {"with-n", "with-s"}
    assert found(label="50 %, ab März") == ["with-5"]
    assert found(label="new") == []


def test_values_of_one_attribute_are_alternatives_and_attributes_must_all_hold(either: Database) -> None:
    store_id = open_shop()
    ids = _attributes(store_id, "color", "size")
    for color, size in (("Black", "S"), ("Black", "M"), ("White", "M"), ("Red", "M")):
        product_id = sell(store_id, f"{color}-{size}".lower())
        _give(store_id, product_id, ids["color"], color, "Striped")
        _give(store_id, product_id, ids["size"], size)

    assert set(found(attribute="color:Black")) == {"black-s", "black-m"}
    assert set(found(attribute=["color:Black", "color:White"])) == {"black-s", "black-m", "white-m"}
    assert set(found(attribute=["color:Black", "size:M", "color:White"])) == {"black-m", "white-m"}
    assert found(attribute=["color:Black", "size:XL"]) == []
    assert found(attribute="size:Black") == []
    assert found(attribute="weight:M") == []
    assert len(found(attribute="color:Striped")) == 4


def test_any_text_is_an_attribute_value_and_is_matched_whole(either: Database) -> None:
    store_id = open_shop()
    ids = _attributes(store_id, "style")
    values = [
        "Blue, dark",
        "Größe 42",
        "🧵",
        "a:b",
        "100%",
        "it's",
        'say "hi"',
        "back\\slash",
        "a&b=c",
        "色",
        " x",
        "+",
    ]
    for place, value in enumerate(values):
        _give(store_id, sell(store_id, f"p-{place}"), ids["style"], "Other", value)
        _give(store_id, sell(store_id, f"near-{place}"), ids["style"], f"{value} and more")

    for place, value in enumerate(values):
        assert found(attribute=f"style:{value}") == [f"p-{place}"]


def test_an_inactive_attribute_filters_like_one_that_is_not_there(either: Database) -> None:
    store_id = open_shop()
    attribute_id = new_id()
    put(store_id, Attribute(id=attribute_id, slug="margin", name="Margin", is_active=False))
    _give(store_id, sell(store_id, "tee"), attribute_id, "80%")

    assert found(attribute="margin:80%") == found(attribute="none:80%") == []


def test_a_comma_in_the_url_belongs_to_the_value(either: Database) -> None:
    store_id = open_shop()
    ids = _attributes(store_id, "style")
    _give(store_id, sell(store_id, "wanted"), ids["style"], "a,b")
    _give(store_id, sell(store_id, "other"), ids["style"], "a")

    for written in ("style:a,b", quote("style:a,b", safe="")):
        answer = call(handler, f"{PRODUCTS}?attribute={written}", store="shop")
        assert [item["slug"] for item in answer.json["items"]] == ["wanted"]


def test_everything_together_on_a_demo_shop(shops: Database) -> None:
    asked = {
        "q": "tee",
        "category": "apparel",
        "brand": ["polarweft", "borealis"],
        "attribute": ["size:M", "size:L", "material:Cotton"],
        "min_price": "70",
        "max_price": "140",
        "in_stock": "true",
    }

    assert set(found("borealis", **asked)) == {"ascii-tee", "cubes-fountain-tee", "classic-tee"}
    assert found("borealis", **asked, label="NEW") == ["classic-tee"]
    assert found("borealis", **asked, sort="-price") == ["cubes-fountain-tee", "ascii-tee", "classic-tee"]
    assert found("aurora", **asked) == []


def test_each_filter_answers_some_products_and_not_all(shops: Database) -> None:
    everything = set(found("borealis"))
    for name, value in {
        "q": "tee",
        "category": "apparel",
        "brand": "polarweft",
        "attribute": "size:M",
        "label": "SALE",
        "min_price": "100",
        "max_price": "100",
        "in_stock": "true",
    }.items():
        some = set(found("borealis", **{name: value}))
        assert some, name
        assert some < everything, name
