"""What the tests of this context share: asking as a shopper does, and stocking a shelf."""

import base64
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy import select

from functions.storefront.handler import handler
from shared.models import Base, Brand, Category, ProductCategory
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession
from tests.calls import Answer, call
from tests.factories import category_of, make_store, product_of, variant_of

BASE = "/v1/storefront"
PRODUCTS = f"{BASE}/products"
SHOP = "shop"
M = TypeVar("M", bound=Base)


def get(path: str, store: str = SHOP, **parameters: Any) -> Answer:
    """The answer to a GET of a path below /v1/storefront; a list is a repeated parameter."""
    query = urlencode(parameters, doseq=True)
    return call(handler, f"{BASE}/{path}" + (f"?{query}" if query else ""), store=store)


def found(store: str = SHOP, **parameters: Any) -> list[str]:
    """The slugs of one long page, in the order of the answer."""
    answer = get("products", store, **({"limit": 100} | parameters))
    assert answer.status == 200, answer.text
    return [item["slug"] for item in answer.json["items"]]


def pages(store: str, limit: int, **parameters: Any) -> Iterator[list[str]]:
    """The slugs of page after page, each fetched when it is asked for."""
    following: dict[str, str] = {}
    while True:
        answer = get("products", store, limit=limit, **parameters, **following)
        assert answer.status == 200, answer.text
        yield [item["slug"] for item in answer.json["items"]]
        if answer.json["next_cursor"] is None:
            return
        following = {"cursor": answer.json["next_cursor"]}


def every(store: str, limit: int, **parameters: Any) -> list[str]:
    """The slugs of all pages."""
    return [slug for page in pages(store, limit, **parameters) for slug in page]


def cursor_of(content: Any) -> str:
    """A cursor as a client could forge it; bytes go in as they are."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def open_shop(**given: Any) -> str:
    """A store that `get` asks when it is told nothing else. Returns its id."""
    return make_store(**({"slug": SHOP} | given))


def sell(store_id: str, slug: str, *variants: Mapping[str, Any], on: Category | str | None = None, **given: Any) -> str:
    """An active product with these variants, the first its default, on a shelf. Returns its id."""
    with tenant_session(store_id) as session:
        product = product_of(slug=slug, **given)
        session.add(product)
        session.flush()
        for place, facts in enumerate(variants or [{}]):
            session.add(variant_of(product.id, **{"is_default": place == 0, **facts}))
        if on is not None:
            shelf = on if isinstance(on, str) else on.id
            session.add(ProductCategory(product_id=product.id, category_id=shelf, is_primary=True))
        return product.id


def put(store_id: str, *rows: Any) -> None:
    """Rows written one after the other, each before those that point to it."""
    with tenant_session(store_id) as session:
        for row in rows:
            session.add(row)
            session.flush()


def shelf(store_id: str, slug: str, parent: str | None = None, **given: Any) -> str:
    """A category. Returns its id."""
    category = category_of(slug=slug, parent_id=parent, **given)
    category_id = category.id
    put(store_id, category)
    return category_id


def priced(amount: str) -> dict[str, Decimal]:
    """A variant's price."""
    return {"price": Decimal(amount)}


def one(session: TenantSession, model: type[M], row_id: str) -> M:
    """The row with this id."""
    return session.scalars(select(model).where(model.id == row_id)).one()


def hide(store_id: str, model: type[Brand | Category], row_id: str, how: str) -> None:
    """Delete a row, or deactivate it."""
    with tenant_session(store_id) as session:
        row = one(session, model, row_id)
        if how == "delete":
            soft_delete(session, row)
        else:
            row.is_active = False
