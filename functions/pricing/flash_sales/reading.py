"""Flash sales as staff see them."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, tuple_

from functions.pricing.amounts import value_shown
from functions.pricing.flash_sales.schemas import FlashSaleRead, FlashSaleSummaryRead, SaleItemRead
from functions.pricing.flash_sales.service import items_of, sale_of, status_at
from shared.models import FlashSale
from shared.models.base import now
from shared.models.enums import FlashSaleStatus
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.tenancy import tenant_of
from shared.tenant_session import INCLUDE_DELETED, TenantSession
from shared.versions import tag

_PLAIN = FlashSaleSummaryRead.model_fields.keys() - {"discount_value", "currency", "status"}


def list_sales(
    session: TenantSession, status: FlashSaleStatus | None, deleted: bool, limit: int, cursor: str | None
) -> Page[FlashSaleSummaryRead]:
    """A page of flash sales, newest first. Raises MalformedError for a broken cursor."""
    moment = now()
    query = select(FlashSale).order_by(FlashSale.created_at.desc(), FlashSale.id.desc()).limit(limit + 1)
    if status is not None:
        query = query.where(*_is(status, moment))
    if deleted:
        query = query.where(FlashSale.deleted_at.is_not(None)).execution_options(**{INCLUDE_DELETED: True})
    if cursor is not None:
        query = query.where(tuple_(FlashSale.created_at, FlashSale.id) < place_of_newest(cursor))
    rows, currency = session.scalars(query).all(), tenant_of(session).currency
    return page_of_newest(rows, limit, lambda row: _summary(row, moment, currency))


def read_sale(session: TenantSession, sale_id: str) -> FlashSaleRead:
    """A flash sale with its products, its version on the answer. Raises NotFoundError."""
    row = sale_of(session, sale_id)
    tag(session, row)
    items = [SaleItemRead.model_validate(item, from_attributes=True) for item in items_of(session, row.id)]
    return FlashSaleRead(**_summary(row, now(), tenant_of(session).currency).model_dump(), items=items)


def _is(status: FlashSaleStatus, moment: datetime) -> list[ColumnElement[bool]]:
    if status is FlashSaleStatus.CANCELED:
        return [FlashSale.status == status]
    window = {
        FlashSaleStatus.SCHEDULED: [FlashSale.start_at > moment],
        FlashSaleStatus.ACTIVE: [FlashSale.start_at <= moment, FlashSale.end_at > moment],
        FlashSaleStatus.ENDED: [FlashSale.end_at <= moment],
    }
    return [FlashSale.status != FlashSaleStatus.CANCELED, *window[status]]


def _summary(row: FlashSale, moment: datetime, currency: str) -> FlashSaleSummaryRead:
    return FlashSaleSummaryRead(
        **{field: getattr(row, field) for field in _PLAIN},
        discount_value=value_shown(row.discount_type, row.discount_value, currency),
        currency=currency,
        status=status_at(row, moment),
    )
