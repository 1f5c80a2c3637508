"""The routes of imports and exports of products."""

import base64
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.catalog.transfers import service
from functions.catalog.transfers.reading import CSV, XLSX
from functions.catalog.transfers.schemas import (
    FileName,
    ProductExportCreate,
    ProductImportIssueRead,
    ProductImportRead,
    ProductImportUpload,
    ProductImportUploadRead,
    UploadForm,
)
from shared.admin import actor_of
from shared.api import takes
from shared.audit import Actor
from shared.auth import not_signed_in, principal_of, requires
from shared.exports import ExportRead, export_shown
from shared.models.enums import CatalogFormat, TransferKind
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import add_header, current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["imports and exports"]
Id = Annotated[str, Path(max_length=40)]


@router.post("/v1/products/import", tags=TAGS, status_code=202)
@requires("products:write")
@takes(CSV, XLSX)
def import_products(
    file_name: Annotated[FileName, Query()] = "products",
    format: Annotated[CatalogFormat | None, Query(description="Seen from the header unless given.")] = None,
) -> ProductImportRead:
    """Import the file that is the request's body: CSV (ours, Shopify's or WooCommerce's) or XLSX, at most 6 MB."""
    event = router.current_event
    mime_type = service.media_type(event.headers)
    body = event.body or ""
    content = base64.b64decode(body) if event.is_base64_encoded else body.encode()
    file = service.File(content, mime_type, file_name, format)
    row = service.import_file(current_session(), file, _actor())
    return _accepted(service.import_shown(row))


@router.post("/v1/products/import/upload", tags=TAGS, status_code=201)
@requires("products:write")
def upload_import(body: ProductImportUpload) -> ProductImportUploadRead:
    """Ask where to send a file of up to 50 MB; then start its import."""
    row, form = service.await_file(current_session(), body, _actor())
    return ProductImportUploadRead(**{"import": service.import_shown(row), "upload": UploadForm(**form)})


@router.get("/v1/products/imports", tags=TAGS)
@requires("products:read")
def list_imports(limit: Limit = 20, cursor: Cursor = None) -> Page[ProductImportRead]:
    """The store's imports, newest first."""
    return service.list_imports(current_session(), limit, cursor)


@router.get("/v1/products/imports/<import_id>", tags=TAGS)
@requires("products:read")
def read_import(import_id: Id) -> ProductImportRead:
    """How far an import is, and what became of the products."""
    return service.import_shown(service.transfer_of(current_session(), TransferKind.IMPORT, import_id))


@router.get("/v1/products/imports/<import_id>/report", tags=TAGS)
@requires("products:read")
def read_import_report(import_id: Id, limit: Limit = 20, cursor: Cursor = None) -> Page[ProductImportIssueRead]:
    """What was wrong with the file's rows, by row."""
    return service.report(current_session(), import_id, limit, cursor)


@router.post("/v1/products/imports/<import_id>/start", tags=TAGS, status_code=202)
@requires("products:write")
def start_import(import_id: Id) -> ProductImportRead:
    """Begin the import of a file that was uploaded."""
    return _accepted(service.import_shown(service.start_import(current_session(), import_id)))


@router.post("/v1/products/imports/<import_id>/cancel", tags=TAGS)
@requires("products:write")
def cancel_import(import_id: Id) -> ProductImportRead:
    """Stop an import. What it has done stays done."""
    return service.import_shown(service.cancel(current_session(), import_id))


@router.post("/v1/products/export", tags=TAGS, status_code=202)
@requires("products:read")
def export_products(body: ProductExportCreate) -> ExportRead:
    """Write the store's products to a file that an import takes."""
    found = export_shown(service.export(current_session(), body, _actor()))
    add_header(current_session(), "Location", f"/v1/products/exports/{found.id}")
    return found


@router.get("/v1/products/exports/<export_id>", tags=TAGS)
@requires("products:read")
def read_export(export_id: Id) -> ExportRead:
    """How far an export is and, when it is completed, where its file is."""
    return export_shown(service.transfer_of(current_session(), TransferKind.EXPORT, export_id))


def _accepted(found: ProductImportRead) -> ProductImportRead:
    add_header(current_session(), "Location", f"/v1/products/imports/{found.id}")
    return found


def _actor() -> Actor:
    event = router.current_event.raw_event
    principal = principal_of(event)
    if principal is None:
        raise not_signed_in()
    return actor_of(principal, event)
