"""An import at work: the file is put in order on disk, and goes into the store in parts, each with its progress.

A part's effects, its counts and how far the import has come are one transaction. After a crash the file is read again,
which gives the same order, and the next part is the one that the row names.
"""

import logging
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from functions.catalog.transfers import applying, definitions, leases
from functions.catalog.transfers.checking import Job
from functions.catalog.transfers.errors import FileError
from functions.catalog.transfers.issues import Issue, error
from functions.catalog.transfers.leases import Work
from functions.catalog.transfers.outcome import Outcome
from functions.catalog.transfers.products import GivenProduct, product_given
from functions.catalog.transfers.reading import CSV, kind_of
from functions.catalog.transfers.spool import Group, Spool, spooled
from shared.audit import record
from shared.database import is_retryable
from shared.errors import ProblemError
from shared.files import s3
from shared.models import ProductTransfer, ProductTransferIssue
from shared.models.base import new_id, now
from shared.models.enums import TransferStatus
from shared.settings import settings
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)

PART = 100
"""Groups that go in with one transaction."""
_ATTEMPTS = 5
HasTime = Callable[[], bool]


def run(work: Work, has_time: HasTime) -> bool:
    """Go on with an import. Returns False when time ran out before its end. Raises what the database raises."""
    with tempfile.TemporaryDirectory(prefix="import-") as name:
        folder = Path(name)
        try:
            path = _fetched(work, folder)
            with spooled(path, folder, work.format) as spool:
                return _run(work, spool, has_time)
        except FileError as wrong:
            leases.failed(work, str(wrong))
            return True


def _run(work: Work, spool: Spool, has_time: HasTime) -> bool:
    if work.total is None and not _begin(work, spool):
        return True
    job = Job(work.transfer_id, work.file_name, work.actor, spool)
    position = work.position
    while position < spool.total:
        if not has_time():
            return False
        done = _retried(partial(_step, work, job, position))
        if done is None:
            return True
        position = done
    _finish(work, spool)
    return True


def _fetched(work: Work, folder: Path) -> Path:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - comes with the client

    path = folder / "file"
    try:
        s3().download_file(settings().files_bucket, work.storage_key, str(path))
    except ClientError as failure:
        if failure.response["Error"]["Code"] in ("404", "NoSuchKey"):
            raise FileError("The file is not there any more; send it again.") from failure
        raise
    if (kind_of(path) == CSV) is not (work.mime_type == CSV):
        raise FileError(f"The file is not {work.mime_type}.")
    return path


def _begin(work: Work, spool: Spool) -> bool:
    """Note what the file holds and what was wrong with it as a whole; False when somebody else was quicker."""
    with tenant_session(work.store_id) as session:
        row = leases.locked(session, work, 0)
        if row is None or row.total is not None:
            return row is not None
        row.total, row.format = spool.total, spool.format
        _report(session, work, spool.issues())
    return True


def _step(work: Work, job: Job, begin: int) -> int | None:
    """Bring one part into the store. Returns the position after it; None when it is not this worker's any more."""
    groups = job.spool.groups(begin, PART)
    with tenant_session(work.store_id) as session:
        row = leases.locked(session, work, begin)
        if row is None:
            return None
        outcome = _applied(session, groups, job)
        _report(session, work, outcome.issues)
        _count(row, outcome, begin + len(groups))
        return begin + len(groups)


def _applied(session: TenantSession, groups: Sequence[Group], job: Job) -> Outcome:
    outcome = Outcome()
    for group in groups:
        if group.kind != "product":
            outcome.add(definitions.apply(session, group))
    products = [group for group in groups if group.kind == "product"]
    if products:
        outcome.add(_together(session, products, job))
    return outcome


def _together(session: TenantSession, groups: Sequence[Group], job: Job) -> Outcome:
    """All at once or, when one of them does not go in, one after the other, so that it alone is left out."""
    try:
        with session.begin_nested():
            return applying.apply(session, [product_given(group) for group in groups], job)
    except (IntegrityError, StaleDataError, ProblemError) as failure:
        log.info("a part goes in one by one", extra={"transfer_id": job.transfer_id, "cause": type(failure).__name__})
    outcome = Outcome()
    for group in groups:
        outcome.add(_alone(session, product_given(group), job))
    return outcome


def _alone(session: TenantSession, given: GivenProduct, job: Job) -> Outcome:
    try:
        with session.begin_nested():
            return applying.apply(session, [given], job)
    except (IntegrityError, StaleDataError, ProblemError) as failure:
        session.expire_all()
        code = failure.code if isinstance(failure, ProblemError) else "already_taken"
        message = "Something else has just taken its slug, its SKU or its place; import it again."
        if isinstance(failure, ProblemError):
            message = failure.detail
        return Outcome(failed=1, issues=[error(given.row, code, message, given.any_sku)])


def _retried(step: Callable[[], int | None]) -> int | None:
    """A step, again when it met others' work at the wrong moment."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return step()
        except DBAPIError as failure:
            if attempt == _ATTEMPTS or failure.connection_invalidated or not is_retryable(failure):
                raise
            time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - spreads retries, guards nothing
    raise AssertionError("unreachable")


def _count(row: ProductTransfer, outcome: Outcome, position: int) -> None:
    row.created_count += outcome.created
    row.updated_count += outcome.updated
    row.unchanged_count += outcome.unchanged
    row.failed_count += outcome.failed
    row.position = position


def _report(session: TenantSession, work: Work, issues: Iterable[Issue]) -> None:
    rows = [
        {
            "id": new_id(),
            "transfer_id": work.transfer_id,
            "row": one.row,
            "sku": one.sku[:200] if one.sku else None,
            "severity": one.severity,
            "code": one.code,
            "message": one.message[:500],
            "suggestion": one.suggestion,
        }
        for one in issues
    ]
    for begin in range(0, len(rows), 500):
        session.execute(insert(ProductTransferIssue), rows[begin : begin + 500])


def _finish(work: Work, spool: Spool) -> None:
    with tenant_session(work.store_id) as session:
        row = leases.locked(session, work, spool.total)
        if row is None:
            return
        row.status, row.finished_at = TransferStatus.COMPLETED, now()
        counts = ("created_count", "updated_count", "unchanged_count", "failed_count")
        after = {"file_name": row.file_name} | {name: getattr(row, name) for name in counts}
        record(session, "products.imported", "product_transfer", row.id, after=after, actor=work.actor)
