"""What must hold of a flash sale beyond the shape of each field, found all at once."""

from collections.abc import Collection, Iterator

from sqlalchemy import select

from functions.pricing.checks import Values, odd_value, out_of_order, unknown, wrong
from shared.errors import FieldError
from shared.models import FlashSale, FlashSaleItem, Product
from shared.models.base import now
from shared.models.enums import FlashSaleStatus
from shared.tenant_session import TenantSession


def sale_errors(
    session: TenantSession, values: Values, own_id: str | None = None, known: Collection[str] = ()
) -> list[FieldError]:
    """Everything that is wrong with a flash sale but the shape of its fields.

    `known` are the products that are in it already; what was deleted since may stay among them.
    """
    start, end = values.get("start_at") or now(), values.get("end_at")
    return [
        *odd_value(session, values),
        *out_of_order(max(start, now()), end, "end_at"),
        *_items(session, values, known),
        *_overlaps(session, values, own_id),
    ]


def overlapping(session: TenantSession, sale: FlashSale) -> list[FieldError]:
    """Products of a sale that another live sale has at the same time."""
    items = session.scalars(select(FlashSaleItem).where(FlashSaleItem.flash_sale_id == sale.id)).all()
    values = {"start_at": sale.start_at, "end_at": sale.end_at, "items": items}
    return list(_overlaps(session, values, sale.id))


def _items(session: TenantSession, values: Values, known: Collection[str]) -> Iterator[FieldError]:
    ids = [item.product_id for item in values.get("items") or []]
    for error in unknown(session, Product, ids, "items", known):
        yield FieldError(loc=[*error["loc"], "product_id"], message=error["message"])
    for place, product_id in enumerate(ids):
        if product_id in ids[:place]:
            yield wrong("items", "It is in the list already.", place, "product_id")


def _hold(session: TenantSession, product_ids: list[str]) -> None:
    """Let whoever puts one of these products into another sale wait, and then see this one."""
    rows = select(Product.id).where(Product.id.in_(product_ids)).order_by(Product.id)
    session.execute(rows.with_for_update(key_share=True))


def _overlaps(session: TenantSession, values: Values, own_id: str | None) -> Iterator[FieldError]:
    start, end, items = values.get("start_at") or now(), values.get("end_at"), values.get("items") or []
    if end is None or not items:
        return
    _hold(session, [item.product_id for item in items])
    of_sale = (FlashSale.id == FlashSaleItem.flash_sale_id) & (FlashSale.store_id == FlashSaleItem.store_id)
    others = (
        select(FlashSaleItem.product_id, FlashSale.name, FlashSale.id)
        .join(FlashSale, of_sale)
        .where(FlashSale.status != FlashSaleStatus.CANCELED, FlashSale.start_at < end, FlashSale.end_at > start)
        .where(FlashSale.id != (own_id or ""), FlashSaleItem.product_id.in_([item.product_id for item in items]))
        .order_by(FlashSale.start_at, FlashSale.id)
    )
    taken = {row.product_id: row for row in session.execute(others).all()}
    for place, item in enumerate(items):
        if other := taken.get(item.product_id):
            message = f"Product {item.product_id} is in the sale {other.name} ({other.id}) at that time."
            yield wrong("items", message, place, "product_id")
