"""What customers say of products."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from shared.models.base import (
    Base,
    SoftDeletes,
    TenantScoped,
    Versioned,
    live_index,
    live_unique,
    not_negative,
    tenant_key,
)
from shared.models.columns import flag, number, one_of
from shared.models.enums import ReviewStatus


class ProductReview(TenantScoped, SoftDeletes, Versioned, Base):
    """A customer's one review of a product, shown once approved."""

    __tablename__ = "product_reviews"
    __table_args__ = (
        tenant_key("product_id", "products"),
        tenant_key("customer_id", "customers"),
        live_unique("uq_product_reviews_live_customer", "product_id", "customer_id"),
        live_index("ix_product_reviews_live_status", "product_id", "status", "created_at", "id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_1_to_5"),
        *not_negative("helpful_count"),
    )

    product_id: Mapped[str]
    customer_id: Mapped[str]
    rating: Mapped[int]
    title: Mapped[str | None]
    review: Mapped[str | None]
    is_verified_purchase: Mapped[bool] = flag(False)
    helpful_count: Mapped[int] = number()
    status: Mapped[ReviewStatus] = one_of(ReviewStatus.PENDING)
    moderated_at: Mapped[datetime | None]
    moderated_by: Mapped[str | None]
