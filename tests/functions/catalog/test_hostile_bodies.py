"""Whatever a body holds where something else is expected, the answer is a refusal that says so and never a fault."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.conftest import Database
from tests.functions.catalog.goods import ask, count, made, plain, product, shirt
from tests.functions.stores.people import Shop, make_shop

SURROGATE, HUGE = "\ud800", 10**400
STRANGE: list[Any] = [
    *(None, True, 0, -1, 1.5, HUGE, "", " ", "x" * 11_000, SURROGATE, "1e9999999", "NaN", "sNaN", "-Infinity"),
    *([], {}, [[]], [None], [{}], [SURROGATE], {"": None}, {SURROGATE: SURROGATE}, {"a": {"b": []}}, [[{}] * 200]),
]
WHOLE: dict[str, Any] = shirt(
    ["S"],
    slug="shirt",
    sku="SHIRT",
    brand_id="no-such",
    tax_rate_id="no-such",
    status="ACTIVE",
    published_at="2026-01-01T00:00:00Z",
    description="<p>Soft</p>",
    categories=[{"category_id": "no-such", "is_primary": True}],
    attributes=[{"attribute_id": "no-such", "values": ["a"]}],
    labels=[{"label": "NEW", "color": "#ffffff", "priority": 1}],
    media=[{"url": "https://example.com/a.jpg", "is_featured": True}],
)
WHOLE["variants"][0] |= {"sku": "S-1", "compare_at_price": "30", "cost_price": "1", "weight": "1", "stock_quantity": 3}
PARTS = sorted(WHOLE)


def test_anything_anywhere_in_a_new_product_is_refused_by_name(database: Database) -> None:
    for part in PARTS:
        shop = make_shop()
        for body, path in _spoilt(WHOLE, only=part):
            answer = ask(shop, "POST", "/v1/products", body)
            assert answer.status == 422, f"{path}: {json.dumps(body)[:300]} {answer.text[:300]}"
        assert count(shop) == 0


def test_anything_anywhere_in_a_change_of_a_product_is_no_fault(database: Database) -> None:
    for part in sorted(set(WHOLE) - {"variants", "options", "media"}):
        shop = make_shop()
        path = f"/v1/products/{product(shop)['id']}"
        for body, place in _spoilt({part: WHOLE[part]}, only=part):
            answer = ask(shop, "PATCH", path, body)
            assert answer.status in {200, 422}, f"{place}: {json.dumps(body)[:300]} {answer.text[:300]}"


BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/products/{product}/variants": WHOLE["variants"][0] | {"options": {}},
    "PATCH /v1/products/{product}/variants/{variant}": {"sku": "A", "price": "1", "compare_at_price": "9"}
    | {"options": {"Size": "M"}, "is_default": True, "track_inventory": False},
    "POST /v1/products/{product}/media": WHOLE["media"][0] | {"alt_text": "A", "mime_type": "image/png"},
    "POST /v1/brands": {"name": "B", "slug": "b", "logo_url": "https://example.com", "description": "<p>"},
    "PATCH /v1/brands/{brand}": {"name": "B", "slug": "b", "is_active": True},
    "POST /v1/categories": {"name": "C", "slug": "c", "parent_id": "{category}", "display_order": 1},
    "PATCH /v1/categories/{category}": {"name": "C", "slug": "c", "meta_title": "a"},
    "POST /v1/categories/{category}/move": {"parent_id": None, "display_order": 3},
    "POST /v1/attributes": {"name": "A", "slug": "a", "type": "SELECT", "values": ["a"]},
    "PATCH /v1/attributes/{attribute}": {"name": "A", "type": "TEXT", "values": ["a"]},
    "PATCH /v1/products": {"ids": ["{product}"], "status": "ACTIVE", "category_id": "{category}", "price_percent": "1"},
}


@pytest.mark.parametrize("route", BODIES)
def test_anything_anywhere_in_other_bodies_is_no_fault(database: Database, route: str) -> None:
    shop = make_shop()
    ids = _things(shop)
    method, path = route.format(**ids).split()
    body = json.loads(_filled(json.dumps(BODIES[route]), ids))
    for spoilt, place in _spoilt(body):
        answer = ask(shop, method, path, spoilt)
        assert answer.status in {200, 201, 404, 409, 422}, f"{place}: {json.dumps(spoilt)[:200]} {answer.text[:200]}"


@pytest.mark.parametrize("body", [*STRANGE, "no object"])
def test_a_body_that_is_no_object_is_refused(database: Database, body: Any) -> None:
    answer = ask(make_shop(), "POST", "/v1/products", json.dumps(body))
    assert answer.status in {400, 422}


def test_far_too_many_of_everything_is_refused_once(database: Database) -> None:
    many = [{"sku": f"S{number}", "price": "1", "attribute_id": f"a{number}"} for number in range(70_000)]
    shop = make_shop()
    for part in ("variants", "categories", "attributes", "labels", "media", "options"):
        answer = ask(shop, "POST", "/v1/products", plain(**{part: many}))
        assert answer.status == 422
        assert ["body", part] in [error["loc"] for error in answer.json["errors"]]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-05-05T12:00:00"])
def test_a_moment_at_the_end_of_time_is_no_fault(database: Database, moment: str) -> None:
    answer = ask(make_shop(), "POST", "/v1/products", plain(published_at=moment))
    assert answer.status in {201, 422}


def _things(shop: Shop) -> dict[str, str]:
    found = product(shop)
    return {
        "product": found["id"],
        "variant": found["variants"][0]["id"],
        "brand": made(shop, "/v1/brands", {"name": "Brand"})["id"],
        "category": made(shop, "/v1/categories", {"name": "Category"})["id"],
        "attribute": made(shop, "/v1/attributes", {"name": "Attribute"})["id"],
    }


def _filled(text: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _spoilt(body: dict[str, Any], only: str | None = None) -> Iterator[tuple[Any, list[Any]]]:
    """The body with each strange thing in each place that it has."""
    for path in _paths(body):
        if only is None or path[0] == only:
            for strange in STRANGE:
                spoilt = deepcopy(body)
                around = spoilt
                for step in path[:-1]:
                    around = around[step]
                around[path[-1]] = strange
                yield spoilt, path


def _paths(found: Any) -> Iterator[list[Any]]:
    steps = found.items() if isinstance(found, dict) else enumerate(found[:1]) if isinstance(found, list) else []
    for step, inner in steps:
        yield [step]
        yield from ([step, *rest] for rest in _paths(inner))
