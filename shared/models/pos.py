"""Selling over the counter."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.column_types import Money
from shared.models.base import Base, TenantScoped, Versioned, not_negative, now
from shared.models.columns import amount, number


class PosSession(TenantScoped, Versioned, Base):
    """A till from opening to closing, with the cash expected and counted."""

    __tablename__ = "pos_sessions"
    __table_args__ = (
        Index(None, "store_id", "opened_at"),
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="dates_in_order"),
        *not_negative("opening_cash", "closing_cash", "transaction_count", "total_sales"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    opened_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
    opening_cash: Mapped[Decimal] = mapped_column(Money())
    closing_cash: Mapped[Decimal | None] = mapped_column(Money())
    expected_cash: Mapped[Decimal | None] = mapped_column(Money())
    cash_difference: Mapped[Decimal | None] = mapped_column(Money())
    transaction_count: Mapped[int] = number()
    total_sales: Mapped[Decimal] = amount()
    notes: Mapped[str | None]
