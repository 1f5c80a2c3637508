"""Connecting when it is asked for twice, at once or again, and on either database."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared.database import function_engine
from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import Shop, make_shop
from tests.standins.woocommerce import KEY, SECRET, WooCommerce


def _connect(store: Shop, woo: WooCommerce, **headers: str) -> Any:
    credentials = {"consumer_key": KEY, "consumer_secret": SECRET}
    body = {"platform": "WOOCOMMERCE", "api_url": woo.url, "credentials": credentials}
    return api("POST", "/v1/integrations", body, token=store.admin.token, **headers)


def test_the_same_request_again_gets_the_first_answer(either: Database, woo: WooCommerce) -> None:
    store = make_shop()

    first, again = (_connect(store, woo, idempotency_key="once") for _ in range(2))

    assert (first.status, again.status) == (201, 201), first.text
    assert first.json["id"] == again.json["id"]
    assert again.headers["idempotent-replayed"] == "true"
    assert len(woo.entities["webhooks"]) == 15
    url = f"/v1/integrations/{first.json['id']}"
    assert api("POST", f"{url}/rotate-secret", {}, token=store.admin.token).status == 200
    assert api("POST", f"{url}/test", {}, token=store.admin.token).json["ok"] is True
    assert api("PATCH", url, {"is_active": False}, token=store.admin.token).json["is_active"] is False
    assert api("DELETE", url, token=store.admin.token).status == 204
    assert woo.entities["webhooks"] == {}


def test_two_at_once_connect_one(database: Database, woo: WooCommerce) -> None:
    store = make_shop()

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: _connect(store, woo).status, range(2)))

    assert sorted(answers) == [201, 409]
    assert len(woo.entities["webhooks"]) == 15
    assert function_engine().pool.checkedout() == 0  # type: ignore[attr-defined]


def test_no_connection_is_held_while_a_shop_is_called(database: Database, woo: WooCommerce) -> None:
    store, held, answer = make_shop(), list[int](), woo.answer

    def watched(request: Any) -> Any:
        held.append(function_engine().pool.checkedout())  # type: ignore[attr-defined]
        return answer(request)

    woo.answer = watched  # type: ignore[method-assign]
    url = f"/v1/integrations/{_connect(store, woo, idempotency_key='once').json['id']}"
    next(iter(woo.entities["webhooks"].values()))["status"] = "disabled"
    assert api("POST", f"{url}/test", {}, token=store.admin.token).json["webhooks_repaired"]
    assert api("POST", f"{url}/rotate-secret", {}, token=store.admin.token).status == 200
    assert api("DELETE", url, token=store.admin.token).status == 204
    assert len(held) >= 10
    assert set(held) == {0}
