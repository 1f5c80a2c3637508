"""What a list can be narrowed by, and how much it would leave."""

from typing import Any

from sqlalchemy import update

from shared.database import function_engine
from shared.models import Attribute, Brand, Product, ProductAttribute, ProductLabel
from shared.models.base import new_id
from shared.tenancy import storefront_session, tenant_session
from tests.calls import counted
from tests.conftest import Database
from tests.factories import category_of, make_store
from tests.functions.storefront.shopping import SHOP, found, get, open_shop, put, sell


def facets(store: str = "shop", **parameters: Any) -> dict[str, Any]:
    answer = get("facets", store, **parameters)
    assert answer.status == 200, answer.text
    body: dict[str, Any] = answer.json
    return body


def counts(rows: list[dict[str, Any]], name: str = "slug") -> dict[str, int]:
    return {row[name]: row["count"] for row in rows}


def shop() -> dict[str, str]:
    """Three tees and a lamp: their shelves, brands, colours, prices."""
    store_id = open_shop()
    clothes = category_of(slug="clothes", name="Clothes")
    tees = category_of(slug="tees", name="Tees", parent_id=clothes.id)
    light = category_of(slug="light", name="Light")
    put(store_id, clothes, light)
    put(store_id, tees)
    brands = {slug: new_id() for slug in ("acme", "zenith")}
    put(store_id, *(Brand(id=brand_id, slug=slug, name=slug.title()) for slug, brand_id in brands.items()))
    ids = {
        "red": sell(store_id, "red", {"price": 8}, on=tees, brand_id=brands["acme"], name="Red tee"),
        "blue": sell(
            store_id, "blue", {"price": 30}, {"price": 12}, on=tees, brand_id=brands["zenith"], name="Blue tee"
        ),
        "dear": sell(store_id, "dear", {"price": 600}, on=clothes, brand_id=brands["acme"], name="Golden tee"),
        "lamp": sell(store_id, "lamp", {"price": 20}, on=light, name="Lamp"),
    }
    color, size = (Attribute(id=new_id(), name=name, slug=name.lower(), values=[]) for name in ("Color", "Size"))
    put(store_id, color, size)
    with tenant_session(store_id) as session:
        for slug, values in {"red": ["Red"], "blue": ["Blue", "Red"], "lamp": ["Blue"]}.items():
            session.add(ProductAttribute(product_id=ids[slug], attribute_id=color.id, selected_values=values))
        for slug, values in {"red": ["S", "M"], "blue": ["M"]}.items():
            session.add(ProductAttribute(product_id=ids[slug], attribute_id=size.id, selected_values=values))
        for label in ("NEW", "NEW", "HOT"):
            session.add(ProductLabel(product_id=ids["red"], label=label))
    return ids


def test_each_facet_counts_products_once(either: Database) -> None:
    shop()

    body = facets()

    assert (body["total"], body["currency"]) == (4, "USD")
    assert counts(body["categories"]) == {"clothes": 3, "tees": 2, "light": 1}
    assert counts(body["brands"]) == {"acme": 2, "zenith": 1}
    assert counts(body["labels"], "label") == {"NEW": 1, "HOT": 1}
    assert {row["slug"]: counts(row["values"], "value") for row in body["attributes"]} == {
        "color": {"Red": 2, "Blue": 2},
        "size": {"M": 2, "S": 1},
    }
    assert body["price"] == {
        "min": "8.00",
        "max": "600.00",
        "ranges": [
            {"from": "0.00", "to": "10.00", "count": 1},
            {"from": "10.00", "to": "25.00", "count": 2},
            {"from": "500.00", "to": "1000.00", "count": 1},
        ],
    }


def test_a_filter_is_left_out_of_its_own_counts_alone(either: Database) -> None:
    shop()

    by_brand = facets(brand="zenith")
    by_color = facets(attribute="color:Blue")
    by_price = facets(max_price="15")

    assert (by_brand["total"], counts(by_brand["brands"])) == (1, {"acme": 2, "zenith": 1})
    assert counts(by_brand["categories"]) == {"clothes": 1, "tees": 1}
    attributes = {row["slug"]: counts(row["values"], "value") for row in by_color["attributes"]}
    assert attributes == {"color": {"Red": 2, "Blue": 2}, "size": {"M": 1}}
    assert (by_color["total"], counts(by_color["categories"])) == (2, {"clothes": 1, "tees": 1, "light": 1})
    assert (by_price["total"], counts(by_price["brands"])) == (2, {"acme": 1, "zenith": 1})
    assert by_price["price"]["max"] == "600.00"


def test_what_a_facet_counts_is_what_its_filter_finds(either: Database) -> None:
    shop()
    body = facets(q="tee")

    assert body["total"] == len(found(q="tee")) == 3
    for row in body["categories"]:
        assert len(found(q="tee", category=row["slug"])) == row["count"]
    for row in body["brands"]:
        assert len(found(q="tee", brand=row["slug"])) == row["count"]
    for attribute in body["attributes"]:
        for row in attribute["values"]:
            assert len(found(q="tee", attribute=f"{attribute['slug']}:{row['value']}")) == row["count"]


def test_what_no_shopper_sees_is_not_counted(either: Database) -> None:
    ids = shop()
    with tenant_session(_shop_id()) as session:
        session.get_one(Product, ids["red"]).status = "ARCHIVED"  # type: ignore[assignment]
        session.execute(update(Brand).where(Brand.slug == "zenith").values(is_active=False))
        session.execute(update(Attribute).where(Attribute.slug == "size").values(is_active=False))
    sell(make_store(), "theirs", name="Their tee")

    body = facets()

    assert (body["total"], counts(body["brands"])) == (3, {"acme": 1})
    assert [row["slug"] for row in body["attributes"]] == ["color"]


def test_an_empty_shop_has_empty_facets(either: Database) -> None:
    open_shop()

    body = facets()

    assert [body[name] for name in ("categories", "brands", "labels", "attributes")] == [[], [], [], []]
    assert (body["total"], body["price"]) == (0, {"min": None, "max": None, "ranges": []})


def test_facets_take_as_many_statements_whatever_is_asked(database: Database) -> None:
    shop()
    sent = []
    for asked in ({}, {"q": "tee"}, {"brand": "acme", "attribute": ["color:Red", "size:M"], "in_stock": "true"}):
        with counted(function_engine()) as statements:
            facets(**asked)
        sent.append(len(statements))

    assert sent == [2, 2, 2]


def _shop_id() -> str:
    with storefront_session(slug=SHOP, host=None) as session:
        assert session.store_id is not None
        return session.store_id
