"""The routes of wishlists: a customer's own, and the public ones of others."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.customers import wishlists
from functions.customers.requests import SIGNED_IN, Id, me
from functions.customers.schemas import (
    PublicWishlistRead,
    WishlistCreate,
    WishlistItemCreate,
    WishlistRead,
    WishlistsRead,
    WishlistUpdate,
)
from shared.auth import public
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["customers"]


@router.get("/v1/storefront/wishlists/<wishlist_id>", tags=TAGS)
@public
def read_public_wishlist(wishlist_id: Id) -> PublicWishlistRead:
    """A list by its link, if its owner has made it public."""
    return wishlists.read_public(current_session(), wishlist_id)


@router.get("/v1/storefront/me/wishlists", tags=TAGS, security=SIGNED_IN)
@public
def list_own_wishlists() -> WishlistsRead:
    """The customer's lists, with what is on them."""
    return wishlists.list_wishlists(current_session(), me())


@router.post("/v1/storefront/me/wishlists", tags=TAGS, status_code=201, security=SIGNED_IN)
@public
def create_own_wishlist(body: WishlistCreate) -> WishlistRead:
    """Begin a list."""
    return wishlists.create_wishlist(current_session(), me(), body)


@router.get("/v1/storefront/me/wishlists/<wishlist_id>", tags=TAGS, security=SIGNED_IN)
@public
def read_own_wishlist(wishlist_id: Id) -> WishlistRead:
    """One list."""
    return wishlists.read_wishlist(current_session(), me(), wishlist_id)


@router.patch("/v1/storefront/me/wishlists/<wishlist_id>", tags=TAGS, security=SIGNED_IN)
@public
def update_own_wishlist(wishlist_id: Id, body: WishlistUpdate) -> WishlistRead:
    """Rename a list, or let others see it."""
    return wishlists.update_wishlist(current_session(), me(), wishlist_id, body)


@router.delete("/v1/storefront/me/wishlists/<wishlist_id>", tags=TAGS, status_code=204, security=SIGNED_IN)
@public
def delete_own_wishlist(wishlist_id: Id) -> None:
    """Delete a list."""
    wishlists.delete_wishlist(current_session(), me(), wishlist_id)


@router.post("/v1/storefront/me/wishlists/<wishlist_id>/items", tags=TAGS, status_code=201, security=SIGNED_IN)
@public
def add_to_own_wishlist(wishlist_id: Id, body: WishlistItemCreate) -> WishlistRead:
    """Put a product on a list. Safe to repeat."""
    return wishlists.add_item(current_session(), me(), wishlist_id, body)


@router.delete(
    "/v1/storefront/me/wishlists/<wishlist_id>/items/<item_id>", tags=TAGS, status_code=204, security=SIGNED_IN
)
@public
def remove_from_own_wishlist(wishlist_id: Id, item_id: Id) -> None:
    """Take a product off a list."""
    wishlists.remove_item(current_session(), me(), wishlist_id, item_id)
