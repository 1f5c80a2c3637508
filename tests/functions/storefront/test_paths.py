"""Paths are matched whole: nothing unseen may follow a route or a slug."""

import pytest

from functions.storefront.handler import handler
from tests.calls import Context, call, http_event
from tests.conftest import Database
from tests.functions.storefront.shopping import BASE

PATHS = ["store", "products", "products/classic-tee", "categories", "brands"]


@pytest.mark.parametrize("written", ["%0A", "%0D%0A", "%09", "%1F", "%7F", "%C2%85"])
def test_a_control_character_in_a_path_is_refused(shops: Database, written: str) -> None:
    for path in PATHS:
        answer = call(handler, f"{BASE}/{path}{written}", store="aurora")
        assert (answer.status, answer.json["code"]) == (400, "control_character")


def test_one_that_arrives_encoded_is_refused_too(shops: Database) -> None:
    event = http_event("GET", f"{BASE}/store", {"x-store": "aurora"}) | {"rawPath": f"{BASE}/store%0A"}

    assert handler(event, Context())["statusCode"] == 400


def test_half_a_surrogate_pair_is_refused(shops: Database) -> None:
    event = http_event("GET", f"{BASE}/products", {"x-store": "aurora"})
    for change in ({"rawQueryString": "q=\ud800"}, {"rawPath": f"{BASE}/products/\udfff"}):
        assert handler(event | change, Context())["statusCode"] == 400


def test_a_line_break_in_a_query_is_a_blank_like_any_other(shops: Database) -> None:
    broken, plain = (call(handler, f"{BASE}/products?q=robot{blank}vac", store="aurora") for blank in ("%0A", "%20"))

    assert [item["slug"] for item in broken.json["items"]] == [item["slug"] for item in plain.json["items"]] != []
