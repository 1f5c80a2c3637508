"""Bodies of what changes prices, and what tests ask of it again and again."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from shared.models import AuditLog, Category, CouponRedemption, ProductCategory
from shared.models.base import now
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import Answer
from tests.factories import category_of, customer_of, make_product, order_of
from tests.functions.stores.people import Shop


def ask(shop: Shop, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """The answer to a shop's admin."""
    return api(method, path, body, token=shop.admin.token, **headers)


def made(shop: Shop, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a POST has made."""
    answer = ask(shop, "POST", path, body)
    assert answer.status == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def coupon_body(**given: Any) -> dict[str, Any]:
    """The least that a coupon is made of: ten per cent."""
    return {"code": "TEN", "name": "Ten", "discount_type": "PERCENTAGE", "discount_value": "10"} | given


def coupon(shop: Shop, **given: Any) -> dict[str, Any]:
    """A coupon, saved."""
    return made(shop, "/v1/coupons", coupon_body(**given))


def in_hours(hours: float) -> str:
    """A moment from now, as the API writes it."""
    return (now() + timedelta(hours=hours)).isoformat()


def sale_body(*products: str, **given: Any) -> dict[str, Any]:
    """A flash sale of some products that begins in an hour and lasts one."""
    items = [{"product_id": product} for product in products]
    body = {"name": "Flash", "discount_type": "PERCENTAGE", "discount_value": "20", "items": items}
    return body | {"start_at": in_hours(1), "end_at": in_hours(2)} | given


def sale(shop: Shop, *products: str, **given: Any) -> dict[str, Any]:
    """A flash sale, saved."""
    return made(shop, "/v1/flash-sales", sale_body(*products, **given))


def tax_rate(shop: Shop, **given: Any) -> dict[str, Any]:
    """A tax rate, saved."""
    return made(shop, "/v1/tax-rates", {"name": "VAT", "country": "DE", "rate": "19"} | given)


def zone(shop: Shop, **given: Any) -> dict[str, Any]:
    """A shipping zone, saved."""
    return made(shop, "/v1/shipping-zones", {"name": "Zone"} | given)


def rate(shop: Shop, zone_id: str, **given: Any) -> dict[str, Any]:
    """A way to ship within a zone, saved."""
    return made(shop, f"/v1/shipping-zones/{zone_id}/rates", {"name": "Parcel", "cost": "5.00"} | given)


def places(answer: Answer) -> list[list[str | int]]:
    """Where the mistakes are that a 422 names, without `body`."""
    assert answer.status == 422, answer.text
    return [error["loc"][1:] for error in answer.json["errors"]]


def pages(shop: Shop, path: str, limit: int) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    joint = "&" if "?" in path else "?"
    while cursor is not None:
        page = ask(shop, "GET", f"{path}{joint}limit={limit}{cursor and f'&cursor={cursor}'}").json
        found, cursor = found + page["items"], page["next_cursor"]
    return found


def shelf(shop: Shop, *products: str) -> str:
    """A category with some products. Returns its id."""
    with tenant_session(shop.id) as session:
        row: Category = category_of()
        session.add(row)
        session.flush()
        session.add_all(ProductCategory(product_id=product, category_id=row.id) for product in products)
        return row.id


def product(shop: Shop, **given: Any) -> str:
    """A product of a shop. Returns its id."""
    return make_product(shop.id, **given)


def customer(shop: Shop) -> str:
    """A customer of a shop. Returns their id."""
    with tenant_session(shop.id) as session:
        row = customer_of()
        session.add(row)
        return str(row.id)


def redeem(shop: Shop, coupon_id: str, customer_id: str | None = None) -> str:
    """Use a coupon on an order of its own. Returns the order's id."""
    with tenant_session(shop.id) as session:
        order = order_of(customer_id=customer_id)
        session.add(order)
        session.flush()
        session.add(
            CouponRedemption(coupon_id=coupon_id, order_id=order.id, customer_id=customer_id, amount=Decimal("1.00"))
        )
        return str(order.id)


def audited(shop: Shop, entity_id: str) -> list[str]:
    """What the audit log says was done with something, in order."""
    with tenant_session(shop.id) as session:
        query = select(AuditLog.action).where(AuditLog.entity_id == entity_id)
        return sorted(session.scalars(query))
