"""Flash sales: making, changing, cancelling, deleting and restoring them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from functions.pricing.checks import values_of
from functions.pricing.flash_sales.checks import overlapping, sale_errors
from functions.pricing.flash_sales.schemas import FlashSaleCreate, FlashSaleUpdate, SaleItemGiven
from shared.errors import ConflictError, NotFoundError, invalid
from shared.models import FlashSale, FlashSaleItem
from shared.models.base import new_id, now
from shared.models.enums import FlashSaleStatus
from shared.saving import assign, changed
from shared.soft_delete import restore, soft_delete
from shared.tenant_session import TenantSession
from shared.versions import check_if_match


def sale_of(session: TenantSession, sale_id: str, *, lock: bool = False) -> FlashSale:
    """A live flash sale. Raises NotFoundError."""
    query = select(FlashSale).where(FlashSale.id == sale_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFoundError("flash_sale_not_found", "There is no such flash sale.")
    return row


def status_at(row: FlashSale, moment: datetime) -> FlashSaleStatus:
    """What a sale is at a moment: cancelled, or what its window says."""
    if row.status is FlashSaleStatus.CANCELED:
        return row.status
    if moment < row.start_at:
        return FlashSaleStatus.SCHEDULED
    return FlashSaleStatus.ACTIVE if moment < row.end_at else FlashSaleStatus.ENDED


def items_of(session: TenantSession, sale_id: str) -> list[FlashSaleItem]:
    """The products in a sale, by id."""
    query = select(FlashSaleItem).where(FlashSaleItem.flash_sale_id == sale_id).order_by(FlashSaleItem.product_id)
    return list(session.scalars(query))


def create_sale(session: TenantSession, body: FlashSaleCreate) -> FlashSale:
    """Add a flash sale. Raises InvalidError naming all that is wrong."""
    values = values_of(body)
    if errors := sale_errors(session, values):
        raise invalid(errors)
    fields = {field: value for field, value in values.items() if field != "items"}
    row = FlashSale(id=new_id(), **fields | {"start_at": body.start_at or now()})
    session.add(row)
    session.flush()
    _add_items(session, row, body.items)
    return row


def update_sale(session: TenantSession, sale_id: str, body: FlashSaleUpdate, event: Mapping[str, Any]) -> FlashSale:
    """Change a flash sale. Raises as `create_sale`, NotFoundError, StaleVersionError by `If-Match`, and ConflictError
    for what can no longer be changed.
    """
    row = sale_of(session, sale_id, lock=True)
    check_if_match(event, row)
    given, items = body.model_dump(exclude_unset=True, exclude={"items"}), items_of(session, row.id)
    wanted = changed(row, given)
    _refuse_too_late(row, wanted, replaces=body.items is not None and not _same(items, body.items))
    values = wanted | {"items": body.items or items}
    if errors := sale_errors(session, values, row.id, [item.product_id for item in items]):
        raise invalid(errors)
    assign(row, given)
    # Its items are the sale too: whoever has read it must read it again.
    row.updated_at = now()
    session.flush()
    if body.items is not None and not _same(items, body.items):
        gone = delete(FlashSaleItem).where(FlashSaleItem.flash_sale_id == row.id)
        session.execute(gone.execution_options(synchronize_session=False))
        _add_items(session, row, body.items)
    return row


def cancel_sale(session: TenantSession, sale_id: str, event: Mapping[str, Any]) -> FlashSale:
    """End a sale at once, or before it begins. Raises NotFoundError, StaleVersionError, ConflictError if it is over."""
    row = sale_of(session, sale_id, lock=True)
    check_if_match(event, row)
    _refuse_over(row)
    row.status = FlashSaleStatus.CANCELED
    session.flush()
    return row


def delete_sale(session: TenantSession, sale_id: str, event: Mapping[str, Any]) -> None:
    """Delete a flash sale, which ends it; 90 days can undo it. Raises NotFoundError, StaleVersionError."""
    row = sale_of(session, sale_id)
    check_if_match(event, row)
    soft_delete(session, row)


def restore_sale(session: TenantSession, sale_id: str) -> FlashSale:
    """Bring a deleted flash sale back. Raises NotFoundError, InvalidError for products that are in another by now."""
    row = restore(session, FlashSale, sale_id)
    if status_at(row, now()) in {FlashSaleStatus.SCHEDULED, FlashSaleStatus.ACTIVE} and (
        errors := overlapping(session, row)
    ):
        raise invalid(errors)
    return row


def _refuse_over(row: FlashSale) -> None:
    status = status_at(row, now())
    if status in {FlashSaleStatus.ENDED, FlashSaleStatus.CANCELED}:
        raise ConflictError("flash_sale_over", f"The sale is {status.value.lower()}; make a new one.")


def _refuse_too_late(row: FlashSale, wanted: Mapping[str, Any], *, replaces: bool) -> None:
    different = {field for field, value in wanted.items() if value != getattr(row, field)}
    if not different and not replaces:
        return
    _refuse_over(row)
    begun = status_at(row, now()) is FlashSaleStatus.ACTIVE
    if begun and (replaces or different != {"end_at"} or wanted["end_at"] > row.end_at):
        raise ConflictError(
            "flash_sale_has_begun", "The sale has begun: it can only be made to end sooner, or cancelled."
        )


def _same(items: list[FlashSaleItem], given: list[SaleItemGiven]) -> bool:
    now_there = sorted((item.product_id, item.quantity_limit or 0) for item in items)
    return now_there == sorted((item.product_id, item.quantity_limit or 0) for item in given)


def _add_items(session: TenantSession, row: FlashSale, items: list[SaleItemGiven]) -> None:
    session.add_all(FlashSaleItem(flash_sale_id=row.id, **item.model_dump()) for item in items)
    session.flush()
