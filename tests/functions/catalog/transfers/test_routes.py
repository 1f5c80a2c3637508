"""Who may import and export, and what the routes answer to what makes no sense."""

from typing import Any

import pytest

from tests.api import answer, api
from tests.calls import http_event
from tests.functions.catalog.goods import ask, count
from tests.functions.catalog.transfers.sending import CSV, XLSX, exported, imported, progress, put, started, work
from tests.functions.stores.people import Shop, join, make_shop

pytestmark = pytest.mark.usefixtures("database")
UPLOAD = {"file_name": "x.csv", "mime_type": CSV, "size": 10}
FILE = "name,sku,price\nLamp,L,1\n"


def _waiting(shop: Shop, **given: Any) -> dict[str, Any]:
    found = ask(shop, "POST", "/v1/products/import/upload", UPLOAD | given)
    assert found.status == 201, found.text
    upload: dict[str, Any] = found.json
    return upload


def test_an_import_starts_when_its_file_is_there() -> None:
    shop = make_shop()
    upload = _waiting(shop)
    start = f"/v1/products/imports/{upload['import']['id']}/start"

    assert upload["import"]["status"] == "AWAITING_FILE"
    assert ask(shop, "POST", start).json["code"] == "file_missing"
    put(upload, b"")
    assert ask(shop, "POST", start).json["code"] == "file_empty"
    put(upload, b"PK\x03\x04")
    assert ask(shop, "POST", start).json["code"] == "file_of_another_kind"
    put(upload, FILE.encode())
    begun = ask(shop, "POST", start)
    assert (begun.status, begun.headers["location"]) == (202, start.removesuffix("/start"))
    assert ask(shop, "POST", start).json["code"] == "import_started"


@pytest.mark.parametrize("size", [0, 50 * 1024 * 1024 + 1])
def test_a_file_has_a_size(size: int) -> None:
    assert ask(make_shop(), "POST", "/v1/products/import/upload", UPLOAD | {"size": size}).status == 422


def test_another_store_sees_nothing_of_an_import() -> None:
    shop, other = make_shop(), make_shop()
    transfer_id = imported(shop, FILE)["id"]
    waiting = _waiting(shop)["import"]["id"]

    for path in (f"imports/{transfer_id}", f"imports/{transfer_id}/report", f"exports/{transfer_id}"):
        assert ask(other, "GET", f"/v1/products/{path}").status == 404
    for verb in ("start", "cancel"):
        assert ask(other, "POST", f"/v1/products/imports/{waiting}/{verb}").status == 404
    assert ask(other, "GET", "/v1/products/imports").json["items"] == []


def test_a_message_of_another_store_moves_nothing() -> None:
    shop, other = make_shop(), make_shop()
    transfer_id = started(shop, FILE)
    from functions.catalog.transfers.worker import run  # noqa: PLC0415

    run((other.id, transfer_id), lambda: True)
    run(("no-such-store", transfer_id), lambda: True)

    assert progress(shop, transfer_id)["status"] == "QUEUED"
    assert (count(shop), count(other)) == (0, 0)


def test_who_may_only_read_may_export_but_not_import() -> None:
    shop = make_shop()
    reader = join(shop.id, permissions=["products:read"])

    assert api("POST", "/v1/products/import/upload", UPLOAD, token=reader.token).status == 403
    assert api("POST", "/v1/products/export", {}, token=reader.token).status == 202
    assert api("GET", "/v1/products/imports", token=reader.token).status == 200


def test_a_cancelled_import_does_nothing_more() -> None:
    shop = make_shop()
    transfer_id = started(shop, FILE)
    cancel = f"/v1/products/imports/{transfer_id}/cancel"

    assert ask(shop, "POST", cancel).json["status"] == "CANCELED"
    assert ask(shop, "POST", cancel).status == 200
    work()
    assert count(shop) == 0
    done = imported(shop, FILE)["id"]
    assert ask(shop, "POST", f"/v1/products/imports/{done}/cancel").json["code"] == "import_finished"


def test_a_repeated_request_makes_one_export() -> None:
    shop = make_shop()

    first = ask(shop, "POST", "/v1/products/export", {}, idempotency_key="one")
    again = ask(shop, "POST", "/v1/products/export", {}, idempotency_key="one")

    assert first.json["id"] == again.json["id"]
    assert work() == 1


def test_too_many_at_once_must_wait() -> None:
    shop = make_shop()
    for _ in range(20):
        _waiting(shop)

    assert ask(shop, "POST", "/v1/products/import/upload", UPLOAD).json["code"] == "too_many_transfers"
    assert exported(shop)


def test_no_page_begins_at_a_made_up_cursor() -> None:
    shop = make_shop()
    done = imported(shop, "name,sku,price\nLamp,L,x\nMug,M,y\n")
    url = f"/v1/products/imports/{done['id']}/report?limit=1"

    first = ask(shop, "GET", url).json
    second = ask(shop, "GET", f"{url}&cursor={first['next_cursor']}").json
    assert [page["items"][0]["row"] for page in (first, second)] == [2, 3]
    assert ask(shop, "GET", f"{url}&cursor=abc").status == 400


@pytest.mark.parametrize(
    ("mime_type", "status"), [(CSV, 202), (XLSX, 202), ("application/json", 415), ("image/png", 415)]
)
def test_the_file_itself_may_be_the_body(mime_type: str, status: int) -> None:
    from functions.catalog.handler import handler  # noqa: PLC0415
    from tests.api import principal_context  # noqa: PLC0415

    shop = make_shop()
    event = http_event("POST", "/v1/products/import?file_name=goods.csv", {"content-type": mime_type})
    event["requestContext"]["authorizer"] = {"lambda": principal_context(shop.admin.token)}
    event["body"] = FILE

    found = answer(handler, event)

    assert found.status == status, found.text
    if mime_type == CSV:
        work()
        assert progress(shop, found.json["id"])["created_count"] == 1
