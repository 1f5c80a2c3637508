"""Carts, to shoppers: customers who are signed in, and guests who hold a token."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.carts import carts, checkout, coupons, items, orders, showing
from functions.carts.quoting import price
from functions.carts.schemas import (
    CartAddresses,
    CartCouponGiven,
    CartCreate,
    CartCreated,
    CartItemChange,
    CartItemGiven,
    CartRead,
    CartShippingChoice,
    CheckoutRequest,
    OrderPlaced,
    QuoteRead,
    ShippingOptionsRead,
)
from shared.api import HttpApi
from shared.errors import InvalidError
from shared.idempotency import idempotent, require_key
from shared.models import Cart
from shared.storefront import open_storefront
from shared.tenancy import current_session, tenant_isolated

app = HttpApi(public=True)
app.include_router(orders.router)
TAGS = ["carts"]
Id = Annotated[str, Path(max_length=40)]


@app.post("/v1/storefront/carts", tags=TAGS, status_code=201)
def create_cart(body: CartCreate) -> CartCreated:
    """Begin a cart, or as a customer go on with the one there is; a guest's, named by X-Cart-Token, is put into it."""
    cart, token = carts.open_cart(current_session(), app.event, body)
    return CartCreated(**showing.cart_shown(current_session(), cart).model_dump(), token=token)


@app.get("/v1/storefront/carts/<cart_id>", tags=TAGS)
def read_cart(cart_id: Id) -> CartRead:
    """One's cart."""
    return _shown(carts.cart_of(current_session(), app.event, cart_id))


@app.delete("/v1/storefront/carts/<cart_id>", tags=TAGS, status_code=204)
def delete_cart(cart_id: Id) -> None:
    """Throw a cart away."""
    carts.leave_cart(current_session(), _locked(cart_id))


@app.post("/v1/storefront/carts/<cart_id>/items", tags=TAGS, status_code=201)
def add_item(cart_id: Id, body: CartItemGiven) -> CartRead:
    """Put units of a variant into a cart."""
    cart = _locked(cart_id)
    items.put(current_session(), cart, [(body.variant_id, body.quantity)])
    return _shown(cart)


@app.patch("/v1/storefront/carts/<cart_id>/items/<item_id>", tags=TAGS)
def change_item(cart_id: Id, item_id: Id, body: CartItemChange) -> CartRead:
    """Change how many units of a line there are."""
    cart = _locked(cart_id)
    items.change(current_session(), cart, item_id, body.quantity)
    return _shown(cart)


@app.delete("/v1/storefront/carts/<cart_id>/items/<item_id>", tags=TAGS, status_code=204)
def remove_item(cart_id: Id, item_id: Id) -> None:
    """Take a line out."""
    items.take_out(current_session(), _locked(cart_id), item_id)


@app.post("/v1/storefront/carts/<cart_id>/coupons", tags=TAGS, status_code=201)
def enter_coupon(cart_id: Id, body: CartCouponGiven) -> QuoteRead:
    """Enter a coupon's code. The quote says what it takes off; one that does not count is refused, with why."""
    session, cart = current_session(), _locked(cart_id)
    coupons.enter(session, cart, body.code)
    quote = showing.quote_shown(price(session, cart))
    refused = next((one for one in quote.refused_coupons if one.code == body.code), None)
    if refused is not None:
        raise InvalidError(refused.reason, refused.message)
    return quote


@app.delete("/v1/storefront/carts/<cart_id>/coupons/<code>", tags=TAGS, status_code=204)
def remove_coupon(cart_id: Id, code: Id) -> None:
    """Take a coupon off."""
    coupons.take_off(current_session(), _locked(cart_id), code)


@app.put("/v1/storefront/carts/<cart_id>/addresses", tags=TAGS)
def set_addresses(cart_id: Id, body: CartAddresses) -> CartRead:
    """Say where it goes and who pays; taxes and ways to send it follow."""
    cart = _locked(cart_id)
    cart.shipping_address = body.shipping_address.model_dump()
    cart.billing_address = body.billing_address.model_dump() if body.billing_address else None
    cart.email, cart.phone = body.email or cart.email, body.phone or cart.phone
    return _shown(cart)


@app.get("/v1/storefront/carts/<cart_id>/shipping-options", tags=TAGS)
def list_shipping_options(cart_id: Id) -> ShippingOptionsRead:
    """The ways to send it, cheapest first."""
    session = current_session()
    return showing.options_shown(price(session, carts.cart_of(session, app.event, cart_id)))


@app.put("/v1/storefront/carts/<cart_id>/shipping-option", tags=TAGS)
def choose_shipping(cart_id: Id, body: CartShippingChoice) -> QuoteRead:
    """Choose how it is sent."""
    session, cart = current_session(), _locked(cart_id)
    cart.shipping_rate_id = body.shipping_rate_id
    priced = price(session, cart)
    if priced.option is None:
        raise InvalidError("shipping_option_unknown", "It cannot be sent so; GET .../shipping-options has the ways.")
    return showing.quote_shown(priced)


@app.get("/v1/storefront/carts/<cart_id>/quote", tags=TAGS)
def read_quote(cart_id: Id) -> QuoteRead:
    """What the cart comes to now, and what stands in the way of ordering it."""
    session = current_session()
    return showing.quote_shown(price(session, carts.cart_of(session, app.event, cart_id)))


@app.post("/v1/storefront/carts/<cart_id>/checkout", tags=TAGS, status_code=201)
def check_out(cart_id: Id, body: CheckoutRequest) -> OrderPlaced:
    """Order what was quoted. Needs an Idempotency-Key: sent again with the same one, it is the same order."""
    require_key(app.event, "order")
    order, token = checkout.place_order(current_session(), _locked(cart_id), body, app.event["requestContext"]["http"])
    return showing.order_shown(current_session(), order, token)


def _locked(cart_id: str) -> Cart:
    return carts.cart_of(current_session(), app.event, cart_id, lock=True)


def _shown(cart: Cart) -> CartRead:
    return showing.cart_shown(current_session(), cart)


@tenant_isolated(open_storefront)
@idempotent
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
