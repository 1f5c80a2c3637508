"""Whatever comes in, the answer is a problem that says what to do or a plain result, never a fault."""

import logging
from typing import Any
from urllib.parse import quote

import pytest

from functions.storefront.handler import handler
from tests.calls import Answer, Context, call, http_event
from tests.conftest import Database
from tests.functions.storefront.shopping import BASE, PRODUCTS, get

TELLTALES = ["sqlalchemy", "traceback", "select ", "pg8000", "psycopg", 'file "', "postgres", ".py", "pydantic"]
INVALID = {
    "limit": ["0", "101", "-1", "abc", "", "1.5", "1e1", "9" * 5000, "0x10", "null", "\uff15"],
    "sort": ["", "bogus", "Newest", "price,name", "relevance", "id; DROP TABLE products", "--price"],
    "min_price": [
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "1e-400",
        "-1",
        "-0.001",
        "",
        "abc",
        "1.2345",
        "1,50",
    ],
    "max_price": ["1e12", "10000000000", "$5", "0x1"],
    "in_stock": ["", "maybe", "2"],
    "attribute": ["", "color", ":", ":Black", "color:", "color:" + "x" * 200],
    "brand": ["x" * 201],
    "label": ["x" * 201],
    "category": ["x" * 201],
    "q": ["a" * 201, "a" * 10_240],
    "cursor": ["A" * 10_240],
}
VALID = [
    *["unknown=1", "limit[]=5", "x" * 10_240, "&&&", "=", "==&=", "brand=", "category=", "q=", "label=%F0%9F%98%80"],
    *[
        "q=%",
        "q=%zz",
        "q=%2",
        "q=%ff",
        "q=%c3%28",
        "q=%ed%a0%80",
        "q=%ed%b0%80%ed%a0%80",
        "category=%ff",
        "brand=%fe%ff",
    ],
    *[
        "q=%25%30%30",
        "min_price=10&max_price=5",
        "min_price=0.000",
        "min_price=1e3",
        "attribute=a:b:c",
        "in_stock=TRUE",
    ],
    "&".join(f"unknown{number}=1" for number in range(5000)),
]
PATHS = [
    *[
        "",
        "/",
        "/v1",
        "//",
        "/v2/storefront/products",
        "/v1/storefront",
        f"{BASE}/nothing",
        f"{BASE}/Store",
        "/..%2f..",
    ],
    *[
        f"{PRODUCTS}/{slug}"
        for slug in ("", "none", "a/b", "..", "'", '"', "%25", "%ff", "%ed%a0%80", "👕", "a%20b", "*")
    ],
    *[f"{PRODUCTS}/{slug}" for slug in ("classic-tee/", "CLASSIC-TEE", "' OR 1=1 --", "%5C", "{slug}", "<slug>")],
]


def _is_clean(answer: Answer) -> bool:
    return not any(word in answer.text.lower() for word in TELLTALES)


def _check_problem(answer: Answer, status: int) -> None:
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem = answer.json
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(problem)
    assert problem["status"] == status
    assert problem["type"] == "https://stormcom.dev/problems/" + problem["code"].replace("_", "-")
    assert problem["request_id"] == "JKJaXmPLvHcESHA="
    assert problem["title"]
    assert problem["detail"]
    assert _is_clean(answer), answer.text


def test_values_that_are_not_acceptable_are_named_one_by_one(shops: Database) -> None:
    for name, values in INVALID.items():
        for value in values:
            answer = call(handler, f"{PRODUCTS}?{name}={quote(value)}", store="aurora")
            _check_problem(answer, 422)
            for error in answer.json["errors"]:
                assert set(error) == {"loc", "message"}
                assert error["loc"][:2] == ["query", name]
                assert error["message"]


def test_all_that_is_wrong_is_told_at_once(shops: Database) -> None:
    answer = get("products", "aurora", limit=0, sort="bogus", min_price="x", brand=["ok", "x" * 201])

    _check_problem(answer, 422)
    assert {tuple(error["loc"])[:2] for error in answer.json["errors"]} == {
        ("query", "limit"),
        ("query", "sort"),
        ("query", "min_price"),
        ("query", "brand"),
    }


def test_a_single_value_given_twice_is_refused(shops: Database) -> None:
    given = {
        "limit": "5",
        "q": "tee",
        "min_price": "1",
        "max_price": "9",
        "sort": "name",
        "category": "a",
        "cursor": "A",
    }
    for name, value in (given | {"cursor": "A"}).items():
        answer = get("products", "aurora", **{name: [value, value]})
        _check_problem(answer, 422)
        assert answer.json["errors"][0]["loc"][:2] == ["query", name]


def test_a_thousand_filters_are_refused_in_a_few_words(shops: Database) -> None:
    for values in ([f"color:x{number}" for number in range(1000)], ["x"] * 1000):
        answer = get("products", "aurora", attribute=values)
        _check_problem(answer, 422)
        assert len(answer.text) < 10_000


def test_what_is_unknown_or_odd_but_harmless_is_answered(shops: Database) -> None:
    for query in VALID:
        answer = call(handler, f"{PRODUCTS}?{query}", store="aurora")
        assert answer.status == 200, (query[:40], answer.text)
        assert _is_clean(answer)
    assert get("products", "aurora", unknown=1).text == get("products", "aurora").text


def test_a_nul_is_refused_wherever_it_stands(shops: Database) -> None:
    names = ["q", "category", "brand", "label", "attribute", "min_price", "sort", "limit", "cursor", "unknown"]
    urls = [f"{PRODUCTS}?{name}=a%00b" for name in names] + [f"{PRODUCTS}?a%00=1", f"{PRODUCTS}/classic%00tee"]
    for url in [*urls, f"{BASE}/suggest?q=%00", f"{BASE}/store?%00", f"{BASE}/%00"]:
        _check_problem(call(handler, url, store="aurora"), 400)


def test_paths_that_are_none_are_not_found(shops: Database) -> None:
    for path in PATHS:
        _check_problem(call(handler, path, store="aurora"), 404)


def test_a_slug_longer_than_any_is_refused(shops: Database) -> None:
    for length in (201, 10_240):
        _check_problem(get(f"products/{'x' * length}", "aurora"), 422)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "BREW"])
def test_other_methods_are_not_found(shops: Database, method: str) -> None:
    for path in ("store", "products", "products/classic-tee", "categories", "brands", "suggest?q=a"):
        _check_problem(call(handler, f"{BASE}/{path}", store="aurora", method=method), 404)


def test_a_request_that_names_no_store_is_told_to(shops: Database) -> None:
    _check_problem(call(handler, PRODUCTS), 400)


def test_lone_surrogates_in_the_event_do_no_harm(shops: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    changes: list[dict[str, Any]] = [
        {"rawQueryString": "q=\ud800"},
        {"rawQueryString": "brand=\udfff&category=\ud800"},
        {"rawQueryString": "cursor=\ud800"},
        {"rawPath": f"{PRODUCTS}/\ud800"},
        {"headers": {"x-store": "\ud800"}},
        {"headers": {"x-store": "aurora", "if-none-match": "\ud800"}},
    ]
    for change in changes:
        event = http_event("GET", PRODUCTS, {"x-store": "aurora"}) | change
        assert 200 <= handler(event, Context())["statusCode"] < 500, change
