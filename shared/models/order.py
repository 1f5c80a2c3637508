"""What was bought, paid, sent and given back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.column_types import EnumText, Json, Money
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
from shared.models.columns import amount, flag, json_list, number, one_of, words
from shared.models.enums import (
    FulfillmentStatus,
    OrderStatus,
    PaymentMethod,
    PaymentStatus,
    PaymentTransactionStatus,
    RefundReason,
    RefundStatus,
    ShipmentStatus,
)


class Order(TenantScoped, SoftDeletes, Versioned, Base):
    """An order with its totals. Addresses are snapshots of the moment it was placed."""

    __tablename__ = "orders"
    __table_args__ = (
        tenant_key("customer_id", "customers", ondelete="SET NULL"),
        live_unique("uq_orders_live_order_number", "order_number"),
        live_index("ix_orders_live_status", "status", "created_at", "id"),
        live_index("ix_orders_live_customer", "customer_id", "created_at", "id"),
        live_index("ix_orders_live_newest", "created_at", "id"),
        live_index("ix_orders_live_revenue", "status", "total"),
        live_index("ix_orders_live_payment_status", "payment_status", "created_at", "id"),
        live_index("ix_orders_live_fulfillment_status", "fulfillment_status", "created_at", "id"),
        live_index("ix_orders_live_email", "customer_email", "created_at", "id"),
        Index(
            "ix_orders_of_guests",
            "store_id",
            "customer_email",
            postgresql_where=text("customer_id IS NULL"),
            sqlite_where=text("customer_id IS NULL"),
        ),
        Index(None, "auto_cancel_at"),
        *not_negative("subtotal", "shipping_cost", "tax_amount", "discount_amount", "total"),
    )

    customer_id: Mapped[str | None]
    order_number: Mapped[str]
    subtotal: Mapped[Decimal] = mapped_column(Money())
    shipping_cost: Mapped[Decimal] = amount()
    tax_amount: Mapped[Decimal] = amount()
    discount_amount: Mapped[Decimal] = amount()
    total: Mapped[Decimal] = mapped_column(Money())
    coupon_code: Mapped[str | None]
    status: Mapped[OrderStatus] = one_of(OrderStatus.PENDING)
    payment_status: Mapped[PaymentStatus] = one_of(PaymentStatus.PENDING)
    fulfillment_status: Mapped[FulfillmentStatus] = one_of(FulfillmentStatus.UNFULFILLED)
    shipping_address: Mapped[dict[str, Any]] = mapped_column(Json)
    billing_address: Mapped[dict[str, Any]] = mapped_column(Json)
    customer_email: Mapped[str]
    customer_phone: Mapped[str | None]
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]
    notes: Mapped[str | None]
    auto_cancel_at: Mapped[datetime | None]
    currency: Mapped[str | None]
    cart_id: Mapped[str | None]
    """The cart it was made from, without a key: the cart may be gone by now."""
    access_token_hash: Mapped[str | None]
    """SHA-256 of what lets a guest look at the order."""
    shipping_rate_id: Mapped[str | None]
    shipping_method: Mapped[str | None]
    shipping_tax: Mapped[Decimal] = amount()
    """Part of `tax_amount`."""
    amount_paid: Mapped[Decimal] = amount()
    amount_refunded: Mapped[Decimal] = amount()
    taxes: Mapped[list[dict[str, Any]]] = json_list()
    """By rate: name, share, amount."""
    discounts: Mapped[list[dict[str, Any]]] = json_list()
    """By coupon: code, amount."""
    confirmed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]

    items: Mapped[list["OrderItem"]] = relationship(
        primaryjoin="and_(Order.id == foreign(OrderItem.order_id), Order.store_id == OrderItem.store_id)",
        back_populates="order",
    )
    payments: Mapped[list["Payment"]] = relationship(
        primaryjoin="and_(Order.id == foreign(Payment.order_id), Order.store_id == Payment.store_id)",
        back_populates="order",
    )
    shipments: Mapped[list["Shipment"]] = relationship(
        primaryjoin="and_(Order.id == foreign(Shipment.order_id), Order.store_id == Shipment.store_id)",
        back_populates="order",
    )


class OrderItem(TenantScoped, Base):
    """A line of an order, with the name, SKU and price of the moment it was placed."""

    __tablename__ = "order_items"
    __table_args__ = (
        tenant_key("order_id", "orders"),
        tenant_key("variant_id", "variants", ondelete="RESTRICT"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "quantity_fulfilled BETWEEN 0 AND quantity AND quantity_shipped BETWEEN 0 AND quantity "
            "AND quantity_refunded BETWEEN 0 AND quantity",
            name="progress_within_quantity",
        ),
        *not_negative("unit_price", "discount_amount", "tax_amount", "subtotal"),
    )

    order_id: Mapped[str]
    variant_id: Mapped[str]
    product_name: Mapped[str]
    variant_sku: Mapped[str]
    attributes: Mapped[dict[str, Any] | None] = mapped_column(Json)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Money())
    discount_amount: Mapped[Decimal] = amount()
    tax_amount: Mapped[Decimal] = amount()
    subtotal: Mapped[Decimal] = mapped_column(Money())
    product_id: Mapped[str | None]
    """For reports, without a key: products may be purged, figures stay."""
    flash_sale_id: Mapped[str | None]
    regular_price: Mapped[Decimal | None] = mapped_column(Money())
    taxes: Mapped[list[dict[str, Any]]] = json_list()
    discounts: Mapped[list[dict[str, Any]]] = json_list()
    needs_shipping: Mapped[bool] = flag(True)
    quantity_fulfilled: Mapped[int] = number()
    quantity_shipped: Mapped[int] = number()
    quantity_refunded: Mapped[int] = number()

    order: Mapped[Order] = relationship(
        primaryjoin="and_(Order.id == foreign(OrderItem.order_id), Order.store_id == OrderItem.store_id)",
        back_populates="items",
    )


class OrderCounter(TenantScoped, Base):
    """The last order number a store gave, so that numbers run without gaps."""

    __tablename__ = "order_counters"
    __table_args__ = (UniqueConstraint("store_id"), *not_negative("last_number"))

    last_number: Mapped[int] = number(1000)


class Payment(TenantScoped, Versioned, Base):
    """One attempt to be paid, by whatever method."""

    __tablename__ = "payments"
    __table_args__ = (
        tenant_key("order_id", "orders"),
        UniqueConstraint("store_id", "gateway", "transaction_id"),
        Index(None, "store_id", "status"),
        CheckConstraint("length(currency) = 3 AND currency = upper(currency)", name="currency_three_letters"),
        *not_negative("amount"),
    )

    order_id: Mapped[str]
    method: Mapped[PaymentMethod] = mapped_column(EnumText(PaymentMethod))
    gateway: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Money())
    currency: Mapped[str] = words("USD")
    status: Mapped[PaymentTransactionStatus] = one_of(PaymentTransactionStatus.PENDING)
    transaction_id: Mapped[str | None]
    gateway_response: Mapped[dict[str, Any] | None] = mapped_column(Json)
    paid_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error_message: Mapped[str | None]

    order: Mapped[Order] = relationship(
        primaryjoin="and_(Order.id == foreign(Payment.order_id), Order.store_id == Payment.store_id)",
        back_populates="payments",
    )


class Refund(TenantScoped, Versioned, Base):
    """Money given back for an order."""

    __tablename__ = "refunds"
    __table_args__ = (
        tenant_key("order_id", "orders"),
        tenant_key("payment_id", "payments", ondelete="RESTRICT"),
        Index(None, "store_id", "status"),
        Index(
            "ix_refunds_completed",
            "store_id",
            "processed_at",
            postgresql_where=text("status = 'COMPLETED'"),
            sqlite_where=text("status = 'COMPLETED'"),
        ),
        *not_negative("amount"),
    )

    order_id: Mapped[str]
    payment_id: Mapped[str | None]
    shipping_amount: Mapped[Decimal] = amount()
    """Part of `amount`: of the shipping and its tax."""
    is_restocked: Mapped[bool] = flag(False)
    amount: Mapped[Decimal] = mapped_column(Money())
    reason: Mapped[RefundReason] = mapped_column(EnumText(RefundReason))
    notes: Mapped[str | None]
    status: Mapped[RefundStatus] = one_of(RefundStatus.PENDING)
    processed_at: Mapped[datetime | None]
    refund_method: Mapped[str | None]
    transaction_id: Mapped[str | None]


class RefundItem(TenantScoped, Base):
    """How many units of an order's line a refund covers, and for how much."""

    __tablename__ = "refund_items"
    __table_args__ = (
        tenant_key("refund_id", "refunds"),
        tenant_key("order_item_id", "order_items"),
        UniqueConstraint("store_id", "refund_id", "order_item_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        *not_negative("amount"),
    )

    refund_id: Mapped[str]
    order_item_id: Mapped[str]
    quantity: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Money())


class Shipment(TenantScoped, Versioned, Base):
    """A parcel of an order."""

    __tablename__ = "shipments"
    __table_args__ = (
        tenant_key("order_id", "orders"),
        Index(None, "store_id", "tracking_number"),
        CheckConstraint("delivered_at IS NULL OR delivered_at >= shipped_at", name="dates_in_order"),
        *not_negative("shipping_cost"),
    )

    order_id: Mapped[str]
    carrier: Mapped[str]
    tracking_number: Mapped[str | None]
    tracking_url: Mapped[str | None]
    shipping_method: Mapped[str]
    shipping_cost: Mapped[Decimal] = mapped_column(Money())
    status: Mapped[ShipmentStatus] = one_of(ShipmentStatus.PENDING)
    shipped_at: Mapped[datetime | None]
    estimated_delivery_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]

    order: Mapped[Order] = relationship(
        primaryjoin="and_(Order.id == foreign(Shipment.order_id), Order.store_id == Shipment.store_id)",
        back_populates="shipments",
    )


class ShipmentItem(TenantScoped, Base):
    """How many units of an order's line a parcel holds."""

    __tablename__ = "shipment_items"
    __table_args__ = (
        tenant_key("shipment_id", "shipments"),
        tenant_key("order_item_id", "order_items"),
        UniqueConstraint("store_id", "shipment_id", "order_item_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    shipment_id: Mapped[str]
    order_item_id: Mapped[str]
    quantity: Mapped[int]


class OrderNote(TenantScoped, Base):
    """What staff wrote beside an order; customers see those that are for them."""

    __tablename__ = "order_notes"
    __table_args__ = (tenant_key("order_id", "orders"),)

    order_id: Mapped[str]
    text: Mapped[str]
    is_for_customer: Mapped[bool] = flag(False)
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    author: Mapped[str]
    """The e-mail address of whoever wrote it, which outlives them."""
