"""The routes of an order's refunds."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.orders import reading, service
from functions.orders.amounts import check_amounts
from functions.orders.schemas import RefundComplete, RefundCreate, RefundRead, RefundsRead
from shared.auth import requires
from shared.errors import ConflictError, FieldError, invalid
from shared.idempotency import require_key
from shared.models import Order, Payment, Refund
from shared.orders import refunding
from shared.orders.mails import currency_of
from shared.tenancy import current_session
from shared.tenant_session import TenantSession

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["orders"]
Id = Annotated[str, Path(max_length=40)]


@router.get("/v1/orders/<order_id>/refunds", tags=TAGS)
@requires("orders:read")
def list_refunds(order_id: Id) -> RefundsRead:
    """What was given back, and what still can be."""
    return reading.read_refunds(current_session(), order_id)


@router.post("/v1/orders/<order_id>/refunds", tags=TAGS, status_code=201)
@requires("orders:write")
def create_refund(order_id: Id, body: RefundCreate) -> RefundRead:
    """Give money back. Needs an Idempotency-Key: sent again with the same one, it is the same refund."""
    session, event = current_session(), router.current_event.raw_event
    require_key(event, "refund")
    order = service.locked(session, order_id, event)
    return _shown(session, order, refunding.refund(session, order, _asked(session, body)))


@router.post("/v1/orders/<order_id>/refunds/<refund_id>/complete", tags=TAGS)
@requires("orders:write")
def complete_refund(order_id: Id, refund_id: Id, body: RefundComplete) -> RefundRead:
    """Say that the money of a PENDING refund was handed over. Those of a gateway say so themselves."""
    session = current_session()
    order = service.locked(session, order_id, router.current_event.raw_event)
    row = refunding.refund_row(session, order, refund_id)
    payment = session.get(Payment, row.payment_id) if row.payment_id else None
    if payment is not None and payment.gateway != refunding.MANUAL:
        raise ConflictError("refund_of_gateway", f"{payment.gateway} says itself when the money has gone back.")
    refunding.complete(session, order, row, transaction_id=body.transaction_id)
    return _shown(session, order, row)


def _asked(session: TenantSession, body: RefundCreate) -> refunding.Asked:
    check_amounts(session, amount=body.amount, shipping_amount=body.shipping_amount)
    for line in body.items:
        check_amounts(session, items=line.amount)
    lines = {line.order_item_id: refunding.LineAsked(line.quantity, line.amount) for line in body.items}
    if len(lines) < len(body.items):
        raise invalid([FieldError(loc=["body", "items"], message="A line is in the list twice.")])
    return refunding.Asked(
        lines=lines,
        shipping=body.shipping_amount,
        extra=body.amount,
        payment_id=body.payment_id,
        reason=body.reason,
        notes=body.notes,
        restock=body.restock,
        is_paid_out=body.is_paid_out,
        transaction_id=body.transaction_id,
    )


def _shown(session: TenantSession, order: Order, row: Refund) -> RefundRead:
    session.flush()
    [shown] = reading.refunds_shown(session, [row], currency_of(session, order))
    return shown
