"""What was paid and given back in another shop. No money moves here: the rows say what moved there."""

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from functions.sync.entities import ORDER, ExternalOrder, ExternalRefund
from functions.sync.inbound import links
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import Outcome, Result, SetAsideError
from shared.currency import in_currency
from shared.models import ExternalLink, Order, OrderItem, Payment, Refund, RefundItem
from shared.models.base import new_id, now
from shared.models.enums import PaymentMethod, PaymentStatus, PaymentTransactionStatus, RefundReason, RefundStatus
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

REFUND = "refund"
_METHODS = {
    "cod": PaymentMethod.CASH_ON_DELIVERY,
    "cash on delivery (cod)": PaymentMethod.CASH_ON_DELIVERY,
    "bacs": PaymentMethod.BANK_TRANSFER,
    "bank deposit": PaymentMethod.BANK_TRANSFER,
    "paypal": PaymentMethod.PAYPAL,
    "ppcp-gateway": PaymentMethod.PAYPAL,
    "stripe": PaymentMethod.CREDIT_CARD,
    "shopify_payments": PaymentMethod.CREDIT_CARD,
}
_STATUSES = {
    PaymentStatus.AUTHORIZED: PaymentTransactionStatus.AUTHORIZED,
    PaymentStatus.PAID: PaymentTransactionStatus.CAPTURED,
    PaymentStatus.PARTIALLY_REFUNDED: PaymentTransactionStatus.PARTIALLY_REFUNDED,
    PaymentStatus.REFUNDED: PaymentTransactionStatus.REFUNDED,
    PaymentStatus.FAILED: PaymentTransactionStatus.FAILED,
}
_GIVEN_BACK = (PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED)


def write(session: TenantSession, integration: Integration, order: Order, entity: ExternalOrder) -> None:
    """Keep an order's payment, one row, as it stands there."""
    row = session.scalar(select(Payment).where(Payment.order_id == order.id).order_by(Payment.id).limit(1))
    if row is None:
        row = Payment(id=new_id(), order_id=order.id, gateway=integration.platform.value.lower())
        # Two orders may name one transaction there; here it is one order's.
        row.transaction_id = f"{integration.id}:{entity.external_id}"
        session.add(row)
    row.method = _METHODS.get((entity.payment_method or "").lower(), PaymentMethod.OTHER)
    row.amount, row.currency = order.total, entity.currency
    row.status = _STATUSES.get(entity.payment, PaymentTransactionStatus.PENDING)
    row.paid_at = entity.paid_at if entity.payment in _GIVEN_BACK else None
    row.gateway_response = {"method": entity.payment_method, "transaction_id": entity.transaction_id}
    session.flush()


def apply(session: TenantSession, integration: Integration, entity: ExternalRefund) -> Outcome:
    """Keep a refund that came on its own. Raises SetAsideError while its order has not come."""
    known = links.known(session, integration, ORDER, [entity.order_id]).get(entity.order_id)
    if known is None or links.is_stub(known):
        raise SetAsideError(
            "waiting_for_order", f"The order {entity.order_id} has not come yet.", [f"order:{entity.order_id}"]
        )
    link = links.locked(session, integration, ORDER, entity.order_id)
    order = links.row_of(session, Order, link.entity_id)
    if not refund(session, integration, order, link, entity):
        return Outcome(Result.UNCHANGED, order.id)
    reckon(session, order, order.payment_status)
    return Outcome(Result.UPDATED, order.id)


def refund(
    session: TenantSession, integration: Integration, order: Order, link: ExternalLink, entity: ExternalRefund
) -> bool:
    """Keep a refund, once; what is told of its lines later is added. Returns whether it said something new."""
    one = links.locked(session, integration, REFUND, entity.external_id, entity.order_id)
    row = links.row_of(session, Refund, one.entity_id)
    currency = tenant_of(session).currency
    if row is None:
        row = Refund(id=one.entity_id, order_id=order.id, reason=RefundReason.OTHER, status=RefundStatus.COMPLETED)
        row.amount, row.notes = in_currency(entity.amount, currency), entity.reason
        row.refund_method, row.processed_at = integration.platform.value.lower(), entity.created_at or now()
        session.add(row)
        links.bind(session, one)
        session.flush()
    elif one.details.get("has_lines") or not entity.lines:
        return False
    _lines(session, link, row, entity)
    links.detail(one, has_lines=bool(entity.lines) or None)
    session.flush()
    return True


def take_back(session: TenantSession, integration: Integration, order: Order, entity: ExternalOrder) -> None:
    """Forget refunds that an order has no more: WooCommerce lists all that there are, and lets them be deleted."""
    there = {one.external_id: one for one in entity.refunds}
    for link in links.below(session, integration, REFUND, entity.external_id):
        row = links.row_of(session, Refund, link.entity_id)
        if row is not None and link.external_id in there:
            row.amount = in_currency(there[link.external_id].amount, tenant_of(session).currency)
        elif row is not None and row.order_id == order.id:
            for item in session.scalars(select(RefundItem).where(RefundItem.refund_id == row.id)):
                line = session.get(OrderItem, item.order_item_id)
                if line is not None:
                    line.quantity_refunded = max(line.quantity_refunded - item.quantity, 0)
                session.delete(item)
            session.flush()
            session.delete(row)
            session.delete(link)
    session.flush()


def reckon(session: TenantSession, order: Order, payment: PaymentStatus) -> None:
    """What an order comes to after its refunds, in whatever order they came."""
    session.flush()
    done = Refund.status == RefundStatus.COMPLETED
    back = session.scalar(select(func.sum(Refund.amount)).where(Refund.order_id == order.id, done)) or Decimal(0)
    if payment is PaymentStatus.REFUNDED and not back:
        back = order.amount_paid
    order.amount_refunded = back
    if back and payment in _GIVEN_BACK:
        whole = back >= order.total or payment is PaymentStatus.REFUNDED
        payment = PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
    order.payment_status = payment
    session.flush()


def _lines(session: TenantSession, link: ExternalLink, row: Refund, entity: ExternalRefund) -> None:
    ours: dict[str, Any] = link.details.get("lines", {})
    for line, count, amount in entity.lines:
        item = session.get(OrderItem, ours[line]) if line in ours else None
        units = min(count, item.quantity - item.quantity_refunded) if item is not None else 0
        if item is None or not units:
            continue
        share = in_currency(amount, tenant_of(session).currency)
        session.add(RefundItem(refund_id=row.id, order_item_id=item.id, quantity=units, amount=share))
        item.quantity_refunded += units
