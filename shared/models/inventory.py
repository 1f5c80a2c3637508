"""Every movement of stock, and what is held back for orders being placed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.column_types import EnumText
from shared.models.base import Base, TenantScoped, not_negative, tenant_key
from shared.models.enums import AdjustmentReason


class InventoryAdjustment(TenantScoped, Base):
    """One line of a variant's stock ledger: the change, and the stock on hand after it."""

    __tablename__ = "inventory_adjustments"
    __table_args__ = (
        tenant_key("variant_id", "variants"),
        tenant_key("order_id", "orders", ondelete="SET NULL"),
        Index(None, "store_id", "variant_id", "created_at"),
        *not_negative("new_quantity"),
    )

    variant_id: Mapped[str]
    quantity_change: Mapped[int]
    new_quantity: Mapped[int]
    reason: Mapped[AdjustmentReason] = mapped_column(EnumText(AdjustmentReason))
    notes: Mapped[str | None]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    order_id: Mapped[str | None]
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]


class StockReservation(TenantScoped, Base):
    """Units of a variant held for a cart or an order until `expires_at`."""

    __tablename__ = "stock_reservations"
    __table_args__ = (
        tenant_key("variant_id", "variants"),
        tenant_key("order_id", "orders"),
        tenant_key("cart_id", "carts"),
        Index(None, "expires_at"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("order_id IS NOT NULL OR cart_id IS NOT NULL", name="held_for_someone"),
    )

    variant_id: Mapped[str]
    order_id: Mapped[str | None]
    cart_id: Mapped[str | None]
    quantity: Mapped[int]
    expires_at: Mapped[datetime]
