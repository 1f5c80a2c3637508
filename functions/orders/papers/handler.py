"""Invoices and packing slips as PDF: to the staff of the store, and to shoppers for their own orders."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.orders.papers.facts import Facts, for_invoice, for_packing_slip
from functions.orders.papers.invoice import invoice
from functions.orders.papers.logo import logo_of
from functions.orders.papers.packing_slip import packing_slip
from shared.admin import open_admin
from shared.api import HttpApi, gives
from shared.auth import public, requires
from shared.models import Order
from shared.shoppers import must_be_signed_in
from shared.storefront import open_storefront
from shared.tenancy import current_session, tenant_isolated
from shared.tenant_session import TenantSession

app = HttpApi()
TAGS = ["orders"]
PDF = "application/pdf"
Id = Annotated[str, Path(max_length=40)]
_SHOPPERS = "/v1/storefront/"
_SIGNED_IN = [{"bearer": list[str]()}]


@app.get("/v1/orders/<order_id>/invoice", tags=TAGS)
@requires("orders:read")
@gives(PDF)
def read_invoice(order_id: Id) -> Response[bytes]:
    """The order's invoice; its number is the order's."""
    return _invoice(for_invoice(current_session(), Order.id == order_id))


@app.get("/v1/orders/<order_id>/packing-slip", tags=TAGS)
@requires("orders:read")
@gives(PDF)
def read_packing_slip(
    order_id: Id,
    shipment: Annotated[
        str | None, Query(max_length=40, description="A parcel's id; without it the slip is of what is in none yet.")
    ] = None,
) -> Response[bytes]:
    """What goes into a parcel, without prices."""
    facts = for_packing_slip(current_session(), order_id, shipment)
    return _paper(facts, "packing-slip", packing_slip(facts, logo_of(facts.store)))


@app.get("/v1/storefront/me/orders/<order_number>/invoice", tags=["customers"], security=_SIGNED_IN)
@public
@gives(PDF)
def read_own_invoice(order_number: Annotated[str, Path(max_length=50)]) -> Response[bytes]:
    """The invoice of one of the customer's own orders."""
    session = current_session()
    customer_id = must_be_signed_in(session, app.event).customer_id
    return _invoice(for_invoice(session, (Order.customer_id == customer_id) & (Order.order_number == order_number)))


def _invoice(facts: Facts) -> Response[bytes]:
    return _paper(facts, "invoice", invoice(facts, logo_of(facts.store)))


def _paper(facts: Facts, kind: str, content: bytes) -> Response[bytes]:
    name = f"{kind}-{facts.order.order_number}.pdf"
    # Names and addresses stay with whom they were shown to.
    headers: dict[str, str | list[str]] = {
        "Content-Disposition": f'inline; filename="{_plain(name)}"',
        "Cache-Control": "private, no-store",
    }
    return Response(200, content_type=PDF, body=content, headers=headers)


def _plain(name: str) -> str:
    """A file's name that no header and no file system misreads: an order number may come from another shop."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in name)


def open_papers(event: Mapping[str, Any]) -> AbstractContextManager[TenantSession]:
    """The session of the store that a shopper's request names, or that a user works in."""
    return open_storefront(event) if str(event["rawPath"]).startswith(_SHOPPERS) else open_admin(event)


@tenant_isolated(open_papers)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
