"""What the storefront answers is what the description promises; tests.api checks the answers of the other functions."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.storefront.handler import app, handler
from local.database import ROOT
from local.openapi import described
from tests.calls import call
from tests.conftest import Database

DOCUMENT = json.loads((ROOT / "functions/docs/openapi.json").read_text())
ASKED = {
    "/v1/storefront/store": [""],
    "/v1/storefront/products": ["", "?limit=100", "?q=tee", "?q=nothing-at-all", "?in_stock=true&sort=-price"],
    "/v1/storefront/products/{slug}": [""],
    "/v1/storefront/categories": [""],
    "/v1/storefront/brands": [""],
    "/v1/storefront/suggest": ["?q=a", "?q=zzz"],
    "/v1/storefront/facets": ["", "?q=tee", "?category=kitchen&attribute=color:Black", "?q=nothing-at-all"],
}
REFUSED = {
    400: ["/v1/storefront/products?cursor=broken", "/v1/storefront/products?q=%00"],
    404: ["/v1/storefront/products/none", "/v1/storefront/none"],
    422: ["/v1/storefront/products?limit=0&sort=x&brand=" + "x" * 201, "/v1/storefront/suggest"],
}


def _validator(schema: dict[str, Any], *, closed: bool = False) -> Draft202012Validator:
    whole = schema | {"components": DOCUMENT["components"]}
    if closed:
        for component in whole["components"]["schemas"].values():
            component.setdefault("additionalProperties", False)
    return Draft202012Validator(whole)


def _schema(path: str, status: int, media_type: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path]["get"]["responses"][str(status)]["content"][media_type]["schema"]
    return found


def test_every_route_has_an_answer_to_check() -> None:
    assert ASKED.keys() == described(app)["paths"].keys()


@pytest.mark.parametrize("store", ["aurora", "borealis"])
def test_every_answer_fits_its_schema_and_holds_nothing_more(shops: Database, store: str) -> None:
    for path, queries in ASKED.items():
        validator = _validator(_schema(path, 200, "application/json"), closed=True)
        for query in queries:
            answer = call(handler, path.replace("{slug}", "classic-tee") + query, store=store)
            assert answer.status == 200
            assert [error.message for error in validator.iter_errors(answer.json)] == []
            assert list(validator.iter_errors({"unexpected": answer.json}))


def test_every_problem_fits_its_schema(shops: Database) -> None:
    for status, urls in REFUSED.items():
        validator = _validator(_schema("/v1/storefront/products", status, "application/problem+json"))
        for url in urls:
            answer = call(handler, url, store="aurora")
            assert answer.status == status
            assert [error.message for error in validator.iter_errors(answer.json)] == []


def test_amounts_are_described_as_strings() -> None:
    variant = DOCUMENT["components"]["schemas"]["ProductVariantRead"]["properties"]

    assert variant["price"]["type"] == "string"
    assert {kind["type"] for kind in variant["compare_at_price"]["anyOf"]} == {"string", "null"}
