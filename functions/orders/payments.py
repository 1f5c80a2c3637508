"""Money that staff have taken, or seen arrive: the payment that waits for it is captured, or a new one written."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.orders import service
from functions.orders.amounts import check_amounts
from functions.orders.schemas import OrderPaymentCreate, OrderPaymentRead
from functions.orders.showing import money, payment_shown
from shared.auth import requires
from shared.errors import ConflictError, FieldError, invalid
from shared.idempotency import require_key
from shared.models import Order, Payment
from shared.models.base import new_id, now
from shared.models.enums import OrderStatus, PaymentMethod, PaymentTransactionStatus
from shared.orders import paying
from shared.orders.mails import currency_of
from shared.orders.money import due, payments_of, refunds_of
from shared.orders.refunding import MANUAL
from shared.saving import saved
from shared.tenancy import current_session
from shared.tenant_session import TenantSession

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["orders"]
Id = Annotated[str, Path(max_length=40)]
_WAITS = (PaymentTransactionStatus.PENDING, PaymentTransactionStatus.CANCELED)


@router.post("/v1/orders/<order_id>/payments", tags=TAGS, status_code=201)
@requires("payments:write")
def create_order_payment(order_id: Id, body: OrderPaymentCreate) -> OrderPaymentRead:
    """Record money that was taken by hand, or has arrived. Needs an Idempotency-Key."""
    session, event = current_session(), router.current_event.raw_event
    require_key(event, "payment")
    order = service.locked(session, order_id, event)
    payment = _recorded(session, order, body)
    paying.captured(session, payment, at=_moment(body.paid_at))
    return payment_shown(payment, refunds_of(session, order))


def _recorded(session: TenantSession, order: Order, body: OrderPaymentCreate) -> Payment:
    """The payment by hand that waited for this money, or a new one beside it."""
    check_amounts(session, amount=body.amount)
    amount = body.amount if body.amount is not None else due(order)
    _check(session, order, amount)
    waiting = next((row for row in payments_of(session, order) if row.gateway == MANUAL and row.status in _WAITS), None)
    method = PaymentMethod(body.method) if body.method else waiting.method if waiting else PaymentMethod.OTHER
    if waiting is None or waiting.amount > amount:
        row = _new(session, order, method, amount)
        if waiting is not None:
            waiting.amount -= amount
    else:
        row = waiting
        row.method, row.amount = method, amount
    _refer(session, row, body.transaction_id)
    return row


def _new(session: TenantSession, order: Order, method: PaymentMethod, amount: Decimal) -> Payment:
    row = Payment(
        id=new_id(),
        order_id=order.id,
        method=method,
        gateway=MANUAL,
        amount=amount,
        currency=currency_of(session, order),
        status=PaymentTransactionStatus.PENDING,
    )
    session.add(row)
    session.flush()
    return row


def _refer(session: TenantSession, row: Payment, transaction_id: str | None) -> None:
    if transaction_id is None:
        return

    def name() -> None:
        row.transaction_id = transaction_id

    saved(
        session,
        name,
        ConflictError("transaction_known", "A payment with this transaction_id was recorded before."),
    )


def _check(session: TenantSession, order: Order, amount: Decimal) -> None:
    left, currency = due(order), currency_of(session, order)
    if order.status is OrderStatus.REFUNDED or not left:
        raise ConflictError("nothing_due", "Nothing is to be paid for this order any more.")
    if amount > left:
        raise ConflictError("more_than_due", f"{money(left, currency)} is due.", amount_due=money(left, currency))


def _moment(paid_at: datetime | None) -> datetime | None:
    if paid_at is not None and paid_at > now():
        raise invalid([FieldError(loc=["body", "paid_at"], message="Must not be in the future.")])
    return paid_at
