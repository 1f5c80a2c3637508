"""What nobody needs any more: sessions that are over, tokens that have expired, answers that were kept for a while.

What is a store's is deleted inside it; what is of no store by the platform's role. All of it is without effect already:
who reads these rows looks at their dates.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from functions.jobs.turns import BATCH, Batch, in_turns
from shared.job_runs import Run
from shared.models import (
    AccountMail,
    Cart,
    CustomerAttempts,
    CustomerSession,
    CustomerToken,
    IdempotencyKey,
    JobRun,
    MediaUpload,
    OutboxEvent,
    PasswordHistory,
    RequestCount,
    Session,
    SignInAttempts,
    StockReservation,
    TenantScoped,
    VerificationToken,
    WebhookDelivery,
)
from shared.outbox import TRIES
from shared.tenancy import scheduled_session
from shared.tenant_session import TenantSession

_A_DAY, _A_MONTH = timedelta(days=1), timedelta(days=30)
_RUNS_KEPT = timedelta(days=14)
_PASSWORDS_KEPT = timedelta(days=730)


class Leftover(NamedTuple):
    """Rows that are of no use at a moment; `what` is their name in the run's counts."""

    what: str
    model: Any
    useless: Callable[[datetime], ColumnElement[bool]]


SESSIONS_AND_TOKENS = (
    Leftover("sessions", Session, lambda at: Session.expires <= at),
    # A day longer, so that who comes late is told that the link has expired.
    Leftover("verification_tokens", VerificationToken, lambda at: VerificationToken.expires <= at - _A_DAY),
    Leftover("customer_sessions", CustomerSession, lambda at: CustomerSession.expires_at <= at),
    Leftover("customer_tokens", CustomerToken, lambda at: CustomerToken.expires_at <= at - _A_DAY),
    # No window of attempts is longer than an hour.
    Leftover("sign_in_attempts", SignInAttempts, lambda at: SignInAttempts.updated_at <= at - _A_DAY),
    Leftover("customer_attempts", CustomerAttempts, lambda at: CustomerAttempts.updated_at <= at - _A_DAY),
    Leftover("request_counts", RequestCount, lambda at: RequestCount.window_start <= at - _A_DAY),
    Leftover("media_uploads", MediaUpload, lambda at: MediaUpload.expires_at <= at - _A_DAY),
)
IDEMPOTENCY_KEYS = (Leftover("idempotency_keys", IdempotencyKey, lambda at: IdempotencyKey.expires_at <= at),)
MESSAGES = (
    # Those that were given up after ten attempts, too.
    Leftover(
        "account_mails",
        AccountMail,
        lambda at: and_(
            AccountMail.created_at <= at - _A_MONTH,
            or_(AccountMail.sent_at.is_not(None), AccountMail.attempts >= TRIES),
        ),
    ),
    Leftover(
        "outbox_events",
        OutboxEvent,
        lambda at: and_(
            OutboxEvent.created_at <= at - _A_MONTH,
            or_(OutboxEvent.sent_at.is_not(None), OutboxEvent.attempts >= TRIES),
        ),
    ),
    # Their bodies are personal data.
    Leftover("webhook_deliveries", WebhookDelivery, lambda at: WebhookDelivery.created_at <= at - _A_MONTH),
    Leftover(
        "job_runs", JobRun, lambda at: and_(JobRun.started_at <= at - _RUNS_KEPT, JobRun.finished_at.is_not(None))
    ),
)
PASSWORDS = (Leftover("passwords", PasswordHistory, lambda at: PasswordHistory.created_at <= at - _PASSWORDS_KEPT),)
CARTS = (
    Leftover(
        "carts",
        Cart,
        # What it holds of the stock is given back first.
        lambda at: and_(
            Cart.expires_at <= at,
            ~select(StockReservation.id)
            .where(StockReservation.cart_id == Cart.id, StockReservation.store_id == Cart.store_id)
            .exists(),
        ),
    ),
)


def clearing(*leftovers: Leftover) -> Callable[[Run], None]:
    """A job that deletes leftovers, kind after kind."""

    def clear(run: Run) -> None:
        for one in leftovers:
            useless = one.useless(run.moment)
            if issubclass(one.model, TenantScoped):
                due = select(one.model.store_id).where(useless)
                in_turns(run, one.what, due, _deleting(one.model, useless))
            else:
                _clear_platform(run, one, useless)

    return clear


def _clear_platform(run: Run, leftover: Leftover, useless: ColumnElement[bool]) -> None:
    with scheduled_session() as session:
        left = session.scalars(select(func.count()).select_from(leftover.model).where(useless)).one()
    if run.is_rehearsal:
        run.counts[leftover.what] += left
        return
    batch = _deleting(leftover.model, useless)
    while left > 0 and run.has_time():
        with scheduled_session() as session:
            done = batch(session)
        run.counts[leftover.what] += done
        left = left - done if done else 0


def _deleting(model: Any, useless: ColumnElement[bool]) -> Batch:
    def batch(session: TenantSession) -> int:
        # In no order: sorting would read them all for each batch.
        query = select(model.id).where(useless).limit(BATCH).with_for_update(skip_locked=True)
        ids = list(session.scalars(query))
        if ids:
            gone = delete(model).where(model.id.in_(ids))
            session.execute(gone.execution_options(synchronize_session=False))
        return len(ids)

    return batch
