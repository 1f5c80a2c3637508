"""What must not reach a shopper: not in a list, not under its slug, not as a suggestion."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shared.models import Brand, Product, Variant
from shared.models.base import new_id, now
from shared.models.enums import ProductStatus
from shared.soft_delete import restore, soft_delete
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.storefront.shopping import found, get, hide, one, open_shop, put, sell

Change = Callable[[Any, Product, list[Variant]], object]


def _deactivate(_session: Any, _product: Product, variants: list[Variant]) -> None:
    for variant in variants:
        variant.is_active = False


def _take_variants(session: Any, _product: Product, variants: list[Variant]) -> None:
    for variant_id in [variant.id for variant in variants]:
        soft_delete(session, one(session, Variant, variant_id))


HIDING: dict[str, Change] = {
    "draft": lambda _session, product, _variants: setattr(product, "status", ProductStatus.DRAFT),
    "archived": lambda _session, product, _variants: setattr(product, "status", ProductStatus.ARCHIVED),
    "published later": lambda _s, product, _v: setattr(product, "published_at", now() + timedelta(hours=1)),
    "deleted": lambda session, product, _variants: soft_delete(session, product),
    "with inactive variants only": _deactivate,
    "with deleted variants only": _take_variants,
}


def _shown() -> tuple[bool, bool, bool, bool, int]:
    names = [item["name"] for item in get("suggest", q="teapot").json["items"]]
    detail = get("products/teapot").status
    return "teapot" in found(), "teapot" in found(q="teapot"), "teapot" in found(sort="price"), bool(names), detail


@pytest.mark.parametrize("change", HIDING.values(), ids=HIDING.keys())
def test_a_product_that_is_not_on_sale_never_shows(either: Database, change: Change) -> None:
    store_id = open_shop()
    product_id = sell(store_id, "teapot", {"sku": "A"}, {"sku": "B"}, name="Teapot")
    assert _shown() == (True, True, True, True, 200)

    with tenant_session(store_id) as session:
        product = session.scalars(select(Product).where(Product.id == product_id)).one()
        change(session, product, list(session.scalars(select(Variant).where(Variant.product_id == product_id))))

    assert _shown() == (False, False, False, False, 404)


def test_a_product_without_any_variant_never_shows(either: Database) -> None:
    store_id = open_shop()
    put(
        store_id,
        Product(id=new_id(), slug="teapot", name="Teapot", status=ProductStatus.ACTIVE, published_at=now()),
    )

    assert _shown() == (False, False, False, False, 404)


def test_drafts_of_a_demo_shop_never_show(shops: Database) -> None:
    for slug in ("headless-omnichannel-commerce", "battle-tested-at-brands-like-lush"):
        assert slug not in found("borealis")
        assert get(f"products/{slug}", "borealis").status == 404


def test_a_restored_product_shows_again(either: Database) -> None:
    store_id = open_shop()
    product_id = sell(store_id, "teapot", name="Teapot")
    with tenant_session(store_id) as session:
        soft_delete(session, one(session, Product, product_id))
    with tenant_session(store_id) as session:
        restore(session, Product, product_id)

    assert _shown() == (True, True, True, True, 200)


@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_a_hidden_variant_is_neither_shown_nor_counted(either: Database, how: str) -> None:
    store_id = open_shop()
    sell(store_id, "tee", {"sku": "SHOWN", "stock_quantity": 0}, {"sku": "HIDDEN", "stock_quantity": 9, "price": 1})
    with tenant_session(store_id) as session:
        variant = session.scalars(select(Variant).where(Variant.sku == "HIDDEN")).one()
        if how == "delete":
            soft_delete(session, variant)
        else:
            variant.is_active = False

    product = get("products/tee").json

    assert [variant["sku"] for variant in product["variants"]] == ["SHOWN"]
    assert (product["in_stock"], product["price_min"]) == (False, "10.00")
    assert found(max_price="5") == []
    assert found(in_stock="true") == []


@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_a_hidden_brand_shows_nowhere_but_its_products_do(either: Database, how: str) -> None:
    store_id, brand_id = open_shop(), new_id()
    put(store_id, Brand(id=brand_id, slug="acme", name="Acme"))
    sell(store_id, "tee", brand_id=brand_id)
    assert get("products/tee").json["brand"]["slug"] == "acme"
    hide(store_id, Brand, brand_id, how)

    assert get("products/tee").json["brand"] is None
    assert found() == ["tee"]
    assert found(brand="acme") == []
    assert get("brands").json == {"items": []}
    assert get("suggest", q="acme").json == {"items": []}
