"""What the reports answer. Money is in the store's currency, as a string with its decimals; see docs/reports.md."""

from datetime import date, datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from functions.orders.reports.periods import By
from shared.models.enums import OrderStatus

T = TypeVar("T")


class SalesFiguresRead(BaseModel):
    """Sales: gross - discounts = net; net + shipping + tax = total. Refunds count on the day that they were made."""

    orders: int
    units: int
    gross_sales: str = Field(description="Goods without tax, before coupons.")
    discounts: str
    net_sales: str
    shipping: str
    tax: str
    total_sales: str
    refunds: str = Field(description="Given back in these days, whenever it was bought; tax and shipping included.")
    total_after_refunds: str
    average_order_value: str | None = Field(description="Total sales by orders; null where there are none.")


class SalesOfPeriodRead(SalesFiguresRead):
    """The sales of some days."""

    first_day: date
    last_day: date


class SalesReportRead(BaseModel):
    """Sales by day, week or month where the store is. `previous` are as many days before."""

    currency: str
    timezone: str
    by: By
    totals: SalesOfPeriodRead
    previous: SalesOfPeriodRead
    items: list[SalesOfPeriodRead]


class GoodsFiguresRead(BaseModel):
    """What goods sold for, without tax; refunds are of units that were given back in the period."""

    currency: str
    orders: int
    units: int
    units_returned: int
    gross_sales: str
    discounts: str
    net_sales: str
    tax: str
    refunds: str


class ProductSalesRead(GoodsFiguresRead):
    """A product's sales; the name is that under which it was sold."""

    product_id: str | None
    name: str


class CategorySalesRead(GoodsFiguresRead):
    """The sales of products whose primary category it is; null for those that have none."""

    category_id: str | None
    name: str | None


class TaxOfRateRead(BaseModel):
    """What a rate brought, in orders that went to a country and state; `rate` is a share of one."""

    country: str | None
    state: str | None
    name: str | None
    rate: str | None
    orders: int
    currency: str
    tax: str


class BuyersRead(BaseModel):
    """Customers who bought in a period, and for how much."""

    customers: int
    orders: int
    total_sales: str


class TopBuyerRead(BaseModel):
    """A customer, with what they have spent since they came, less what was given back."""

    id: str
    email: str
    first_name: str
    last_name: str | None
    orders: int
    lifetime_value: str
    average_order_value: str | None


class BuyersReportRead(BaseModel):
    """Who bought for the first time in a period and who again; `top` have spent most since they came."""

    currency: str
    new: BuyersRead
    returning: BuyersRead
    top: list[TopBuyerRead]


class RecentOrderRead(BaseModel):
    """An order of a recent buyer."""

    id: str
    order_number: str
    status: OrderStatus
    total: str
    created_at: datetime


class RecentBuyerRead(BaseModel):
    """A customer who ordered lately, with up to five newest orders."""

    id: str
    email: str
    first_name: str
    last_name: str | None
    orders: list[RecentOrderRead]


class OverviewRead(BaseModel):
    """A store at a glance. `revenue` is of delivered orders."""

    currency: str
    products: int
    active_products: int
    customers: int
    orders: int
    orders_pending: int
    orders_to_ship: int
    revenue: str


class TopRead(BaseModel, Generic[T]):
    """The first of a report's rows: as many as were asked for."""

    items: list[T]
