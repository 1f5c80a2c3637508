"""An erased customer is nowhere in the database; figures are what they were, and nobody else has lost anything."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from functions.privacy.handler import handler
from shared.audit import Actor
from shared.database import function_engine
from shared.models import (
    AuditLog,
    Base,
    Customer,
    CustomerSession,
    FileDeletion,
    LegalHold,
    Order,
    OrderExport,
    PrivacyRequest,
    SyncQueue,
    TenantScoped,
)
from shared.models.base import new_id, now
from shared.models.enums import OrderStatus, PrivacyRequestStatus, SyncDirection, SyncOperation, TransferStatus
from shared.privacy.holdings import HOLDINGS, IMPERSONAL, SEARCHED
from shared.privacy.requests import ask_for_erasure
from shared.tenancy import scheduled_session, tenant_session
from tests.api import api
from tests.aws import Mailbox
from tests.calls import Context, counted
from tests.conftest import Database
from tests.functions.customers.shopping import PASSWORD, change, make_customer, make_order, rows, shop_api, token_of
from tests.functions.privacy.looking import filled, places_of
from tests.functions.stores.people import Shop, make_shop

MAIL, NAME, STREET, PHONE = "ada.l+shop@example.com", "Ada Lövelace", "12 St James's Square", "+44 20 7946 0958"
WORDS = (MAIL, NAME, "Lövelace", STREET, PHONE, "L\\u00f6velace")
PLACE = {"first_name": "Ada", "last_name": "Lövelace", "address1": STREET, "phone": PHONE, "country": "GB"}
LONG_AGO = now() - timedelta(days=200)
TOLD = {"email": MAIL, "name": NAME, "address": PLACE}


def _set(table: str, row_id: str, **facts: Any) -> None:
    found = Base.metadata.tables[table]
    with scheduled_session() as session:
        session.connection().execute(update(found).where(found.c.id == row_id).values(**facts))


def _known(database: Database, shop: Shop, **of_order: Any) -> dict[str, str]:
    """A row in every table of a shop, with what tells of one customer wherever it can stand. Returns ids by table."""
    ids = filled(database, shop)
    _set("customers", ids["customers"], email=MAIL, first_name="Ada", last_name="Lövelace", phone=PHONE)
    _set("addresses", ids["addresses"], **(PLACE | {"city": "London"}))
    order = {"status": OrderStatus.DELIVERED, "shipping_address": PLACE, "billing_address": PLACE} | of_order
    _set("orders", ids["orders"], customer_email=MAIL, customer_phone=PHONE, notes=f"For {NAME}", **order)
    _set("payments", ids["payments"], gateway_response=TOLD, error_message=f"{NAME}: declined")
    _set("refunds", ids["refunds"], notes=f"{NAME} was not in")
    _set("shipments", ids["shipments"], tracking_url=f"https://example.com/?to={MAIL}")
    _set("carts", ids["carts"], email=MAIL, phone=PHONE, notes=NAME, shipping_address=PLACE, billing_address=PLACE)
    _set("wishlists", ids["wishlists"], name=f"{NAME}'s list")
    _set("product_reviews", ids["product_reviews"], title=f"By {NAME}", review=f"Write to {MAIL}")
    _set("tax_exemptions", ids["tax_exemptions"], certificate_num=NAME, certificate_url=f"https://x.example/{MAIL}")
    _set("email_messages", ids["email_messages"], recipient=MAIL, subject=f"For {NAME}", body_text=STREET)
    _set("outbox_events", ids["outbox_events"], payload={"recipient": MAIL, "lines": [TOLD]})
    _set("sync_queue", ids["sync_queue"], data={"customer": TOLD}, error_message=f"{NAME} has no street")
    _set("sync_runs", ids["sync_runs"], drift=[{"local": TOLD, "remote": PLACE}], error=f"{MAIL} is taken")
    _set("external_links", ids["external_links"], details={"conflict": {"ours": TOLD, "theirs": PLACE}})
    shop_of = ids["external_platform_integrations"]
    _set("external_platform_integrations", shop_of, last_error=f"422: phone {PHONE} is taken")
    _set("order_exports", ids["order_exports"], filters={"email": MAIL, "q": "ORD"}, storage_key="transfers/a/b")
    body = f'{{"email": "{MAIL}", "last_name": "L\\u00f6velace", "address1": "{STREET}"}}'.encode()
    _set("webhook_deliveries", ids["webhook_deliveries"], body=body)
    _set("idempotency_keys", ids["idempotency_keys"], body=f'{{"name": "{NAME}", "email": "{MAIL}"}}'.encode())
    _set("legal_holds", ids["legal_holds"], released_at=now(), reason=f"{NAME} has sued")
    _set("privacy_requests", ids["privacy_requests"], storage_key="exports/a.json", status="COMPLETED")
    _write_log(shop, ids)
    return ids


def _write_log(shop: Shop, ids: dict[str, str]) -> None:
    with tenant_session(shop.id) as session:
        log = {"before_snapshot": TOLD, "after_snapshot": {"customer_email": MAIL}, "actor_email": MAIL}
        facts = {"action": "customer.updated", "entity_type": "customer", "entity_id": ids["customers"]}
        session.add(AuditLog(**log, **facts, ip_address="198.51.100.7", user_agent="Lovelace/1.0"))
        session.add(
            AuditLog(
                actor_email="staff@example.com",
                action="address.updated",
                entity_type="address",
                entity_id=ids["addresses"],
                before_snapshot={"address1": STREET},
                after_snapshot={},
            )
        )
        session.add(
            AuditLog(
                actor_email="staff@example.com",
                action="order.updated",
                entity_type="order",
                entity_id=ids["orders"],
                before_snapshot={"status": "SHIPPED"},
                after_snapshot={"status": "DELIVERED"},
            )
        )
        for action, entity_id, snapshot in _purged_before(ids):
            entry = {"action": action, "entity_type": action.partition(".")[0], "entity_id": entity_id}
            session.add(
                AuditLog(actor_email="staff@example.com", after_snapshot=snapshot, **entry, created_at=LONG_AGO)
            )
        exported = {"action": "orders.exported", "entity_type": "order_export", "entity_id": ids["order_exports"]}
        session.add(AuditLog(actor_email="staff@example.com", after_snapshot={"filters": {"email": MAIL}}, **exported))


def _purged_before(ids: dict[str, str]) -> list[tuple[str, str, dict[str, Any]]]:
    """What the log tells of an address that has been purged since: that it was theirs is said in one row alone."""
    gone = new_id()
    return [
        ("address.created", gone, {"customer_id": ids["customers"], "city": "London"}),
        ("address.updated", gone, {"last_name": "Lövelace"}),
        ("variant.updated", new_id(), {"price": "9.00"}),
    ]


def test_every_table_of_a_store_says_whether_it_holds_personal_data() -> None:
    scoped = {str(one.local_table.name) for one in Base.registry.mappers if issubclass(one.class_, TenantScoped)}  # type: ignore[attr-defined]

    assert scoped <= set(HOLDINGS) | SEARCHED | IMPERSONAL
    assert set(HOLDINGS) | SEARCHED <= scoped
    assert not (set(HOLDINGS) & SEARCHED)
    assert not (set(HOLDINGS) & IMPERSONAL)
    assert not (SEARCHED & IMPERSONAL)


def test_every_key_to_a_customer_or_an_order_is_that_of_a_holding() -> None:
    named = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.c
        if column.name in {"customer_id", "recipient", "customer_email"}
    }

    missing = {(table, column) for table, column in named if table not in HOLDINGS} - {("account_mails", "recipient")}
    assert missing == set()


def test_an_erased_customer_is_nowhere_in_the_database_and_figures_are_what_they_were(database: Database) -> None:
    shop, other = make_shop(), make_shop()
    ids, theirs = _known(database, shop), _known(database, other)
    assert len(places_of(database, *WORDS)) > 40
    before = _figures(shop)
    bystanders = {name: _row(name, theirs[name]) for name in theirs if name in Base.metadata.tables}

    answer = api("POST", f"/v1/customers/{ids['customers']}/erasure", token=shop.admin.token)

    assert (answer.status, answer.json["status"]) == (200, "COMPLETED")
    assert {name: _row(name, theirs[name]) for name in bystanders} == bystanders
    left = places_of(database, *WORDS, but=other.id)
    assert left == []
    assert _figures(shop) == before
    _check_log(shop, ids)


def _figures(shop: Shop) -> Any:
    statistics = api("GET", "/v1/customers/statistics", token=shop.admin.token).json
    money = ("id", "order_number", "subtotal", "total", "tax_amount", "taxes", "currency", "status", "created_at")
    orders = [{name: getattr(row, name) for name in money} for row in rows(Order, Order.store_id == shop.id)]
    return statistics["average_order_value"], orders


def _row(name: str, row_id: str) -> Any:
    table = Base.metadata.tables[name]
    with scheduled_session() as session:
        return session.connection().execute(table.select().where(table.c.id == row_id)).mappings().first()


def _check_log(shop: Shop, ids: dict[str, str]) -> None:
    log = {row.action: row for row in rows(AuditLog, AuditLog.store_id == shop.id)}
    erased = log["customer.erased"]
    assert (erased.entity_id, erased.actor_email) == (ids["customers"], shop.admin.email)
    assert erased.after_snapshot is not None
    assert erased.after_snapshot["rows"]["orders"] == 1
    assert log["audit_log.redacted"].entity_id == ids["customers"]
    # What is no personal data is still there.
    assert log["variant.updated"].after_snapshot == {"price": "9.00"}
    assert log["order.updated"].after_snapshot == {"status": "DELIVERED"}
    assert (log["customer.updated"].actor_email, log["customer.updated"].ip_address) == ("erased", None)


def test_connected_shops_are_told_sessions_end_and_exports_are_deleted(database: Database) -> None:
    shop = make_shop()
    ids = _known(database, shop)
    token = token_of(shop, ids["customers"])
    change(Customer, ids["customers"], email_verified=True)
    assert shop_api(shop, "GET", "me", token=token).status == 200

    assert api("POST", f"/v1/customers/{ids['customers']}/erasure", token=shop.admin.token).status == 200

    (told,) = rows(SyncQueue, SyncQueue.operation == SyncOperation.DELETE, SyncQueue.entity_type == "customer")
    assert (told.entity_id, told.direction, told.data) == (
        ids["customers"],
        SyncDirection.OUTBOUND,
        {"reason": "erasure"},
    )
    assert rows(CustomerSession) == []
    assert shop_api(shop, "GET", "me", token=token).status == 401
    assert {"exports/a.json", "transfers/a/b"} <= {row.storage_key for row in rows(FileDeletion)}
    (export,) = rows(OrderExport)
    assert (export.status, export.filters, "erased" in str(export.error)) == (TransferStatus.FAILED, {}, True)
    again = api("POST", f"/v1/customers/{ids['customers']}/erasure", token=shop.admin.token)
    assert again.status == 404


def test_a_customer_erases_themselves_with_their_password(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    customer_id = make_customer(shop, MAIL, last_name="Lövelace", phone=PHONE)
    make_order(shop, None, customer_email=MAIL, status=OrderStatus.DELIVERED)
    token = token_of(shop, customer_id)

    wrong = shop_api(shop, "POST", "me/erasure", {"password": "Wrong-Horse-7"}, token=token)
    right = shop_api(shop, "POST", "me/erasure", {"password": PASSWORD}, token=token)

    assert (wrong.status, right.status) == (401, 200)
    assert places_of(database, *WORDS) == []
    (log,) = rows(AuditLog, AuditLog.action == "customer.erased")
    assert (log.actor_email, log.ip_address) == ("customer", None)


def test_open_orders_and_holds_stand_in_the_way_and_nothing_is_changed(database: Database) -> None:
    shop = make_shop()
    ids = _known(database, shop, status=OrderStatus.PROCESSING, order_number="ORD-77")
    before = places_of(database, *WORDS)
    url = f"/v1/customers/{ids['customers']}/erasure"

    refused = api("POST", url, token=shop.admin.token)

    assert (refused.status, refused.json["code"]) == (409, "open_orders")
    assert "ORD-77" in refused.json["detail"]
    _set("orders", ids["orders"], status=OrderStatus.DELIVERED)
    body = {"customer_id": ids["customers"], "reason": "a suit"}
    hold = api("POST", "/v1/legal-holds", body, token=shop.admin.token)
    assert hold.status == 201
    held = api("POST", url, token=shop.admin.token)
    assert (held.status, held.json["code"]) == (409, "legal_hold")
    assert places_of(database, *WORDS) == before
    released = api("POST", f"/v1/legal-holds/{hold.json['id']}/release", token=shop.admin.token)
    assert (released.status, released.json["released_by"]) == (200, shop.admin.email)
    assert api("POST", url, token=shop.admin.token).status == 200


def test_an_erasure_that_a_platform_asks_for_waits_for_what_stands_in_the_way(database: Database) -> None:
    shop = make_shop()
    ids = _known(database, shop, status=OrderStatus.SHIPPED)
    with tenant_session(shop.id) as session:
        row = ask_for_erasure(session, ids["customers"], Actor(None, "shopify"), source="shopify")
        assert (row.status, row.error) == (PrivacyRequestStatus.PENDING, "open_orders")
    assert handler({}, Context()) == {"done": 0}
    _set("orders", ids["orders"], status=OrderStatus.DELIVERED)
    _set("privacy_requests", row.id, resume_at=now())

    assert handler({}, Context()) == {"done": 1}

    (done,) = rows(PrivacyRequest, PrivacyRequest.id == row.id)
    assert (done.status, done.error) == (PrivacyRequestStatus.COMPLETED, None)
    assert places_of(database, MAIL, STREET, PHONE) == []


def test_a_hold_of_the_platform_is_not_the_stores_to_release(database: Database) -> None:
    shop = make_shop()
    with tenant_session(shop.id) as session:
        hold = LegalHold(reason="a court", placed_by="platform@example.com", by_platform=True)
        session.add(hold)
    answer = api("POST", f"/v1/legal-holds/{hold.id}/release", token=shop.admin.token)
    assert (answer.status, answer.json["code"]) == (403, "platform_hold")


def test_an_erasure_works_on_sqlite_too(sqlite: Database) -> None:
    from shared.privacy.requests import erase_now  # noqa: PLC0415 - beside its one use
    from tests.factories import make_store  # noqa: PLC0415

    shop = Shop(make_store(), "", None)  # type: ignore[arg-type] - nobody signs in
    ids = _known(sqlite, shop)
    with tenant_session(shop.id) as session:
        erase_now(session, ids["customers"], Actor(None, "customer"), source="customer")

    assert places_of(sqlite, *WORDS) == []


@pytest.mark.parametrize("body", [{}, {"password": 7}, {"password": "x", "more": 1}])
def test_an_erasure_without_a_password_is_refused(database: Database, body: Any) -> None:
    shop = make_shop()
    token = token_of(shop, make_customer(shop))
    assert shop_api(shop, "POST", "me/erasure", body, token=token).status == 422
    assert rows(Customer)[0].deleted_at is None


def test_an_erasure_reads_the_log_a_month_at_a_time_and_leaves_goods_and_others_alone(database: Database) -> None:
    shop = make_shop()
    ids = _known(database, shop)
    with counted(function_engine()) as sent:
        assert api("POST", f"/v1/customers/{ids['customers']}/erasure", token=shop.admin.token).status == 200

    read = [one for one in sent if "redact_audit" in one]
    # 200 days are seven months, and then once what is theirs.
    assert len(read) == 8
    assert not any("UPDATE audit_logs" in one for one in sent)


def test_files_of_exports_with_an_order_of_theirs_are_deleted_and_no_others(database: Database) -> None:
    shop = make_shop()
    customer_id, nobody = make_customer(shop, MAIL), make_customer(shop, "bob@example.com")
    make_order(shop, customer_id, customer_email=MAIL, status=OrderStatus.DELIVERED)
    with tenant_session(shop.id) as session:
        facts = {"mime_type": "text/csv", "file_name": "o.csv", "actor_email": "a@example.com", "resume_at": now()}
        session.add(OrderExport(storage_key="transfers/x", status=TransferStatus.COMPLETED, **facts))

    assert api("POST", f"/v1/customers/{nobody}/erasure", token=shop.admin.token).status == 200
    assert rows(FileDeletion) == []
    assert api("POST", f"/v1/customers/{customer_id}/erasure", token=shop.admin.token).status == 200
    assert [row.storage_key for row in rows(FileDeletion)] == ["transfers/x"]
