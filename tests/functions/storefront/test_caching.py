"""Validators of successful reads, and what a client that has the answer already gets."""

from decimal import Decimal

from sqlalchemy import select

from functions.storefront.handler import handler
from shared.models import Variant
from shared.tenancy import tenant_session
from tests.calls import call
from tests.conftest import Database
from tests.functions.storefront.shopping import BASE, get, open_shop, sell

PATHS = ["store", "products", "products/classic-tee", "categories", "brands", "suggest?q=a"]


def test_every_successful_read_may_be_cached_and_says_for_whom(shops: Database) -> None:
    for path in PATHS:
        headers = get(path, "aurora").headers
        assert headers["cache-control"] == "public, max-age=30, stale-while-revalidate=30"
        assert headers["vary"] == "X-Store"
        assert headers["etag"].startswith('"')
        assert headers["etag"].endswith('"')


def test_equal_bodies_have_equal_etags_and_others_do_not(shops: Database) -> None:
    answers = [get(path, store) for path in PATHS for store in ("aurora", "borealis") for _ in range(2)]

    assert len({answer.text for answer in answers}) == len({answer.headers["etag"] for answer in answers}) == 12
    assert len({(answer.text, answer.headers["etag"]) for answer in answers}) == 12


def test_who_has_the_answer_gets_no_body_and_the_same_validators(shops: Database) -> None:
    for path in PATHS:
        full = get(path, "aurora")
        etag = full.headers["etag"]
        for known in (etag, f"W/{etag}", f'"other", {etag}', f'W/"other",W/{etag} , "third"'):
            again = call(handler, f"{BASE}/{path}", store="aurora", if_none_match=known)
            assert (again.status, again.text) == (304, "")
            for name in ("etag", "cache-control", "vary"):
                assert again.headers[name] == full.headers[name]


def test_who_has_something_else_gets_the_answer(shops: Database) -> None:
    theirs = get("products", "borealis").headers["etag"]
    for known in (theirs, '"other"', "", ",,,", "W/", '"', theirs.strip('"'), get("store", "aurora").headers["etag"]):
        answer = call(handler, f"{BASE}/products", store="aurora", if_none_match=known)
        assert (answer.status, len(answer.json["items"])) == (200, 20)


def test_a_star_matches_whatever_there_is(shops: Database) -> None:
    assert call(handler, f"{BASE}/products", store="aurora", if_none_match="*").status == 304
    assert call(handler, f"{BASE}/products/none", store="aurora", if_none_match="*").status == 404


def test_a_changed_price_or_stock_changes_the_etag(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "tee")
    for path in ("products", "products/tee"):
        for change in ({"price": Decimal("12.34")}, {"stock_quantity": 3}, {"price": Decimal("10.00")}):
            before = get(path).headers["etag"]
            with tenant_session(store_id) as session:
                variant = session.scalars(select(Variant)).one()
                for name, value in change.items():
                    setattr(variant, name, value)
            answer = call(handler, f"{BASE}/{path}", store="shop", if_none_match=before)
            assert answer.status == 200
            assert answer.headers["etag"] != before
            with tenant_session(store_id) as session:
                session.scalars(select(Variant)).one().stock_quantity = 10


def test_a_problem_is_never_kept(shops: Database) -> None:
    problems = [
        get("products/none", "aurora"),
        get("products", "aurora", limit=0),
        get("products", "aurora", cursor="!"),
        get("products", "nowhere"),
        get("nothing", "aurora"),
        call(handler, f"{BASE}/products"),
        call(handler, f"{BASE}/products?q=%00", store="aurora"),
        call(handler, f"{BASE}/products", store="aurora", method="POST"),
    ]

    assert [answer.status for answer in problems] == [404, 422, 400, 404, 404, 400, 400, 404]
    for answer in problems:
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
