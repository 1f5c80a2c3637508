"""A store's customers: to themselves under /v1/storefront, and to the staff who look after them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.customers import addresses, customers, history, statistics
from functions.customers.account_routes import router as account_routes
from functions.customers.admin_schemas import CustomerCreate, CustomerRead, CustomerStatisticsRead, CustomerUpdate
from functions.customers.callers import customer_of
from functions.customers.customers import CustomerFilter
from functions.customers.exemption_routes import router as exemption_routes
from functions.customers.privacy_routes import router as privacy_routes
from functions.customers.requests import Id, enter, staff
from functions.customers.shared_schemas import (
    AddressCreate,
    AddressesRead,
    AddressRead,
    AddressUpdate,
    CustomerOrderRead,
)
from functions.customers.shopper_routes import router as shopper_routes
from functions.customers.unsubscribe_routes import is_unsubscribing, open_unsubscribing
from functions.customers.unsubscribe_routes import router as unsubscribe_routes
from functions.customers.wishlist_routes import router as wishlist_routes
from shared.admin import open_admin
from shared.api import HttpApi
from shared.auth import requires
from shared.idempotency import idempotent
from shared.pagination import Cursor, Limit, Page
from shared.storefront import open_storefront
from shared.tenancy import add_header, current_session, tenant_isolated
from shared.tenant_session import TenantSession

app = HttpApi()
for router in (
    account_routes,
    shopper_routes,
    wishlist_routes,
    exemption_routes,
    privacy_routes,
    unsubscribe_routes,
):
    app.include_router(router)
TAGS = ["customers"]
Q = Annotated[
    str | None, Query(max_length=100, description="Beginning of the e-mail address, or part of name or telephone.")
]


@app.get("/v1/customers", tags=TAGS)
@requires("customers:read")
def list_customers(  # noqa: PLR0913, PLR0917 - a parameter for each of the query's
    q: Q = None,
    is_guest: bool | None = None,
    has_orders: bool | None = None,
    tax_exempt: Annotated[bool | None, Query(description="Whether an approved exemption is in date.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[CustomerRead]:
    """The customers, newest first."""
    wanted = CustomerFilter(q, is_guest, has_orders, tax_exempt)
    return customers.list_customers(current_session(), wanted, limit, cursor)


@app.post("/v1/customers", tags=TAGS, status_code=201)
@requires("customers:write")
def create_customer(body: CustomerCreate) -> CustomerRead:
    """Write down a customer, who is a guest until they prove the address."""
    return customers.create_customer(current_session(), body, staff())


@app.get("/v1/customers/statistics", tags=TAGS)
@requires("customers:read")
def read_statistics() -> CustomerStatisticsRead:
    """The customers in figures."""
    return statistics.read_statistics(current_session())


@app.get("/v1/customers/<customer_id>", tags=TAGS)
@requires("customers:read")
def read_customer(customer_id: Id) -> CustomerRead:
    """One customer."""
    return customers.read_customer(current_session(), customer_id)


@app.patch("/v1/customers/<customer_id>", tags=TAGS)
@requires("customers:write")
def update_customer(customer_id: Id, body: CustomerUpdate) -> CustomerRead:
    """Change a customer."""
    return customers.update_customer(current_session(), customer_id, body, app.event, staff())


@app.delete("/v1/customers/<customer_id>", tags=TAGS, status_code=204)
@requires("customers:write")
def delete_customer(customer_id: Id) -> None:
    """Delete a customer, who is signed out at once. Orders stay, and 90 days can undo it."""
    customers.delete_customer(current_session(), customer_id, app.event)


@app.post("/v1/customers/<customer_id>/restore", tags=TAGS)
@requires("customers:write")
def restore_customer(customer_id: Id) -> CustomerRead:
    """Bring a deleted customer back, addresses and all."""
    return customers.restore_customer(current_session(), customer_id)


@app.get("/v1/customers/<customer_id>/orders", tags=TAGS)
@requires("customers:read")
def list_customer_orders(customer_id: Id, limit: Limit = 20, cursor: Cursor = None) -> Page[CustomerOrderRead]:
    """A customer's orders, newest first."""
    session = current_session()
    return history.list_orders(session, customer_of(session, customer_id).id, limit, cursor)


@app.get("/v1/customers/<customer_id>/addresses", tags=TAGS)
@requires("customers:read")
def list_addresses(customer_id: Id) -> AddressesRead:
    """A customer's addresses, the default first."""
    return addresses.list_addresses(current_session(), customer_id)


@app.post("/v1/customers/<customer_id>/addresses", tags=TAGS, status_code=201)
@requires("customers:write")
def create_address(customer_id: Id, body: AddressCreate) -> AddressRead:
    """Add an address of a customer."""
    return addresses.create_address(current_session(), customer_id, body)


@app.patch("/v1/customers/<customer_id>/addresses/<address_id>", tags=TAGS)
@requires("customers:write")
def update_address(customer_id: Id, address_id: Id, body: AddressUpdate) -> AddressRead:
    """Change an address of a customer."""
    return addresses.update_address(current_session(), customer_id, address_id, body, app.event)


@app.delete("/v1/customers/<customer_id>/addresses/<address_id>", tags=TAGS, status_code=204)
@requires("customers:write")
def delete_address(customer_id: Id, address_id: Id) -> None:
    """Delete an address of a customer."""
    addresses.delete_address(current_session(), customer_id, address_id, app.event)


@idempotent
def _resolve_once(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)


def _is_shoppers(event: Mapping[str, Any]) -> bool:
    return str(event["rawPath"]).startswith("/v1/storefront/")


def open_either(event: Mapping[str, Any]) -> AbstractContextManager[TenantSession]:
    """The session of the store that a shopper's request or a mail names, or that a user works in."""
    if is_unsubscribing(event):
        return open_unsubscribing(event)
    return open_storefront(event) if _is_shoppers(event) else open_admin(event)


@tenant_isolated(open_either)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    enter(event)
    if _is_shoppers(event):
        add_header(current_session(), "Cache-Control", "no-store")
    if is_unsubscribing(event):
        return app.resolve(event, context)
    # What signing in answers is a token: it is kept nowhere, and for nobody who sends the same key.
    once = not _is_shoppers(event) or str(event["rawPath"]).startswith("/v1/storefront/me/")
    return _resolve_once(event, context) if once else app.resolve(event, context)
