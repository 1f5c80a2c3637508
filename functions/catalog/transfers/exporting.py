"""An export at work: pages of products go to a file on disk, and the file to the bucket.

Memory holds one page, whatever the store's size. After a crash it begins anew: half a file is of use to nobody.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import selectinload

from functions.catalog.transfers import leases
from functions.catalog.transfers.errors import FileError
from functions.catalog.transfers.leases import Work
from functions.catalog.transfers.showing import attribute_rows, brand_rows, category_rows, product_rows
from functions.catalog.transfers.writing import writer
from shared.audit import record
from shared.files import s3
from shared.models import Attribute, Brand, Category, Product, ProductAttribute, ProductCategory, TaxRate
from shared.models.base import now
from shared.models.enums import ProductStatus, TransferStatus
from shared.settings import settings
from shared.tenancy import tenant_of, tenant_session
from shared.tenant_session import TenantSession

PAGE = 200
_PARTS = (
    selectinload(Product.variants),
    selectinload(Product.brand),
    selectinload(Product.product_categories).joinedload(ProductCategory.category),
    selectinload(Product.product_attributes).joinedload(ProductAttribute.attribute),
    selectinload(Product.labels),
    selectinload(Product.media),
)
Place = tuple[Any, str]


def run(work: Work, has_time: Callable[[], bool]) -> bool:
    """Write the file. It is done in one go or, when time runs out, not at all; so this always returns True."""
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder, "file")
        try:
            if _written(work, path, has_time):
                extra = {"ContentType": work.mime_type}
                s3().upload_file(str(path), settings().files_bucket, work.storage_key, ExtraArgs=extra)
                _finish(work, path.stat().st_size)
        except FileError as wrong:
            leases.failed(work, str(wrong))
    return True


def _written(work: Work, path: Path, has_time: Callable[[], bool]) -> bool:
    """Returns False when it was cancelled, or is somebody else's by now."""
    done = _begin(work)
    if done is None:
        return False
    with writer(path, work.mime_type) as write:
        _each(work, brand_rows, Brand, write)
        _each(work, attribute_rows, Attribute, write)
        with tenant_session(work.store_id) as session:
            for row in category_rows(session.scalars(select(Category).order_by(Category.display_order, Category.id))):
                write(row)
        place: Place | None = None
        while True:
            if not has_time():
                raise FileError("The store is too large for one file of this type; export CSV, or by status.")
            rows, count, place = _page(work, place)
            for row in rows:
                write(row)
            if count and not _progressed(work, done, done + count):
                return False
            done += count
            if place is None:
                return True


def _each(
    work: Work, shown: Callable[[Any], dict[str, str]], model: Any, write: Callable[[dict[str, str]], None]
) -> None:
    with tenant_session(work.store_id) as session:
        for row in session.scalars(select(model).order_by(model.slug).execution_options(yield_per=PAGE)):
            write(shown(row))


def _page(work: Work, place: Place | None) -> tuple[list[dict[str, str]], int, Place | None]:
    """The rows of a page, how many products they are, and where the next page begins; None on the last."""
    with tenant_session(work.store_id) as session:
        query = _wanted(work, select(Product)).options(*_PARTS)
        query = query.order_by(Product.created_at, Product.id).limit(PAGE)
        if place is not None:
            query = query.where(tuple_(Product.created_at, Product.id) > place)
        found = session.scalars(query).all()
        rates = _rates(session)
        currency = tenant_of(session).currency
        rows = [row for product in found for row in product_rows(product, currency, rates)]
        last = (found[-1].created_at, found[-1].id) if len(found) == PAGE else None
        return rows, len(found), last


def _rates(session: TenantSession) -> dict[str, str]:
    return {row.id: row.name for row in session.execute(select(TaxRate.id, TaxRate.name))}


def _wanted(work: Work, query: Any) -> Any:
    status = work.storage_key.rpartition("/")[2]
    return query if status == "ALL" else query.where(Product.status == ProductStatus(status))


def _begin(work: Work) -> int | None:
    with tenant_session(work.store_id) as session:
        row = leases.locked(session, work, work.position)
        if row is None:
            return None
        row.total = session.scalar(_wanted(work, select(func.count(Product.id))))
        row.position, row.attempts = 0, work.attempts
    return 0


def _progressed(work: Work, before: int, after: int) -> bool:
    with tenant_session(work.store_id) as session:
        row = leases.locked(session, work, before)
        if row is None:
            return False
        row.position, row.attempts = after, work.attempts
        row.total = max(row.total or 0, after)
    return True


def _finish(work: Work, size: int) -> None:
    with tenant_session(work.store_id) as session:
        row = leases.held(session, work)
        if row is None:
            return
        row.status, row.finished_at, row.file_size, row.total = TransferStatus.COMPLETED, now(), size, row.position
        after = {"file_name": row.file_name, "products": row.position}
        record(session, "products.exported", "product_transfer", row.id, after=after, actor=work.actor)
