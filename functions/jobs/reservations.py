"""Stock that is held back for a while."""

from sqlalchemy import select

from functions.jobs.turns import BATCH, in_turns
from shared.job_runs import Run
from shared.models import StockReservation
from shared.stock import expire


def expire_reservations(run: Run) -> None:
    """Give back what carts held until a moment that has passed; what an order holds ends with the order."""
    due = select(StockReservation.store_id).where(
        StockReservation.expires_at <= run.moment, StockReservation.order_id.is_(None)
    )
    in_turns(run, "reservations", due, lambda session: expire(session, run.moment, BATCH))
