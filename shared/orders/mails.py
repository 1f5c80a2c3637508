"""Mails about an order to whoever placed it: an event beside the change, one mail an event however often it is told."""

from decimal import Decimal
from typing import Any

from shared.currency import in_currency
from shared.models import Order
from shared.orders.shops import shop_of
from shared.outbox import publish
from shared.settings import settings
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession


def tell(session: TenantSession, order: Order, template: str, key: str, **facts: Any) -> None:
    """Ask for a mail. Two with the same key are one. Amounts are written in the order's currency.

    Whoever has bought in a connected shop hears from that shop, unless it is told not to write.
    """
    shop = shop_of(session, order)
    if shop is not None and shop.get("notify_customers") is not False:
        return
    currency = currency_of(session, order)
    written = {
        name: str(in_currency(fact, currency)) if isinstance(fact, Decimal) else fact for name, fact in facts.items()
    }
    payload = {
        "template": template,
        "recipient": order.customer_email,
        "key": key,
        "order_number": order.order_number,
        "currency": currency,
        "total": str(in_currency(order.total, currency)),
    }
    publish(session, "shop_mail", payload | written, settings().mail_queue_url)


def currency_of(session: TenantSession, order: Order) -> str:
    """What an order is counted in."""
    return order.currency or tenant_of(session).currency
