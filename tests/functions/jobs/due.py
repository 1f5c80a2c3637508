"""Something that is due at noon, for each job: not a second before, and after it no more."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from shared.files import s3
from shared.models import (
    AccountMail,
    AuditLog,
    Cart,
    CartItem,
    Customer,
    CustomerAttempts,
    CustomerSession,
    CustomerToken,
    ExternalPlatformIntegration,
    FlashSale,
    IdempotencyKey,
    JobRun,
    MediaUpload,
    OutboxEvent,
    PasswordHistory,
    ProductTransfer,
    RequestCount,
    Session,
    SignInAttempts,
    StoreSubscription,
    TaxExemption,
    Variant,
    VerificationToken,
    WebhookDelivery,
)
from shared.models.base import Base, new_id
from shared.models.enums import (
    DiscountType,
    ExternalPlatform,
    FlashSaleStatus,
    SubscriptionStatus,
    TaxExemptionStatus,
    TransferKind,
    TransferStatus,
)
from shared.settings import settings
from shared.stock import Holder, reserve
from shared.tenancy import identity_session, scheduled_session, tenant_session
from tests.factories import customer_of, make_product, make_user, order_of
from tests.functions.jobs.clockwork import NOON, SECOND
from tests.functions.stores.people import make_shop

DAY, MONTH = timedelta(days=1), timedelta(days=30)


class Due(NamedTuple):
    """How something is made due in a store, and what the job that does it counts."""

    make: Callable[[str], None]
    counts: dict[str, int]


def open_store(**given: Any) -> str:
    """A trading store of the largest plan."""
    return make_shop(**given).id


def write(store_id: str, *rows: Base) -> None:
    """Write rows of a store."""
    with tenant_session(store_id) as session:
        for row in rows:
            session.add(row)
            session.flush()


def make_customer(store_id: str, **given: Any) -> Customer:
    """A customer who has an account."""
    customer = customer_of(**({"email_verified": True} | given))
    write(store_id, customer)
    return customer


def variant_in(store_id: str, **given: Any) -> str:
    """A variant of a product of its own. Returns its id."""
    product_id = make_product(store_id)
    with tenant_session(store_id) as session:
        variant = session.scalars(select(Variant).where(Variant.product_id == product_id)).one()
        for name, value in given.items():
            setattr(variant, name, value)
        return variant.id


def hold(store_id: str, until: datetime = NOON, units: int = 3) -> str:
    """Hold units of a new variant for a cart. Returns the variant's id."""
    variant_id, cart = variant_in(store_id), Cart(id=new_id(), token_hash=new_id(), expires_at=until + MONTH)
    write(store_id, cart)
    with tenant_session(store_id) as session:
        reserve(session, {variant_id: units}, Holder(cart_id=cart.id), until)
    return variant_id


def leave_cart(store_id: str, left: datetime, *, customer: Customer | None = None, **given: Any) -> Cart:
    """A cart with two units of something, which was changed last at a moment."""
    cart = Cart(id=new_id(), customer_id=customer.id if customer else None, expires_at=left + MONTH, **given)
    if customer is None:
        cart.token_hash = new_id()
    write(store_id, cart, CartItem(cart_id=cart.id, variant_id=variant_in(store_id), quantity=2))
    return cart


def sale_of(start_at: datetime, end_at: datetime, **given: Any) -> FlashSale:
    """A flash sale without products."""
    facts = {"discount_type": DiscountType.PERCENTAGE, "discount_value": Decimal(10)} | given
    return FlashSale(id=new_id(), name="Sale", start_at=start_at, end_at=end_at, **facts)


def _flash_sales(store_id: str) -> None:
    write(
        store_id,
        sale_of(NOON, NOON + DAY),
        sale_of(NOON - DAY, NOON, status=FlashSaleStatus.ACTIVE),
    )


def _unpaid_order(store_id: str) -> None:
    write(store_id, order_of(auto_cancel_at=NOON))


def _abandoned_cart(store_id: str) -> None:
    leave_cart(store_id, NOON - timedelta(hours=1), customer=make_customer(store_id, marketing_opt_in=True))


def end_trial(store_id: str, end: datetime, **given: Any) -> None:
    """Let the store's plan be a trial until a moment."""
    with tenant_session(store_id) as session:
        row = session.scalars(select(StoreSubscription)).one()
        for name, value in ({"status": SubscriptionStatus.TRIAL, "trial_end_date": end} | given).items():
            setattr(row, name, value)


def _certificate(store_id: str) -> None:
    owner = make_customer(store_id, is_tax_exempt=True)
    write(store_id, certificate_of(owner, NOON))


def certificate_of(owner: Customer, expires_at: datetime) -> TaxExemption:
    """A certificate that counts until a moment."""
    facts = {"certificate_url": "https://example.com/c.pdf", "certificate_num": "C-1", "issuing_state": "NY"}
    return TaxExemption(
        id=new_id(), customer_id=owner.id, expires_at=expires_at, status=TaxExemptionStatus.APPROVED, **facts
    )


def _sessions_and_tokens(store_id: str) -> None:
    customer, user_id = make_customer(store_id), make_user()
    of_customer = {"customer_id": customer.id, "token_hash": new_id()}
    upload = {"storage_key": "k", "mime_type": "image/png", "size": 1}
    write(
        store_id,
        CustomerSession(**of_customer, last_used_at=NOON - DAY, expires_at=NOON),
        CustomerToken(**of_customer, purpose="verify", expires_at=NOON - DAY),
        CustomerAttempts(key="k", updated_at=NOON - DAY),
        MediaUpload(product_id=make_product(store_id), expires_at=NOON - DAY, **upload),
    )
    with scheduled_session() as session:
        session.add(Session(session_token_hash=new_id(), user_id=user_id, expires=NOON))
        session.add(VerificationToken(identifier="reset:x", token_hash=new_id(), expires=NOON - DAY))
        session.add(SignInAttempts(id=new_id(), updated_at=NOON - DAY))
        session.add(RequestCount(id=store_id, window_start=NOON - DAY))


def _idempotency_key(store_id: str) -> None:
    write(store_id, IdempotencyKey(principal="p", key="k", fingerprint="f", status_code=200, expires_at=NOON))


def _cart(store_id: str) -> None:
    leave_cart(store_id, NOON - MONTH)


def _password(_store_id: str) -> None:
    with identity_session() as session:
        old = NOON - timedelta(days=730)
        session.add(PasswordHistory(user_id=make_user(), password_hash="h", created_at=old))


def _messages(store_id: str) -> None:
    shop = ExternalPlatformIntegration(
        id=new_id(), platform=ExternalPlatform.SHOPIFY, api_url="https://x.myshopify.com", api_key="k"
    )
    delivery = {"platform": ExternalPlatform.SHOPIFY, "topic": "orders/create", "webhook_id": "w", "delivery_id": "d"}
    body = {"headers": {}, "body": b"{}", "body_sha256": "s"}
    sent = {"created_at": NOON - MONTH, "available_at": NOON - MONTH, "sent_at": NOON - MONTH}
    write(
        store_id,
        shop,
        WebhookDelivery(integration_id=shop.id, created_at=NOON - MONTH, **delivery, **body),
        OutboxEvent(topic="shop_mail", payload={}, **sent),
    )
    run = {"started_at": NOON - 14 * DAY, "finished_at": NOON - 14 * DAY, "lease_until": NOON - 14 * DAY}
    with scheduled_session() as session:
        session.add(AccountMail(template="verify", recipient="a@example.com", **sent))
        session.add(JobRun(name=new_id(), moment=NOON, status="COMPLETED", **run))


def _transfer(store_id: str) -> None:
    key = f"transfers/{store_id}/file"
    s3().put_object(Bucket=settings().files_bucket, Key=key, Body=b"sku")
    write(
        store_id,
        ProductTransfer(
            kind=TransferKind.EXPORT,
            status=TransferStatus.COMPLETED,
            mime_type="text/csv",
            file_name="products.csv",
            storage_key=key,
            actor_email="a@example.com",
            resume_at=NOON - 7 * DAY,
        ),
    )


def old_entry(store_id: str | None, made: datetime, **given: Any) -> None:
    """An entry of the audit log of long ago."""
    entry = {"actor_email": "ada@example.com", "action": "platform.done", "entity_type": "thing"} | given
    with scheduled_session() as session:
        session.add(AuditLog(store_id=store_id, created_at=made, **entry))


def _audit_entry(store_id: str) -> None:
    # At the beginning of a month its predecessor of a year ago goes.
    old_entry(store_id, datetime(2025, 10, 31, 23, 59, 59, tzinfo=NOON.tzinfo))


def _low_stock(store_id: str) -> None:
    variant_in(store_id, stock_quantity=5, low_stock_threshold=5)


OF_SESSIONS = (
    "sessions",
    "verification_tokens",
    "customer_sessions",
    "customer_tokens",
    "sign_in_attempts",
    "customer_attempts",
    "request_counts",
    "media_uploads",
)
OF_MESSAGES = ("account_mails", "outbox_events", "webhook_deliveries", "job_runs")
DUE: dict[str, Due] = {
    "expire_reservations": Due(lambda store_id: str(hold(store_id)) and None, {"reservations": 1}),
    "cancel_unpaid_orders": Due(_unpaid_order, {"orders": 1}),
    "flash_sales": Due(_flash_sales, {"started": 1, "ended": 1}),
    "abandoned_carts": Due(_abandoned_cart, {"mails": 1}),
    "subscriptions": Due(lambda store_id: end_trial(store_id, NOON + 7 * DAY), {"subscriptions": 1}),
    "tax_exemptions": Due(_certificate, {"exemptions": 1}),
    "sessions_and_tokens": Due(_sessions_and_tokens, dict.fromkeys(OF_SESSIONS, 1)),
    "idempotency_keys": Due(_idempotency_key, {"idempotency_keys": 1}),
    "expire_carts": Due(_cart, {"carts": 1}),
    "password_histories": Due(_password, {"passwords": 1}),
    "old_messages": Due(_messages, dict.fromkeys(OF_MESSAGES, 1)),
    "transfer_files": Due(_transfer, {"files": 1}),
    "archive_audit_log": Due(_audit_entry, {"entries": 1, "files": 1}),
    "low_stock_digest": Due(_low_stock, {"digests": 1}),
}
JUST_BEFORE = {
    "archive_audit_log": datetime(2026, 10, 31, 23, 59, 59, tzinfo=NOON.tzinfo),
    "low_stock_digest": None,
}
"""The last moment at which nothing is due, where it is not a second before noon; none where it is due at once."""


def before(job: str) -> datetime | None:
    """The last moment at which nothing is due yet."""
    return JUST_BEFORE.get(job, NOON - SECOND)
