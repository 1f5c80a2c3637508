"""What a plan allows is counted where things are made, given back when they are not, and told before it is used up."""

from datetime import UTC, datetime

import pytest
import time_machine

from shared.database import function_engine
from shared.errors import PlanError
from shared.models import Order
from shared.plan_limits import Resource, check_room, give_back, take_place
from shared.tenancy import tenant_session
from tests.calls import counted
from tests.conftest import Database
from tests.functions.stores.people import signed_in_again
from tests.shared.making import ask, limited, made, used, warnings

MB = 1024 * 1024


@pytest.mark.parametrize("fail", ["refused", "crashed"])
def test_a_request_that_fails_gives_its_place_back(each: Database, fail: str) -> None:
    shop = limited(current_products=9)

    assert ask(shop.admin.token, f"/products?fail={fail}").status == (409 if fail == "refused" else 500)

    assert (used(shop), made(shop), warnings(shop)) == (9, 0, [])
    assert ask(shop.admin.token).status == 200


def test_from_four_fifths_on_answers_warn_and_one_mail_does(each: Database) -> None:
    shop = limited()

    found = [ask(shop.admin.token).headers.get("plan-warning") for _ in range(10)]

    assert found == [None] * 7 + [f"products; used={number}; limit=10" for number in (8, 9, 10)]
    store = {"store": warnings(shop)[0]["store"]}
    assert warnings(shop) == [store | {"resource": "products", "used": "8", "limit": "10"}]


def test_many_places_are_taken_together_or_not_at_all(each: Database) -> None:
    shop = limited(current_products=4)

    assert ask(shop.admin.token, "/products?amount=7").status == 402
    assert (used(shop), warnings(shop)) == (4, [])
    assert ask(shop.admin.token, "/products?amount=5").headers["plan-warning"] == "products; used=9; limit=10"
    assert ask(shop.admin.token, "/products?amount=2").json["used"] == 9
    assert (used(shop), len(warnings(shop))) == (9, 1)


def test_a_place_that_is_given_back_can_be_taken(each: Database) -> None:
    shop = limited(current_products=10)
    assert ask(shop.admin.token).status == 402

    ask(shop.admin.token, method="DELETE")
    assert [ask(shop.admin.token).status for _ in range(2)] == [200, 402]


@pytest.mark.parametrize("resource", [Resource.PRODUCTS, Resource.ORDERS, Resource.STAFF])
@pytest.mark.parametrize(("before", "amount", "after"), [(0, 1, 0), (1, 1, 0), (2, 5, 0), (5, 2, 3)])
def test_a_count_never_falls_below_zero(
    each: Database, resource: Resource, before: int, amount: int, after: int
) -> None:
    shop = limited(**{f"current_{resource}": before})
    with tenant_session(shop.id) as session:
        give_back(session, resource, amount)

    assert used(shop, str(resource)) == after


def test_storage_is_counted_in_bytes_and_told_in_megabytes(each: Database) -> None:
    shop, told = limited(), []
    for size in (1, MB - 1, 1, 5 * MB):
        with tenant_session(shop.id) as session:
            told.append(take_place(session, Resource.STORAGE, size).used)
    with tenant_session(shop.id) as session:
        give_back(session, Resource.STORAGE, MB)

    assert (told, used(shop, "storage")) == ([1, 1, 2, 7], 6)
    with tenant_session(shop.id) as session, pytest.raises(PlanError) as refused:
        take_place(session, Resource.STORAGE, 95 * MB)
    assert (refused.value.members["allowed"], refused.value.members["used"]) == (100, 6)
    with tenant_session(shop.id) as session:
        take_place(session, Resource.STORAGE, 95 * MB - 1)
        give_back(session, Resource.STORAGE, 10**12)
    assert used(shop, "storage") == 0


def test_ten_gigabytes_are_not_too_many_to_count(each: Database) -> None:
    shop = limited("pro")
    with tenant_session(shop.id) as session:
        assert take_place(session, Resource.STORAGE, 9000 * MB).limit == 10240


def test_a_plan_without_a_limit_counts_and_warns_of_nothing(each: Database) -> None:
    shop = limited("enterprise", current_products=1_000_000)

    answer = ask(shop.admin.token)

    assert (answer.status, answer.headers.get("plan-warning")) == (200, None)
    assert (used(shop), warnings(shop)) == (1_000_001, [])


def test_a_store_without_a_subscription_makes_nothing(each: Database) -> None:
    shop = limited(None)

    refused = ask(shop.admin.token)

    assert (refused.status, refused.json["code"]) == (402, "no_subscription")
    assert made(shop) == 0
    assert ask(shop.admin.token, method="DELETE").status == 200


def test_orders_are_counted_anew_each_month(each: Database) -> None:
    def orders(*moment: int) -> int:
        with time_machine.travel(datetime(*moment, tzinfo=UTC), tick=False):  # type: ignore[misc]
            return ask(signed_in_again(shop).admin.token, "/orders").status

    shop = limited(current_orders=48, usage_reset_at=datetime(2027, 1, 5, tzinfo=UTC))
    assert [orders(2027, 1, 31, 23, 59, 59) for _ in range(3)] == [200, 200, 402]
    assert used(shop, "orders") == 50
    assert orders(2027, 2, 1) == 200
    assert used(shop, "orders") == 1
    assert orders(2027, 2, 28) == 200
    assert used(shop, "orders") == 2
    # A year later it is the same month of the calendar, and another month.
    assert orders(2028, 2, 1) == 200
    assert used(shop, "orders") == 1
    assert made(shop, Order) == 5


def test_a_store_counts_for_itself_alone(each: Database) -> None:
    full, empty = limited(current_products=10), limited()

    assert ask(empty.admin.token).status == 200
    ask(full.admin.token, method="DELETE")
    assert (used(full), used(empty)) == (9, 1)


def test_taking_a_place_costs_one_statement(each: Database) -> None:
    with tenant_session(limited().id) as session, counted(function_engine()) as sent:
        take_place(session, Resource.PRODUCTS)
    assert len(sent) == 1


def test_a_refusal_names_the_limit_even_of_none_at_all(each: Database) -> None:
    shop = limited(current_staff=0)
    with tenant_session(shop.id) as session, pytest.raises(PlanError) as error:
        take_place(session, Resource.STAFF, 2)

    assert error.value.members == {"limit": "staff", "allowed": 1, "used": 0, "plan": "free"}


def test_room_is_seen_without_being_taken(each: Database) -> None:
    shop = limited(current_products=9)
    with tenant_session(shop.id) as session:
        check_room(session, Resource.PRODUCTS)
        check_room(session, Resource.STORAGE, 100 * MB)
        with pytest.raises(PlanError, match="allows 10 products; 9 are used and 2 more"):
            check_room(session, Resource.PRODUCTS, 2)
        with pytest.raises(PlanError, match="allows 100 MB of storage; 0 are used and 101 more"):
            check_room(session, Resource.STORAGE, 100 * MB + 1)

    assert (used(shop), warnings(shop)) == (9, [])


def test_an_answer_that_refuses_warns_of_no_plan(each: Database) -> None:
    shop = limited(current_products=8)

    refused = ask(shop.admin.token, "/products?fail=refused")

    assert (refused.status, "plan-warning" in refused.headers, "ratelimit-limit" in refused.headers) == (
        409,
        False,
        True,
    )
