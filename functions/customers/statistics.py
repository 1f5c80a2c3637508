"""A store's customers in figures: four statements, however many customers there are."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, case, func, literal_column, select

from functions.customers.admin_schemas import CustomersOfMonthRead, CustomerStatisticsRead, TopCustomerRead
from shared.currency import in_currency
from shared.models import Customer, Order
from shared.models.base import now
from shared.orders.buyers import UNCOUNTED
from shared.shoppers import has_exemption
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

_MONTHS, _TOP = 12, 10


def read_statistics(session: TenantSession) -> CustomerStatisticsRead:
    """The figures of the store at this moment, with the last 12 months (UTC), this one among them."""
    currency, counts, orders = tenant_of(session).currency, _counts(session), _orders(session)
    average = in_currency(orders.spent / orders.number, currency) if orders.number else None
    return CustomerStatisticsRead(
        customers=counts.customers,
        guests=counts.guests,
        accounts=counts.customers - counts.guests,
        marketing_opt_in=counts.opted_in,
        tax_exempt=counts.exempt,
        with_orders=orders.buyers,
        currency=currency,
        average_order_value=None if average is None else str(average),
        repeat_rate=round(orders.repeaters / orders.buyers, 4) if orders.buyers else None,
        new_by_month=_by_month(session, now()),
        top_customers=_top(session, currency),
    )


def _counts(session: TenantSession) -> Any:
    return session.execute(
        select(
            func.count(Customer.id).label("customers"),
            _number(Customer.is_guest).label("guests"),
            _number(Customer.marketing_opt_in).label("opted_in"),
            _number(has_exemption()).label("exempt"),
        )
    ).one()


def _orders(session: TenantSession) -> Any:
    each = (
        select(Order.customer_id, func.count(Order.id).label("number"), func.sum(Order.total).label("spent"))
        .where(Order.customer_id.is_not(None), Order.status.not_in(UNCOUNTED))
        .group_by(Order.customer_id)
        .subquery()
    )
    return session.execute(
        select(
            func.count(each.c.customer_id).label("buyers"),
            _number(each.c.number > 1).label("repeaters"),
            func.coalesce(func.sum(each.c.number), 0).label("number"),
            func.sum(each.c.spent).label("spent"),
        )
    ).one()


def _by_month(session: TenantSession, moment: datetime) -> list[CustomersOfMonthRead]:
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - relativedelta(months=_MONTHS - 1)
    month = _month(session)
    query = select(month.label("month"), func.count(Customer.id).label("customers"))
    query = query.where(Customer.created_at >= first).group_by(month)
    found = {row.month: row.customers for row in session.execute(query)}
    months = [(first + relativedelta(months=step)).strftime("%Y-%m") for step in range(_MONTHS)]
    return [CustomersOfMonthRead(month=name, customers=found.get(name, 0)) for name in months]


def _month(session: TenantSession) -> ColumnElement[str]:
    # Literals: PostgreSQL takes a value that is bound twice, to select and to group by, for two.
    if session.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone(literal_column("'UTC'"), Customer.created_at), literal_column("'YYYY-MM'"))
    return func.strftime(literal_column("'%Y-%m'"), Customer.created_at)


def _top(session: TenantSession, currency: str) -> list[TopCustomerRead]:
    spent: ColumnElement[Decimal] = func.sum(Order.total)
    of_customer = (Order.store_id == Customer.store_id) & (Order.customer_id == Customer.id)
    query = (
        select(Customer, func.count(Order.id).label("orders"), spent.label("spent"))
        .join(Order, of_customer)
        .where(Order.status.not_in(UNCOUNTED))
        .group_by(Customer.id)
        .order_by(spent.desc(), Customer.id)
        .limit(_TOP)
    )
    return [
        TopCustomerRead(
            id=row.Customer.id,
            email=row.Customer.email,
            first_name=row.Customer.first_name,
            last_name=row.Customer.last_name,
            orders=row.orders,
            spent=str(in_currency(row.spent, currency)),
        )
        for row in session.execute(query)
    ]


def _number(condition: Any) -> ColumnElement[int]:
    return func.count(case((condition, 1)))
