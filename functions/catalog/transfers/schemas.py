"""What the routes of imports and exports take and give, as JSON."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from functions.catalog.transfers.reading import CSV, XLSX
from shared.exports import FileJobRead
from shared.models.enums import CatalogFormat, ProductStatus, Severity
from shared.wire_types import Request

MOST_BYTES = 50 * 1024 * 1024
FileName = Annotated[str, Field(min_length=1, max_length=200, pattern=r'^[^/\\"\x00-\x1f\x7f]+$')]


class ProductImportUpload(Request):
    """A file that is about to be uploaded; `size` is in bytes."""

    file_name: FileName
    mime_type: Literal["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"] = "text/csv"
    size: Annotated[int, Field(ge=1, le=MOST_BYTES)]
    format: CatalogFormat | None = Field(None, description="Seen from the header unless given.")


class ProductExportCreate(Request):
    """What an export is of, and as what."""

    type: Literal["csv", "xlsx"] = "csv"
    status: ProductStatus | None = Field(None, description="Products of this status only; all unless given.")


class ProductImportRead(FileJobRead):
    """An import. Counts are of products (and of brands, categories and attributes that have rows of their own).

    `failed_count` are those of which nothing was imported; rows that were left out are in the report.
    """

    format: CatalogFormat | None
    created_count: int
    updated_count: int
    unchanged_count: int
    failed_count: int


class UploadForm(BaseModel):
    """Where to POST the file to, as `multipart/form-data`: these fields first, then the file as `file`."""

    url: str
    fields: dict[str, Any]


class ProductImportUploadRead(BaseModel):
    """An import that waits for its file, and how to send it."""

    product_import: ProductImportRead = Field(alias="import")
    upload: UploadForm


class ProductImportIssueRead(BaseModel):
    """What is wrong with a row. An ERROR kept the row out; `suggestion` is a SKU that is free."""

    row: int
    sku: str | None
    severity: Severity
    code: str
    message: str
    suggestion: str | None


MIME_TYPES = {"csv": CSV, "xlsx": XLSX}
