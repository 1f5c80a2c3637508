"""Plans and what each store has subscribed to."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.column_types import Money
from shared.models.base import Base, TenantScoped, Versioned, not_negative, now
from shared.models.columns import flag, json_object, number, one_of
from shared.models.enums import BillingCycle, SubscriptionStatus


class SubscriptionPlan(Versioned, Base):
    """A tier that stores can subscribe to, with its limits; a limit of -1 is none. Storage is in MB."""

    __tablename__ = "subscription_plans"
    __table_args__ = (
        *not_negative("price", "trial_days", "api_rate_limit"),
        CheckConstraint(
            "max_products >= -1 AND max_orders >= -1 AND max_staff >= -1 AND max_storage >= -1", name="limits_known"
        ),
        Index(None, "tier"),
        Index(None, "is_active", "is_public"),
    )

    name: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    tier: Mapped[int]
    description: Mapped[str | None]
    price: Mapped[Decimal] = mapped_column(Money())
    billing_cycle: Mapped[BillingCycle] = one_of(BillingCycle.MONTHLY)
    trial_days: Mapped[int] = number(14)
    max_products: Mapped[int] = number(10)
    max_orders: Mapped[int] = number(50)
    max_staff: Mapped[int] = number(1)
    max_storage: Mapped[int] = number(100)
    api_rate_limit: Mapped[int] = number(60)
    has_advanced_reports: Mapped[bool] = flag(False)
    has_abandoned_cart: Mapped[bool] = flag(False)
    has_pos_access: Mapped[bool] = flag(False)
    has_api_access: Mapped[bool] = flag(False)
    has_priority_support: Mapped[bool] = flag(False)
    is_active: Mapped[bool] = flag(True)
    is_public: Mapped[bool] = flag(True)
    retention_days: Mapped[dict[str, int]] = json_object()
    """As a store's own, for stores that say nothing else; 90 where neither does."""


class StoreSubscription(TenantScoped, Versioned, Base):
    """The one subscription of a store, with the usage that its plan limits."""

    __tablename__ = "store_subscriptions"
    __table_args__ = (
        UniqueConstraint("store_id"),
        *not_negative("current_products", "current_orders", "current_staff", "current_storage"),
        CheckConstraint("end_date IS NULL OR end_date >= start_date", name="dates_in_order"),
        Index(None, "status"),
        Index(None, "next_billing_date"),
    )

    plan_id: Mapped[str] = mapped_column(ForeignKey("subscription_plans.id", ondelete="RESTRICT"))
    status: Mapped[SubscriptionStatus] = one_of(SubscriptionStatus.TRIAL)
    start_date: Mapped[datetime] = mapped_column(default=now)
    end_date: Mapped[datetime | None]
    trial_end_date: Mapped[datetime | None]
    last_billing_date: Mapped[datetime | None]
    next_billing_date: Mapped[datetime | None]
    payment_method: Mapped[str | None]
    current_products: Mapped[int] = number()
    current_orders: Mapped[int] = number()
    current_staff: Mapped[int] = number()
    current_storage: Mapped[int] = number()
    """In MB, rounded up from `storage_bytes`."""
    storage_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    usage_reset_at: Mapped[datetime] = mapped_column(default=now)
    ending_told: Mapped[int] = number()
    """How many steps of its end the store has been told of: 7, 3 and 1 days before, the end, the store's closing."""
    ending_told_for: Mapped[datetime | None]
    """The end that they led to."""
    store_closed_at: Mapped[datetime | None]
    """When the store was suspended for want of a plan: choosing one opens it again, which nothing else does."""

    plan: Mapped[SubscriptionPlan] = relationship()


class RequestCount(Base):
    """How many requests a store has made in the minute that began at `window_start`. The id is the store's."""

    __tablename__ = "request_counts"

    window_start: Mapped[datetime]
    count: Mapped[int] = number()
