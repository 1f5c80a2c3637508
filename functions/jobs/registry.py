"""What each job of `shared.schedules` is done by; purge is a function of its own."""

from collections.abc import Callable, Mapping

from functions.jobs import leftovers
from functions.jobs.abandoned_carts import abandoned_carts
from functions.jobs.audit_log import archive_audit_log
from functions.jobs.flash_sales import flash_sales
from functions.jobs.reservations import expire_reservations
from functions.jobs.stock import check_ledger, low_stock_digest
from functions.jobs.subscriptions import subscriptions
from functions.jobs.sweeps import sweep_outbox, sweep_syncs
from functions.jobs.tax_exemptions import tax_exemptions
from functions.jobs.transfer_files import transfer_files
from functions.jobs.unpaid_orders import cancel_unpaid_orders
from shared.job_runs import Run, last_runs, run_job
from shared.models.enums import JobStatus
from shared.tenancy import scheduled_session


def finish(run: Run) -> None:
    """Go on with the jobs whose last run had more to do than time, or failed as a whole."""
    with scheduled_session() as session:
        last = last_runs(session)
    unfinished = [name for name, one in last.items() if one.more_to_do and one.status is not JobStatus.RUNNING]
    for name in sorted(set(unfinished) & JOBS.keys() - {run.name}):
        if run.is_rehearsal:
            run.counts[name] += 1
        elif run.has_time():
            try:
                outcome = run_job(name, JOBS[name], left=run.left)
            except Exception as error:
                run.failed(name, error)
            else:
                run.counts[name] += outcome["status"] != "SKIPPED"


JOBS: Mapping[str, Callable[[Run], None]] = {
    "expire_reservations": expire_reservations,
    "cancel_unpaid_orders": cancel_unpaid_orders,
    "flash_sales": flash_sales,
    "sweep_outbox": sweep_outbox,
    "sweep_syncs": sweep_syncs,
    "finish": finish,
    "abandoned_carts": abandoned_carts,
    "subscriptions": subscriptions,
    "tax_exemptions": tax_exemptions,
    "sessions_and_tokens": leftovers.clearing(*leftovers.SESSIONS_AND_TOKENS),
    "idempotency_keys": leftovers.clearing(*leftovers.IDEMPOTENCY_KEYS),
    "expire_carts": leftovers.clearing(*leftovers.CARTS),
    "password_histories": leftovers.clearing(*leftovers.PASSWORDS),
    "old_messages": leftovers.clearing(*leftovers.MESSAGES),
    "transfer_files": transfer_files,
    "check_ledger": check_ledger,
    "archive_audit_log": archive_audit_log,
    "low_stock_digest": low_stock_digest,
}
