"""The files of imports and exports: a week long they can be had, then only what became of them is known."""

from datetime import timedelta

from sqlalchemy import and_, select

from functions.jobs.turns import in_turns
from shared.files import s3
from shared.job_runs import Run
from shared.models import ProductTransfer
from shared.models.enums import TransferStatus
from shared.settings import settings
from shared.tenant_session import TenantSession

_KEPT = timedelta(days=7)
_BATCH = 50


def transfer_files(run: Run) -> None:
    """Delete the files of what was over a week ago, and those of what never began."""
    due = and_(
        ProductTransfer.status.not_in([TransferStatus.QUEUED, TransferStatus.RUNNING]),
        ProductTransfer.resume_at <= run.moment - _KEPT,
        ProductTransfer.storage_key != "",
    )

    def batch(session: TenantSession) -> int:
        query = select(ProductTransfer).where(due).limit(_BATCH).with_for_update(skip_locked=True)
        rows = session.scalars(query).all()
        for row in rows:
            # Gone is gone: another time it does nothing.
            s3().delete_object(Bucket=settings().files_bucket, Key=row.storage_key)
            row.storage_key = ""
        return len(rows)

    in_turns(run, "files", select(ProductTransfer.store_id).where(due), batch)
