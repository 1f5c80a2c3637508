"""Whatever a body holds, no route breaks."""

import json
from typing import Any

import pytest

from tests.api import api
from tests.conftest import Database
from tests.functions.customers.shopping import make_customer, shop_api, token_of
from tests.functions.stores.people import make_shop
from tests.functions.stores.routes import all_routes

OURS = ("/v1/customers", "/v1/tax-exemptions", "/v1/storefront/customers", "/v1/storefront/me")
WRITES = [route for route in all_routes() if route.path.startswith(OURS) and route.method in {"POST", "PATCH", "PUT"}]
BODIES: dict[str, Any] = {
    "nothing": "",
    "no JSON": "{",
    "null": "null",
    "a list": "[]",
    "text": '"x"',
    "a NUL": '{"email": "a\\u0000@example.com", "first_name": "\\u0000"}',
    "half a pair": '{"first_name": "\\ud800", "name": "\\ud800", "email": "\\ud800@example.com"}',
    "nested": '{"first_name": ' + "[" * 500 + "]" * 500 + "}",
    "numbers": json.dumps(dict.fromkeys(("email", "first_name", "token", "expires_at", "product"), 1e308)),
    "long": json.dumps({"first_name": "x" * 100_000, "email": "x" * 1000 + "@example.com"}),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_is_no_good_is_refused(database: Database, kind: str) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    token, answers = token_of(shop, customer_id), {}
    for route in WRITES:
        # These take no body; a sign-out and an erasure would end the rest.
        if route.path.endswith(("/logout", "/approve", "/revoke", "/restore", "/data-export", "}/erasure")):
            continue
        path = route.path.replace("{customer_id}", customer_id).replace("{", "").replace("}", "")
        if path.startswith("/v1/storefront/"):
            found = shop_api(shop, route.method, path.removeprefix("/v1/storefront/"), BODIES[kind], token=token)
        else:
            found = api(route.method, path, BODIES[kind], token=shop.admin.token)
        answers[route.key] = found.status
    assert {key: status for key, status in answers.items() if status not in {400, 404, 422}} == {}
