"""Asking people to join: places of the plan, mails, and what one may give."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.stores.people import Shop, join, make_invitation, make_shop, make_user, signed_in_again
from tests.functions.stores.threads import with_each

BOB = "bob@example.com"
NOON = datetime(2027, 5, 1, 12, tzinfo=UTC)


def invite(token: str, email: str = BOB, **given: Any) -> Answer:
    return api("POST", "/v1/store/staff", {"email": email} | given, token=token)


def places(shop: Shop) -> int:
    """How many the plan counts."""
    usage = api("GET", "/v1/store/subscription", token=shop.admin.token).json["usage"]
    return int(next(one["used"] for one in usage if one["resource"] == "staff"))


def invitations(shop: Shop) -> list[Any]:
    found: list[Any] = api("GET", "/v1/store/staff", token=shop.admin.token).json["invitations"]
    return found


def test_an_invitation_lasts_seven_days_and_holds_a_place(either: Database) -> None:
    with time_machine.travel(NOON, tick=False):
        shop = make_shop("basic")
        asked = invite(shop.admin.token, "Bob@Example.COM", permissions=["orders:read", "orders:read"])

        assert asked.status == 201
        assert {k: v for k, v in asked.json.items() if k != "id"} == {
            "email": BOB,
            "role": "STAFF",
            "permissions": ["orders:read"],
            "invited_by": shop.admin.email,
            "expires_at": "2027-05-08T12:00:00Z",
            "is_expired": False,
        }
        assert (places(shop), invitations(shop)) == (1, [asked.json])
    with time_machine.travel(NOON + timedelta(days=8), tick=False):
        assert invitations(signed_in_again(shop))[0]["is_expired"] is True


def test_the_mail_goes_to_who_was_asked_and_says_who_asks(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop(name="Lamps")
    asked = invite(shop.admin.token)
    assert deliver_mails() == 1
    assert "Lamps" in mailbox.last(BOB).text
    assert shop.admin.email in mailbox.last(BOB).text

    again = api("POST", f"/v1/store/staff/invitations/{asked.json['id']}/resend", token=shop.admin.token)
    assert (again.status, again.json["id"]) == (200, asked.json["id"])
    assert deliver_mails() == 1
    assert len(mailbox.mails(BOB)) == 2
    assert places(shop) == 1


def test_an_invitation_that_failed_sends_no_mail(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop("free")
    invite(shop.admin.token)
    assert invite(shop.admin.token, "carl@example.com").status == 402
    assert invite(shop.admin.token).status == 409

    deliver_mails()
    assert {mail.to for mail in mailbox.mails()} == {BOB, _store_email(database)}


def _store_email(database: Database) -> str:
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        return str(connection.scalar(text("SELECT email FROM stores")))


def test_the_same_request_sent_twice_asks_once(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    body = {"email": BOB}
    first, second = (
        api("POST", "/v1/store/staff", body, token=shop.admin.token, idempotency_key="one") for _ in range(2)
    )

    assert (first.status, second.text) == (201, first.text)
    assert deliver_mails() == 1
    assert places(shop) == 1


@pytest.mark.parametrize("is_active", [True, False])
def test_a_member_is_not_asked_again(database: Database, is_active: bool) -> None:
    shop = make_shop("free")
    join(shop.id, user=make_user(email=BOB), is_active=is_active)

    refused = invite(shop.admin.token, "BOB@example.com")

    assert (refused.status, refused.json["code"]) == (409, "already_a_member")
    assert places(shop) == 0


def test_nobody_is_asked_twice_not_even_where_the_plan_is_full(database: Database) -> None:
    shop = make_shop("free")
    assert invite(shop.admin.token).status == 201

    refused = invite(shop.admin.token, "BOB@example.com")

    assert (refused.status, refused.json["code"]) == (409, "already_invited")
    assert places(shop) == 1


def test_ten_who_ask_one_person_at_once_hold_one_place(database: Database) -> None:
    shop = make_shop("pro")

    answers = with_each(lambda _: invite(shop.admin.token), range(10))

    assert Counter((answer.status, answer.json.get("code")) for answer in answers) == {
        (201, None): 1,
        (409, "already_invited"): 9,
    }
    assert places(shop) == len(invitations(shop)) == 1


def test_a_store_may_ask_whom_another_has_asked(database: Database) -> None:
    first, second = make_shop(), make_shop()

    assert [invite(shop.admin.token).status for shop in (first, second)] == [201, 201]


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"permissions": ["orders:read"]}, 201, None),
        ({"permissions": []}, 201, None),
        ({"permissions": ["orders:read", "orders:write"]}, 403, "permission_not_yours"),
        ({"permissions": ["store:delete"]}, 403, "permission_not_yours"),
        ({}, 403, "permission_not_yours"),
        ({"permissions": None}, 403, "permission_not_yours"),
        ({"role": "STORE_ADMIN"}, 403, "role_too_high"),
        ({"role": "STORE_ADMIN", "permissions": ["orders:read"]}, 403, "role_too_high"),
        ({"role": "STORE_ADMIN", "permissions": []}, 403, "role_too_high"),
        ({"permissions": ["*"]}, 422, "invalid_request"),
        ({"permissions": ["*:read"]}, 422, "invalid_request"),
        ({"permissions": ["platform:stores"]}, 422, "invalid_request"),
        ({"role": "SUPER_ADMIN"}, 422, "invalid_request"),
    ],
)
def test_nobody_gives_what_they_do_not_have(
    database: Database, given: dict[str, Any], status: int, code: str | None
) -> None:
    shop = make_shop()
    staff = join(shop.id, permissions=["staff:read", "staff:write", "orders:read"])

    answer = invite(staff.token, **given)

    assert (answer.status, answer.json.get("code")) == (status, code)
    assert len(invitations(shop)) == (status == 201)


@pytest.mark.parametrize(("role", "permissions"), [("STORE_ADMIN", None), ("STAFF", ["store:write"]), ("STAFF", None)])
def test_nobody_resends_what_they_could_not_have_given(
    database: Database, role: str, permissions: list[str] | None
) -> None:
    shop = make_shop()
    staff = join(shop.id, permissions=["staff:write", "orders:read"])
    url = f"/v1/store/staff/invitations/{make_invitation(shop.id, BOB, role, permissions=permissions)}"

    assert api("POST", f"{url}/resend", token=staff.token).status == 403
    assert api("DELETE", url, token=staff.token).status == (403 if role == "STORE_ADMIN" else 204)
    assert api("POST", f"{url}/resend", token=shop.admin.token).status == (200 if role == "STORE_ADMIN" else 404)


def test_an_admin_is_asked_with_all_permissions_whatever_was_said(database: Database) -> None:
    shop = make_shop()

    asked = invite(shop.admin.token, role="STORE_ADMIN", permissions=["orders:read"])

    assert (asked.status, asked.json["permissions"]) == (201, ["*"])
