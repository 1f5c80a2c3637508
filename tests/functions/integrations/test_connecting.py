"""Connecting shops: called before anything is kept, told where to deliver, tested, paused, and disconnected."""

import json
import socket
from typing import Any

import boto3
import pytest
from sqlalchemy import select, text

from functions.webhooks.signatures import signature
from shared.integrations import credentials_of
from shared.models import ExternalPlatformIntegration, SyncRun
from shared.models.enums import SyncRunKind, SyncRunStatus
from shared.public_hosts import public_url_error
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.api import api
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.integrations.shopify_shop import DOMAIN, TOKEN, ShopifyShop
from tests.functions.stores.people import Shop
from tests.functions.webhooks.delivering import deliver, queued
from tests.functions.webhooks.delivering import shopify as from_shopify
from tests.functions.webhooks.delivering import woocommerce as from_woocommerce
from tests.standins.woocommerce import KEY, SECRET, WooCommerce

KEYS = {"consumer_key": KEY, "consumer_secret": SECRET}


def _connect(store: Shop, url: str, **given: Any) -> Any:
    body = {"platform": "WOOCOMMERCE", "api_url": url, "credentials": KEYS} | given
    return api("POST", "/v1/integrations", body, token=store.admin.token)


def _connect_shopify(store: Shop, url: str, secret: str = "app-1", token: str = TOKEN) -> Any:  # noqa: S107 - no real one
    credentials = {"access_token": token, "client_secret": secret}
    return _connect(store, url, platform="SHOPIFY", credentials=credentials)


def _messages() -> list[dict[str, str]]:
    sqs, url, found = boto3.client("sqs"), settings().sync_queue_url, []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"]))
    return found


def _stored(database: Database, integration_id: str) -> Any:
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        query = text("SELECT * FROM external_platform_integrations WHERE id = :id")
        return connection.execute(query, {"id": integration_id}).one_or_none()


def test_a_woocommerce_shop_is_connected_told_where_to_deliver_and_imported(
    database: Database, store: Shop, woo: WooCommerce
) -> None:
    answer = _connect(store, woo.url + "/")

    assert answer.status == 201, answer.text
    found = answer.json
    assert answer.headers["location"] == f"/v1/integrations/{found['id']}"
    assert (found["is_active"], found["sync_direction"], found["shop_settings"]["currency"]) == (
        True,
        "BIDIRECTIONAL",
        "USD",
    )
    units = found["shop_settings"]
    assert (units["weight_unit"], units["dimension_unit"]) == ("g", "mm")
    hooks = list(woo.entities["webhooks"].values())
    assert {one["delivery_url"] for one in hooks} == {f"https://api.example.com/v1/webhooks/woocommerce/{found['id']}"}
    assert {one["topic"] for one in hooks} == {one["topic"] for one in found["webhooks"]}
    assert len(hooks) == 15
    with tenant_session(store.id) as session:
        (run,) = session.scalars(select(SyncRun)).all()
        row = session.get_one(ExternalPlatformIntegration, found["id"])
        assert (run.kind, run.status) == (SyncRunKind.IMPORT, SyncRunStatus.QUEUED)
        keys = credentials_of(session, row)
        assert (keys.key, keys.secret, keys.api_url) == (KEY, SECRET, woo.url)
        assert KEY not in repr(keys)
        assert SECRET not in repr(keys)
    assert _messages() == [{"store_id": store.id, "sync_run_id": run.id}]
    # What it signs from now on is taken.
    assert deliver(found["id"], from_woocommerce("product.created", {"id": 1}, hooks[0]["secret"])).status == 200


@pytest.mark.parametrize("not_found", [404, 200])
def test_a_shop_with_plain_permalinks_is_connected(
    database: Database, store: Shop, woo: WooCommerce, not_found: int
) -> None:
    woo.permalinks, woo.not_found = "plain", not_found

    answer = _connect(store, woo.url)

    assert answer.status == 201, answer.text
    assert answer.json["shop_settings"]["plain_permalinks"] is True
    assert len(woo.entities["webhooks"]) == len(answer.json["webhooks"]) == 15
    # Somebody chooses other ones.
    woo.permalinks = "pretty"
    tested = api("POST", f"/v1/integrations/{answer.json['id']}/test", token=store.admin.token)
    assert (tested.json["ok"], tested.json["webhooks_repaired"]) == (True, [])
    read = api("GET", f"/v1/integrations/{answer.json['id']}", token=store.admin.token)
    assert read.json["shop_settings"]["plain_permalinks"] is False


@pytest.mark.parametrize("not_found", [404, 200])
def test_a_site_without_an_api_is_told_about_permalinks(
    database: Database, store: Shop, woo: WooCommerce, not_found: int
) -> None:
    woo.permalinks, woo.not_found = "none", not_found

    answer = _connect(store, woo.url)

    assert (answer.status, answer.json["code"], answer.json["platform_code"]) == (422, "shop_refused", "no_api")
    assert "permalinks" in answer.json["detail"]


def test_no_key_is_shown_or_kept_in_the_clear(database: Database, store: Shop, woo: WooCommerce) -> None:
    made = _connect(store, woo.url)
    hook_secret = next(iter(woo.entities["webhooks"].values()))["secret"]

    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        log = str(connection.execute(text("SELECT * FROM audit_logs")).all())
    listed = api("GET", "/v1/integrations", token=store.admin.token)
    stored = str(_stored(database, made.json["id"]))

    assert "external_platform_integration.created" in log
    for secret in (KEY, SECRET, hook_secret):
        assert secret not in made.text + listed.text + stored + log
    assert [one["id"] for one in listed.json["items"]] == [made.json["id"]]


def test_a_shopify_shop_is_connected_by_its_apps_secret(database: Database, store: Shop, shopify: ShopifyShop) -> None:
    answer = _connect_shopify(store, shopify.url)

    assert answer.status == 201, answer.text
    found = answer.json
    assert (found["external_shop"], found["shop_settings"]["shop_id"]) == (DOMAIN, "54")
    assert found["shop_settings"]["location_id"] == "24"
    assert len(shopify.subscriptions) == len(found["webhooks"]) == 13
    assert deliver(found["id"], from_shopify("orders/create", {"id": 1}, "app-1")).status == 200
    assert deliver(found["id"], from_shopify("orders/create", {"id": 1}, "app-2")).status == 401


@pytest.mark.parametrize(
    ("given", "code", "where"),
    [
        ({"credentials": {"consumer_key": "ck_wrong", "consumer_secret": SECRET}}, "keys_refused", "credentials"),
        ({"credentials": {"consumer_key": KEY}}, "invalid_request", "credentials"),
        ({"platform": "SHOPIFY"}, "invalid_request", "credentials"),
        ({"api_url": "http://127.0.0.1:1"}, "shop_unreachable", "api_url"),
        ({"api_url": "ftp://shop.example"}, "invalid_request", "api_url"),
        ({"entity_overrides": {"planet": "OFF"}}, "invalid_request", "entity_overrides"),
    ],
)
def test_a_shop_that_does_not_answer_to_these_keys_is_not_kept(  # noqa: PLR0917 - fixtures
    database: Database, store: Shop, woo: WooCommerce, given: dict[str, Any], code: str, where: str
) -> None:
    answer = _connect(store, woo.url, **given)

    assert (answer.status, answer.json["code"]) == (422, code)
    assert answer.json["errors"][0]["loc"][1] == where
    assert api("GET", "/v1/integrations", token=store.admin.token).json["items"] == []
    assert woo.entities["webhooks"] == {}


def test_a_shop_that_refuses_webhooks_is_left_as_it_was(database: Database, store: Shop, shopify: ShopifyShop) -> None:
    shopify.refuses = "REFUNDS_CREATE"

    answer = _connect_shopify(store, shopify.url)

    assert (answer.status, answer.json["code"]) == (422, "shop_refused")
    assert shopify.subscriptions == {}
    assert api("GET", "/v1/integrations", token=store.admin.token).json["items"] == []
    assert _connect_shopify(store, shopify.url, token="shpat_2").json["code"] == "keys_refused"


def test_a_shop_is_connected_once(database: Database, store: Shop, woo: WooCommerce) -> None:
    first = _connect(store, woo.url).json["id"]

    again = _connect(store, woo.url)

    assert (again.status, again.json["code"], again.json["integration_id"]) == (409, "already_connected", first)
    assert len(woo.entities["webhooks"]) == 15


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://shop.example", None),
        ("https://user:pw@shop.example", None),
        ("https://shop.example/?a=1", None),
        ("https://[", None),
        ("https://127.0.0.1", None),
        ("https://[::1]", None),
        ("https://[::ffff:10.0.0.1]", None),
        ("https://169.254.169.254", None),
        ("https://inner.example", "10.0.0.7"),
        ("https://inner.example", "192.168.1.1"),
    ],
)
def test_no_address_leads_into_our_own_network(
    monkeypatch: pytest.MonkeyPatch, database: Database, store: Shop, url: str, address: str | None
) -> None:
    monkeypatch.delenv("ALLOW_PRIVATE_SHOPS")
    settings.cache_clear()
    if address:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert public_url_error(url) is not None


def test_a_public_address_may_be_called(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    monkeypatch.delenv("ALLOW_PRIVATE_SHOPS")
    settings.cache_clear()
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert public_url_error("https://shop.example/wordpress") is None


def test_a_test_tells_how_it_is_and_wakes_webhooks_that_sleep(
    database: Database, store: Shop, woo: WooCommerce
) -> None:
    made = _connect(store, woo.url).json
    url = f"/v1/integrations/{made['id']}/test"
    assert api("POST", url, {}, token=store.admin.token).json["webhooks_repaired"] == []
    asleep = next(iter(woo.entities["webhooks"].values()))
    asleep["status"] = "disabled"

    repaired = api("POST", url, {}, token=store.admin.token).json

    assert repaired == {"ok": True, "code": None, "detail": None, "webhooks_repaired": [asleep["topic"]]}
    hooks = woo.entities["webhooks"].values()
    assert sorted(str(one["id"]) for one in hooks if one["status"] == "active") == sorted(
        one["id"] for one in _read(store, made["id"])["webhooks"]
    )
    woo.key = "ck_other"
    broken = api("POST", url, {}, token=store.admin.token).json
    assert (broken["ok"], broken["code"]) == (False, "keys_refused")
    now = _read(store, made["id"])
    assert (now["sync_status"], now["last_error"]) == ("ERROR", broken["detail"])


def test_a_secret_is_replaced_while_deliveries_come(database: Database, store: Shop, woo: WooCommerce) -> None:
    made = _connect(store, woo.url).json["id"]
    old = next(iter(woo.entities["webhooks"].values()))["secret"]
    url = f"/v1/integrations/{made}/rotate-secret"

    assert api("POST", url, {}, token=store.admin.token).status == 200

    (new,) = {one["secret"] for one in woo.entities["webhooks"].values()}
    assert new != old
    assert [deliver(made, from_woocommerce("order.updated", {"id": 1}, one)).status for one in (old, new)] == [200, 200]
    assert api("POST", url, {"keep_previous": False}, token=store.admin.token).status == 200
    (newest,) = {one["secret"] for one in woo.entities["webhooks"].values()}
    answers = [deliver(made, from_woocommerce("order.updated", {"id": 2}, one)).status for one in (old, new, newest)]
    assert answers == [401, 401, 200]
    assert api("POST", url, {"client_secret": "x"}, token=store.admin.token).status == 422


def test_a_rotation_that_the_shop_does_not_hear_of_is_taken_back(
    database: Database, store: Shop, woo: WooCommerce
) -> None:
    made = _connect(store, woo.url).json["id"]
    before = _stored(database, made)
    woo.faults.down = True

    answer = api("POST", f"/v1/integrations/{made}/rotate-secret", {}, token=store.admin.token)

    assert (answer.status, answer.json["code"]) == (422, "shop_unreachable")
    after = _stored(database, made)
    assert (after.webhook_secret, after.previous_webhook_secret) == (before.webhook_secret, None)


def test_an_apps_new_secret_is_given(database: Database, store: Shop, shopify: ShopifyShop) -> None:
    made = _connect_shopify(store, shopify.url).json["id"]
    url = f"/v1/integrations/{made}/rotate-secret"

    assert api("POST", url, {}, token=store.admin.token).status == 422
    assert api("POST", url, {"client_secret": "app-2"}, token=store.admin.token).status == 200
    answers = [
        deliver(made, from_shopify("orders/create", {"id": 1}, one)).status for one in ("app-1", "app-2", "app-3")
    ]
    assert answers == [200, 200, 401]


def test_a_paused_shop_keeps_its_deliveries_and_a_resumed_one_goes_on(
    database: Database, store: Shop, woo: WooCommerce
) -> None:
    made = _connect(store, woo.url).json
    url, secret = f"/v1/integrations/{made['id']}", next(iter(woo.entities["webhooks"].values()))["secret"]
    change = {
        "is_active": False,
        "entity_overrides": {"product": "INBOUND", "order": "OFF", "stock": {"winner": "OURS"}},
    }

    stale = api("PATCH", url, change, token=store.admin.token, if_match='"99"')
    paused = api("PATCH", url, change, token=store.admin.token, if_match=f'"{made["version"]}"')

    assert stale.status == 412
    assert (paused.status, paused.json["is_active"]) == (200, False)
    assert paused.json["entity_overrides"]["order"] == "OFF"
    _messages()
    assert deliver(made["id"], from_woocommerce("order.updated", {"id": 1}, secret)).status == 200
    assert (len(queued(store.id)), _messages()) == (1, [])
    assert (
        api("PATCH", url, {"is_active": True, "conflict_resolution": "MANUAL_QUEUE"}, token=store.admin.token).json[
            "queue"
        ]["PENDING"]
        == 1
    )
    assert api("PATCH", url, {"entity_overrides": {"product": "SIDEWAYS"}}, token=store.admin.token).status == 422


def test_a_disconnected_shop_loses_its_webhooks_and_its_keys(database: Database, store: Shop, woo: WooCommerce) -> None:
    made = _connect(store, woo.url).json["id"]
    url, secret = f"/v1/integrations/{made}", next(iter(woo.entities["webhooks"].values()))["secret"]

    assert api("DELETE", url, token=store.admin.token).status == 204

    assert woo.entities["webhooks"] == {}
    row = _stored(database, made)
    assert (row.api_key, row.api_secret, row.webhook_secret, row.is_active) == ("", None, None, False)
    assert deliver(made, from_woocommerce("order.updated", {"id": 1}, secret)).status == 404
    assert api("GET", "/v1/integrations", token=store.admin.token).json["items"] == []
    assert len(api("GET", "/v1/integrations?disconnected=true", token=store.admin.token).json["items"]) == 1
    assert api("GET", f"{url}/runs", token=store.admin.token).json["items"][0]["status"] == "CANCELED"
    for method, path in (("POST", "/test"), ("POST", "/sync"), ("PATCH", ""), ("DELETE", "")):
        again = api(method, url + path, None if method == "DELETE" else {}, token=store.admin.token)
        assert (again.status, again.json["code"]) == (409, "disconnected")
    assert _connect(store, woo.url).status == 201


def test_a_shop_that_is_away_can_be_disconnected(database: Database, store: Shop, woo: WooCommerce) -> None:
    made = _connect(store, woo.url).json["id"]
    woo.faults.down = True

    assert api("DELETE", f"/v1/integrations/{made}", token=store.admin.token).status == 204


def test_one_run_is_on_at_a_time(database: Database, store: Shop, woo: WooCommerce) -> None:
    made = _connect(store, woo.url).json["id"]
    url = f"/v1/integrations/{made}/sync"
    busy = api("POST", url, {}, token=store.admin.token)
    assert (busy.status, busy.json["code"]) == (409, "already_running")
    with tenant_session(store.id) as session:
        session.scalars(select(SyncRun)).one().status = SyncRunStatus.COMPLETED
    _messages()

    run = api("POST", url, {}, token=store.admin.token)

    assert (run.status, run.json["kind"], run.json["status"]) == (202, "RECONCILIATION", "QUEUED")
    assert _messages() == [{"store_id": store.id, "sync_run_id": run.json["id"]}]
    listed = api("GET", f"/v1/integrations/{made}/runs?limit=1", token=store.admin.token).json
    assert ([one["id"] for one in listed["items"]], listed["next_cursor"] is None) == ([run.json["id"]], False)


def test_another_stores_shop_is_not_there(database: Database, store: Shop, woo: WooCommerce) -> None:
    made = _connect(store, woo.url).json["id"]
    from tests.functions.stores.people import make_shop  # noqa: PLC0415 - once

    other = make_shop()
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/test"),
        ("POST", "/sync"),
        ("GET", "/queue"),
    ):
        body = {} if method in {"POST", "PATCH"} else None
        assert api(method, f"/v1/integrations/{made}{path}", body, token=other.admin.token).status == 404
    assert make_store()


def _read(store: Shop, integration_id: str) -> Any:
    return api("GET", f"/v1/integrations/{integration_id}", token=store.admin.token).json


def test_the_secret_of_a_hook_is_one_that_wordpress_does_not_escape(
    database: Database, store: Shop, woo: WooCommerce
) -> None:
    _connect(store, woo.url)

    secret = next(iter(woo.entities["webhooks"].values()))["secret"]
    assert secret.replace("-", "").replace("_", "").isalnum()
    assert signature(secret, b"x")
