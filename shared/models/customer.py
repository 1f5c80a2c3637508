"""Who buys: a store's customers, where they live, what they mean to buy."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.column_types import Json
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
from shared.models.enums import AddressType


class Customer(TenantScoped, SoftDeletes, Versioned, Base):
    """A shopper of one store; the same e-mail in two stores is two customers."""

    __tablename__ = "customers"
    __table_args__ = (
        live_unique("uq_customers_live_email", "email"),
        live_index("ix_customers_live_guest", "is_guest", "created_at"),
        live_index("ix_customers_live_newest", "created_at", "id"),
        live_index("ix_customers_live_spent", "total_spent", "id"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        *not_negative("total_orders", "total_spent"),
    )

    email: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str | None]
    phone: Mapped[str | None]
    is_guest: Mapped[bool] = flag(False)
    password_hash: Mapped[str | None]
    """Argon2id; none for guests."""
    email_verified: Mapped[bool] = flag(False)
    language: Mapped[str] = words("en")
    marketing_opt_in: Mapped[bool] = flag(False)
    is_tax_exempt: Mapped[bool] = flag(False)
    tax_exempt_reason: Mapped[str | None]
    last_order_at: Mapped[datetime | None]
    total_orders: Mapped[int] = number()
    total_spent: Mapped[Decimal] = amount()

    addresses: Mapped[list["Address"]] = relationship(
        primaryjoin="and_(Customer.id == foreign(Address.customer_id), Customer.store_id == Address.store_id)",
        back_populates="customer",
    )


class CustomerSession(TenantScoped, Base):
    """A customer who is signed in. Only the token's SHA-256 is kept; it ends at `expires_at`, or unused before."""

    __tablename__ = "customer_sessions"
    __table_args__ = (
        tenant_key("customer_id", "customers"),
        UniqueConstraint("store_id", "token_hash"),
        Index(None, "expires_at"),
    )

    customer_id: Mapped[str]
    token_hash: Mapped[str]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]


class CustomerToken(TenantScoped, Base):
    """What a link in a mail to a customer proves, once: `purpose` is verify or reset."""

    __tablename__ = "customer_tokens"
    __table_args__ = (
        tenant_key("customer_id", "customers"),
        UniqueConstraint("store_id", "token_hash"),
        Index(None, "expires_at"),
    )

    customer_id: Mapped[str]
    purpose: Mapped[str]
    token_hash: Mapped[str]
    expires_at: Mapped[datetime]


class CustomerAttempts(TenantScoped, Base):
    """When somebody tried to sign in to a store: one row an address or account, in seconds since 1970."""

    __tablename__ = "customer_attempts"
    __table_args__ = (UniqueConstraint("store_id", "key"), Index(None, "updated_at"))

    key: Mapped[str]
    """A hash: the row tells of nobody."""
    times: Mapped[list[float]] = json_list()


class Address(TenantScoped, SoftDeletes, Versioned, Base):
    """Where a customer receives goods or bills. Country is ISO 3166-1 alpha-2."""

    __tablename__ = "addresses"
    __table_args__ = (
        tenant_key("customer_id", "customers"),
        CheckConstraint("length(country) = 2 AND country = upper(country)", name="country_two_letters"),
    )

    customer_id: Mapped[str]
    type: Mapped[AddressType] = one_of(AddressType.SHIPPING)
    first_name: Mapped[str]
    last_name: Mapped[str | None]
    company: Mapped[str | None]
    address1: Mapped[str]
    address2: Mapped[str | None]
    city: Mapped[str]
    state: Mapped[str | None]
    postal_code: Mapped[str]
    country: Mapped[str]
    phone: Mapped[str | None]
    is_default: Mapped[bool] = flag(False)

    customer: Mapped[Customer] = relationship(
        primaryjoin="and_(Customer.id == foreign(Address.customer_id), Customer.store_id == Address.store_id)",
        back_populates="addresses",
    )


class Cart(TenantScoped, Versioned, Base):
    """A basket, a customer's or that of whoever holds the token. Only the token's SHA-256 is kept."""

    __tablename__ = "carts"
    __table_args__ = (
        tenant_key("customer_id", "customers", ondelete="SET NULL"),
        tenant_key("converted_order_id", "orders", ondelete="SET NULL"),
        UniqueConstraint("store_id", "token_hash"),
        Index(None, "store_id", "expires_at"),
    )

    customer_id: Mapped[str | None]
    token_hash: Mapped[str | None]
    expires_at: Mapped[datetime]
    recovery_email_sent: Mapped[bool] = flag(False)
    recovery_email_sent_at: Mapped[datetime | None]
    recovery_emails: Mapped[int] = number()
    """How many reminders were asked for since the cart was left."""
    recovery_for: Mapped[datetime | None]
    """The `expires_at` that it had then: another one tells that a shopper came back."""
    converted_order_id: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    notes: Mapped[str | None]
    shipping_address: Mapped[dict[str, Any] | None] = mapped_column(Json)
    billing_address: Mapped[dict[str, Any] | None] = mapped_column(Json)
    shipping_rate_id: Mapped[str | None]
    """The way that was chosen to send it; whether it is still there is seen when it is quoted."""

    items: Mapped[list["CartItem"]] = relationship(
        primaryjoin="and_(Cart.id == foreign(CartItem.cart_id), Cart.store_id == CartItem.store_id)",
        back_populates="cart",
    )


class CartItem(TenantScoped, Base):
    """A line of a cart. Prices are read when quoted, never kept here."""

    __tablename__ = "cart_items"
    __table_args__ = (
        tenant_key("cart_id", "carts"),
        tenant_key("variant_id", "variants"),
        UniqueConstraint("store_id", "cart_id", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    cart_id: Mapped[str]
    variant_id: Mapped[str]
    quantity: Mapped[int]

    cart: Mapped[Cart] = relationship(
        primaryjoin="and_(Cart.id == foreign(CartItem.cart_id), Cart.store_id == CartItem.store_id)",
        back_populates="items",
    )


class CartCoupon(TenantScoped, Base):
    """A code that was entered for a cart; whether it counts is seen when it is quoted. In the order of `created_at`."""

    __tablename__ = "cart_coupons"
    __table_args__ = (tenant_key("cart_id", "carts"), UniqueConstraint("store_id", "cart_id", "code"))

    cart_id: Mapped[str]
    code: Mapped[str]


class Wishlist(TenantScoped, Versioned, Base):
    """A customer's named list of products to remember."""

    __tablename__ = "wishlists"
    __table_args__ = (tenant_key("customer_id", "customers"),)

    customer_id: Mapped[str]
    name: Mapped[str] = words("My Wishlist")
    is_public: Mapped[bool] = flag(False)

    items: Mapped[list["WishlistItem"]] = relationship(
        primaryjoin="and_(Wishlist.id == foreign(WishlistItem.wishlist_id), Wishlist.store_id == WishlistItem.store_id)"
    )


class WishlistItem(TenantScoped, Base):
    """A product on a wishlist, down to the variant when one was chosen."""

    __tablename__ = "wishlist_items"
    __table_args__ = (
        tenant_key("wishlist_id", "wishlists"),
        tenant_key("product_id", "products"),
        tenant_key("variant_id", "variants"),
        UniqueConstraint("store_id", "wishlist_id", "product_id", "variant_id"),
    )

    wishlist_id: Mapped[str]
    product_id: Mapped[str]
    variant_id: Mapped[str | None]
