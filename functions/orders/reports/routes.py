"""The routes of reports."""

from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.orders.reports import customers, goods, overview, sales, taxes
from functions.orders.reports.periods import By, period_of
from functions.orders.reports.schemas import (
    BuyersReportRead,
    CategorySalesRead,
    OverviewRead,
    ProductSalesRead,
    RecentBuyerRead,
    SalesReportRead,
    TaxOfRateRead,
    TopRead,
)
from shared.auth import requires
from shared.pagination import Limit
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["reports"]
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
First = Annotated[
    date | None,
    Query(alias="from", ge=_EARLIEST, le=_LATEST, description="The first day where the store is; 29 before the last."),
]
Last = Annotated[date | None, Query(alias="to", ge=_EARLIEST, le=_LATEST, description="The last day; today.")]
Sorting = Annotated[goods.Sort, Query(description="What the first have most of.")]


@router.get("/v1/reports/overview", tags=TAGS)
@requires("reports:read")
def read_overview() -> OverviewRead:
    """The store at a glance."""
    return overview.read_overview(current_session())


@router.get("/v1/reports/sales", tags=TAGS)
@requires("reports:read")
def read_sales(by: By = "day", first: First = None, last: Last = None) -> SalesReportRead:
    """Sales by day, week or month, and those of as many days before."""
    session = current_session()
    return sales.read_sales(session, period_of(session, first, last, by), by)


@router.get("/v1/reports/products", tags=TAGS)
@requires("reports:read")
def read_product_sales(
    first: First = None, last: Last = None, sort: Sorting = "net_sales", limit: Limit = 20
) -> TopRead[ProductSalesRead]:
    """The products that sold best."""
    session = current_session()
    return TopRead(items=goods.read_products(session, period_of(session, first, last), sort, limit))


@router.get("/v1/reports/categories", tags=TAGS)
@requires("reports:read")
def read_category_sales(
    first: First = None, last: Last = None, sort: Sorting = "net_sales", limit: Limit = 20
) -> TopRead[CategorySalesRead]:
    """The categories that sold best, each with the products whose primary one it is."""
    session = current_session()
    return TopRead(items=goods.read_categories(session, period_of(session, first, last), sort, limit))


@router.get("/v1/reports/taxes", tags=TAGS)
@requires("reports:read")
def read_taxes(first: First = None, last: Last = None) -> TopRead[TaxOfRateRead]:
    """The taxes that orders were charged, by region and rate."""
    session = current_session()
    return TopRead(items=taxes.read_taxes(session, period_of(session, first, last)))


@router.get("/v1/reports/customers", tags=TAGS)
@requires("reports:read")
def read_buyers(first: First = None, last: Last = None, limit: Limit = 20) -> BuyersReportRead:
    """New and returning customers, and those who have spent most since they came."""
    session = current_session()
    return customers.read_buyers(session, period_of(session, first, last), limit)


@router.get("/v1/reports/recent-customers", tags=TAGS)
@requires("reports:read")
def read_recent_buyers(days: Annotated[int, Query(ge=1, le=366)] = 30, limit: Limit = 20) -> TopRead[RecentBuyerRead]:
    """Customers who ordered lately, each with up to five newest orders."""
    return TopRead(items=customers.read_recent(current_session(), days, limit))
