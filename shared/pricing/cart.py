"""What is priced: a cart, and the rules of its store. Amounts are in the currency, percentages go from 0 to 100."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from shared.currency import decimals
from shared.pricing.money import ZERO
from shared.pricing.taxes import Rates

Ids = frozenset[str]
NONE: Ids = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """How a store prices. The defaults are ours; docs/decisions/0014 says where they are stricter than WooCommerce."""

    currency: str
    prices_include_tax: bool = False
    round_at_subtotal: bool = False
    """Taxes are rounded once, at the end, instead of on every line."""
    sequential: bool = False
    """A percentage is of what earlier coupons left, instead of the price before all coupons."""
    most_coupons: int | None = 3
    most_fixed_coupons: int | None = 1
    coupons_with_flash_sale: bool = True
    fixed_takes_whole_cart: bool = False
    """A fixed-cart coupon comes off every line, and is refused when the cart holds anything it excludes."""
    minimum_with_tax: bool | None = None
    """Whether minimum orders count the tax; None: as the store writes its prices."""
    shipping_tax_class: str | None = None
    """None: shipping is taxed as the goods are."""
    currency_decimals: int | None = None
    """None: what ISO 4217 says."""

    @property
    def decimals(self) -> int:
        """Decimals that amounts are rounded to."""
        return decimals(self.currency) if self.currency_decimals is None else self.currency_decimals


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a cart: units of a variant. `price` is of one unit, before flash sales, as the store writes prices."""

    id: str
    product_id: str
    price: Decimal
    quantity: int
    categories: Ids = NONE
    on_sale: bool = False
    taxable: bool = True
    tax_class: str = ""
    tax_rates: Rates | None = None
    """Rates of its own, instead of the cart's."""
    needs_shipping: bool = True

    def __post_init__(self) -> None:
        if self.quantity < 1 or self.price < 0:
            raise ValueError("An item has a unit or more, at a price that is not negative.")


class CouponKind(StrEnum):
    """What a coupon takes off. FIXED_CART is an amount off the cart, FIXED_PRODUCT off every unit."""

    PERCENTAGE = "PERCENTAGE"
    FIXED_CART = "FIXED_CART"
    FIXED_PRODUCT = "FIXED_PRODUCT"
    FREE_SHIPPING = "FREE_SHIPPING"
    BUY_X_GET_Y = "BUY_X_GET_Y"


@dataclass(frozen=True, slots=True)
class BuyGet:
    """Of every `buy` + `get` units, the `get` cheapest cost `percent` less, at most `times` times."""

    buy: int
    get: int
    percent: Decimal = Decimal(100)
    times: int | None = None

    def __post_init__(self) -> None:
        if self.buy < 1 or self.get < 1 or not 0 <= self.percent <= 100:
            raise ValueError("Buy one or more, get one or more, 0 to 100 per cent off.")


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon, and how often it was used. `amount` is a percentage (0 to 100) or money.

    Without products and categories it is for everything, else for lines of one of the products or of the categories.
    `minimum` and `maximum` are of the goods before coupons. `item_limit` is how many units it reaches, the dearest
    lines first.
    """

    code: str
    kind: CouponKind
    amount: Decimal = ZERO
    buy_get: BuyGet | None = None
    free_shipping: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    max_discount: Decimal | None = None
    active: bool = True
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    products: Ids = NONE
    categories: Ids = NONE
    customers: Ids = NONE
    excluded_products: Ids = NONE
    excluded_categories: Ids = NONE
    exclude_sale_items: bool = False
    individual_use: bool = False
    item_limit: int | None = None
    usage_limit: int | None = None
    used: int = 0
    customer_limit: int | None = None
    customer_used: int = 0

    def __post_init__(self) -> None:
        if self.amount < 0 or (self.kind is CouponKind.PERCENTAGE and self.amount > 100):
            raise ValueError("A coupon takes off an amount that is not negative, or 0 to 100 per cent.")
        if (self.kind is CouponKind.BUY_X_GET_Y) != (self.buy_get is not None):
            raise ValueError("buy_get belongs to BUY_X_GET_Y.")

    @property
    def frees_shipping(self) -> bool:
        """Whether the parcel goes for nothing."""
        return self.free_shipping or self.kind is CouponKind.FREE_SHIPPING


class SaleKind(StrEnum):
    """What a flash sale takes off the unit price."""

    PERCENTAGE = "PERCENTAGE"
    FIXED_AMOUNT = "FIXED_AMOUNT"


@dataclass(frozen=True, slots=True)
class FlashSale:
    """A discount on some products for a while. `units` are those left at its price, by product id; None: any number."""

    id: str
    kind: SaleKind
    value: Decimal
    units: Mapping[str, int | None]
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.value < 0 or (self.kind is SaleKind.PERCENTAGE and self.value > 100):
            raise ValueError("A flash sale takes off an amount that is not negative, or 0 to 100 per cent.")


@dataclass(frozen=True, slots=True)
class Shipping:
    """How the parcel goes, and the cost before tax (`shared.pricing.shipping` finds both)."""

    method_id: str
    cost: Decimal

    def __post_init__(self) -> None:
        if self.cost < 0:
            raise ValueError("Shipping does not cost less than nothing.")


@dataclass(frozen=True, slots=True)
class Fee:
    """An amount before tax that is added to the cart, or taken off it: then it takes its tax off as well."""

    name: str
    amount: Decimal
    taxable: bool = True
    tax_class: str = ""


@dataclass(frozen=True, slots=True)
class Cart:
    """What is priced, at a moment. Item ids are unique; coupons stand in the order they were entered.

    `tax_rates` are those of the address (`rates_at`). `base_tax_rates` are what prices with tax include, where that may
    be another place's; None: the same. A tax-exempt customer pays the prices without tax.
    """

    items: tuple[Item, ...]
    at: datetime
    tax_rates: Rates = ()
    base_tax_rates: Rates | None = None
    coupons: tuple[Coupon, ...] = ()
    flash_sales: tuple[FlashSale, ...] = ()
    shipping: Shipping | None = None
    fees: tuple[Fee, ...] = ()
    customer_id: str | None = None
    tax_exempt: bool = False

    def __post_init__(self) -> None:
        if len({item.id for item in self.items}) != len(self.items):
            raise ValueError("Two items have one id.")
