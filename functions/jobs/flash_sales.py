"""Flash sales begin and end on time. Prices follow the window by themselves; this writes down what it says."""

from sqlalchemy import ColumnElement, and_, or_, select

from functions.jobs.turns import BATCH, in_turns
from shared.job_runs import Run
from shared.models import FlashSale
from shared.models.enums import FlashSaleStatus
from shared.tenant_session import TenantSession

_SCHEDULED, _ACTIVE, _ENDED = FlashSaleStatus.SCHEDULED, FlashSaleStatus.ACTIVE, FlashSaleStatus.ENDED


def flash_sales(run: Run) -> None:
    """Start what has begun, and end what is over, be it after a day off."""
    begun = and_(FlashSale.status == _SCHEDULED, FlashSale.start_at <= run.moment, FlashSale.end_at > run.moment)
    over = and_(FlashSale.status.in_([_SCHEDULED, _ACTIVE]), FlashSale.end_at <= run.moment)
    for what, due, status in (("started", begun, _ACTIVE), ("ended", over, _ENDED)):
        _become(run, what, due, status)


def _become(run: Run, what: str, due: ColumnElement[bool], status: FlashSaleStatus) -> None:
    def batch(session: TenantSession) -> int:
        rows = session.scalars(select(FlashSale).where(due).limit(BATCH).with_for_update(skip_locked=True)).all()
        for row in rows:
            row.status = status
        return len(rows)

    in_turns(run, what, select(FlashSale.store_id).where(or_(due)), batch)
