"""Trials and plans that end: the mails before, the grace after, the closing, and the way back."""

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from shared.models import Store, StoreSubscription
from shared.models.enums import StoreStatus, SubscriptionStatus
from shared.tenancy import tenant_session
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.jobs.clockwork import NOON, SECOND, counts
from tests.functions.jobs.due import DAY, end_trial
from tests.functions.stores.people import Shop, make_shop, make_super_admin, signed_in_again

JOB = "subscriptions"
END = NOON + 7 * DAY
CLOSES = END + 7 * DAY + timedelta(seconds=60)


def _shop(standing: StoreStatus = StoreStatus.TRIAL, **given: object) -> Shop:
    shop = make_shop("pro", name="Lamps", email="owner@example.com", status=standing)
    end_trial(shop.id, END, **given)
    return shop


def _standing(shop: Shop) -> tuple[str, str]:
    with tenant_session(shop.id) as session:
        store, row = session.scalars(select(Store)).one(), session.scalars(select(StoreSubscription)).one()
        return str(store.status), str(row.status)


def _visit(shop: Shop) -> int:
    return api("GET", "/v1/storefront/products", x_store=shop.slug).status


def test_a_trial_runs_out_step_by_step(mailbox: Mailbox, database: Database) -> None:
    shop, subjects, standings = _shop(), [], []
    moments = [
        END - 7 * DAY - SECOND,
        END - 7 * DAY,
        END - 3 * DAY,
        END - 2 * DAY,
        END - DAY,
        END,
        CLOSES - SECOND,
        CLOSES,
    ]
    for moment in moments:
        counts(JOB, moment)
        deliver_mails()
        subjects.append(len(mailbox.mails("owner@example.com")))
        standings.append(_standing(shop))
        assert _visit(shop) == (200 if moment < CLOSES else 403)

    assert subjects == [0, 1, 2, 2, 3, 4, 4, 5]
    assert standings == [
        *[("TRIAL", "TRIAL")] * 5,
        *[("TRIAL_EXPIRED", "TRIAL")] * 2,
        ("SUSPENDED", "EXPIRED"),
    ]
    texts = [mail.subject for mail in mailbox.mails("owner@example.com")]
    assert texts == [
        *["Lamps: the trial ends on 2026-11-09"] * 3,
        "Lamps: the trial has ended",
        "Lamps is closed",
    ]
    assert "tomorrow" in mailbox.mails("owner@example.com")[2].text
    assert "Until 2026-11-16" in mailbox.mails("owner@example.com")[3].text


def test_a_cancelled_plan_runs_out_likewise(mailbox: Mailbox, database: Database) -> None:
    shop = make_shop("pro", name="Lamps", email="owner@example.com")
    end_trial(shop.id, END, status=SubscriptionStatus.CANCELED, trial_end_date=None, end_date=END, start_date=NOON)

    assert counts(JOB, END - 3 * DAY) == {"subscriptions": 1}
    assert counts(JOB, CLOSES) == {"subscriptions": 1}
    assert _standing(shop) == ("SUSPENDED", "EXPIRED")
    deliver_mails()
    assert [mail.subject for mail in mailbox.mails()] == ["Lamps: the plan ends on 2026-11-09", "Lamps is closed"]


def test_another_end_begins_anew(mailbox: Mailbox, database: Database) -> None:
    shop = _shop()
    assert counts(JOB, END - DAY) == {"subscriptions": 1}
    end_trial(shop.id, END + 30 * DAY)

    assert counts(JOB, END) == {}
    assert counts(JOB, END + 23 * DAY) == {"subscriptions": 1}


@pytest.mark.parametrize("status", [SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE])
def test_what_is_paid_is_left_alone(database: Database, status: SubscriptionStatus) -> None:
    shop = _shop(StoreStatus.ACTIVE, status=status, next_billing_date=END)

    assert counts(JOB, CLOSES) == {}
    assert _standing(shop) == ("ACTIVE", str(status))


def _choose(shop: Shop, moment: datetime) -> int:
    with time_machine.travel(moment, tick=False):
        token = signed_in_again(shop).admin.token
        body = {"plan": "pro", "payment_method": "INVOICE"}
        return api("PUT", "/v1/store/subscription", body, token=token).status


def test_choosing_a_plan_opens_the_shop_again(mailbox: Mailbox, database: Database) -> None:
    shop = _shop()
    counts(JOB, CLOSES)
    assert _visit(shop) == 403

    assert _choose(shop, CLOSES + DAY) == 200
    assert _standing(shop) == ("ACTIVE", "ACTIVE")
    assert _visit(shop) == 200
    assert counts(JOB, CLOSES + 2 * DAY) == {}


def test_what_the_platform_has_closed_no_plan_opens(mailbox: Mailbox, database: Database) -> None:
    before, after = _shop(StoreStatus.SUSPENDED), _shop()
    counts(JOB, CLOSES)
    admin = make_super_admin()
    closed = api("PATCH", f"/v1/stores/{after.id}", {"status": "SUSPENDED"}, token=admin.token)
    assert closed.status == 200, closed.text

    for shop in (before, after):
        assert _choose(shop, CLOSES + DAY) == 200
        assert _standing(shop) == ("SUSPENDED", "ACTIVE")
