"""The walk that everybody takes: register, verify, sign in, open a store, invite somebody, change stores, sign out."""

from tests.api import api, deliver_mails, principal_context
from tests.aws import Mailbox
from tests.conftest import Database

ADA, BOB = "ada@example.com", "bob@example.com"
PASSWORD = "Correct-Horse-7"


def test_from_registering_to_signing_out(either: Database, mailbox: Mailbox) -> None:
    asked = api("POST", "/v1/auth/register", {"email": ADA, "password": PASSWORD, "name": "Ada"})
    assert asked.status == 202, asked.text
    assert deliver_mails() == 1
    login = {"email": ADA, "password": PASSWORD}
    assert api("POST", "/v1/auth/login", login).json["code"] == "email_not_verified"
    assert api("POST", "/v1/auth/verify", {"token": mailbox.last(ADA).token}).status == 204

    signed_in = api("POST", "/v1/auth/login", login)
    assert signed_in.status == 200, signed_in.text
    token = signed_in.json["token"]
    assert signed_in.json["stores"] == []
    assert api("GET", "/v1/store", token=token).json["code"] == "no_store"

    made = api("POST", "/v1/stores", {"name": "Ada's Lamps", "currency": "EUR"}, token=token)
    assert made.status == 201, made.text
    assert (made.json["slug"], made.json["status"]) == ("ada-s-lamps", "TRIAL")
    switched = api("POST", "/v1/auth/switch-store", {"store_id": made.json["id"]}, token=token)
    assert switched.status == 200, switched.text
    assert principal_context(token) == {"kind": "none"}
    token = switched.json["token"]
    read = api("GET", "/v1/store", token=token)
    assert (read.status, read.json["id"]) == (200, made.json["id"])

    invited = api("POST", "/v1/store/staff", {"email": BOB, "permissions": ["orders:read"]}, token=token)
    assert invited.status == 201, invited.text
    assert deliver_mails() == 1
    acceptance = {"token": mailbox.last(BOB).token, "name": "Bob", "password": PASSWORD}
    joined = api("POST", "/v1/auth/invitations/accept", acceptance)
    assert joined.status == 200, joined.text
    bob = api("POST", "/v1/auth/login", {"email": BOB, "password": PASSWORD})
    assert bob.json["store"] == {
        "store_id": made.json["id"],
        "slug": "ada-s-lamps",
        "name": "Ada's Lamps",
        "role": "STAFF",
    }
    assert api("GET", "/v1/store", token=bob.json["token"]).json["code"] == "permission_missing"

    entries = api("GET", "/v1/audit-log", token=token).json["items"]
    assert {"store.created", "staff.joined", "staff_invitation.created"} <= {entry["action"] for entry in entries}
    assert api("POST", "/v1/auth/logout", token=token).status == 204
    assert principal_context(token) == {"kind": "none"}
    assert api("GET", "/v1/store", token=token).status == 401
