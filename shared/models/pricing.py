"""What changes a price: coupons, flash sales, tax and shipping."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.column_types import EnumText, Money, Rate
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
from shared.models.columns import amount, flag, json_list, json_object, number, one_of
from shared.models.enums import DiscountType, FlashSaleStatus, ShippingRateType, TaxExemptionStatus

_PERCENTAGE = "discount_type <> 'PERCENTAGE' OR discount_value <= 100"


class Coupon(TenantScoped, SoftDeletes, Versioned, Base):
    """A discount code. The value is a percentage (0 to 100) or an amount; without eligibility rows it is for all.

    A fixed amount is of the cart, or `per_item` of each unit. With BUY_X_GET_Y the value is the percentage that
    `get_quantity` of each `buy_quantity + get_quantity` units are cheaper by.
    """

    __tablename__ = "coupons"
    __table_args__ = (
        live_unique("uq_coupons_live_code", "code"),
        Index(None, "store_id", "is_active", "valid_from", "valid_to"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="dates_in_order"),
        CheckConstraint(_PERCENTAGE, name="percentage_at_most_100"),
        *not_negative("discount_value", "min_order_value", "max_discount", "current_usage_count"),
        *not_negative("usage_limit_per_coupon", "usage_limit_per_customer"),
    )

    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    discount_type: Mapped[DiscountType] = mapped_column(EnumText(DiscountType))
    discount_value: Mapped[Decimal] = mapped_column(Money())
    min_order_value: Mapped[Decimal | None] = mapped_column(Money())
    max_discount: Mapped[Decimal | None] = mapped_column(Money())
    max_order_value: Mapped[Decimal | None] = mapped_column(Money())
    per_item: Mapped[bool] = flag(False)
    buy_quantity: Mapped[int | None]
    get_quantity: Mapped[int | None]
    max_items: Mapped[int | None]
    """At most so many units are discounted."""
    exclude_sale_items: Mapped[bool] = flag(False)
    is_exclusive: Mapped[bool] = flag(False)
    """It is used alone."""
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    usage_limit_per_coupon: Mapped[int | None]
    usage_limit_per_customer: Mapped[int | None]
    current_usage_count: Mapped[int] = number()
    is_active: Mapped[bool] = flag(True)


class CouponProduct(TenantScoped, Base):
    """A product that a coupon is limited to, or not for."""

    __tablename__ = "coupon_products"
    __table_args__ = (
        tenant_key("coupon_id", "coupons"),
        tenant_key("product_id", "products"),
        UniqueConstraint("store_id", "coupon_id", "product_id"),
    )

    coupon_id: Mapped[str]
    product_id: Mapped[str]
    is_excluded: Mapped[bool] = flag(False)


class CouponCategory(TenantScoped, Base):
    """A category that a coupon is limited to, or not for."""

    __tablename__ = "coupon_categories"
    __table_args__ = (
        tenant_key("coupon_id", "coupons"),
        tenant_key("category_id", "categories"),
        UniqueConstraint("store_id", "coupon_id", "category_id"),
    )

    coupon_id: Mapped[str]
    category_id: Mapped[str]
    is_excluded: Mapped[bool] = flag(False)


class CouponCustomer(TenantScoped, Base):
    """A customer that a coupon is limited to."""

    __tablename__ = "coupon_customers"
    __table_args__ = (
        tenant_key("coupon_id", "coupons"),
        tenant_key("customer_id", "customers"),
        UniqueConstraint("store_id", "coupon_id", "customer_id"),
    )

    coupon_id: Mapped[str]
    customer_id: Mapped[str]


class CouponRedemption(TenantScoped, Base):
    """A coupon used on an order. Limits are counted from these rows."""

    __tablename__ = "coupon_redemptions"
    __table_args__ = (
        tenant_key("coupon_id", "coupons"),
        tenant_key("order_id", "orders"),
        tenant_key("customer_id", "customers", ondelete="SET NULL"),
        UniqueConstraint("store_id", "coupon_id", "order_id"),
        Index(None, "store_id", "coupon_id", "customer_id"),
        *not_negative("amount"),
    )

    coupon_id: Mapped[str]
    order_id: Mapped[str]
    customer_id: Mapped[str | None]
    amount: Mapped[Decimal] = mapped_column(Money())


class FlashSale(TenantScoped, SoftDeletes, Versioned, Base):
    """A discount on some products for a while. The value is a percentage (0 to 100) or an amount."""

    __tablename__ = "flash_sales"
    __table_args__ = (
        live_index("ix_flash_sales_live_window", "status", "start_at", "end_at"),
        CheckConstraint("end_at > start_at", name="dates_in_order"),
        CheckConstraint(_PERCENTAGE, name="percentage_at_most_100"),
        *not_negative("discount_value"),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    discount_type: Mapped[DiscountType] = mapped_column(EnumText(DiscountType))
    discount_value: Mapped[Decimal] = mapped_column(Money())
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    status: Mapped[FlashSaleStatus] = one_of(FlashSaleStatus.SCHEDULED)

    items: Mapped[list["FlashSaleItem"]] = relationship(
        primaryjoin="and_(FlashSale.id == foreign(FlashSaleItem.flash_sale_id), "
        "FlashSale.store_id == FlashSaleItem.store_id)"
    )


class FlashSaleItem(TenantScoped, Base):
    """A product in a flash sale, with how many may be sold at its price."""

    __tablename__ = "flash_sale_items"
    __table_args__ = (
        tenant_key("flash_sale_id", "flash_sales"),
        tenant_key("product_id", "products"),
        UniqueConstraint("store_id", "flash_sale_id", "product_id"),
        CheckConstraint("quantity_limit IS NULL OR quantity_sold <= quantity_limit", name="sold_within_limit"),
        *not_negative("quantity_limit", "quantity_sold"),
    )

    flash_sale_id: Mapped[str]
    product_id: Mapped[str]
    quantity_limit: Mapped[int | None]
    quantity_sold: Mapped[int] = number()


class TaxRate(TenantScoped, SoftDeletes, Versioned, Base):
    """A tax of a place. The rate is a share: 0.075 is 7.5 per cent. Compound rates tax the taxes before them."""

    __tablename__ = "tax_rates"
    __table_args__ = (
        Index(None, "store_id", "country", "state"),
        Index(None, "store_id", "is_active"),
        CheckConstraint("length(country) = 2 AND country = upper(country)", name="country_two_letters"),
        *not_negative("rate"),
    )

    name: Mapped[str]
    country: Mapped[str]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    rate: Mapped[Decimal] = mapped_column(Rate())
    is_compound: Mapped[bool] = flag(False)
    taxes_shipping: Mapped[bool] = flag(True)
    priority: Mapped[int] = number()
    is_active: Mapped[bool] = flag(True)


class TaxExemption(TenantScoped, Versioned, Base):
    """A customer's certificate, and what staff decided of it."""

    __tablename__ = "tax_exemptions"
    __table_args__ = (
        tenant_key("customer_id", "customers"),
        Index(None, "store_id", "customer_id", "status", "expires_at"),
        Index(None, "expires_at"),
        Index(None, "store_id", "status", "created_at"),
    )

    customer_id: Mapped[str]
    certificate_url: Mapped[str]
    certificate_num: Mapped[str]
    issuing_state: Mapped[str]
    expires_at: Mapped[datetime]
    status: Mapped[TaxExemptionStatus] = one_of(TaxExemptionStatus.PENDING)
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    rejected_by: Mapped[str | None]
    rejected_at: Mapped[datetime | None]
    rejection_reason: Mapped[str | None]


class ShippingZone(TenantScoped, SoftDeletes, Versioned, Base):
    """Where a set of shipping rates applies. The most specific zone wins: postal code, then state, then country."""

    __tablename__ = "shipping_zones"
    __table_args__ = (Index(None, "store_id", "is_active"),)

    name: Mapped[str]
    countries: Mapped[list[str]] = json_list()
    states: Mapped[list[str]] = json_list()
    postal_codes: Mapped[list[str]] = json_list()
    is_active: Mapped[bool] = flag(True)

    rates: Mapped[list["ShippingRate"]] = relationship(
        primaryjoin="and_(ShippingZone.id == foreign(ShippingRate.zone_id), "
        "ShippingZone.store_id == ShippingRate.store_id)",
        back_populates="zone",
    )


class ShippingRate(TenantScoped, SoftDeletes, Versioned, Base):
    """A way to ship within a zone and its cost; free from the threshold on."""

    __tablename__ = "shipping_rates"
    __table_args__ = (
        tenant_key("zone_id", "shipping_zones"),
        Index(None, "store_id", "zone_id", "is_active"),
        CheckConstraint("max_delivery_days >= min_delivery_days", name="days_in_order"),
        *not_negative("cost", "free_shipping_threshold", "min_delivery_days"),
    )

    zone_id: Mapped[str]
    name: Mapped[str]
    rate_type: Mapped[ShippingRateType] = one_of(ShippingRateType.FLAT_RATE)
    cost: Mapped[Decimal] = amount()
    free_shipping_threshold: Mapped[Decimal | None] = mapped_column(Money())
    conditions: Mapped[dict[str, Any]] = json_object()
    min_delivery_days: Mapped[int | None]
    max_delivery_days: Mapped[int | None]
    is_active: Mapped[bool] = flag(True)

    zone: Mapped[ShippingZone] = relationship(
        primaryjoin="and_(ShippingZone.id == foreign(ShippingRate.zone_id), "
        "ShippingZone.store_id == ShippingRate.store_id)",
        back_populates="rates",
    )
