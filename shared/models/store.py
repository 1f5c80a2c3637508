"""The tenant itself and the record of what was done in it."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from shared.column_types import Json
from shared.models.base import Base, SoftDeletes, TenantScoped, Versioned
from shared.models.columns import flag, json_object, number, one_of, words
from shared.models.enums import StoreStatus

_LIVE = text("deleted_at IS NULL")


class Store(SoftDeletes, Versioned, Base):
    """A shop: its id is the tenant of everything it owns."""

    __tablename__ = "stores"
    __table_args__ = (
        CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="currency_three_letters"),
        CheckConstraint("slug = lower(slug)", name="slug_lower"),
        CheckConstraint("domain = lower(domain)", name="domain_lower"),
        Index("uq_stores_live_slug", "slug", unique=True, postgresql_where=_LIVE, sqlite_where=_LIVE),
        Index("uq_stores_live_domain", "domain", unique=True, postgresql_where=_LIVE, sqlite_where=_LIVE),
        Index(None, "status"),
    )

    name: Mapped[str]
    slug: Mapped[str]
    domain: Mapped[str | None]
    """Proved to be the store's; the one asked for waits in `pending_domain`."""
    pending_domain: Mapped[str | None]
    domain_token: Mapped[str | None]
    """What a DNS record of the pending domain must say."""
    maintenance_mode: Mapped[bool] = flag(False)
    status: Mapped[StoreStatus] = one_of(StoreStatus.ACTIVE)
    timezone: Mapped[str] = words("UTC")
    currency: Mapped[str] = words("USD")
    language: Mapped[str] = words("en")
    logo_url: Mapped[str | None]
    favicon_url: Mapped[str | None]
    primary_color: Mapped[str] = words("#000000")
    email: Mapped[str]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    tax_id: Mapped[str | None]
    onboarding_completed: Mapped[bool] = flag(False)
    allow_coupons_with_flash_sale: Mapped[bool] = flag(True)
    prices_include_tax: Mapped[bool] = flag(False)
    round_tax_at_subtotal: Mapped[bool] = flag(False)
    """Else each line's tax is rounded."""
    coupons_in_sequence: Mapped[bool] = flag(False)
    """Each coupon discounts what the one before has left."""
    unpaid_order_minutes: Mapped[int] = number(60)
    """After so many an unpaid order is cancelled."""
    settings: Mapped[dict[str, Any]] = json_object()
    retention_days: Mapped[dict[str, int]] = json_object()
    """Days by table after which the purge takes what was deleted; what is not named is as the plan has it."""


class AuditLog(TenantScoped, Base):
    """Who did what, from where; a trigger refuses to change it. Without a store it tells of a platform operation."""

    __tablename__ = "audit_logs"
    __table_args__ = (
        Index(None, "store_id", "entity_type", "entity_id"),
        CheckConstraint("store_id IS NOT NULL OR action LIKE 'platform.%'", name="store_or_platform"),
    )

    @declared_attr
    def store_id(self) -> Mapped[str | None]:  # type: ignore[override]  # no store: the platform's own
        return mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), nullable=True, sort_order=-99)

    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    actor_email: Mapped[str]
    action: Mapped[str]
    entity_type: Mapped[str]
    entity_id: Mapped[str | None]
    before_snapshot: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after_snapshot: Mapped[dict[str, Any] | None] = mapped_column(Json)
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]
