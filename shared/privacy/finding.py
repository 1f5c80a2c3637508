"""What a store has about a customer: the ids of rows, by table, deleted ones among them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from shared.models import Address, Cart, Customer, Order
from shared.privacy.holdings import ERASED_MAIL, HOLDINGS
from shared.statement_rules import MODELS
from shared.tenant_session import INCLUDE_DELETED, TenantSession

AT_ONCE = 200
ALL: dict[str, Any] = {INCLUDE_DELETED: True}


@dataclass(slots=True)
class Found:
    """A customer's rows, and every e-mail address under which the store knows them, in lower case."""

    customer_id: str
    mails: list[str]
    rows: dict[str, list[str]] = field(default_factory=dict)


def find(session: TenantSession, customer: Customer) -> Found:
    """All rows of a customer, those of orders and carts without a customer that have their address among them."""
    found = Found(customer.id, _mails(session, customer), {"customers": [customer.id]})
    waiting = [name for name in HOLDINGS if name != "customers"]
    while waiting:
        ready = [name for name in waiting if HOLDINGS[name].through in found.rows]
        for name in ready:
            found.rows[name] = _ids(session, name, found)
            waiting.remove(name)
    return found


def parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many ids at a time as a statement takes."""
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def words_of(session: TenantSession, customer: Customer, found: Found) -> list[str]:
    """What would tell of the person wherever it is found: addresses, telephones, names, and the customer's id."""
    given = {customer.phone, _name(customer.first_name, customer.last_name)}
    for some in parts(found.rows["addresses"]):
        for row in session.scalars(select(Address).where(Address.id.in_(some)).execution_options(**ALL)):
            given |= {row.phone, row.address1, _name(row.first_name, row.last_name)}
    for some in parts(found.rows["orders"]):
        for order in session.scalars(select(Order).where(Order.id.in_(some)).execution_options(**ALL)):
            given |= {order.customer_phone}
            for place in (order.shipping_address, order.billing_address):
                given |= {place.get("phone"), place.get("address1")}
                given |= {_name(place.get("first_name"), place.get("last_name"))}
    telling = {word.strip() for word in given if word and len(word.strip()) > 5}
    return [*found.mails, customer.id, *sorted(telling)]


def _name(first: Any, last: Any) -> str | None:
    """A whole name: half of one is many people's."""
    return f"{first} {last}" if first and last else None


def _mails(session: TenantSession, customer: Customer) -> list[str]:
    """Beside the address of today those of orders and carts, from before it was changed."""
    known: Iterable[str | None] = [
        customer.email,
        *session.scalars(
            select(func.lower(Order.customer_email)).where(Order.customer_id == customer.id).execution_options(**ALL)
        ),
        *session.scalars(select(func.lower(Cart.email)).where(Cart.customer_id == customer.id)),
    ]
    return sorted({mail for mail in known if mail and mail != ERASED_MAIL})


def _ids(session: TenantSession, name: str, found: Found) -> list[str]:
    holding, model = HOLDINGS[name], MODELS[name]
    ids: dict[str, None] = {}
    if holding.by is not None:
        for some in parts(found.rows[holding.through]):
            query = select(model.id).where(getattr(model, holding.by).in_(some)).execution_options(**ALL)
            ids |= dict.fromkeys(session.scalars(query))
    if holding.mail is not None:
        own = getattr(model, holding.mail)
        theirs: list[ColumnElement[bool]] = [func.lower(own).in_(found.mails)]
        if holding.by == "customer_id":
            theirs.append(or_(model.customer_id.is_(None), model.customer_id == found.customer_id))
        ids |= dict.fromkeys(session.scalars(select(model.id).where(*theirs).execution_options(**ALL)))
    return list(ids)
