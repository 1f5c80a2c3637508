"""Where the personal data of customers is: every table of a store is named here, with what it holds or as without.

What a new table holds is said here too, or a test fails: exports, erasures and the purge read nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ERASED_MAIL = "erased@erased.invalid"
"""Stands where an address must: `.invalid` is nobody's (RFC 2606)."""
ERASED_NAME = "Erased"


@dataclass(frozen=True, slots=True)
class Holding:
    """Rows of a table about a customer.

    They are found by a column that names the customer, or a row of another holding (`through`, a table), or by a column
    with the e-mail address. `blanks` are the values that leave nothing of the person in a row that stays.
    """

    by: str | None = None
    through: str = "customers"
    mail: str | None = None
    blanks: Mapping[str, Any] = field(default_factory=dict)
    is_removed: bool = False
    """An erasure deletes the rows."""
    is_shown: bool = True
    """An export holds them."""


HOLDINGS: Mapping[str, Holding] = {
    "customers": Holding(
        by="id",
        blanks={
            "first_name": ERASED_NAME,
            "last_name": None,
            "phone": None,
            "password_hash": None,
            "email_verified": False,
            "is_guest": True,
            "language": "en",
            "marketing_opt_in": False,
            "is_tax_exempt": False,
            "tax_exempt_reason": None,
        },
    ),
    "addresses": Holding(
        by="customer_id",
        blanks={
            "first_name": ERASED_NAME,
            "last_name": None,
            "company": None,
            "address1": "",
            "address2": None,
            "city": "",
            "postal_code": "",
            "phone": None,
        },
    ),
    "orders": Holding(
        by="customer_id",
        mail="customer_email",
        blanks={
            "customer_email": ERASED_MAIL,
            "customer_phone": None,
            "ip_address": None,
            "user_agent": None,
            "notes": None,
            "cancel_reason": None,
            "access_token_hash": None,
        },
    ),
    "order_items": Holding(by="order_id", through="orders"),
    "order_notes": Holding(by="order_id", through="orders", blanks={"text": "erased"}),
    "payments": Holding(by="order_id", through="orders", blanks={"gateway_response": None, "error_message": None}),
    "refunds": Holding(by="order_id", through="orders", blanks={"notes": None}),
    "refund_items": Holding(by="refund_id", through="refunds"),
    "shipments": Holding(by="order_id", through="orders", blanks={"tracking_number": None, "tracking_url": None}),
    "shipment_items": Holding(by="shipment_id", through="shipments"),
    "coupon_redemptions": Holding(by="order_id", through="orders"),
    "inventory_adjustments": Holding(
        by="order_id",
        through="orders",
        blanks={"notes": None, "ip_address": None, "user_agent": None},
        is_shown=False,
    ),
    "carts": Holding(
        by="customer_id",
        mail="email",
        blanks={
            "customer_id": None,
            "token_hash": None,
            "email": None,
            "phone": None,
            "notes": None,
            "shipping_address": None,
            "billing_address": None,
        },
    ),
    "cart_items": Holding(by="cart_id", through="carts"),
    "cart_coupons": Holding(by="cart_id", through="carts"),
    "wishlists": Holding(by="customer_id", is_removed=True),
    "wishlist_items": Holding(by="wishlist_id", through="wishlists", is_removed=True),
    "product_reviews": Holding(by="customer_id", blanks={"title": None, "review": None}),
    "tax_exemptions": Holding(
        by="customer_id",
        blanks={"certificate_url": "", "certificate_num": "erased", "rejection_reason": None},
    ),
    "consent_records": Holding(by="customer_id", blanks={"ip_address": None}),
    "coupon_customers": Holding(by="customer_id"),
    "privacy_requests": Holding(by="customer_id", blanks={"result_url": None}),
    "email_messages": Holding(
        mail="recipient",
        blanks={"recipient": ERASED_MAIL, "subject": "", "body_text": "", "body_html": None},
    ),
    "customer_sessions": Holding(by="customer_id", is_removed=True),
    "customer_tokens": Holding(by="customer_id", is_removed=True, is_shown=False),
    "legal_holds": Holding(by="customer_id", blanks={"reason": "erased"}, is_shown=False),
}

SEARCHED = frozenset(
    {
        "audit_logs",
        "external_platform_integrations",
        "idempotency_keys",
        "order_exports",
        "outbox_events",
        "sync_queue",
        "webhook_deliveries",
        "external_links",
        "sync_runs",
    }
)
"""Tables with data of any kind, of customers too: an erasure looks for what it erases (traces.py and log.py)."""

IMPERSONAL = frozenset(
    {
        "attributes",
        "blogs",
        "brands",
        "categories",
        "coupon_categories",
        "coupon_products",
        "coupons",
        "customer_attempts",
        "flash_sale_items",
        "flash_sales",
        "job_marks",
        "media",
        "media_uploads",
        "newsletter_campaigns",
        "order_counters",
        "pages",
        "payment_gateway_configs",
        "pos_sessions",
        "product_attributes",
        "product_categories",
        "product_labels",
        "product_transfer_issues",
        "product_transfers",
        "products",
        "purge_tallies",
        "shipping_rates",
        "shipping_zones",
        "slug_redirects",
        "staff_invitations",
        "stock_reservations",
        "store_subscriptions",
        "stores",
        "tax_rates",
        "user_stores",
        "variants",
    }
)
"""Tables without anything of a customer; users are no customers, and attempts are kept under a hash."""


def erased_mail(customer_id: str) -> str:
    """The address of a customer who has none any more; no two have the same."""
    return f"erased-{customer_id}@erased.invalid"


def erased_address(address: Mapping[str, Any] | None) -> dict[str, Any]:
    """What stays of an order's address: where it was taxed."""
    return {name: address[name] for name in ("country", "state") if address and address.get(name)}
