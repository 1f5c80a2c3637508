"""The plan's places for staff: taken by invitations, and free again when those are withdrawn or have expired."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine

from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import join, make_shop, signed_in_again, subscribe
from tests.functions.stores.test_inviting import NOON, invitations, invite, places
from tests.functions.stores.threads import with_each


@pytest.mark.parametrize(("plan", "limit"), [("free", 1), ("basic", 3)])
def test_of_twenty_asked_at_once_the_plan_lets_in_its_number(database: Database, plan: str, limit: int) -> None:
    shop = make_shop(plan)

    answers = with_each(lambda number: invite(shop.admin.token, f"p{number}@example.com"), range(20))

    assert Counter(answer.status for answer in answers) == {201: limit, 402: 20 - limit}
    refused = next(answer.json for answer in answers if answer.status == 402)
    assert {name: refused[name] for name in ("code", "limit", "allowed", "used", "plan")} == {
        "code": "plan_limit_reached",
        "limit": "staff",
        "allowed": limit,
        "used": limit,
        "plan": plan,
    }
    assert places(shop) == len(invitations(shop)) == limit


def test_a_place_is_free_again_when_the_invitation_is_withdrawn(database: Database) -> None:
    shop = make_shop("free")
    asked = invite(shop.admin.token)
    url = f"/v1/store/staff/invitations/{asked.json['id']}"

    assert api("DELETE", url, token=shop.admin.token).status == 204
    assert api("DELETE", url, token=shop.admin.token).status == 404
    assert (places(shop), invitations(shop)) == (0, [])
    assert invite(shop.admin.token, "carl@example.com").status == 201


def test_withdrawing_it_ten_times_at_once_frees_one_place(database: Database) -> None:
    shop = make_shop("pro")
    url = f"/v1/store/staff/invitations/{invite(shop.admin.token).json['id']}"
    invite(shop.admin.token, "carl@example.com")

    statuses = with_each(lambda _: api("DELETE", url, token=shop.admin.token).status, range(10))

    assert Counter(statuses) == {204: 1, 404: 9}
    assert places(shop) == 1


def test_a_place_is_free_again_when_the_invitation_has_expired(database: Database) -> None:
    with time_machine.travel(NOON, tick=False):
        shop = make_shop("free")
        assert invite(shop.admin.token).status == 201
    with time_machine.travel(NOON + timedelta(days=7, seconds=1), tick=False):
        shop = signed_in_again(shop)
        assert invite(shop.admin.token).status == 201
        assert invite(shop.admin.token, "carl@example.com").status == 402
        assert [one["is_expired"] for one in invitations(shop)] == [False]
        log = api("GET", "/v1/audit-log?action=staff_invitation.expired", token=shop.admin.token).json["items"]
        assert [entry["after"] for entry in log] == [{"count": 1}]


def test_expired_places_are_given_back_once_by_ten_at_once(database: Database) -> None:
    with time_machine.travel(NOON - timedelta(days=8), tick=False):
        shop = make_shop("basic")
        assert [invite(shop.admin.token, f"old{number}@example.com").status for number in range(3)] == [201] * 3
    with time_machine.travel(NOON, tick=False):
        shop = signed_in_again(shop)
        answers = with_each(lambda number: invite(shop.admin.token, f"new{number}@example.com").status, range(10))
        assert Counter(answers) == {201: 3, 402: 7}
        assert places(shop) == len(invitations(shop)) == 3


def test_resending_gives_another_seven_days(database: Database) -> None:
    with time_machine.travel(NOON, tick=False):
        shop = make_shop("free")
        asked = invite(shop.admin.token).json
    with time_machine.travel(NOON + timedelta(days=9), tick=False):
        shop = signed_in_again(shop)
        again = api("POST", f"/v1/store/staff/invitations/{asked['id']}/resend", token=shop.admin.token).json
    assert (again["expires_at"], again["is_expired"]) == ("2027-05-17T12:00:00Z", False)


def test_a_store_without_a_plan_lets_people_go(database: Database) -> None:
    shop = make_shop(None)
    staff = join(shop.id)

    assert api("DELETE", f"/v1/store/staff/{staff.member_id}", token=shop.admin.token).status == 204
    subscribe(shop.id, "free")
    assert places(shop) == 0
