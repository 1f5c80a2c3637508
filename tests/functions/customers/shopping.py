"""What the tests of customers share: shops, customers who are there already, and the cheapest way to their tokens."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import select

from shared.models import Base, Customer, CustomerSession, Order
from shared.models.base import new_id, now
from shared.passwords import hash_password
from shared.tenancy import platform_session, tenant_session
from shared.tokens import new_token, session_end, token_hash
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.calls import Answer
from tests.factories import order_of
from tests.functions.stores.people import Shop

PASSWORD, OTHER = "Correct-Horse-7", "Battery-Staple-8"
ADA = "ada@example.com"
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
M = TypeVar("M", bound=Base)
_numbers = count(1)


def shop_api(shop: Shop, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any) -> Answer:
    """The answer to a shopper's request in a shop; the path is that behind `/v1/storefront/`."""
    return api(method, f"/v1/storefront/{path}", body, token=token, x_store=shop.slug, **more)


def register(shop: Shop, email: str = ADA, password: str = PASSWORD, **more: Any) -> Answer:
    """The answer to a registration."""
    ip = more.pop("ip", f"198.51.{next(_numbers) % 200}.{next(_numbers) % 200}")
    body = {"email": email, "password": password, "first_name": "Ada"} | more
    return shop_api(shop, "POST", "customers", body, ip=ip)


def login(shop: Shop, email: str = ADA, password: str = PASSWORD, ip: str = "203.0.113.1") -> Answer:
    """The answer to a sign-in."""
    return shop_api(shop, "POST", "customers/login", {"email": email, "password": password}, ip=ip)


def verify(shop: Shop, mailbox: Mailbox, email: str = ADA) -> Answer:
    """The answer to the link of the newest mail."""
    deliver_mails()
    return shop_api(shop, "POST", "customers/verify", {"token": mailbox.last(email).token})


def make_customer(shop: Shop, email: str | None = None, **given: Any) -> str:
    """A customer with a proved address and PASSWORD. Returns their id."""
    facts: dict[str, Any] = {
        "id": new_id(),
        "email": email or f"customer-{next(_numbers)}@example.com",
        "first_name": "Ada",
        "email_verified": True,
        "password_hash": _hash_of(PASSWORD),
    }
    with tenant_session(shop.id) as session:
        row = Customer(**(facts | given))
        session.add(row)
        return row.id


def make_guest(shop: Shop, email: str = ADA, **given: Any) -> str:
    """Somebody who has bought without an account. Returns their id."""
    facts = {"is_guest": True, "email_verified": False, "password_hash": None, "first_name": "Guest"} | given
    return make_customer(shop, email, **facts)


def make_order(shop: Shop, customer_id: str | None, **given: Any) -> str:
    """An order of a customer. Returns its number."""
    with tenant_session(shop.id) as session:
        order: Order = order_of(customer_id=customer_id, **given)
        session.add(order)
        return order.order_number


def token_of(shop: Shop, customer_id: str) -> str:
    """The token of a session that has just begun."""
    token, moment = new_token(), now()
    facts = {"created_at": moment, "last_used_at": moment, "expires_at": session_end(moment, moment)}
    with tenant_session(shop.id) as session:
        session.add(CustomerSession(customer_id=customer_id, token_hash=token_hash(token), **facts))
    return token


def signed_in(shop: Shop, **given: Any) -> str:
    """The token of a new customer."""
    return token_of(shop, make_customer(shop, **given))


def rows(model: type[M], *where: Any) -> Sequence[M]:
    """Rows of every store, oldest first."""
    with platform_session(reason="test", actor="tests") as session:
        return session.scalars(select(model).where(*where).order_by(model.created_at)).all()


def row_of(model: type[M], row_id: str) -> M:
    """A row of any store."""
    (found,) = rows(model, model.id == row_id)
    return found


def change(model: type[M], row_id: str, **values: Any) -> None:
    """Change a row past the API."""
    with platform_session(reason="test", actor="tests") as session:
        row = session.get_one(model, row_id)
        for name, value in values.items():
            setattr(row, name, value)


@cache
def _hash_of(password: str) -> str:
    return hash_password(password)
