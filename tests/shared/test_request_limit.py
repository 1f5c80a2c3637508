"""Requests a minute: counted for each store, told with each answer, and in nobody's way."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from shared.errors import TooManyError
from shared.request_limit import count_request
from tests.api import api
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.stores.people import Shop, join, make_shop, make_super_admin, make_user

MINUTE = datetime(2027, 3, 1, 12, 30, tzinfo=UTC)
HALF_PAST = MINUTE + timedelta(seconds=30, milliseconds=500)


def ask(shop: Shop, url: str = "/v1/roles") -> Answer:
    return api("GET", url, token=shop.admin.token)


def told(answer: Answer) -> tuple[str, ...]:
    """What an answer says of the limit."""
    return tuple(answer.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset"))


@pytest.mark.parametrize(
    ("plan", "limit"), [("free", 60), ("basic", 120), ("pro", 300), ("enterprise", 1000), (None, 60)]
)
@time_machine.travel(HALF_PAST, tick=False)
def test_each_answer_tells_of_the_limit_of_the_plan(each: Database, plan: str | None, limit: int) -> None:
    shop = make_shop(plan)

    assert told(ask(shop)) == (str(limit), str(limit - 1), "30")
    assert told(ask(shop)) == (str(limit), str(limit - 2), "30")


def test_sixty_a_minute_and_then_none_until_the_next(each: Database) -> None:
    with time_machine.travel(HALF_PAST, tick=False):
        shop = make_shop("free")
        for _ in range(60):
            count_request(shop.id, 60)

        refused = ask(shop)
        assert (refused.status, refused.json["code"], refused.headers["retry-after"]) == (
            429,
            "too_many_requests",
            "30",
        )
        assert told(refused) == ("60", "0", "30")
        assert told(ask(shop)) == ("60", "0", "30")
    with time_machine.travel(MINUTE + timedelta(seconds=59, milliseconds=999), tick=False):
        assert ask(shop).status == 429
    with time_machine.travel(MINUTE + timedelta(minutes=1), tick=False):
        answer = ask(shop)
        assert (answer.status, told(answer)[1]) == (200, "59")


def test_waiting_as_long_as_retry_after_says_is_enough(each: Database) -> None:
    shop, store = make_shop(), "waits"
    with time_machine.travel(HALF_PAST, tick=False):
        count_request(store, 1)
        with pytest.raises(TooManyError) as error:
            count_request(store, 1)
    wait = int(error.value.headers["Retry-After"])
    with time_machine.travel(HALF_PAST + timedelta(seconds=wait), tick=False):
        assert count_request(store, 1)["RateLimit-Remaining"] == "0"
    assert ask(shop).status == 200


@time_machine.travel(HALF_PAST, tick=False)
def test_two_stores_do_not_share(each: Database) -> None:
    first, second = make_shop("free"), make_shop("free")
    for _ in range(60):
        count_request(first.id, 60)

    assert (ask(first).status, told(ask(second))[1]) == (429, "59")


@time_machine.travel(HALF_PAST, tick=False)
def test_all_members_of_a_store_share(each: Database) -> None:
    shop = make_shop("free")
    staff = join(shop.id)

    ask(shop)
    assert told(api("GET", "/v1/roles", token=staff.token))[1] == "58"


@time_machine.travel(HALF_PAST, tick=False)
def test_a_request_that_fails_counts(each: Database) -> None:
    shop = make_shop("free")
    failures = [
        ("GET", "/v1/nothing", None, 404),
        ("GET", "/v1/stores", None, 403),
        ("PATCH", "/v1/store", {"name": None}, 422),
        ("PATCH", "/v1/store", "{", 400),
        ("DELETE", "/v1/store/subscription", None, 409),
    ]

    for number, (method, url, body, status) in enumerate(failures):
        answer = api(method, url, body, token=shop.admin.token)
        assert (answer.status, told(answer)[1]) == (status, str(59 - number))


@time_machine.travel(HALF_PAST, tick=False)
def test_visitors_and_people_without_a_store_are_not_counted(each: Database) -> None:
    shop = make_shop("free")
    for person in (make_super_admin(visiting=shop.id), make_super_admin(), make_user()):
        answer = api("GET", "/v1/roles", token=person.token)
        assert (answer.status, [name for name in answer.headers if name.startswith("ratelimit")]) == (200, [])

    assert told(ask(shop))[1] == "59"


def test_a_clock_that_is_a_little_behind_counts_into_the_running_minute(each: Database) -> None:
    store, left = make_shop().id, []
    for seconds in (0, -1, 59, 1, 60, 59):
        with time_machine.travel(MINUTE + timedelta(seconds=seconds), tick=False):
            left.append(int(count_request(store, 100)["RateLimit-Remaining"]))

    assert left == [99, 98, 97, 96, 99, 98]


@time_machine.travel(HALF_PAST, tick=False)
def test_a_plan_that_is_changed_counts_with_its_new_number(each: Database) -> None:
    shop = make_shop("free")
    ask(shop)

    body = {"plan": "pro", "payment_method": "INVOICE"}
    assert api("PUT", "/v1/store/subscription", body, token=shop.admin.token).status == 200
    assert told(ask(shop)) == ("300", "297", "30")
