"""Tax exemptions (CHK091): nothing counts without a certificate, a date that lies ahead, and an approval."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from shared.models import AuditLog, Customer, TaxExemption
from shared.models.enums import TaxExemptionStatus
from shared.shoppers import is_tax_exempt
from shared.tenancy import tenant_session
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.customers.shopping import ADA, START, change, make_customer, row_of, rows, shop_api, token_of
from tests.functions.stores.people import Shop, make_shop, signed_in_again
from tests.functions.stores.threads import together

DAY = timedelta(days=1)
REASON = {"reason": "Not readable"}
STEPS = {"approve": None, "reject": REASON, "revoke": None}


def certificate(**given: Any) -> dict[str, Any]:
    facts = {"certificate_url": "https://files.example/c.pdf", "certificate_num": "C-1", "issuing_state": "NY"}
    return facts | {"expires_at": (START + 30 * DAY).isoformat()} | given


def decide(shop: Shop, exemption_id: str, step: str) -> Answer:
    token = signed_in_again(shop).admin.token
    return api("POST", f"/v1/tax-exemptions/{exemption_id}/{step}", STEPS[step], token=token)


def exempt(shop: Shop, customer_id: str) -> tuple[bool, bool]:
    """Whether the customer is exempt by the rule, and as staff are shown."""
    with tenant_session(shop.id) as session:
        by_rule = is_tax_exempt(session, customer_id)
    token = signed_in_again(shop).admin.token
    return by_rule, api("GET", f"/v1/customers/{customer_id}", token=token).json["is_tax_exempt"]


def test_a_certificate_counts_from_approval_until_it_expires(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    customer_id = make_customer(shop, ADA)
    with time_machine.travel(START, tick=False) as clock:
        token = token_of(shop, customer_id)
        made = shop_api(shop, "POST", "me/tax-exemptions", certificate(), token=token)
        assert (made.status, made.json["status"], exempt(shop, customer_id)) == (201, "PENDING", (False, False))
        approved = decide(shop, made.json["id"], "approve")
        assert (approved.status, approved.json["status"]) == (200, "APPROVED")
        assert approved.json["approved_by"] == shop.admin.user_id
        assert exempt(shop, customer_id) == (True, True)
        assert row_of(Customer, customer_id).tax_exempt_reason == "Certificate C-1 (NY)"
        deliver_mails()
        assert "was approved" in mailbox.last(ADA).subject
        clock.shift(30 * DAY)
        assert exempt(shop, customer_id) == (False, False)
        shown = shop_api(shop, "GET", "me/tax-exemptions", token=token_of(shop, customer_id)).json["items"]
        assert [one["status"] for one in shown] == ["EXPIRED"]
        admin = signed_in_again(shop).admin.token
        found = {
            status: len(api("GET", f"/v1/tax-exemptions?status={status}", token=admin).json["items"])
            for status in ("APPROVED", "EXPIRED", "PENDING")
        }
        assert found == {"APPROVED": 0, "EXPIRED": 1, "PENDING": 0}
        of_customers = {
            one: len(api("GET", f"/v1/tax-exemptions?customer_id={one}", token=admin).json["items"])
            for one in (customer_id, make_customer(shop))
        }
        assert list(of_customers.values()) == [1, 0]
        assert decide(shop, made.json["id"], "revoke").status == 409


LEGAL = {("PENDING", "approve"), ("PENDING", "reject"), ("APPROVED", "revoke")}


@pytest.mark.parametrize("status", TaxExemptionStatus)
@pytest.mark.parametrize("step", STEPS)
def test_only_listed_steps_are_taken(database: Database, status: TaxExemptionStatus, step: str) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    with time_machine.travel(START, tick=False):
        path = f"/v1/customers/{customer_id}/tax-exemptions"
        row = api("POST", path, certificate(), token=signed_in_again(shop).admin.token).json
        change(TaxExemption, row["id"], status=status)
        answer = decide(shop, row["id"], step)
    if (status.value, step) in LEGAL:
        assert answer.status == 200
    else:
        assert (answer.status, answer.json["code"]) == (409, "illegal_transition")
        assert row_of(TaxExemption, row["id"]).status is status


def test_a_rejection_is_told_with_its_reason(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    customer_id = make_customer(shop, ADA)
    with time_machine.travel(START, tick=False):
        made = shop_api(shop, "POST", "me/tax-exemptions", certificate(), token=token_of(shop, customer_id)).json
        rejected = decide(shop, made["id"], "reject").json
        deliver_mails()
    assert (rejected["status"], rejected["rejection_reason"]) == ("REJECTED", "Not readable")
    assert rejected["rejected_by"] == shop.admin.user_id
    assert "Not readable" in mailbox.last(ADA).text
    assert "tax_exemption.updated" in {row.action for row in rows(AuditLog, AuditLog.user_id == shop.admin.user_id)}


def test_a_revoked_one_counts_no_more_unless_another_does(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    with time_machine.travel(START, tick=False):
        path = f"/v1/customers/{customer_id}/tax-exemptions"
        token = signed_in_again(shop).admin.token
        ids = [api("POST", path, certificate(certificate_num=f"C-{n}"), token=token).json["id"] for n in range(2)]
        for exemption_id in ids:
            decide(shop, exemption_id, "approve")
        decide(shop, ids[0], "revoke")
        assert exempt(shop, customer_id) == (True, True)
        decide(shop, ids[1], "revoke")
        assert exempt(shop, customer_id) == (False, False)


def test_an_expired_certificate_is_neither_handed_in_nor_approved(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    with time_machine.travel(START, tick=False) as clock:
        token = token_of(shop, customer_id)
        past = certificate(expires_at=START.isoformat())
        assert shop_api(shop, "POST", "me/tax-exemptions", past, token=token).json["code"] == "certificate_expired"
        made = shop_api(shop, "POST", "me/tax-exemptions", certificate(), token=token).json
        clock.shift(31 * DAY)
        answer = decide(shop, made["id"], "approve")
        assert (answer.status, answer.json["code"]) == (422, "certificate_expired")
        assert exempt(shop, customer_id) == (False, False)


def test_of_two_who_decide_at_once_one_does(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    with time_machine.travel(START, tick=False):
        made = shop_api(shop, "POST", "me/tax-exemptions", certificate(), token=token_of(shop, customer_id)).json
        steps = [lambda step=step: decide(shop, made["id"], step).status for step in ("approve", "reject")]
        assert sorted(together(*steps)) == [200, 409]


@pytest.mark.parametrize(
    "wrong",
    [
        {"certificate_url": "ftp://x"},
        {"certificate_url": "javascript:alert(1)"},
        {"certificate_num": " "},
        {"issuing_state": ""},
        {"expires_at": "2027-01-01"},
        {"expires_at": "soon"},
        {"status": "APPROVED"},
    ],
)
def test_a_certificate_that_lacks_something_is_refused(database: Database, wrong: dict[str, Any]) -> None:
    shop = make_shop()
    token = token_of(shop, make_customer(shop))
    assert shop_api(shop, "POST", "me/tax-exemptions", certificate(**wrong), token=token).status == 422


def test_five_certificates_may_wait_for_a_decision(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    with time_machine.travel(START, tick=False):
        token = token_of(shop, customer_id)
        statuses = [shop_api(shop, "POST", "me/tax-exemptions", certificate(), token=token).status for _ in range(6)]
    assert statuses == [201] * 5 + [409]
