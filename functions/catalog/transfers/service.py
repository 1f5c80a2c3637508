"""Imports and exports of products, to those who ask for them: a row, a file, and a message to the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, tuple_

from functions.catalog.transfers.leases import TRANSFERS
from functions.catalog.transfers.reading import CSV, XLSX
from functions.catalog.transfers.schemas import (
    MIME_TYPES,
    MOST_BYTES,
    ProductExportCreate,
    ProductImportIssueRead,
    ProductImportRead,
    ProductImportUpload,
)
from shared.audit import Actor
from shared.errors import ConflictError, InvalidError, MediaTypeError, NotFoundError
from shared.file_jobs import GRACE, percent, tell
from shared.files import s3, upload_form
from shared.models import ProductTransfer, ProductTransferIssue
from shared.models.base import new_id, now
from shared.models.enums import CatalogFormat, TransferKind, TransferStatus
from shared.pagination import Page, broken_cursor, decode_cursor, encode_cursor, page_of_newest, place_of_newest
from shared.settings import settings
from shared.tenancy import after_commit
from shared.tenant_session import TenantSession

_UPLOAD_SECONDS = 3600
_MOST_WAITING = 20
_UNFINISHED = (TransferStatus.AWAITING_FILE, TransferStatus.QUEUED, TransferStatus.RUNNING)
_PLAIN = ProductImportRead.model_fields.keys() - {"percent"}


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a request; its format is seen from its header unless it is said."""

    content: bytes
    mime_type: str
    name: str
    format: CatalogFormat | None


def import_file(session: TenantSession, file: File, actor: Actor) -> ProductTransfer:
    """Take a file to import. Raises InvalidError for an empty one, ConflictError when too many wait."""
    if not file.content:
        raise InvalidError("file_empty", "Send the file as the request's body.")
    row = _new(session, TransferKind.IMPORT, file.mime_type, file.name, actor)
    row.format, row.file_size = file.format, len(file.content)
    s3().put_object(Bucket=settings().files_bucket, Key=row.storage_key, Body=file.content, ContentType=file.mime_type)
    _queue(session, row)
    return row


def await_file(
    session: TenantSession, body: ProductImportUpload, actor: Actor
) -> tuple[ProductTransfer, dict[str, Any]]:
    """An import that waits for its file, and the form to send it with. Raises ConflictError when too many wait."""
    row = _new(session, TransferKind.IMPORT, body.mime_type, body.file_name, actor)
    row.status, row.format, row.file_size = TransferStatus.AWAITING_FILE, body.format, body.size
    session.flush()
    return row, upload_form(settings().files_bucket, row.storage_key, body.mime_type, MOST_BYTES, _UPLOAD_SECONDS)


def start_import(session: TenantSession, transfer_id: str) -> ProductTransfer:
    """Begin an import whose file has come.

    Raises NotFoundError, ConflictError when it has begun or its file is not there, InvalidError for a file that is
    empty, too large or something else.
    """
    row = transfer_of(session, TransferKind.IMPORT, transfer_id, lock=True)
    if row.status is not TransferStatus.AWAITING_FILE:
        raise ConflictError("import_started", "This import was started already.")
    row.file_size = _checked_file(row)
    row.status = TransferStatus.QUEUED
    _queue(session, row)
    return row


def cancel(session: TenantSession, transfer_id: str) -> ProductTransfer:
    """Stop an import; what it has done stays done. Raises NotFoundError, ConflictError when it is over."""
    row = transfer_of(session, TransferKind.IMPORT, transfer_id, lock=True)
    if row.status is TransferStatus.CANCELED:
        return row
    if row.status not in _UNFINISHED:
        raise ConflictError("import_finished", "This import is over.")
    row.status, row.finished_at = TransferStatus.CANCELED, now()
    session.flush()
    return row


def export(session: TenantSession, body: ProductExportCreate, actor: Actor) -> ProductTransfer:
    """Ask for a file of the store's products. Raises ConflictError when too many wait."""
    which = f"-{body.status.lower()}" if body.status else ""
    name = f"products{which}-{now():%Y-%m-%d}.{body.type}"
    row = _new(session, TransferKind.EXPORT, MIME_TYPES[body.type], name, actor)
    row.format = CatalogFormat.STORMCOM
    # The worker reads there what to leave out.
    row.storage_key = f"{row.storage_key}/{body.status or 'ALL'}"
    _queue(session, row)
    return row


def transfer_of(session: TenantSession, kind: TransferKind, transfer_id: str, *, lock: bool = False) -> ProductTransfer:
    """An import or an export of the store. Raises NotFoundError."""
    query = select(ProductTransfer).where(ProductTransfer.id == transfer_id, ProductTransfer.kind == kind)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        name = kind.lower()
        raise NotFoundError(f"{name}_not_found", f"There is no such {name}.")
    return row


def list_imports(session: TenantSession, limit: int, cursor: str | None) -> Page[ProductImportRead]:
    """The imports, newest first."""
    query = select(ProductTransfer).where(ProductTransfer.kind == TransferKind.IMPORT)
    query = query.order_by(ProductTransfer.created_at.desc(), ProductTransfer.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(ProductTransfer.created_at, ProductTransfer.id) < place_of_newest(cursor))
    return page_of_newest(session.scalars(query).all(), limit, import_shown)


def report(session: TenantSession, transfer_id: str, limit: int, cursor: str | None) -> Page[ProductImportIssueRead]:
    """What was wrong with the rows of an import, by row. Raises NotFoundError, MalformedError."""
    transfer_of(session, TransferKind.IMPORT, transfer_id)
    query = select(ProductTransferIssue).where(ProductTransferIssue.transfer_id == transfer_id)
    query = query.order_by(ProductTransferIssue.row, ProductTransferIssue.id).limit(limit + 1)
    if cursor is not None:
        row, issue_id = decode_cursor(cursor, "row", 2)
        if not row.isdecimal() or len(row) > 9:
            raise broken_cursor()
        query = query.where(tuple_(ProductTransferIssue.row, ProductTransferIssue.id) > (int(row), issue_id))
    rows = session.scalars(query).all()
    last = rows[limit - 1] if len(rows) > limit else None
    items = [ProductImportIssueRead.model_validate(one, from_attributes=True) for one in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor("row", [str(last.row), last.id]) if last else None)


def import_shown(row: ProductTransfer) -> ProductImportRead:
    """An import as staff see it."""
    return ProductImportRead(**{name: getattr(row, name) for name in _PLAIN}, percent=percent(row))


def _new(session: TenantSession, kind: TransferKind, mime_type: str, file_name: str, actor: Actor) -> ProductTransfer:
    # A form that was never used is no use after an hour, and counts no more.
    waits = ProductTransfer.status != TransferStatus.AWAITING_FILE
    since = now() - timedelta(seconds=_UPLOAD_SECONDS)
    waiting = select(ProductTransfer.id).where(
        ProductTransfer.kind == kind,
        ProductTransfer.status.in_(_UNFINISHED),
        or_(waits, ProductTransfer.created_at > since),
    )
    if len(session.scalars(waiting.limit(_MOST_WAITING)).all()) >= _MOST_WAITING:
        raise ConflictError("too_many_transfers", f"{_MOST_WAITING} are not finished yet; wait, or cancel some.")
    transfer_id = new_id()
    row = ProductTransfer(
        id=transfer_id,
        kind=kind,
        status=TransferStatus.QUEUED,
        mime_type=mime_type,
        file_name=file_name,
        storage_key=f"transfers/{session.store_id}/{transfer_id}",
        user_id=actor.user_id,
        actor_email=actor.email,
        ip_address=actor.ip_address,
        user_agent=actor.user_agent,
        resume_at=now() + GRACE,
    )
    session.add(row)
    return row


def _queue(session: TenantSession, row: ProductTransfer) -> None:
    row.resume_at = now() + GRACE
    session.flush()
    store_id, transfer_id = str(session.store_id), row.id
    after_commit(session, lambda: tell(TRANSFERS, (store_id, transfer_id)))


def _checked_file(row: ProductTransfer) -> int:
    """The size of an uploaded file, which is what it was said to be."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - comes with the client

    try:
        found = s3().get_object(Bucket=settings().files_bucket, Key=row.storage_key, Range="bytes=0-4095")
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            raise ConflictError(
                "file_missing", "The file has not been uploaded yet; POST it to `upload.url`."
            ) from error
        if error.response["Error"]["Code"] == "InvalidRange":
            raise InvalidError("file_empty", "The file is empty.") from error
        raise
    size = int(found["ContentRange"].rpartition("/")[2]) if "ContentRange" in found else found["ContentLength"]
    head = found["Body"].read()
    if not head:
        raise InvalidError("file_empty", "The file is empty.")
    if size > MOST_BYTES:
        raise InvalidError("file_too_large", f"A file has at most {MOST_BYTES // 1024 // 1024} MB.")
    if head.startswith(b"PK") is not (row.mime_type == XLSX):
        raise InvalidError("file_of_another_kind", f"The file is not {row.mime_type}.")
    return int(size)


def media_type(headers: Mapping[str, str]) -> str:
    """What a request says its file is. Raises MediaTypeError."""
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in (CSV, XLSX):
        raise MediaTypeError("other_media_expected", f"Send the file as {CSV} or {XLSX}.")
    return given
