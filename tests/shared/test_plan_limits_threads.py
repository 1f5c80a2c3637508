"""Plans' limits hold exactly, however many make things at the same moment."""

from collections import Counter
from datetime import UTC, datetime

from tests.conftest import Database
from tests.functions.stores.threads import with_each
from tests.shared.making import ask, limited, made, used, warnings


def test_the_last_place_goes_to_one_of_twenty(one: Database) -> None:
    shop = limited(current_products=9)

    answers = with_each(lambda _: ask(shop.admin.token), range(20))

    assert Counter(answer.status for answer in answers) == {200: 1, 402: 19}
    assert (used(shop), made(shop)) == (10, 1)
    for answer in answers:
        if answer.status == 402:
            problem = answer.json
            assert problem["code"] == "plan_limit_reached"
            named = {name: problem[name] for name in ("limit", "allowed", "used", "plan")}
            assert named == {"limit": "products", "allowed": 10, "used": 10, "plan": "free"}
            assert "Free" in problem["detail"]


def test_among_many_that_fail_exactly_the_free_places_are_taken(one: Database) -> None:
    shop = limited(current_products=5)

    urls = ["/products", "/products?fail=refused"] * 10
    answers = with_each(lambda url: (url, ask(shop.admin.token, url).status), urls)

    assert Counter(status for url, status in answers if url == "/products") == {200: 5, 402: 5}
    assert (used(shop), made(shop)) == (10, 5)


def test_who_reaches_four_fifths_at_once_gets_one_mail(one: Database) -> None:
    shop = limited(current_products=3)

    assert with_each(lambda _: ask(shop.admin.token).status, range(7)) == [200] * 7
    assert [mail["used"] for mail in warnings(shop)] == ["8"]


def test_taking_and_giving_back_at_once_adds_up(one: Database) -> None:
    shop = limited("pro", current_products=50)

    methods = ["POST", "POST", "DELETE"] * 6
    assert with_each(lambda method: ask(shop.admin.token, method=method).status, methods) == [200] * 18
    assert used(shop) == 50 + 12 - 6


def test_the_first_orders_of_a_month_made_at_once_are_all_counted(one: Database) -> None:
    shop = limited(current_orders=50, usage_reset_at=datetime(2026, 1, 5, tzinfo=UTC))

    assert with_each(lambda _: ask(shop.admin.token, "/orders").status, range(12)) == [200] * 12
    assert used(shop, "orders") == 12
