"""What was paid for an order and what went back: counted from its payments and refunds, never kept by hand."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import select

from shared.models import Order, Payment, Refund
from shared.models.enums import PaymentStatus, PaymentTransactionStatus, RefundStatus
from shared.tenant_session import TenantSession

_T = PaymentTransactionStatus
TAKEN = (_T.CAPTURED, _T.PARTIALLY_REFUNDED, _T.REFUNDED)
"""The money of such payments is or was ours."""
VOID = (RefundStatus.FAILED, RefundStatus.REJECTED)
"""Refunds that took nothing back. The others count from the moment that they are asked for: none may follow on top."""


def payments_of(session: TenantSession, order: Order) -> list[Payment]:
    """The payments of an order as they are now, oldest first."""
    query = select(Payment).where(Payment.order_id == order.id).order_by(Payment.created_at, Payment.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def refunds_of(session: TenantSession, order: Order) -> list[Refund]:
    """The refunds of an order as they are now, oldest first."""
    query = select(Refund).where(Refund.order_id == order.id).order_by(Refund.created_at, Refund.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def count_money(session: TenantSession, order: Order) -> None:
    """Bring what a locked order, and each of its payments, says of money in step with its rows."""
    session.flush()
    payments, refunds = payments_of(session, order), refunds_of(session, order)
    for payment in payments:
        if payment.status in TAKEN:
            payment.status = _status_of(payment, given_back(refunds, payment.id))
    order.amount_paid = _sum(payment.amount for payment in payments if payment.status in TAKEN)
    order.amount_refunded = given_back(refunds)
    order.payment_status = _payment_status(order, {payment.status for payment in payments})
    session.flush()


def given_back(refunds: Iterable[Refund], payment_id: str | None = None) -> Decimal:
    """What refunds come to, those of one payment or all."""
    counted = (one for one in refunds if one.status not in VOID)
    return _sum(one.amount for one in counted if payment_id in (None, one.payment_id))


def is_paid(order: Order) -> bool:
    """Whether nothing is due any more."""
    return order.payment_status is not PaymentStatus.PENDING and order.amount_paid >= order.total


def due(order: Order) -> Decimal:
    """What is still to be paid."""
    return max(order.total - order.amount_paid, Decimal(0))


def _status_of(payment: Payment, refunded: Decimal) -> PaymentTransactionStatus:
    if not refunded:
        return _T.CAPTURED
    return _T.REFUNDED if refunded >= payment.amount else _T.PARTIALLY_REFUNDED


def _payment_status(order: Order, statuses: set[PaymentTransactionStatus]) -> PaymentStatus:
    if order.amount_refunded:
        whole = order.amount_refunded >= order.amount_paid
        return PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
    if not statuses.isdisjoint(TAKEN):
        return PaymentStatus.PAID if order.amount_paid >= order.total else PaymentStatus.PARTIALLY_PAID
    if _T.AUTHORIZED in statuses:
        return PaymentStatus.AUTHORIZED
    return PaymentStatus.FAILED if statuses == {_T.FAILED} else PaymentStatus.PENDING


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
