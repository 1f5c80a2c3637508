"""A product is saved whole with all its parts, or not at all."""

from functools import partial
from typing import Any

import pytest

from shared.database import function_engine
from shared.models import Attribute, Product, Variant
from shared.stock import differences
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import counted
from tests.conftest import Database
from tests.functions.catalog.goods import ask, count, made, places, plain, product, shirt, skus, tax_rate
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.threads import together

PICTURES = [{"url": f"https://example.com/{n}.jpg", "alt_text": f"{n}", "is_featured": n == 2} for n in range(4)]


def _rich(shop: Shop) -> dict[str, Any]:
    material = made(shop, "/v1/attributes", {"name": "Material", "values": ["Soft", "Hard"]})["id"]
    shelves = [made(shop, "/v1/categories", {"name": name})["id"] for name in ("Men", "Women")]
    body = shirt(
        status="ACTIVE",
        sku="SHIRT",
        brand_id=made(shop, "/v1/brands", {"name": "Weaver"})["id"],
        tax_rate_id=tax_rate(shop),
        categories=[{"category_id": shelves[0]}, {"category_id": shelves[1], "is_primary": True}],
        attributes=[{"attribute_id": material, "values": ["Soft"]}],
        labels=[{"label": "SALE"}, {"label": "NEW", "color": "#00ff00", "priority": 5}],
        media=PICTURES,
    )
    for number, variant in enumerate(body["variants"]):
        variant |= {"sku": f"SH-{number:02}", "stock_quantity": number, "weight": "0.250", "is_default": number == 7}
    return body


def test_all_of_it_is_read_back(either: Database) -> None:
    shop = make_shop()
    body = _rich(shop)
    answer = ask(shop, "POST", "/v1/products", body)
    assert (answer.status, answer.headers["etag"]) == (201, '"1"')
    found = answer.json
    assert ask(shop, "GET", f"/v1/products/{found['id']}").json == found
    assert [(v["sku"], v["available"], v["options"]) for v in sorted(found["variants"], key=lambda v: v["sku"])] == [
        (v["sku"], v["stock_quantity"], v["options"]) for v in body["variants"]
    ]
    assert [v["sku"] for v in found["variants"] if v["is_default"]] == ["SH-07"]
    assert {v["weight"] for v in found["variants"]} == {"0.25"}
    assert [(c["slug"], c["is_primary"]) for c in found["categories"]] == [("women", True), ("men", False)]
    assert {a["slug"]: a["values"] for a in found["attributes"]} == {
        **{"material": ["Soft"], "size": ["S", "M", "L"], "color": ["Black", "White"], "cloth": ["Cotton", "Linen"]}
    }
    assert [label["label"] for label in found["labels"]] == ["NEW", "SALE"]
    assert [(m["alt_text"], m["is_featured"]) for m in found["media"]] == [(f"{n}", n == 2) for n in range(4)]
    with tenant_session(shop.id) as session:
        assert differences(session) == []


def test_the_storefront_shows_it_at_once_when_it_is_active(either: Database) -> None:
    shop = make_shop()
    made(shop, "/v1/products", _rich(shop))
    shown = api("GET", "/v1/storefront/products/shirt", x_store=shop.slug)
    assert (shown.status, shown.json["price_min"], len(shown.json["variants"])) == (200, "19.99", 12)
    assert len(shown.json["media"]) == 4
    assert shown.json["image"]["alt_text"] == "2"
    found = api("GET", "/v1/storefront/products?attribute=size:M&category=men&brand=weaver", x_store=shop.slug)
    assert [item["slug"] for item in found.json["items"]] == ["shirt"]


@pytest.mark.parametrize(
    "given", [{}, {"status": "ARCHIVED"}, {"status": "ACTIVE", "published_at": "2999-01-01T00:00:00Z"}]
)
def test_the_storefront_does_not_show_what_is_not_out(either: Database, given: dict[str, Any]) -> None:
    shop = make_shop()
    product(shop, **given)
    assert api("GET", "/v1/storefront/products/lamp", x_store=shop.slug).status == 404


def test_more_variants_cost_hardly_more_statements(database: Database) -> None:
    shop = make_shop()
    product(shop)
    costs = []
    for name, sizes in (("A", ["S"]), ("B", [f"{n}" for n in range(10)])):
        with counted(function_engine()) as sent:
            made(shop, "/v1/products", shirt(sizes, name=name))
        costs.append(len(sent))
    # An INSERT of very many values is cut in two.
    assert costs[1] <= costs[0] + 1 < 60


def test_slugs_are_made_of_names_and_numbered(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    names = ["Große Lampe!", "große lampe", "Grosse Lampe", "🎉", "🎉"]
    found = [product(shop, name=name)["slug"] for name in names]
    assert found == ["grosse-lampe", "grosse-lampe-2", "grosse-lampe-3", "product", "product-2"]
    assert product(other, name="Grosse Lampe")["slug"] == "grosse-lampe"
    assert places(ask(shop, "POST", "/v1/products", plain(slug="product"))) == [["body", "slug"]]


def test_ten_of_one_name_at_once_get_ten_slugs(database: Database) -> None:
    shop = make_shop()
    answers = together(*[partial(ask, shop, "POST", "/v1/products", plain())] * 10)
    assert {a.json["slug"] for a in answers} == {"lamp"} | {f"lamp-{n}" for n in range(2, 11)}


@pytest.mark.parametrize("given", [{"variants": [{"sku": "X", "price": "1"}]}, {"sku": "X"}, {"slug": "x"}])
def test_of_ten_who_take_one_sku_or_slug_at_once_one_has_it(database: Database, given: dict[str, Any]) -> None:
    shop = make_shop()
    answers = together(*[partial(ask, shop, "POST", "/v1/products", plain(**given))] * 10)
    statuses = sorted(answer.status for answer in answers)
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {409, 422}
    assert (count(shop), count(shop, Variant)) == (1, 1)


def test_new_options_at_once_are_one_attribute(database: Database) -> None:
    shop = make_shop()
    acts = [partial(ask, shop, "POST", "/v1/products", shirt([f"{n}"], name=f"{n}")) for n in range(6)]
    acts += [partial(ask, shop, "POST", "/v1/attributes", {"name": "Size"})] * 2
    statuses = [answer.status for answer in together(*acts)]
    assert set(statuses) <= {201, 409}
    sizes = next(a for a in ask(shop, "GET", "/v1/attributes").json["items"] if a["slug"] == "size")["values"]
    assert len(sizes) == statuses[:6].count(201)
    assert count(shop, Attribute) == 3


def test_a_repeated_request_makes_one_product(database: Database) -> None:
    shop = make_shop()
    ask_again = partial(ask, shop, "POST", "/v1/products", plain(), idempotency_key="k")
    first, second = ask_again(), ask_again()
    assert (first.json, second.headers["idempotent-replayed"]) == (second.json, "true")
    assert ask(shop, "POST", "/v1/products", plain(name="B"), idempotency_key="k").status == 422
    assert count(shop) == 1


def test_a_full_plan_makes_no_product(either: Database) -> None:
    shop = make_shop("free")
    answer, number = ask(shop, "POST", "/v1/products", plain()), 0
    while answer.status == 201:
        answer, number = ask(shop, "POST", "/v1/products", plain()), number + 1
    assert (answer.status, answer.json["code"], answer.json["limit"]) == (402, "plan_limit_reached", "products")
    assert count(shop) == number == answer.json["allowed"]


def test_what_is_written_of_html_is_cleaned(either: Database) -> None:
    html = (
        '<p onclick="a()">Hi <b>you</b></p><script>alert(1)</script><a href="javascript:alert(1)">x</a>'
        '<a href="https://example.com">y</a><img src="https://example.com/a.png" onerror="a()"><iframe src="//e">'
    )
    shop = make_shop()
    found = product(shop, description=html)["description"]
    assert not any(word in found for word in ("script", "onclick", "onerror", "iframe", "alert"))
    assert all(word in found for word in ("<p>", "<b>you</b>", 'href="https://example.com"', "<img src="))


@pytest.mark.parametrize(
    ("currency", "fits", "refused"),
    [("JPY", "15", "1.5"), ("USD", "1.50", "1.505"), ("KWD", "1.505", "1.5055")],
)
def test_prices_have_the_decimals_of_the_currency(either: Database, currency: str, fits: str, refused: str) -> None:
    shop = make_shop(currency=currency)
    assert product(shop, variants=[{"price": fits}])["variants"][0]["price"] == fits
    for field in ("price", "compare_at_price", "cost_price"):
        body = plain(variants=[{"price": "1", field: refused}])
        assert ["body", "variants", 0, field] in places(ask(shop, "POST", "/v1/products", body))
    assert count(shop, Product) == 1
    assert len(skus(shop)) == 1
