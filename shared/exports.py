"""A file that a worker has made or is making, as staff see it."""

from datetime import datetime

from pydantic import BaseModel

from shared.file_jobs import percent
from shared.files import download_link
from shared.models import FileJob
from shared.models.enums import TransferStatus
from shared.settings import settings

_LINK_SECONDS = 3600


class FileJobRead(BaseModel):
    """How far a file is: `position` of `total` is done."""

    id: str
    status: TransferStatus
    mime_type: str
    file_name: str
    file_size: int
    position: int
    total: int | None
    percent: int
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ExportRead(FileJobRead):
    """An export. `download_url` is there once it is completed, for an hour."""

    download_url: str | None


_PLAIN = ExportRead.model_fields.keys() - {"percent", "download_url"}


def export_shown(row: FileJob) -> ExportRead:
    """An export with its link when it is there: after a week its file is deleted."""
    link = None
    if row.status is TransferStatus.COMPLETED and row.storage_key:
        link = download_link(settings().files_bucket, row.storage_key, row.file_name, _LINK_SECONDS)
    return ExportRead(**{name: getattr(row, name) for name in _PLAIN}, percent=percent(row), download_url=link)
