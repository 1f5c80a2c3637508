"""What crosses the border between a store and a connected shop, whatever the platform calls it.

Ids are texts: Shopify's exceed what a float can hold. Amounts are Decimals as the other shop computed them, in its
currency and with or without tax as it keeps them; times are UTC; weights and sizes are in its units, those of Shopify
in kilograms. What a body does not say is None, and what it says is empty is an empty tuple or text: the first is left
alone, the second is emptied.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.models.enums import DiscountType, OrderStatus, PaymentStatus, ProductStatus

PRODUCT, VARIANT, ORDER, CUSTOMER, COUPON, CATEGORY, STOCK = (
    *("product", "variant", "order", "customer", "coupon", "category"),
    "stock",
)
"""Types of entities, in links and in the queue. A product without options has a link of its own, and its one variant
has another, under the same id on WooCommerce."""
Pairs = tuple[tuple[str, str], ...]
"""Names with their values, such as the options of a variant, in the other shop's order."""
Rank = tuple[int, ...]
"""Of two bodies of one time and place the higher is the newer one; see `version` in inbound/versions.py."""


class UnreadableError(Exception):
    """A body that says nothing of an entity. `reason` is a stable code, the text a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """When the other shop last changed it, by its own clock; None when it does not say."""

    updated_at: datetime | None = None
    rank: Rank = ()
    restored_by: str = ""
    """The mark of the word that it was restored, as in ExternalDeletion; empty for any other body."""
    read_at: datetime | None = None
    """When we asked for it, by our clock: so it was there then. None for what was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalImage:
    """A picture that lies on the web."""

    external_id: str | None
    url: str
    alt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCategory:
    """A shelf that a product stands on; `external_id` is None where it is known by its name alone."""

    external_id: str | None
    name: str
    slug: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalVariant(Dated):
    """What is sold. `product_id` is set where it came on its own; its product may come later."""

    external_id: str
    product_id: str | None = None
    sku: str | None = None
    barcode: str | None = None
    price: Decimal | None = None
    """None: it has none yet, and cannot be bought."""
    compare_at_price: Decimal | None = None
    stock: int | None = None
    """On hand there; None when it is not tracked or not told. Never below zero, whatever they promised."""
    manage_stock: bool | None = None
    is_pooled: bool = False
    """Its product's stock is that of all its variants together."""
    weight: Decimal | None = None
    length: Decimal | None = None
    width: Decimal | None = None
    height: Decimal | None = None
    options: Pairs = ()
    is_active: bool = True
    inventory_item_id: str | None = None
    push: tuple[int, int] | None = None
    """Which of our changes of its stock was the last to arrive, counted from 1, and by how much it was."""
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalProduct(Dated):
    """A product. One without options has one variant; `variants` is None where they come one by one."""

    external_id: str
    type: str = "simple"
    name: str = ""
    slug: str | None = None
    description: str | None = None
    short_description: str | None = None
    status: ProductStatus = ProductStatus.ACTIVE
    sku: str | None = None
    brand: str | None = None
    is_taxable: bool | None = None
    images: tuple[ExternalImage, ...] | None = None
    categories: tuple[ExternalCategory, ...] | None = None
    attributes: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    """Qualities with their values, options among them."""
    variants: tuple[ExternalVariant, ...] | None = None
    variant_ids: tuple[str, ...] | None = None
    """All that there are, where they come one by one."""
    pool: int | None = None
    """What there is of all variants together that have no stock of their own."""
    pool_pushes: tuple[tuple[str, int, int], ...] = ()
    """By variant, as `push` of a variant."""
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalStock(Dated):
    """What can be sold of one thing at one place; `available` is None when it is not stocked there."""

    inventory_item_id: str
    location_id: str | None = None
    available: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalItem(Dated):
    """What a stock is of: whether it is tracked, and under which SKU."""

    inventory_item_id: str
    sku: str | None = None
    tracked: bool | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalAddress:
    """Where somebody lives. Country is ISO 3166-1 alpha-2, or empty."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCustomer(Dated):
    """Somebody who buys there."""

    external_id: str
    email: str | None = None
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    marketing_opt_in: bool | None = None
    billing: ExternalAddress | None = None
    shipping: ExternalAddress | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalLine:
    """A line of an order. `subtotal` is before discounts; `tax` is of what is left after them."""

    external_id: str
    product_id: str | None
    variant_id: str | None
    sku: str | None
    name: str
    quantity: int
    unit_price: Decimal
    subtotal: Decimal
    discount: Decimal
    tax: Decimal
    options: Pairs = ()
    needs_shipping: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalRefund:
    """Money given back. `lines` are ids of the order's lines with units and amounts."""

    external_id: str
    order_id: str
    amount: Decimal
    reason: str | None = None
    lines: tuple[tuple[str, int, Decimal], ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalOrder(Dated):
    """An order with its totals as they computed them. `fees` is what is charged beside lines and shipping."""

    external_id: str
    number: str
    currency: str
    status: OrderStatus
    payment: PaymentStatus
    total: Decimal
    lines: tuple[ExternalLine, ...]
    subtotal: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    shipping_tax: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    """All of it, that of shipping included."""
    fees: Decimal = Decimal(0)
    takes_stock: bool = False
    """Whether the other shop has taken its units from its stock, and not put them back."""
    taken_at: datetime | None = None
    """When it took them, at the latest when its stock tells of it: a number from then on has them counted."""
    customer_id: str | None = None
    email: str | None = None
    phone: str | None = None
    billing: ExternalAddress | None = None
    shipping_address: ExternalAddress | None = None
    shipping_method: str | None = None
    coupons: tuple[tuple[str, Decimal], ...] = ()
    taxes: tuple[tuple[str, Decimal], ...] = ()
    payment_method: str | None = None
    transaction_id: str | None = None
    refunds: tuple[ExternalRefund, ...] = ()
    note: str | None = None
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    canceled_at: datetime | None = None
    cancel_reason: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCoupon(Dated):
    """A code. A percentage is 0 to 100; `products` and the like are the other shop's ids."""

    external_id: str
    code: str
    kind: DiscountType
    value: Decimal
    per_item: bool = False
    description: str | None = None
    is_active: bool = True
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    limit: int | None = None
    limit_per_customer: int | None = None
    used: int = 0
    """How often it was used there."""
    max_items: int | None = None
    min_order: Decimal | None = None
    max_order: Decimal | None = None
    exclude_sale_items: bool = False
    is_exclusive: bool = False
    products: tuple[str, ...] = ()
    excluded_products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    excluded_categories: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalDeletion:
    """Word that something is gone. `at` is when, where the platform says it; `mark` tells two such words apart."""

    entity_type: str
    external_id: str
    at: datetime | None = None
    mark: str = ""
    certain: bool = False
    """The shop was asked, and has none: it is no word among others."""


Entity = (
    ExternalProduct
    | ExternalVariant
    | ExternalStock
    | ExternalItem
    | ExternalCustomer
    | ExternalOrder
    | ExternalRefund
    | ExternalCoupon
    | ExternalDeletion
)
