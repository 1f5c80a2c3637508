"""Deleting a store with all that is in it, and bringing it back."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from functions.storefront.handler import handler as storefront
from functions.stores.handler import handler as stores
from shared.models.enums import SubscriptionStatus
from tests.api import answer, api, principal_context
from tests.calls import call, http_event
from tests.conftest import Database
from tests.factories import make_product
from tests.functions.stores.people import (
    Person,
    Shop,
    join,
    make_shop,
    make_super_admin,
    make_user,
    token_of,
)
from tests.functions.stores.threads import together

NOON = datetime(2027, 5, 1, 12, tzinfo=UTC)
GONE = "/v1/store?confirm=Lamps"


def deleted_shop(**given: Any) -> Shop:
    shop = make_shop(**({"plan": "free", "name": "Lamps"} | given))
    assert api("DELETE", GONE, token=shop.admin.token).status == 204
    return shop


def restore(shop: Shop, person: Person) -> Any:
    return api("POST", f"/v1/stores/{shop.id}/restore", token=token_of(person.user_id))


@pytest.mark.parametrize(
    "url", ["/v1/store", "/v1/store?confirm=", "/v1/store?confirm=lamps", "/v1/store?confirm=Lamp"]
)
def test_deleting_asks_for_the_exact_name(database: Database, url: str) -> None:
    token = make_shop(plan="free", name="Lamps").admin.token

    refused = api("DELETE", url, token=token)

    assert (refused.status, refused.json["errors"][0]["loc"]) == (422, ["query", "confirm"])
    assert api("GET", "/v1/store", token=token).json["deleted_at"] is None


@pytest.mark.parametrize("status", [SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE])
@pytest.mark.parametrize("by", ["admin", "platform"])
def test_a_store_that_pays_cannot_be_deleted(database: Database, status: SubscriptionStatus, by: str) -> None:
    shop = make_shop("basic", {"status": status}, name="Lamps")
    platform = make_super_admin()

    refused = (
        api("DELETE", GONE, token=shop.admin.token)
        if by == "admin"
        else api("DELETE", f"/v1/stores/{shop.id}?confirm=Lamps", token=platform.token)
    )

    assert (refused.status, refused.json["code"]) == (409, "subscription_active")
    assert api("GET", "/v1/store", token=shop.admin.token).status == 200


@pytest.mark.parametrize(
    ("plan", "status"),
    [("free", SubscriptionStatus.ACTIVE), ("basic", SubscriptionStatus.TRIAL), ("basic", SubscriptionStatus.CANCELED)],
)
def test_a_store_that_pays_nothing_more_can_be_deleted(
    database: Database, plan: str, status: SubscriptionStatus
) -> None:
    later = NOON.replace(year=2030)
    deleted_shop(plan=plan, subscription={"status": status, "trial_end_date": later, "end_date": later})


def test_a_cancelled_subscription_no_longer_keeps_the_store(database: Database) -> None:
    token = make_shop("basic", name="Lamps").admin.token
    assert api("DELETE", GONE, token=token).status == 409
    assert api("DELETE", "/v1/store/subscription", token=token).status == 200
    assert api("DELETE", GONE, token=token).status == 204


def test_a_deleted_store_is_gone_for_shoppers_and_every_token(either: Database) -> None:
    shop = make_shop(plan="free", name="Lamps")
    make_product(shop.id)
    staff = join(shop.id)
    assert call(storefront, "/v1/storefront/products", store=shop.slug).status == 200

    assert api("DELETE", GONE, token=shop.admin.token).status == 204

    for token in (shop.admin.token, staff.token):
        for url in ("/v1/store", "/v1/store/staff", "/v1/audit-log", "/v1/store/subscription"):
            assert api("GET", url, token=token).json["code"] == "no_store"
        assert api("PATCH", "/v1/store", {"name": "x"}, token=token).json["code"] == "no_store"
        assert api("GET", "/v1/auth/me", token=token).json["stores"] == []
    assert call(storefront, "/v1/storefront/products", store=shop.slug).status == 404


def test_what_api_gateway_still_remembers_of_a_token_opens_no_deleted_store(database: Database) -> None:
    shop = make_shop(plan="free", name="Lamps")
    remembered = http_event("GET", "/v1/store")
    remembered["requestContext"]["authorizer"] = {"lambda": principal_context(shop.admin.token)}
    assert api("DELETE", GONE, token=shop.admin.token).status == 204

    refused = answer(stores, remembered)

    assert (refused.status, refused.json["code"]) == (403, "no_store")


def test_an_admin_brings_it_back_with_all_that_was_in_it(either: Database) -> None:
    shop = make_shop(plan="free", name="Lamps")
    make_product(shop.id, slug="lamp")
    assert api("DELETE", GONE, token=shop.admin.token).status == 204

    back = restore(shop, shop.admin)

    assert (back.status, back.json["id"], back.json["deleted_at"]) == (200, shop.id, None)
    assert call(storefront, "/v1/storefront/products/lamp", store=shop.slug).status == 200
    log = api("GET", "/v1/audit-log", token=shop.admin.token).json["items"]
    assert [entry["action"] for entry in log if entry["entity_type"] == "store"] == ["store.restored", "store.deleted"]
    assert log[0]["before"].keys() == log[0]["after"].keys() == {"deleted_at"}
    assert restore(shop, shop.admin).status == 404


def test_nobody_else_brings_it_back(database: Database) -> None:
    shop = make_shop(plan="free", name="Lamps")
    others = [
        join(shop.id),
        join(shop.id, "STORE_ADMIN", is_active=False),
        make_shop().admin,
        make_user(),
    ]
    assert api("DELETE", GONE, token=shop.admin.token).status == 204

    for person in others:
        refused = restore(shop, person)
        assert (refused.status, refused.json["code"]) == (404, "store_not_found")
    assert restore(shop, make_super_admin()).status == 200


def test_a_store_that_is_not_deleted_cannot_be_restored(database: Database) -> None:
    shop = make_shop()

    assert restore(shop, shop.admin).status == 404


@pytest.mark.parametrize(("days", "status"), [(0, 200), (89, 200), (90, 200), (91, 404)])
def test_it_can_be_brought_back_for_90_days(database: Database, days: int, status: int) -> None:
    with time_machine.travel(NOON, tick=False):
        shop = deleted_shop()
    with time_machine.travel(NOON + timedelta(days=days), tick=False):
        assert restore(shop, shop.admin).status == status
        assert restore(shop, make_super_admin()).status == 404


@pytest.mark.parametrize(("field", "value"), [("slug", "lamps"), ("domain", "lamps.example")])
def test_what_another_has_taken_meanwhile_is_named(database: Database, field: str, value: str) -> None:
    given: dict[str, Any] = {field: value}
    shop = deleted_shop(**given)
    make_shop(**given)

    refused = restore(shop, shop.admin)

    assert (refused.status, refused.json["code"]) == (409, "already_taken")
    assert [error["loc"] for error in refused.json["errors"]] == [["stores", field]]


def test_a_deletion_leaves_other_stores_alone(database: Database) -> None:
    other = make_shop()
    make_product(other.id, slug="lamp")
    deleted_shop()

    assert api("GET", "/v1/store", token=other.admin.token).status == 200
    assert call(storefront, "/v1/storefront/products/lamp", store=other.slug).status == 200
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM stores WHERE deleted_at IS NULL")) == 1


def test_a_store_that_begins_to_pay_while_it_is_deleted_does_one_of_the_two(database: Database) -> None:
    body = {"plan": "basic", "payment_method": "INVOICE"}
    for token in [make_shop(plan="free", name="Lamps").admin.token for _ in range(5)]:
        paid, deleted = together(
            partial(api, "PUT", "/v1/store/subscription", body, token=token), partial(api, "DELETE", GONE, token=token)
        )
        assert (paid.status, deleted.status) in {(200, 409), (404, 204), (403, 204)}
