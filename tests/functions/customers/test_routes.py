"""What the routes of customers ask of a caller."""

from tests.functions.stores.routes import all_routes

ROUTES = [route for route in all_routes() if route.path.startswith(("/v1/customers", "/v1/tax-exemptions"))]
SHOPPERS = ("/v1/storefront/customers", "/v1/storefront/me", "/v1/storefront/wishlists")


def test_to_look_takes_one_permission_and_to_change_another() -> None:
    assert len(ROUTES) == 19
    for route in ROUTES:
        wanted = "customers:read" if route.method == "GET" else "customers:write"
        assert route.access.permission == wanted, route.key


def test_shoppers_need_no_users_token() -> None:
    routes = [route for route in all_routes() if route.path.startswith(SHOPPERS)]
    assert len(routes) == 31
    assert not [route.key for route in routes if route.access.signed_in]
