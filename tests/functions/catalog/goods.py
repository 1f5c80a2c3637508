"""Bodies of products, and what tests ask of the catalogue again and again."""

from itertools import product as combinations
from typing import Any

from sqlalchemy import func, select

from shared.models import Product, TaxRate, Variant
from shared.models.base import new_id
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import Answer
from tests.functions.stores.people import Shop

SIZES, COLORS, CLOTHS = ["S", "M", "L"], ["Black", "White"], ["Cotton", "Linen"]


def plain(**given: Any) -> dict[str, Any]:
    """The least that a product is made of."""
    return {"name": "Lamp", "variants": [{"price": "10.00"}]} | given


def variants(sizes: list[str], **given: Any) -> list[dict[str, Any]]:
    """A variant of each size, colour and cloth."""
    return [
        {"price": "19.99", "options": {"Size": size, "Color": color, "Cloth": cloth}} | given
        for size, color, cloth in combinations(sizes, COLORS, CLOTHS)
    ]


def shirt(sizes: list[str] = SIZES, **given: Any) -> dict[str, Any]:
    """A product with three options and a variant of each combination."""
    options = {"Size": sizes, "Color": COLORS, "Cloth": CLOTHS}
    body = {
        "name": "Shirt",
        "options": [{"name": name, "values": values} for name, values in options.items()],
        "variants": variants(sizes),
    }
    return body | given


def sized(*sizes: str, **given: Any) -> dict[str, Any]:
    """A product with one option, and a variant of each size."""
    made = [{"price": "10.00", "options": {"Size": size}} for size in sizes]
    return {"name": "Socks", "options": [{"name": "Size", "values": list(sizes)}], "variants": made} | given


def made(shop: Shop, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a POST has made."""
    answer = api("POST", path, body, token=shop.admin.token)
    assert answer.status == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def product(shop: Shop, **given: Any) -> dict[str, Any]:
    """A product, saved."""
    return made(shop, "/v1/products", plain(**given))


def ask(shop: Shop, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """The answer to a shop's admin."""
    return api(method, path, body, token=shop.admin.token, **headers)


def places(answer: Answer) -> list[list[str | int]]:
    """Where the mistakes are that a 422 names."""
    assert answer.status == 422, answer.text
    return [error["loc"] for error in answer.json["errors"]]


def count(shop: Shop, model: Any = Product) -> int:
    """How many live rows a store has."""
    with tenant_session(shop.id) as session:
        return session.scalar(select(func.count()).select_from(select(model).subquery())) or 0


def tax_rate(shop: Shop) -> str:
    """A tax rate of a shop."""
    with tenant_session(shop.id) as session:
        row = TaxRate(id=new_id(), name="VAT", country="DE", rate=0)
        session.add(row)
        return row.id


def skus(shop: Shop) -> list[str]:
    """The SKUs of a store's live variants."""
    with tenant_session(shop.id) as session:
        return list(session.scalars(select(Variant.sku).order_by(Variant.sku)))
