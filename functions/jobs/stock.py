"""What a shop should know of its stock: whether it adds up, and what is running out."""

import logging
from typing import Any

from sqlalchemy import and_, func, select

from functions.jobs.marks import first_time
from functions.jobs.turns import store_by_store
from shared.account_mails import send_later
from shared.job_runs import Run
from shared.models import Product, Store, Variant
from shared.models.enums import ProductStatus, StoreStatus
from shared.stock import differences
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)

_MOST_LINES = 50
_TRADING = [StoreStatus.ACTIVE, StoreStatus.TRIAL, StoreStatus.TRIAL_EXPIRED]


def check_ledger(run: Run) -> None:
    """Work out every store's stock from its ledger and its reservations; a difference is an error."""

    def visit(session: TenantSession) -> None:
        run.counts["stores"] += 1
        found = differences(session)
        for row in found:
            log.error("a variant's stock is not what its ledger says", extra={"store_id": session.store_id, **row})
        if found:
            run.counts["differences"] += len(found)
            run.errors.append(f"store {session.store_id}: {len(found)} differences")

    goods = Variant.__table__.c
    # A store without goods costs nothing; those of deleted products count as well.
    store_by_store(run, visit, select(goods.id).where(goods.store_id == Store.id).exists())


def low_stock_digest(run: Run) -> None:
    """Tell each store once a day what is at its threshold or below; nothing when nothing is."""
    today = run.moment.date().isoformat()

    def visit(session: TenantSession) -> None:
        count, lines = _low(session)
        if not count:
            return
        if not run.is_rehearsal:
            if not first_time(session, "low_stock_digest", today):
                return
            _tell(session, count, lines)
        run.counts["digests"] += 1

    low = _is_low()
    has_low = select(Variant.id).where(low, Variant.store_id == Store.id).exists()
    store_by_store(run, visit, Store.status.in_(_TRADING), has_low)


def _is_low() -> Any:
    available = Variant.stock_quantity - Variant.reserved_quantity
    return and_(Variant.track_inventory, Variant.is_active, available <= Variant.low_stock_threshold)


def _low(session: TenantSession) -> tuple[int, list[dict[str, str]]]:
    """How many variants of what is on sale are running out, and the first of them, scarcest first."""
    of_product = and_(Product.id == Variant.product_id, Product.store_id == Variant.store_id)
    available = Variant.stock_quantity - Variant.reserved_quantity
    running_out = (_is_low(), Product.status == ProductStatus.ACTIVE)
    total = select(func.count(Variant.id)).join(Product, of_product).where(*running_out)
    count = session.scalars(total).one()
    query = select(Variant.sku, Product.name, available.label("available"), Variant.low_stock_threshold)
    first = query.join(Product, of_product).where(*running_out).order_by(available, Variant.sku).limit(_MOST_LINES)
    lines = [
        {"sku": sku, "name": name, "available": str(left), "threshold": str(threshold)}
        for sku, name, left, threshold in session.execute(first)
    ]
    return count, lines


def _tell(session: TenantSession, count: int, lines: list[dict[str, str]]) -> None:
    store = session.scalars(select(Store)).one()
    more = str(count - len(lines)) if count > len(lines) else ""
    details = {"store": store.name, "count": str(count), "lines": lines, "more": more}
    send_later(session, "low_stock", store.email, details)
