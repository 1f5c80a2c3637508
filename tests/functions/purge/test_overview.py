"""What staff see of the purge, and how long they may have things kept."""

from typing import Any

import pytest

from shared.models.base import now
from tests.api import api
from tests.conftest import Database
from tests.factories import make_product
from tests.functions.purge.purging import DAY, delete_at
from tests.functions.stores.people import make_shop, make_super_admin


def test_a_store_sees_what_the_next_run_takes_of_it_and_the_platform_of_all(database: Database) -> None:
    shop, other = make_shop(), make_shop()
    for one in (shop, shop, other):
        delete_at("products", make_product(one.id), now() - 91 * DAY)
    delete_at("products", make_product(shop.id), now() - 89 * DAY)

    own = api("GET", "/v1/purge/report", token=shop.admin.token)
    everything = api("GET", "/v1/purge/report/all", token=make_super_admin().token)

    assert (own.status, own.json["rows"], own.json["held"]) == (200, {"products": 2}, False)
    assert everything.json["rows"] == {"products": 3}
    assert {one["store_id"]: one["rows"]["products"] for one in everything.json["stores"]} == {shop.id: 2, other.id: 1}
    assert api("GET", "/v1/purge/report/all", token=shop.admin.token).status == 403


def test_a_store_that_is_held_is_told_so_and_nothing_of_it_is_due(database: Database) -> None:
    shop = make_shop()
    delete_at("products", make_product(shop.id), now() - 91 * DAY)
    assert api("POST", "/v1/legal-holds", {"reason": "a suit"}, token=shop.admin.token).status == 201

    own = api("GET", "/v1/purge/report", token=shop.admin.token).json

    assert (own["held"], own["rows"]) == (True, {})


def test_a_store_says_how_long_things_are_kept(database: Database) -> None:
    shop = make_shop()
    before = api("GET", "/v1/purge/retention", token=shop.admin.token).json
    assert (before["days"], set(before["in_effect"].values())) == ({}, {90})

    set_to = api("PUT", "/v1/purge/retention", {"days": {"products": 30, "stores": 120}}, token=shop.admin.token)

    assert (set_to.status, set_to.json["in_effect"]["products"], set_to.json["in_effect"]["stores"]) == (200, 30, 120)
    assert set_to.json["in_effect"]["orders"] == 90


@pytest.mark.parametrize("days", [{"products": 29}, {"products": "x"}, {"nothing": 90}, {"products": 4000}, None])
def test_a_time_that_is_too_short_or_of_nothing_is_refused(database: Database, days: Any) -> None:
    shop = make_shop()
    assert api("PUT", "/v1/purge/retention", {"days": days}, token=shop.admin.token).status == 422
    assert api("GET", "/v1/purge/retention", token=shop.admin.token).json["days"] == {}
