"""Customers, to the staff of the store: found, changed, deleted and brought back."""

from datetime import timedelta
from typing import Any

import pytest

from shared.database import function_engine
from shared.models import AuditLog, Customer, CustomerSession
from shared.models.base import new_id, now
from tests.api import api
from tests.calls import Answer, counted
from tests.conftest import Database
from tests.functions.customers.shopping import (
    ADA,
    change,
    login,
    make_customer,
    make_guest,
    make_order,
    row_of,
    rows,
    shop_api,
    token_of,
)
from tests.functions.stores.people import Shop, join, make_shop

HOME = {"first_name": "Ada", "address1": "1 Main St", "city": "Berlin", "postal_code": "10115", "country": "DE"}


def ask(shop: Shop, method: str, path: str, body: Any = None, **more: str) -> Answer:
    return api(method, f"/v1/{path}", body, token=shop.admin.token, **more)


def emails(shop: Shop, query: str) -> set[str]:
    answer = ask(shop, "GET", f"customers?{query}")
    assert answer.status == 200, answer.text
    return {item["email"].split("@")[0] for item in answer.json["items"]}


def test_customers_are_listed_newest_first_a_page_at_a_time(database: Database) -> None:
    shop, other = make_shop(), make_shop()
    made = [make_customer(shop, created_at=now() - timedelta(hours=9 - age)) for age in range(5)]
    make_customer(other)
    seen, cursor = [], ""
    while True:
        page = ask(shop, "GET", f"customers?limit=2{cursor}").json
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == made[::-1]


def test_customers_are_found_by_address_name_and_telephone(database: Database) -> None:
    shop = make_shop()
    make_customer(shop, "ada@example.com", first_name="Ada", last_name="Lovelace", phone="+44 20 7946")
    make_customer(shop, "bob@example.com", first_name="Bob", last_name="100% Sure")
    make_customer(make_shop(), "adam@example.com", first_name="Ada")
    assert emails(shop, "q=ADA@") == {"ada"}
    assert emails(shop, "q=a%20love") == {"ada"}
    assert emails(shop, "q=7946") == {"ada"}
    assert emails(shop, "q=0%25%20s") == {"bob"}
    assert emails(shop, "q=%25") == {"bob"}
    assert emails(shop, "q=example.com") == set()


def test_customers_are_filtered(database: Database) -> None:
    shop = make_shop()
    make_guest(shop, "guest@example.com")
    buyer, exempt = make_customer(shop, "buyer@example.com"), make_customer(shop, "exempt@example.com")
    make_order(shop, buyer)
    body = {"certificate_url": "https://x.example/c.pdf", "certificate_num": "1", "issuing_state": "NY"}
    until = (now() + timedelta(days=9)).isoformat()
    row = ask(shop, "POST", f"customers/{exempt}/tax-exemptions", body | {"expires_at": until}).json
    ask(shop, "POST", f"tax-exemptions/{row['id']}/approve")
    assert emails(shop, "is_guest=true") == {"guest"}
    assert emails(shop, "has_orders=true") == {"buyer"}
    assert emails(shop, "has_orders=false&is_guest=false") == {"exempt"}
    assert emails(shop, "tax_exempt=true") == {"exempt"}
    assert emails(shop, "tax_exempt=false") == {"guest", "buyer"}


def test_a_list_of_a_hundred_costs_no_more_statements_than_one_of_one(database: Database) -> None:
    shop, token = make_shop(), ""
    make_customer(shop, is_tax_exempt=True)
    counts = []
    for _ in range(2):
        token = shop.admin.token
        with counted(function_engine()) as sent:
            api("GET", "/v1/customers?limit=100", token=token)
        counts.append(len(sent))
        for _ in range(5):
            make_customer(shop, is_tax_exempt=True)
    assert counts[0] == counts[1]


def test_staff_write_a_customer_down_and_change_them(database: Database) -> None:
    shop = make_shop()
    made = ask(shop, "POST", "customers", {"email": "Ada@Example.com", "first_name": "Ada"})
    assert (made.status, made.json["email"], made.json["is_guest"], made.headers["etag"]) == (201, ADA, True, '"1"')
    path = f"customers/{made.json['id']}"
    assert ask(shop, "PATCH", path, {"phone": "+1 555 0100"}, if_match='"1"').json["phone"] == "+1 555 0100"
    assert ask(shop, "PATCH", path, {"phone": None}, if_match='"1"').status == 412
    assert ask(shop, "GET", path).headers["etag"] == '"2"'
    taken = ask(shop, "POST", "customers", {"email": ADA, "first_name": "Eve"})
    assert (taken.status, taken.json["code"]) == (409, "email_taken")
    noted = [row.action for row in rows(AuditLog, AuditLog.entity_type == "customer")]
    assert noted == ["customer.created", "customer.updated"]


def test_a_repeated_post_with_its_key_makes_one_customer(database: Database) -> None:
    shop = make_shop()
    body = {"email": ADA, "first_name": "Ada"}
    answers = [ask(shop, "POST", "customers", body, idempotency_key="k") for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert len(rows(Customer)) == 1


def test_another_address_has_to_be_proved_and_signs_the_customer_out(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop, ADA)
    token = token_of(shop, customer_id)
    taken = make_customer(shop, "bob@example.com")
    refused = ask(shop, "PATCH", f"customers/{customer_id}", {"email": "bob@example.com"})
    assert (refused.status, shop_api(shop, "GET", "me", token=token).status) == (409, 200)
    changed = ask(shop, "PATCH", f"customers/{customer_id}", {"email": "augusta@example.com"})
    assert (changed.status, changed.json["email_verified"]) == (200, False)
    assert shop_api(shop, "GET", "me", token=token).status == 401
    assert {login(shop, email).status for email in (ADA, "augusta@example.com")} == {401}
    assert row_of(Customer, taken).email_verified


def test_a_deleted_customer_is_gone_and_comes_back_with_their_addresses(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop, ADA)
    token = token_of(shop, customer_id)
    path = f"customers/{customer_id}"
    ask(shop, "POST", f"{path}/addresses", HOME)
    assert ask(shop, "DELETE", path).status == 204
    assert [ask(shop, "GET", one).status for one in (path, f"{path}/addresses", f"{path}/orders")] == [404] * 3
    assert (rows(CustomerSession), shop_api(shop, "GET", "me", token=token).status) == ([], 401)
    assert login(shop).status == 401
    assert ask(shop, "POST", f"{path}/restore").status == 200
    assert len(ask(shop, "GET", f"{path}/addresses").json["items"]) == 1
    assert login(shop).status == 200


def test_a_customer_does_not_come_back_to_an_address_that_is_taken(database: Database) -> None:
    shop = make_shop()
    gone = make_customer(shop, ADA)
    ask(shop, "DELETE", f"customers/{gone}")
    make_customer(shop, ADA)
    answer = ask(shop, "POST", f"customers/{gone}/restore")
    assert (answer.status, answer.json["code"]) == (409, "already_taken")


def test_staff_keep_a_customers_addresses(database: Database) -> None:
    shop = make_shop()
    path = f"customers/{make_customer(shop)}/addresses"
    made = ask(shop, "POST", path, HOME)
    assert (made.status, made.json["is_default"]) == (201, True)
    changed = ask(shop, "PATCH", f"{path}/{made.json['id']}", {"city": "Hamburg"})
    assert changed.json["city"] == "Hamburg"
    assert ask(shop, "DELETE", f"{path}/{made.json['id']}", if_match='"1"').status == 412
    assert ask(shop, "DELETE", f"{path}/{made.json['id']}").status == 204
    assert ask(shop, "GET", path).json["items"] == []


ROUTES = [
    ("GET", "customers/{customer}", None),
    ("PATCH", "customers/{customer}", {"phone": "+1 555 0100"}),
    ("DELETE", "customers/{customer}", None),
    ("POST", "customers/{customer}/restore", None),
    ("GET", "customers/{customer}/orders", None),
    ("GET", "customers/{customer}/addresses", None),
    ("POST", "customers/{customer}/addresses", HOME),
    ("PATCH", "customers/{customer}/addresses/{address}", {"city": "x"}),
    ("DELETE", "customers/{customer}/addresses/{address}", None),
    ("POST", "tax-exemptions/{exemption}/approve", None),
    ("POST", "tax-exemptions/{exemption}/reject", {"reason": "x"}),
    ("POST", "tax-exemptions/{exemption}/revoke", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=[f"{route[0]} {route[1]}" for route in ROUTES])
def test_another_stores_customer_is_answered_as_one_that_never_was(
    database: Database, method: str, path: str, body: Any
) -> None:
    shop, foreign = make_shop(), make_shop()
    customer = make_customer(foreign, "secret@foreign.example")
    address = ask(foreign, "POST", f"customers/{customer}/addresses", HOME).json["id"]
    certificate = {"certificate_url": "https://x.example/c", "certificate_num": "1", "issuing_state": "NY"}
    until = (now() + timedelta(days=9)).isoformat()
    handed_in = ask(foreign, "POST", f"customers/{customer}/tax-exemptions", certificate | {"expires_at": until})
    theirs = {"customer": customer, "address": address, "exemption": handed_in.json["id"]}
    before = ask(foreign, "GET", f"customers/{customer}").json
    found = ask(shop, method, path.format(**theirs), body)
    missing = ask(shop, method, path.format(**dict.fromkeys(theirs, new_id())), body)
    assert (found.status, found.text) == (404, missing.text)
    assert ask(foreign, "GET", f"customers/{customer}").json == before


def test_staff_read_and_admins_write(database: Database) -> None:
    shop = make_shop()
    token = join(shop.id).token
    assert api("GET", "/v1/customers", token=token).status == 200
    refused = api("POST", "/v1/customers", {"email": ADA, "first_name": "Ada"}, token=token)
    assert (refused.status, refused.json["permission"]) == (403, "customers:write")


def test_no_answer_tells_of_a_password(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    change(Customer, customer_id, first_name="Ada")
    for path in ("customers", f"customers/{customer_id}", "customers/statistics", "audit-log"):
        assert "argon2" not in ask(shop, "GET", path).text
