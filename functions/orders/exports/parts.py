"""An export at work: pages of orders become parts of a file in the bucket.

Each part is committed with the place where the next one begins, so that after a crash the work goes on there; memory
holds a part and a page, whatever the store's size. Orders that are placed after it was asked for are not in it.
"""

import csv
import io
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import selectinload

from functions.orders.exports.rows import COLUMNS, rows_of
from functions.orders.exports.schemas import OrderExportCreate
from functions.orders.exports.service import EXPORTS
from functions.orders.listing import OrderFilter, narrowed
from shared import file_jobs
from shared.audit import Actor, record
from shared.file_jobs import HasTime, Named
from shared.files import s3
from shared.models import Order, OrderExport
from shared.models.base import now
from shared.models.enums import TransferStatus
from shared.settings import settings
from shared.tenancy import tenant_of, tenant_session
from shared.tenant_session import TenantSession

PAGE = 200
PART_BYTES = 8 * 1024 * 1024
"""S3 takes no part of less than 5 MB, save for the last."""
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """What S3 has of the file. `place` is the time and id of the last order in it, `position` counts them."""

    upload_id: str
    etags: tuple[str, ...] = ()
    position: int = 0
    place: Place | None = None
    is_read: bool = False


def write(named: Named, row: OrderExport, has_time: HasTime) -> bool:
    """Go on with a file. Returns False when time has run out, True when it is done or somebody else's by now."""
    progress = _begun(named, row)
    while progress is not None and not progress.is_read:
        if not has_time():
            return False
        progress = _with_next_part(named, row, progress)
    if progress is not None:
        _complete(row, progress)
        _finish(named)
    return True


def _begun(named: Named, row: OrderExport) -> Progress | None:
    """Where an earlier worker has stopped, or the beginning; None when it is somebody else's."""
    if row.upload:
        return _read(row.upload)
    made = s3().create_multipart_upload(
        Bucket=settings().files_bucket, Key=row.storage_key, ContentType=f"{row.mime_type}; charset=utf-8"
    )
    progress = Progress(made["UploadId"])
    with tenant_session(named[0]) as session:
        found = file_jobs.held(EXPORTS, session, row.id)
        if found is None or found.upload:
            return None
        found.total = session.scalar(_wanted(session, row, select(func.count(Order.id))))
        found.upload = asdict(progress)
    return progress


def _with_next_part(named: Named, row: OrderExport, before: Progress) -> Progress | None:
    """The progress once another part is in the bucket and committed; None when somebody else was faster."""
    text = io.StringIO(newline="")
    progress = before
    if not before.etags:
        # The mark tells Excel that it is UTF-8.
        text.write("\ufeff")
        csv.writer(text).writerow(COLUMNS)
    # A letter has one byte or more.
    while not progress.is_read and text.tell() < PART_BYTES:
        progress = _page(named, row, progress, text)
    number = len(before.etags) + 1
    sent = s3().upload_part(
        Bucket=settings().files_bucket,
        Key=row.storage_key,
        UploadId=before.upload_id,
        PartNumber=number,
        Body=text.getvalue().encode(),
    )
    progress = replace(progress, etags=(*before.etags, sent["ETag"]))
    with tenant_session(named[0]) as session:
        found = file_jobs.locked(EXPORTS, session, row.id, before.position)
        if found is None or len(found.upload["etags"]) != len(before.etags):
            return None
        found.position, found.upload = progress.position, asdict(progress)
    return progress


def _page(named: Named, row: OrderExport, progress: Progress, text: io.StringIO) -> Progress:
    rows = csv.writer(text)
    with tenant_session(named[0]) as session:
        query = _wanted(session, row, select(Order)).order_by(Order.created_at, Order.id).limit(PAGE)
        if progress.place is not None:
            moment, order_id = progress.place
            query = query.where(tuple_(Order.created_at, Order.id) > (datetime.fromisoformat(moment), order_id))
        found = session.scalars(query.options(selectinload(Order.items), selectinload(Order.payments))).all()
        currency = tenant_of(session).currency
        for order in found:
            rows.writerows(rows_of(order, currency))
    last = (found[-1].created_at.isoformat(), found[-1].id) if found else progress.place
    return replace(progress, place=last, position=progress.position + len(found), is_read=len(found) < PAGE)


def _wanted(session: TenantSession, row: OrderExport, query: Select[Any]) -> Select[Any]:
    filters = OrderExportCreate.model_validate(row.filters)
    narrow = OrderFilter(**{name: getattr(filters, name) for name in OrderExportCreate.model_fields})
    return narrowed(session, query, narrow).where(Order.created_at <= row.created_at)


def _complete(row: OrderExport, progress: Progress) -> None:
    """Make one file of the parts; a second time it is there already."""
    parts: Any = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(progress.etags, start=1)]
    place: Any = {"Bucket": settings().files_bucket, "Key": row.storage_key}
    try:
        s3().complete_multipart_upload(**place, UploadId=progress.upload_id, MultipartUpload={"Parts": parts})
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchUpload":
            raise
        s3().head_object(**place)


def _finish(named: Named) -> None:
    with tenant_session(named[0]) as session:
        row = file_jobs.held(EXPORTS, session, named[1])
        if row is None:
            return
        size = s3().head_object(Bucket=settings().files_bucket, Key=row.storage_key)["ContentLength"]
        row.status, row.finished_at, row.file_size, row.total = TransferStatus.COMPLETED, now(), size, row.position
        after = {"file_name": row.file_name, "orders": row.position, "filters": row.filters}
        actor = Actor(row.user_id, row.actor_email, row.ip_address, row.user_agent)
        record(session, "orders.exported", "order_export", row.id, after=after, actor=actor)


def _read(upload: dict[str, Any]) -> Progress:
    place = upload["place"]
    known = upload | {"etags": tuple(upload["etags"]), "place": tuple(place) if place else None}
    return Progress(**known)
