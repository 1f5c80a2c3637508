"""The routes of a signed-in customer: profile, addresses, orders, tax exemptions."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.customers import addresses, exemptions, history, profile
from functions.customers.exemption_routes import exemption_shown
from functions.customers.requests import SIGNED_IN, Id, event, me
from functions.customers.schemas import ShopperRead, ShopperUpdate
from functions.customers.shared_schemas import (
    AddressCreate,
    AddressesRead,
    AddressRead,
    AddressUpdate,
    CustomerOrderDetailRead,
    CustomerOrderRead,
    TaxExemptionCreate,
    TaxExemptionRead,
    TaxExemptionsRead,
)
from shared.auth import public
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["customers"]


@router.get("/v1/storefront/me", tags=TAGS, security=SIGNED_IN)
@public
def read_shopper() -> ShopperRead:
    """Who is signed in."""
    return profile.read_me(current_session(), me())


@router.patch("/v1/storefront/me", tags=TAGS, security=SIGNED_IN)
@public
def update_shopper(body: ShopperUpdate) -> ShopperRead:
    """Change name, telephone, language or consent to newsletters."""
    return profile.update_me(current_session(), me(), body, event())


@router.get("/v1/storefront/me/addresses", tags=TAGS, security=SIGNED_IN)
@public
def list_own_addresses() -> AddressesRead:
    """The customer's addresses, the default first."""
    return addresses.list_addresses(current_session(), me())


@router.post("/v1/storefront/me/addresses", tags=TAGS, status_code=201, security=SIGNED_IN)
@public
def create_own_address(body: AddressCreate) -> AddressRead:
    """Add an address; the first one is the default."""
    return addresses.create_address(current_session(), me(), body)


@router.get("/v1/storefront/me/addresses/<address_id>", tags=TAGS, security=SIGNED_IN)
@public
def read_own_address(address_id: Id) -> AddressRead:
    """One address, with its version as ETag."""
    return addresses.read_address(current_session(), me(), address_id)


@router.patch("/v1/storefront/me/addresses/<address_id>", tags=TAGS, security=SIGNED_IN)
@public
def update_own_address(address_id: Id, body: AddressUpdate) -> AddressRead:
    """Change an address."""
    return addresses.update_address(current_session(), me(), address_id, body, event())


@router.delete("/v1/storefront/me/addresses/<address_id>", tags=TAGS, status_code=204, security=SIGNED_IN)
@public
def delete_own_address(address_id: Id) -> None:
    """Delete an address; orders keep what they were sent to."""
    addresses.delete_address(current_session(), me(), address_id, event())


@router.get("/v1/storefront/me/orders", tags=TAGS, security=SIGNED_IN)
@public
def list_own_orders(limit: Limit = 20, cursor: Cursor = None) -> Page[CustomerOrderRead]:
    """The customer's orders, newest first."""
    return history.list_orders(current_session(), me(), limit, cursor)


@router.get("/v1/storefront/me/orders/<order_number>", tags=TAGS, security=SIGNED_IN)
@public
def read_own_order(order_number: Annotated[str, Path(max_length=50)]) -> CustomerOrderDetailRead:
    """One of the customer's orders, with its lines and parcels."""
    return history.read_order(current_session(), me(), order_number)


@router.get("/v1/storefront/me/tax-exemptions", tags=TAGS, security=SIGNED_IN)
@public
def list_own_tax_exemptions() -> TaxExemptionsRead:
    """The customer's certificates, and what was decided of them."""
    return TaxExemptionsRead(items=[exemption_shown(row) for row in exemptions.of_customer(current_session(), me())])


@router.post("/v1/storefront/me/tax-exemptions", tags=TAGS, status_code=201, security=SIGNED_IN)
@public
def submit_own_tax_exemption(body: TaxExemptionCreate) -> TaxExemptionRead:
    """Hand in a certificate; it counts once the store has approved it."""
    return exemption_shown(exemptions.submit(current_session(), me(), body))
