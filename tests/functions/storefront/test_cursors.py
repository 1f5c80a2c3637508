"""A cursor that this list did not make is refused, and never opens another store."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from functions.storefront.handler import handler
from tests.calls import Answer, call
from tests.conftest import Database
from tests.functions.storefront.shopping import PRODUCTS, cursor_of, get, open_shop, sell

TIME = "2026-01-01T00:00:00+00:00"
WRONG_SHAPES: list[Any] = [
    *[None, 5, True, "text", "", [], {}, [[]], ["newest"], ["newest", TIME], ["newest", TIME, "id", "more"]],
    *[["newest", None, "id"], ["newest", [], "id"], ["newest", {}, "id"], ["newest", TIME, None]],
    *[["newest", TIME, 5], ["newest", TIME, 1.5], ["newest", TIME, True], ["newest", TIME, ["id"]]],
    *[{"newest": 1, TIME: 2, "id": 3}, [["newest"], TIME, "id"], ["newest", 5, "id"], ["newest", "soon", "id"]],
    *[["newest", "2026-01-01T00:00:00", "id"], ["newest", "0001-01-01T00:00:00+14:00", "id"]],
    *[["newest", "9999-12-31T23:59:59-14:00", "id"], ["newest", f"{TIME}\x00", "id"], ["newest", TIME, "i\x00d"]],
    *[["newest", TIME, "\ud800"], ["NEWEST", TIME, "id"], ["price", TIME, "id"]],
]
WRONG_PRICES: list[Any] = [
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "1.23456",
    "99999999999",
    "",
    "ten",
    None,
    [],
    1e400,
]
RAW = {
    "not base64": "!!!!",
    "one letter": "A",
    "padding": "====",
    "empty": "",
    "plain base64 of bytes": base64.b64encode(b"\xff\xfe\xfd").decode(),
    "unclosed JSON": cursor_of(b'["newest"'),
    "deep JSON": cursor_of(b"[" * 740),
    "deeper JSON": cursor_of(b"[" * 1490),
    "UTF-16": cursor_of(json.dumps(["newest", TIME, "id"]).encode("utf-16")),
    "a number": cursor_of(b"1" * 700),
    "NaN": cursor_of(b"NaN"),
    "letters of another script": "курсор",
    "SQL": "' OR 1=1 --",
}


def _statuses(urls: dict[str, str]) -> dict[str, int]:
    """What is not refused as it should be."""
    answers = {name: call(handler, url, store="aurora") for name, url in urls.items()}
    return {name: answer.status for name, answer in answers.items() if not _is_refusal(answer)}


def _is_refusal(answer: Answer) -> bool:
    is_problem = answer.headers["content-type"] == "application/problem+json"
    return is_problem and answer.status == 400 and answer.json["code"] in {"invalid_cursor", "nul_character"}


def test_json_of_a_wrong_shape_is_refused(shops: Database) -> None:
    assert _statuses({repr(content): f"{PRODUCTS}?cursor={cursor_of(content)}" for content in WRONG_SHAPES}) == {}


@pytest.mark.parametrize("sort", ["price", "-price"])
def test_a_price_that_cannot_be_one_is_refused(shops: Database, sort: str) -> None:
    urls = {repr(price): f"{PRODUCTS}?sort={sort}&cursor={cursor_of([sort, price, 'id'])}" for price in WRONG_PRICES}

    assert _statuses(urls) == {}


def test_a_name_that_cannot_be_one_is_refused(shops: Database) -> None:
    names: list[Any] = [None, [], {}, "\ud800", "a\x00b"]

    assert _statuses({repr(n): f"{PRODUCTS}?sort=name&cursor={cursor_of(['name', n, 'id'])}" for n in names}) == {}


def test_a_rank_that_is_no_number_is_refused(shops: Database) -> None:
    ranks: list[Any] = ["abc", "", None, [], "0x1p3"]
    urls = {repr(r): f"{PRODUCTS}?q=tee&cursor={cursor_of(['relevance tee', r, 'id'])}" for r in ranks}

    assert _statuses(urls) == {}


def test_a_rank_changed_in_a_real_cursor_is_refused(shops: Database) -> None:
    cursor = get("products", "aurora", q="vacuum", limit=1).json["next_cursor"]
    order, _, product_id = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    ranks = ["0.1", "nan", "-inf", "Infinity", "1e400", "abc", "", "0x1p3"]
    urls = {rank: f"{PRODUCTS}?q=vacuum&cursor={cursor_of([order, rank, product_id])}" for rank in ranks}

    assert _statuses(urls) == {"0.1": 200}


def test_what_is_no_cursor_at_all_is_refused(shops: Database) -> None:
    assert _statuses({name: f"{PRODUCTS}?cursor={quote(raw)}" for name, raw in RAW.items()}) == {}


def test_bytes_that_are_no_text_are_refused(shops: Database) -> None:
    raw = ["%00", "abc%00", "%ff%fe", "%ed%a0%80", "%", "%zz"]

    assert _statuses({written: f"{PRODUCTS}?cursor={written}" for written in raw}) == {}


def test_a_huge_cursor_is_refused(shops: Database) -> None:
    for length in (10_000, 100_000):
        answer = get("products", "aurora", cursor="A" * length)
        assert answer.status in {400, 422}
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_cursor_of_another_order_is_refused(shops: Database) -> None:
    sorts = ["newest", "price", "-price", "name", "-name"]
    cursors = {sort: get("products", "aurora", limit=3, sort=sort).json["next_cursor"] for sort in sorts}
    for made_for, cursor in cursors.items():
        for sort in sorts:
            expected = 200 if sort == made_for else 400
            assert get("products", "aurora", sort=sort, cursor=cursor).status == expected, (made_for, sort)


def test_a_cursor_of_another_search_is_refused(shops: Database) -> None:
    cursor = get("products", "aurora", limit=1, q="vacuum").json["next_cursor"]

    assert get("products", "aurora", q="vacuum", cursor=cursor).status == 200
    assert get("products", "aurora", q="steamer", cursor=cursor).status == 400
    assert get("products", "aurora", cursor=cursor).status == 400


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "name", "-name"])
def test_another_stores_cursor_shows_nothing_of_that_store(shops: Database, sort: str) -> None:
    own = {item["id"] for item in get("products", "aurora", limit=100).json["items"]}
    cursor = get("products", "borealis", limit=5, sort=sort).json["next_cursor"]

    answer = get("products", "aurora", limit=100, sort=sort, cursor=cursor)

    assert answer.status in {200, 400}
    assert {item["id"] for item in answer.json.get("items", [])} <= own


def test_a_refused_cursor_leaves_the_next_request_alone(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "tee")
    well_made = cursor_of(["name", "A", "id"])
    expected = get("products", sort="name", cursor=well_made).text

    for value, product_id in (("\ud800", "id"), ("name", "\ud800"), ("name", 5)):
        get("products", sort="name", cursor=cursor_of(["name", value, product_id]))
        for _ in range(3):
            after = get("products", sort="name", cursor=well_made)
            assert (after.status, after.text) == (200, expected)
