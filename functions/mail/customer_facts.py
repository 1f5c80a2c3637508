"""What a mail to a customer says: the facts of its event, the shop's name, and a link that is made when it is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import select

from shared.customer_mails import UNSUBSCRIBE
from shared.models import Cart, Customer, CustomerToken, Store
from shared.settings import settings
from shared.tenant_session import TenantSession
from shared.tokens import new_token, token_hash

TEMPLATES = {
    "customer_verify",
    "customer_reset",
    "customer_exists_already",
    "customer_password_changed",
    "customer_data_export",
    "data_export_ready",
    "tax_exemption_decided",
    "cart_left",
    "order_placed",
    "order_paid",
    "order_shipped",
    "order_delivered",
    "order_canceled",
    "refund_made",
}
_OF_AN_ACCOUNT = {
    "customer_verify",
    "customer_reset",
    "customer_exists_already",
    "customer_password_changed",
    "customer_data_export",
}


@dataclass(frozen=True, slots=True)
class _Link:
    """What a mail's link is good for, and how long."""

    page: str
    purpose: str
    lasts: timedelta


_LINKS = {
    "customer_verify": _Link("account/verify", "verify", timedelta(hours=24)),
    "customer_reset": _Link("account/reset-password", "reset", timedelta(hours=1)),
    "customer_data_export": _Link("account/data-export", "export", timedelta(days=7)),
}

_UNSUBSCRIBE = _Link("account/unsubscribe", UNSUBSCRIBE, timedelta(days=180))


def addressed(
    session: TenantSession, payload: dict[str, Any], store: Store, moment: datetime
) -> tuple[str, dict[str, Any]] | None:
    """The template of an event's mail and its facts, or None when nobody should have it.

    Raises ValueError for a template that shops do not have.
    """
    customer = session.scalar(select(Customer).where(Customer.email == payload["recipient"]))
    template = _of_moment(payload["template"], customer)
    if template not in TEMPLATES:
        raise ValueError(f"shops send no mail {template}")
    if template in _OF_AN_ACCOUNT and (customer is None or (template == "customer_verify" and customer.email_verified)):
        return None
    if template == "cart_left" and not _is_wanted(session, customer, payload):
        return None
    url = shop_url(store)
    facts = {"name": _name(customer), "shop_url": url, "link": "", **payload, "shop": store.name}
    if template in _LINKS and customer is not None:
        token = _make_link(session, _LINKS[template], customer.id, moment)
        facts |= {"token": token, "link": f"{url}/{_LINKS[template].page}?token={quote(token)}"}
    if template == "cart_left" and customer is not None:
        token = _make_link(session, _UNSUBSCRIBE, customer.id, moment)
        page = f"{url}/{_UNSUBSCRIBE.page}?token={quote(token)}"
        facts |= {"token": token, "link": f"{url}/cart", "unsubscribe": page, "one_click": _one_click(store, token)}
    return template, facts


def shop_url(store: Store) -> str:
    """Where a shop's pages are, without a slash at the end: its own domain, ours, or else a path of the app's."""
    if store.domain:
        return f"https://{store.domain}"
    domain = settings().storefront_domain
    return f"https://{store.slug}.{domain}" if domain else f"{settings().app_url}/shops/{store.slug}"


def _one_click(store: Store, token: str) -> str:
    """Where a mail program says by itself that its reader wants no more: at the API, whatever the shop is."""
    api = settings().api_url
    return f"{api}/v1/unsubscribe/{store.id}/{quote(token)}" if api else ""


def _is_wanted(session: TenantSession, customer: Customer | None, payload: dict[str, Any]) -> bool:
    """Whether a reminder of a cart may still be sent: its owner agrees, and it was not ordered meanwhile."""
    if customer is None or not customer.marketing_opt_in:
        return False
    there = select(Cart.id).where(Cart.id == payload["cart_id"], Cart.converted_order_id.is_(None))
    return session.scalar(there) is not None


def _of_moment(template: str, customer: Customer | None) -> str:
    """What somebody gets who has asked for an account depends on whether there is one by now."""
    if template != "customer_register":
        return template
    return "customer_exists_already" if customer is not None and customer.email_verified else "customer_verify"


def _name(customer: Customer | None) -> str:
    """Until the address is proved, anybody may have chosen the name: what it says is not ours to pass on."""
    return customer.first_name if customer is not None and customer.email_verified else ""


def _make_link(session: TenantSession, link: _Link, customer_id: str, moment: datetime) -> str:
    token = new_token()
    facts = {"purpose": link.purpose, "token_hash": token_hash(token), "expires_at": moment + link.lasts}
    session.add(CustomerToken(customer_id=customer_id, **facts))
    return token
