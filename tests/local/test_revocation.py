"""What is taken away stops working within a minute, however long a gateway believes its authorizer."""

from typing import Any

import pytest
from werkzeug.test import Client

from local.database import ROOT
from local.gateway import create_app
from local.seeding import PASSWORD
from local.template import read_template
from tests.conftest import Database

OWNER, STAFF = "owner@stormcom.example", "staff@stormcom.example"
PROMISED = 60.0


class Gateway:
    """The application's own gateway, with a clock for the authorizer's cache that stands still."""

    def __init__(self) -> None:
        self.now = 1000.0
        template = read_template(ROOT / "template.yaml")
        self._client = Client(create_app(template.functions, clock=lambda: self.now))

    def call(self, method: str, path: str, token: str | None = None, body: Any = None) -> Any:
        """The status and the body of an answer."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        response = self._client.open(path, method=method, headers=headers, json=body)
        return response.status_code, response.get_json(silent=True)

    def sign_in(self, email: str) -> str:
        """A token for a demo user."""
        status, body = self.call("POST", "/v1/auth/login", body={"email": email, "password": PASSWORD})
        assert status == 200
        return str(body["token"])


@pytest.fixture
def gateway(own_shops: Database) -> Gateway:
    return Gateway()


def _member_id(gateway: Gateway, owner: str) -> str:
    _, body = gateway.call("GET", "/v1/store/staff", owner)
    return str(next(member["id"] for member in body["members"] if member["email"] == STAFF))


def test_a_removed_role_stops_working_within_a_minute(gateway: Gateway) -> None:
    owner, staff = gateway.sign_in(OWNER), gateway.sign_in(STAFF)
    assert gateway.call("GET", "/v1/store", staff)[0] == 200
    assert gateway.call("DELETE", f"/v1/store/staff/{_member_id(gateway, owner)}", owner)[0] == 204

    assert gateway.call("GET", "/v1/store", staff)[0] == 200, "the gateway still believes what it was told"
    gateway.now += PROMISED
    status, body = gateway.call("GET", "/v1/store", staff)

    assert (status, body["code"]) == (403, "no_store")


def test_a_changed_permission_counts_within_a_minute(gateway: Gateway) -> None:
    owner, staff = gateway.sign_in(OWNER), gateway.sign_in(STAFF)
    assert gateway.call("GET", "/v1/audit-log", staff)[1]["code"] == "permission_missing"
    change = {"permissions": ["audit:read"]}
    assert gateway.call("PATCH", f"/v1/store/staff/{_member_id(gateway, owner)}", owner, change)[0] == 200

    gateway.now += PROMISED

    assert gateway.call("GET", "/v1/audit-log", staff)[0] == 200
    assert gateway.call("GET", "/v1/store", staff)[1]["code"] == "permission_missing"


def test_a_session_that_was_ended_stops_working_within_a_minute(gateway: Gateway) -> None:
    staff = gateway.sign_in(STAFF)
    assert gateway.call("GET", "/v1/store", staff)[0] == 200
    assert gateway.call("POST", "/v1/auth/logout", staff)[0] == 204

    gateway.now += PROMISED

    assert gateway.call("GET", "/v1/store", staff)[0] == 401


def test_a_store_that_was_left_gets_no_request_more(gateway: Gateway) -> None:
    aurora = gateway.sign_in(OWNER)
    _, me = gateway.call("GET", "/v1/auth/me", aurora)
    there = next(store["store_id"] for store in me["stores"] if store["store_id"] != me["store_id"])
    _, switched = gateway.call("POST", "/v1/auth/switch-store", aurora, {"store_id": there})

    assert gateway.call("GET", "/v1/store", switched["token"])[1]["id"] == there
    gateway.now += PROMISED
    assert gateway.call("GET", "/v1/store", aurora)[0] == 401
